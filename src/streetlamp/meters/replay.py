"""Panels stepped through their causes, here or in several processes at once: the same is told."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from math import ceil
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Final

from streetlamp.errors import UserError
from streetlamp.meters.base import Cause
from streetlamp.meters.beside import Beside
from streetlamp.meters.budget import causes_of, make_causes
from streetlamp.meters.panel import Panel
from streetlamp.meters.zone import Zone
from streetlamp.values import Finding

_MUCH: Final = 1_000_000  # meter-steps that are worth the start of a process
_BATCH: Final = 100  # steps told at once


Seen = Callable[[float, Sequence[Cause]], None]


def unseen(end: float, causes: Sequence[Cause]) -> None:
    """Nobody looks."""


@dataclass(frozen=True, slots=True)
class Replay:
    """How panels are replayed."""

    zone: Zone
    budget: float | None
    beside: Beside

    def told(self, panel: Panel, seen: Seen = unseen) -> Iterator[list[Finding]]:
        """What each step's causes found, step by step. ``seen`` looks at them after each."""
        causes = make_causes(panel.kind.name, panel.meters, self.budget)
        weathered = self.beside and panel.kind.name == "district_inflow"
        for step in panel.replay(self.zone):
            if weathered:
                step = replace(step, beside=self.beside.at(step.end))  # noqa: PLW2901
            found = [one for cause in causes for one in cause.update(step)]
            seen(step.end, causes)
            yield found


@dataclass(frozen=True, slots=True)
class Part:
    """A panel's meters that one process steps through."""

    whole: Panel
    panel: Panel


def shared_out(panels: Sequence[Panel], processes: int) -> list[Part]:
    """Panels in parts, where parts may be looked at alone and are worth it."""
    parts = []
    for panel in panels:
        causes = causes_of(panel.kind.name).values()
        alone = not any(one.together(panel.meters) for one in causes)
        work = len(panel.members) * panel.count
        into = min(processes, ceil(work / _MUCH)) if alone else 1
        most = ceil(len(panel.members) / max(into, 1))
        cut = panel.parts(most) if into > 1 else [panel]
        parts += [Part(panel, one) for one in cut]
    return parts


def side_by_side(
    replay: Replay,
    parts: Sequence[Part],
    processes: int,
    take: Callable[[Panel, int, Sequence[Finding]], None],
) -> None:
    """Steps all parts; ``take`` gets a panel, how many steps were done, and what they told.

    UserError: a process was killed. Whatever ends this early ends the processes, too.
    """
    context = multiprocessing.get_context("spawn")
    waiting = list(reversed(parts))
    running: dict[Connection, tuple[BaseProcess, Panel]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                part = waiting.pop()
                ours, theirs = context.Pipe(duplex=False)
                process: BaseProcess = context.Process(
                    target=_work, args=(theirs, replay, part.panel), name="replay", daemon=True
                )
                process.start()
                theirs.close()
                running[ours] = process, part.whole
            for pipe in wait(list(running)):
                assert isinstance(pipe, Connection)
                process, whole = running[pipe]
                try:
                    told: tuple[int, list[Finding]] | None = pipe.recv()
                except EOFError:
                    process.join()
                    if process.exitcode == 1:  # it has printed what went wrong
                        raise RuntimeError(f"looking through {whole.kind.name} failed") from None
                    raise UserError(
                        "a process that looks through readings was ended from outside, perhaps for "
                        "want of memory; try again with --processes 1."
                    ) from None
                if told is None:
                    del running[pipe]
                    pipe.close()
                    process.join()
                else:
                    take(whole, *told)
    finally:
        for pipe, (process, _) in running.items():
            process.terminate()
            process.join()
            pipe.close()


def _work(pipe: Connection, replay: Replay, panel: Panel) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    steps, found = 0, list[Finding]()
    with suppress(BrokenPipeError):  # nobody asks any more
        for told in replay.told(panel):
            steps += 1
            found += told
            if steps == _BATCH:
                pipe.send((steps, found))
                steps, found = 0, []
        pipe.send((steps, found))
        pipe.send(None)
