"""Tests that need the machine for themselves, where several workers run tests side by side.

A test of the files in `ALONE` (a real browser on a whole run with its deadlines) waits until nobody
else makes the machine work hard, and those that do wait until it is done. One lock file, that
others share and it does not; who waits to have it alone keeps a second one, so that no new test
begins before. All of them go to one worker and are one turn: what they have running stays
undisturbed. They begin, and meanwhile the other workers run the tests of `LIGHT`, which reckon and
neither decode nor look: those take no lock.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from xdist.scheduler import LoadScopeScheduling

ALONE: Final = ("tests/browser/",)
LIGHT: Final = (
    "tests/alarms/", "tests/backtest/", "tests/desk/", "tests/fleet/test_", "tests/notify/",
    "tests/rules/", "tests/store/", "tests/vault/",
)  # fmt: skip


class Turns:
    """The locks of one worker; without other workers it does nothing."""

    def __init__(self, run: str | None) -> None:
        self._files: list[int] = []
        self._alone = False
        if run is not None:
            folder = Path(tempfile.gettempdir())
            for name in ("gate", "room"):
                path = folder / f"streetlamp-tests-{os.getuid()}-{run}.{name}"
                self._files.append(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))

    def take(self, *, alone: bool) -> None:
        if not self._files or self._alone:
            return
        gate, room = self._files
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(gate, fcntl.LOCK_UN)
        self._alone = alone

    def give_back(self, *, alone_next: bool) -> None:
        if self._files and not (self._alone and alone_next):
            fcntl.flock(self._files[1], fcntl.LOCK_UN)
            self._alone = False


def scope(nodeid: str) -> str:
    """What of the tests stays together in one worker: a file's, and all that run alone."""
    path = nodeid.partition("::")[0]
    return "alone" if path.startswith(ALONE) else path


def light(nodeid: str) -> bool:
    return nodeid.startswith(LIGHT)


def in_turn(nodeids: Sequence[str]) -> list[int]:
    """Places of the tests in the order that they run in: alone, light, the others.

    Files with many tests come first, so that the last of all is none of them.
    """
    many = Counter(map(scope, nodeids))

    def place(at: int) -> tuple[int, int, str, int]:
        name = scope(nodeids[at])
        turn = 0 if name == "alone" else 1 if light(nodeids[at]) else 2
        return turn, -many[name], name, at

    return sorted(range(len(nodeids)), key=place)


class ByFile(LoadScopeScheduling):
    """pytest-xdist's way of giving whole scopes to workers, with the scopes from above."""

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)


class Alone:
    """The plug-in."""

    def __init__(self) -> None:
        self._turns = Turns(os.environ.get("PYTEST_XDIST_TESTRUNUID"))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if "PYTEST_XDIST_TESTRUNUID" in os.environ:
            items[:] = [items[at] for at in in_turn([one.nodeid for one in items])]

    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> ByFile:
        config.option.loadscopereorder = False  # `in_turn` has the order
        return ByFile(config, log)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Iterator[None]:
        if not light(item.nodeid):
            self._turns.take(alone=_alone(item))
        try:
            return (yield)
        finally:
            self._turns.give_back(alone_next=_alone(nextitem))


def _alone(item: pytest.Item | None) -> bool:
    return item is not None and scope(item.nodeid) == "alone"
