"""A question about the last days becomes an answer. What was followed is kept while it lives."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from streetlamp.backtest import index_file
from streetlamp.backtest.answer import Answer, Version, answer_of, differences
from streetlamp.backtest.follow import Followed, follow
from streetlamp.backtest.index_file import Place
from streetlamp.backtest.looks import join
from streetlamp.backtest.replay import GoesOn, Setup, replay
from streetlamp.errors import UserError
from streetlamp.rules.base import BLIND_SECONDS

MOST_ROWS: Final = 6_000_000  # that are kept followed: some 300 MB
_LOADING: Final = 0.3  # of the work, when nothing is known yet


class NothingKeptError(UserError):
    """There are no looks of this camera in that stretch."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is asked: a camera's rules over a stretch of time, and perhaps another version."""

    camera: str
    start: float  # POSIX seconds
    end: float
    setup: Setup
    before: Setup | None = None  # the version to compare with
    merge_seconds: float = 60.0


def _watched(parts: Sequence[Followed]) -> float:
    """Seconds in which looks followed each other."""
    seconds = np.concatenate([part.seconds for part in parts])
    steps = np.diff(seconds)
    return float(steps[(steps > 0) & (steps <= BLIND_SECONDS)].sum())


class Engine:
    """Answers questions about one data folder. Not thread-safe."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._known: OrderedDict[tuple[Path, int], tuple[Followed, ...]] = OrderedDict()

    def answer(self, job: Job, goes_on: GoesOn = lambda share: None) -> Answer:
        """The answer. NothingKeptError; UserError from a rule that cannot be made; OSError.

        goes_on: told how much is done (0–1); what it raises ends the work.
        """
        parts = list(self._parts(job, goes_on))
        if not parts:
            raise NothingKeptError(
                f"nothing is kept of camera {job.camera} in that stretch of time. The index that "
                "rules are tried on is written while the camera is recorded, and kept for "
                "backtest: keep_days."
            )
        start, end = float(parts[0].seconds[0]), float(parts[-1].seconds[-1])
        versions = [job.setup] if job.before is None else [job.setup, job.before]
        made, shown = [], 0
        for number, setup in enumerate(versions):

            def share(done: float, number: int = number) -> None:
                goes_on(_LOADING + (1 - _LOADING) * (number + done) / len(versions))

            said = replay(job.camera, parts, setup, share)
            shown += sum(one.shown for one in said)
            answers = (
                answer_of(one, start, end, setup.timezone, job.merge_seconds) for one in said
            )
            made.append(Version(tuple(answers)))
        before = made[1] if job.before is not None else None
        return Answer(
            job.camera, start, end, _watched(parts), sum(len(part.looks) for part in parts), shown,
            made[0], before, () if before is None else differences(before, made[0]),
        )  # fmt: skip

    def prepare(self, camera: str) -> None:
        """Follows what is kept of a camera now, as somebody will ask soon."""
        for place in index_file.places(self._data, camera):
            with suppress(OSError):
                self._followed(place)
        self._forget()

    def _parts(self, job: Job, goes_on: GoesOn) -> Iterator[Followed]:
        places = [
            place
            for place in index_file.places(self._data, job.camera)
            if place.hour[0] < job.end and place.hour[1] > job.start
        ]
        for done, place in enumerate(places):
            goes_on(_LOADING * done / len(places))
            whole = job.start <= place.hour[0] and place.hour[1] <= job.end
            with suppress(FileNotFoundError):  # swept meanwhile
                yield from self._followed(place) if whole else self._some(place, job)
        self._forget()

    def _some(self, place: Place, job: Job) -> Iterator[Followed]:
        """Of an hour that is not wholly asked for: not kept."""
        for looks in join(index_file.read(place.path)):
            asked = looks.between(job.start, job.end)
            if len(asked):
                yield follow(asked)

    def _followed(self, place: Place) -> tuple[Followed, ...]:
        key = (place.path, place.path.stat().st_size)
        known = self._known.pop(key, None)
        if known is None:
            known = tuple(follow(looks) for looks in join(index_file.read(place.path)))
        self._known[key] = known
        return known

    def _forget(self) -> None:
        """Lets go of what was asked for longest ago, and of files that are gone."""
        for key in [key for key in self._known if not key[0].exists()]:
            del self._known[key]
        rows = sum(len(part.number) for parts in self._known.values() for part in parts)
        while rows > MOST_ROWS and len(self._known) > 1:
            _, parts = self._known.popitem(last=False)
            rows -= sum(len(part.number) for part in parts)
