"""What a soak asks of what it saw: what grew, what was not recorded, is the ledger right."""

from __future__ import annotations

import statistics
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from pathlib import Path

import av
import av.error
from cameras import moments

from streetlamp.fleet.account import Account
from streetlamp.fleet.figures import Stretch
from streetlamp.health import MinuteState, Reason
from streetlamp.store import Database, LedgerTables, Segments

NEAR = 1.0  # seconds: a shown picture has a recorded one so near
MOST_LOST_BY_KILL = 5.0  # seconds of a camera: the delay line and the open fragment


@dataclass
class Growth:
    """How a figure rose over the cycles, at the same place of each: Sen's slope.

    Sen, Estimates of the regression coefficient based on Kendall's tau (1968).
    """

    values: list[float]  # one a cycle
    seconds: float  # of a cycle

    @property
    def slope(self) -> float:
        """A cycle."""
        pairs = combinations(range(len(self.values)), 2)
        slopes = [(self.values[b] - self.values[a]) / (b - a) for a, b in pairs]
        return statistics.median(slopes) if slopes else 0.0

    @property
    def an_hour(self) -> float:
        return self.slope * 3600 / self.seconds

    @property
    def grown(self) -> float:
        """From the first cycle to the last, by the slope."""
        return self.slope * (len(self.values) - 1)

    @property
    def noise(self) -> float:
        """How far cycles lie beside the slope: three standard deviations, by the median."""
        middle = statistics.median(self.values)
        centre = (len(self.values) - 1) / 2
        rest = [
            abs(value - middle - self.slope * (i - centre)) for i, value in enumerate(self.values)
        ]
        return 3 * 1.4826 * statistics.median(rest)


@dataclass
class Footage:
    """What was recorded, and what of it is missing."""

    files: int = 0
    pictures: int = 0
    wrong: list[str] = field(default_factory=list)
    lost: float = 0.0  # seconds that were shown and are not recorded …
    where: list[str] = field(default_factory=list)  # … and which
    lost_by_kill: float = 0.0  # the same around the kill, the worst camera
    shown: float = 0.0  # seconds that were shown, of all cameras


Shown = dict[str, list[tuple[float, float]]]  # of a camera: from when to when pictures came


def footage(data: Path, shown: Shown, killed: Sequence[float]) -> Footage:
    """Holds the recordings against the stretches in which the desk said that pictures came."""
    found = Footage()
    database = Database(data / "streetlamp.db")
    try:
        segments = Segments(database)
        if left := segments.unfinished():
            found.wrong.append(f"{len(left)} segments without an end")
        known = {
            one.path: one for id_ in shown for one in segments.list(id_, 0.0, 4e9)
        }  # fmt: skip
    finally:
        database.close()
    times: dict[str, list[float]] = {id_: [] for id_ in shown}
    on_disk = {str(path.relative_to(data)): path for path in (data / "recordings").rglob("*.mp4")}
    for name in on_disk.keys() - known.keys():
        found.wrong.append(f"{name}: no segment knows of it")
    for name, segment in known.items():
        path = on_disk.get(name)
        if path is None:
            found.wrong.append(f"{name}: the file is gone")
            continue
        try:
            pictures = moments(path)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            found.wrong.append(f"{name}: {error}")
            continue
        if not pictures:
            found.wrong.append(f"{name}: holds no picture")
        found.files += 1
        found.pictures += len(pictures)
        times[segment.camera] += pictures
    for id_, stretches in shown.items():
        _missing(found, id_, sorted(times[id_]), stretches, killed)
    return found


def _missing(
    found: Footage,
    id_: str,
    recorded: list[float],
    stretches: Iterable[tuple[float, float]],
    killed: Sequence[float],
) -> None:
    by_kill = 0.0
    for start, end in stretches:
        found.shown += end - start
        inside = recorded[bisect_left(recorded, start - NEAR) : bisect_left(recorded, end + NEAR)]
        edges = [start - NEAR, *inside, end + NEAR]
        for a, b in pairwise(edges):
            away = b - a - 2 * NEAR if b - a > 2 * NEAR else 0.0
            if any(a - 1 <= moment <= b + 1 for moment in killed):
                by_kill += away
            elif away:
                found.lost += away
                found.where.append(
                    f"{id_}: nothing from {a:.1f} to {b:.1f}, {start:.1f}–{end:.1f} shown"
                )
    found.lost_by_kill = max(found.lost_by_kill, by_kill)


@dataclass
class Fault:
    """One that lasts: its camera, why its minutes are lost, and when it was there again."""

    camera: str
    name: str
    reasons: tuple[Reason, ...]  # any of them
    start: float
    end: float
    back: float = 0.0  # pictures came again


@dataclass
class Minutes:
    right: int = 0
    free: int = 0  # at the edges: a minute is lost when six seconds of it are
    wrong: list[str] = field(default_factory=list)


def ledger(
    data: Path, faults: Sequence[Fault], cameras: Sequence[str], start: float, end: float,
    killed: Sequence[tuple[float, float]],
) -> Minutes:  # fmt: skip
    """Holds the ledger's minutes of cameras in [start, end) against what was done to them."""
    found = Minutes()
    database = Database(data / "streetlamp.db")
    try:
        account = Account(LedgerTables(database))
        stretches = account.stretches(int(start), int(end), list(cameras))
    finally:
        database.close()
    first, last = -int(-start // 60) * 60, int(end // 60) * 60
    for camera in cameras:
        for minute in range(first, last, 60):
            kept = next((one for one in stretches[camera] if one.start <= minute < one.end), None)
            down = (Reason.STREETLAMP_DOWN,)
            away = [(gone, back, down) for gone, back in killed]
            away += [
                (one.start, max(one.back, one.end), one.reasons)
                for one in faults
                if one.camera == camera
            ]
            _hold(found, camera, minute, kept, away)
    return found


def _hold(
    found: Minutes, camera: str, minute: int, kept: Stretch | None,
    away: list[tuple[float, float, tuple[Reason, ...]]],
) -> None:  # fmt: skip
    lost: dict[Reason, float] = {}
    for gone, back, why in away:
        shared = min(back, minute + 60) - max(gone, minute)
        if shared > -1:
            lost |= {reason: max(shared, lost.get(reason, 0.0)) for reason in why}
    said = f"{camera}, minute {minute % 3600 // 60}"
    if kept is None:
        found.wrong.append(f"{said}: not in the ledger")
        return
    state, reasons = kept.state, kept.reasons
    said = f"{said}: {state} {', '.join(reasons)}"
    if not lost:
        if state is MinuteState.KEPT:
            found.right += 1
        else:
            found.wrong.append(f"{said}: nothing was done to it")
    elif max(lost.values()) < 12:
        found.free += 1
    elif state is MinuteState.LOST and reasons[0] in lost:
        found.right += 1
    else:
        found.wrong.append(f"{said}: should be lost for {', '.join(lost)}")
