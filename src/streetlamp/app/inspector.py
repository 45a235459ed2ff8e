"""The audit of the hiding, over recordings: rounds now and then, figures, verdicts, removal."""

from __future__ import annotations

import logging
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

import numpy as np

from streetlamp.inspection.footage import RecordedFootage, scattered
from streetlamp.inspection.inspect import ONCE, Round, Shares, StoppedError, inspect
from streetlamp.inspection.judge import Judge
from streetlamp.inspection.options import AuditOptions
from streetlamp.inspection.plan import Purse, Stratum
from streetlamp.inspection.report import CameraReport, report_camera
from streetlamp.inspection.still import coarse_still
from streetlamp.inspection.witness import PICTURES, Witnesses
from streetlamp.record.cut import cut_out
from streetlamp.record.recordings import Recordings
from streetlamp.store import Inspection, Inspections, Segments, Sighting, StoreError, Verdict
from streetlamp.store.inspections import Box

log: Final = logging.getLogger(__name__)

DAY: Final = 86_400.0
TICK_SECONDS: Final = 10.0
AROUND: Final = 2.0  # seconds removed before and after a picture in which somebody can be seen
SAME: Final = 0.7  # intersection over union: the place that a person has judged already
_IDLE: Final = 4.0  # times as long as it worked, the audit rests
_LONGEST_REST: Final = 2.0  # seconds
_LOWEST: Final = 19  # of the system's priorities


class Clips(Protocol):
    """Alarm clips; as `streetlamp.alarms.clips.ClipCutter`."""

    def renew(self, camera: str, start: float, end: float, now: float) -> list[str]: ...


class Cuts(Protocol):
    """What is kept beside recordings; as `streetlamp.backtest.index.Index`."""

    def cut(self, camera: str, start: float, end: float) -> None: ...


class Inspector:
    """Audits what is recorded of all cameras of a site. Thread-safe but for `run`.

    load: gives the judge, when the first round needs it. seed: for tests; otherwise which pictures
    are looked at cannot be foretold.
    """

    def __init__(
        self,
        cameras: Sequence[str],
        recordings: Recordings,
        inspections: Inspections,
        options: AuditOptions,
        *,
        load: Callable[[], Judge] = Judge.load,
        seed: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._cameras = tuple(cameras)
        self._recordings = recordings
        self._inspections = inspections
        self._options = options
        self._load = load
        self._clock = clock
        self._random = np.random.default_rng(secrets.randbits(128) if seed is None else seed)
        self._judge: Judge | None = None

    def run(self, stopping: threading.Event) -> None:
        """Rounds over the newest recordings of each camera, at the lowest priority."""
        if sys.platform == "linux":
            # there a thread has a priority of its own, and the models' threads inherit it
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOWEST)
        every = self._options.every_minutes * 60.0
        purses = {camera: Purse(self._options.looks_per_day) for camera in self._cameras}
        # spread over the interval, so that cameras take turns
        due = {c: self._clock() + (i + 1) * every / len(purses) for i, c in enumerate(purses)}
        while not stopping.wait(TICK_SECONDS):
            for camera, purse in purses.items():
                now = self._clock()
                if now < due[camera] <= now + every:  # or the clock was set
                    continue
                due[camera] = now + every
                try:
                    self.newest(camera, purse, now, _Pace(stopping).go_on)
                    self._inspections.forget(now - self._options.keep_days * DAY)
                except StoppedError:
                    return
                except (StoreError, OSError) as error:
                    log.warning("camera %s was not audited: %s", camera, error)

    def newest(
        self, camera: str, purse: Purse, now: float, go_on: Callable[[], bool] = lambda: True
    ) -> Round | None:
        """A round over what was recorded since the last one (a day at most)."""
        start = max(self._inspections.reached(camera) or 0.0, now - DAY)

        def shares(seconds: Mapping[Stratum, float]) -> Mapping[Stratum, int]:
            return purse.spend(purse.earn(sum(seconds.values())), seconds)

        return self.audit(camera, start, now, shares, now, go_on)

    def audit(
        self,
        camera: str,
        start: float,
        end: float,
        shares: Shares,
        now: float,
        go_on: Callable[[], bool] = lambda: True,
    ) -> Round | None:
        """A round over [start, end); its figures and sightings are stored. None: nothing there."""
        footage = RecordedFootage(self._recordings, camera, start, end)
        if not footage.cells:
            return None
        if self._judge is None:
            self._judge = self._load()

        def elsewhere() -> Witnesses:
            return Witnesses(
                scattered(self._recordings, camera, end - DAY, end, PICTURES, self._random)
            )

        done = inspect(footage, self._judge, shares, self._random, elsewhere=elsewhere, go_on=go_on)
        if done is not None:
            self._store(camera, done, self._judge.model, now)
        return done

    def _store(self, camera: str, done: Round, model: str, now: float) -> None:
        judged = [s.box for s in self._inspections.sightings(camera, {Verdict.FALSE})]
        things = [s.box for s in self._inspections.sightings(camera, {Verdict.THING})]
        fresh: dict[Stratum, list[Sighting]] = {stratum: [] for stratum in Stratum}
        for one in done.spotted:
            if _near(one.box, judged, SAME):
                continue
            if one.verdict is Verdict.THING:
                if _near(one.box, [*judged, *things], ONCE):
                    continue
                things.append(one.box)
            sighting = Sighting.make(camera, one.time, one.size, one.box, one.score, one.verdict)
            fresh[one.stratum].append(sighting)
        for stratum in Stratum:
            if done.seconds[stratum] > 0:
                self._inspections.add(
                    Inspection(
                        camera, done.start, done.end, now, stratum.value, done.seconds[stratum],
                        done.looks[stratum], model,
                    ),
                    fresh[stratum],
                )  # fmt: skip

    def report(self, camera: str, start: float, end: float) -> CameraReport:
        """The figures of footage that ended in (start, end]."""
        return report_of(self._inspections, camera, start, end)


