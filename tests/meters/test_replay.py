"""Panels looked through by several processes: the same findings, and a clear end."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from streetlamp.errors import UserError
from streetlamp.meters import replay as replays
from streetlamp.meters.beside import Beside
from streetlamp.meters.kinds import KINDS
from streetlamp.meters.panel import Panel
from streetlamp.meters.replay import Replay, shared_out, side_by_side
from streetlamp.meters.scan import Progress, Scan
from streetlamp.meters.steps import Stepped
from streetlamp.meters.zone import Zone
from streetlamp.values import Finding
from support.meters import home

ZONE = Zone(ZoneInfo("Europe/Madrid"))
HOURS = 21 * 24
FIRST = 1_767_225_600 // 3600


def panel(kind: str, n: int = 5, name: str = "M{}") -> Panel:
    used = home(HOURS, n=n, seed=4)
    used[300:, 1] += 8.0
    used[200:, n - 1] = 0.0
    steps = np.arange(FIRST, FIRST + HOURS)
    members = []
    for at in range(n):
        # the first come later and the last end sooner than the panel does
        there = slice(40 * at, HOURS - 60 * (n - 1 - at))
        members.append(
            Stepped(
                name.format(at), steps[there], (steps[there] + 1) * 3600.0, used[there, at],
                5000.0 + used[there, at].cumsum(),
            )
        )  # fmt: skip
    return Panel(KINDS[kind], 3600, members)


def told(panels: list[Panel], processes: int) -> tuple[list[Finding], int]:
    scan = Scan(ZONE, panels=panels)
    scan.replay(None, Progress(), processes)
    return [entry.finding for entry in scan.book.entries()], scan.stepped


@pytest.fixture
def worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes are started for little."""
    monkeypatch.setattr(replays, "_MUCH", 10)


@pytest.mark.usefixtures("worth_it")
def test_two_processes_tell_what_one_does() -> None:
    panels = [panel("water"), panel("electricity", 2)]
    alone, steps = told(panels, 1)
    assert {"leak", "gap"} <= {one.cause for one in alone}
    shared, _ = told(panels, 2)
    assert repr(shared) == repr(alone)  # nan is nan
    assert steps == sum(one.count for one in panels)


@pytest.mark.usefixtures("worth_it")
def test_meters_held_against_each_other_stay_together() -> None:
    phases = panel("electricity", 4, "pump-L{}")  # L1, L2 and L3 are one point
    parts = shared_out([panel("water"), panel("district_inflow", 3), phases], 2)
    assert [len(part.panel.members) for part in parts] == [3, 2, 3, 4]
    assert [one.meter for one in parts[1].panel.members] == ["M3", "M4"]
    assert parts[0].panel.count == parts[1].panel.count == panel("water").count


def test_little_is_looked_through_here() -> None:
    assert len(shared_out([panel("water")], 8)) == 1


def test_a_killed_process_is_told() -> None:
    one = panel("water")

    def kill(_: Panel, steps: int, found: Sequence[Finding]) -> None:
        for child in multiprocessing.active_children():
            assert child.pid is not None
            os.kill(child.pid, signal.SIGKILL)

    how = Replay(ZONE, None, Beside([one]))
    with pytest.raises(UserError, match="--processes 1"):
        side_by_side(how, shared_out([_long(one)], 1), 1, kill)
    assert not multiprocessing.active_children()


def test_who_is_stopped_leaves_no_process_behind() -> None:
    one = panel("water")

    def stop(_: Panel, steps: int, found: Sequence[Finding]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        side_by_side(Replay(ZONE, None, Beside([one])), shared_out([one] * 2, 1), 2, stop)
    assert not multiprocessing.active_children()


def _long(one: Panel) -> Panel:
    """The same with years of silence after it: more than a pipe holds."""
    blocks = [np.arange(FIRST, FIRST + 200_000)]
    return Panel(one.kind, one.length, one.members, blocks)