def report_of(inspections: Inspections, camera: str, start: float, end: float) -> CameraReport:
    """The figures of a camera's footage that ended in (start, end]."""
    rounds = inspections.rounds(camera, start, end)
    return report_camera(camera, rounds, inspections.sightings(camera, start=start))


class Keeper:
    """What a person sees of the audit, and does about sightings: judge, remove. Thread-safe."""

    def __init__(
        self,
        cameras: Sequence[str],
        data: Path,
        recordings: Recordings,
        segments: Segments,
        inspections: Inspections,
        clips: Clips,
        index: Cuts | None = None,
    ) -> None:
        """index: what is kept beside the recordings, and cut with them."""
        self._index = index
        self._cameras = tuple(cameras)
        self._data = data
        self._recordings = recordings
        self._segments = segments
        self._inspections = inspections
        self._clips = clips

    def reports(self, now: float, days: float = 7.0) -> list[CameraReport]:
        """Every camera's figures of the last days' footage."""
        start = now - days * DAY
        return [report_of(self._inspections, camera, start, now) for camera in self._cameras]

    def sightings(
        self, limit: int = 50, sees: Callable[[str], bool] | None = None
    ) -> list[Sighting]:
        """What waits for a person's word: beyond doubt first, then the doubtful, newest first;
        of all cameras, or of those that `sees` is true of."""
        found: list[Sighting] = []
        for verdict in (Verdict.LEAK, Verdict.OPEN, Verdict.PERHAPS, Verdict.THING):
            most = limit - len(found) if sees is None else None
            some = self._inspections.sightings(verdicts={verdict}, limit=most)
            found += [one for one in some if sees is None or sees(one.camera)]
        return found[:limit]

    def get(self, id: str) -> Sighting:  # noqa: A002
        """KeyError when there is no such sighting."""
        found = self._inspections.get(id)
        if found is None:
            raise KeyError(f"no sighting {id}")
        return found

    def judge(self, id: str, verdict: Verdict, actor: str, now: float) -> Sighting:  # noqa: A002
        """A person's word on it: a leak, or false. KeyError as `get`; ValueError on another word,
        or when its recording is removed."""
        if verdict not in (Verdict.LEAK, Verdict.FALSE):
            raise ValueError("a person says leak or false")
        if self.get(id).verdict is Verdict.REMOVED:
            raise ValueError("its recording is removed")
        return self._inspections.judge(id, verdict, actor, now)

    def remove(self, id: str, actor: str, now: float) -> Sighting:  # noqa: A002
        """Cuts the stretch out of the recordings and out of alarms' clips. KeyError as `get`."""
        found = self.get(id)
        start, end = found.time - AROUND, found.time + AROUND
        cuts = cut_out(self._data, self._segments, found.camera, start, end)
        start = min((cut.start for cut in cuts), default=start)
        end = max((cut.end for cut in cuts), default=end)
        if self._index is not None:
            self._index.cut(found.camera, start, end)
        self._clips.renew(found.camera, start, end, now)
        self._inspections.judge(id, Verdict.REMOVED, actor, now)
        self._inspections.removed(found.camera, start, end)
        return self.get(id)

    def still(self, id: str) -> bytes | None:  # noqa: A002
        """Where it was, in a picture that is hidden whole; None when the recording is gone."""
        found = self.get(id)
        footage = RecordedFootage(
            self._recordings, found.camera, found.time - 60.0, found.time + 60.0
        )
        still = footage.at(found.time)
        return None if still is None else coarse_still(still.picture, found.box)


class _Pace:
    """Lets the audit work a fifth of the time at most, and ends it when the program stops."""

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping
        self._since = time.monotonic()

    def go_on(self) -> bool:
        worked = time.monotonic() - self._since
        stopped = self._stopping.wait(min(_LONGEST_REST, _IDLE * worked))
        self._since = time.monotonic()
        return not stopped


def _near(box: Box, others: Iterable[Box], least: float) -> bool:
    x1, y1, x2, y2 = box
    for a1, b1, a2, b2 in others:
        shared = max(0.0, min(x2, a2) - max(x1, a1)) * max(0.0, min(y2, b2) - max(y1, b1))
        both = (x2 - x1) * (y2 - y1) + (a2 - a1) * (b2 - b1) - shared
        if shared >= least * both:
            return True
    return False
