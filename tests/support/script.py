"""A month by script: what happened to cameras, to Streetlamp and to the machine's clock.

The script is drawn from a seed and says, for each camera and real minute, what is true. `play` lets
a real ledger live through it, with nothing but what a real one gets: two clocks, and minutes as
they are told. It knows nothing of how the ledger works.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from streetlamp.fleet.ledger import Ledger, Planned, Watched
from streetlamp.health import PRECEDENCE, Minute, MinuteState, Reason
from streetlamp.store import Database, LedgerTables

M = 60
SEEN_AT_ONCE = (Reason.UNREACHABLE, Reason.LOGIN_REFUSED, Reason.NO_VIDEO)
SEEN_LATER = (Reason.COVERED, Reason.MOVED, Reason.DEFOCUSED, Reason.FROZEN, Reason.NOT_RECORDED)
LATE = 2  # minutes until the judge of the picture is sure

# What is true of one camera in one minute.
KEPT, PLANNED, UNEXPECTED = "kept", "planned", "-"


@dataclass
class Outage:
    """Streetlamp does not run in real minutes [start, end)."""

    start: int
    end: int
    reboot: bool  # the machine was off as well
    killed: bool
    clock: Callable[[int], int] | None = None  # of the machine afterwards; None: right


@dataclass
class Script:
    """Minutes are real ones, POSIX seconds."""

    start: int
    end: int
    cameras: dict[str, tuple[int, int]]  # expected from, until
    areas: dict[str, str]
    faults: dict[str, list[tuple[int, int, Reason]]]
    outages: list[Outage]
    settings: list[tuple[int, int, int]]  # from, until: the wall clock is wrong by so much
    plans: list[Planned]
    zone: ZoneInfo
    truth: dict[str, dict[int, str]] = field(default_factory=dict)

    def wall_is_off_by(self, minute: int) -> int:
        return next((by for a, b, by in self.settings if a <= minute < b), 0)

    def fault(self, camera: str, minute: int, reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
        found = {r for a, b, r in self.faults[camera] if a <= minute < b and r in reasons}
        return tuple(sorted(found, key=lambda r: PRECEDENCE[r]))

    def planned(self, camera: str, minute: int) -> bool:
        return any(p.start <= minute < p.end and camera in p.cameras for p in self.plans)

    def running(self, minute: int) -> bool:
        return not any(o.start <= minute < o.end for o in self.outages)


def _less(by: int) -> Callable[[int], int]:
    return lambda time: time - by


def draw(  # noqa: C901  # one kind of trouble after another
    seed: int, cameras: int, month: tuple[int, int], zone: ZoneInfo) -> Script:
    """A month with faults, restarts, reboots, wrong clocks, maintenance, and cameras that come
    and go."""
    pick = random.Random(seed)
    start = int(datetime(*month, 1, tzinfo=zone).timestamp())
    year, following = month[0] + month[1] // 12, month[1] % 12 + 1
    end = int(datetime(year, following, 1, tzinfo=zone).timestamp())
    length = (end - start) // M

    def at(minutes: float) -> int:
        return start + int(minutes) * M

    # The month's days in slots: what concerns Streetlamp's own time happens in one slot each, so
    # that no two clocks are wrong at once, and nothing at the very ends.
    slots = [(i + 1) * length // 24 for i in range(22)]
    pick.shuffle(slots)
    outages: list[Outage] = []
    settings: list[tuple[int, int, int]] = []
    for kind in range(22):
        a = at(slots[kind] + pick.randrange(0, 200))
        if kind < 5:  # Streetlamp is restarted
            outages.append(Outage(a, a + M * pick.choice([1, 2, 30, 200]), False, False))
        elif kind < 8:  # it is killed
            outages.append(Outage(a, a + M * pick.choice([1, 3, 90]), False, True))
        elif kind < 10:  # the machine is rebooted
            outages.append(Outage(a, a + M * pick.choice([3, 400]), True, kind == 8))
        elif kind < 12:  # … and has no idea of the date until a server tells it
            begin, off = a + M * pick.choice([5, 60]), M * pick.randrange(1, 9)
            wrong = _less(begin - 120)  # it begins in 1970
            outages.append(Outage(a, begin, True, kind == 10, wrong))
            settings.append((begin, begin + off, 0))  # filled in by `play` through `clock`
        elif kind < 13:  # … and thinks that no time has passed
            begin, off = a + M * 180, M * pick.randrange(1, 9)
            outages.append(Outage(a, begin, True, False, _less(179 * M)))
            settings.append((begin, begin + off, 0))
        elif kind < 19:  # the clock is set, and back again
            by = M * pick.choice([-600, -61, -7, 5, 60, 61, 1440, 20_000])
            settings.append((a, a + M * pick.choice([1, 9, 14, 16, 40, 300]), by))
        elif kind < 21:  # it is corrupt for a while
            to = {19: -a + 86_400, 20: 4_102_444_800 - a}[kind]  # 1970, 2100
            settings.append((a, a + M * pick.choice([3, 50, 200]), to))
        else:  # it is set, Streetlamp restarts meanwhile, and it is set back
            settings.append((a, a + M * 240, M * 120))
            outages.append(Outage(a + 100 * M, a + 107 * M, False, True))
    names = [f"{pick.choice(['north', 'south', 'yard'])}-{i}" for i in range(cameras)]
    spans = dict.fromkeys(names, (start, end))
    areas = {name: name.split("-")[0] for name in names}
    starts = sorted(o.end for o in outages)
    if cameras > 3:
        spans[names[0]] = (starts[6], end)  # one is added, one is taken away
        spans[names[1]] = (start, starts[10])
    faults: dict[str, list[tuple[int, int, Reason]]] = {name: [] for name in names}
    for name in names:
        for _ in range(pick.randrange(20, 60)):
            a = at(pick.randrange(10, length - 10))
            long = M * min(int(pick.expovariate(1 / 60)) + 1, 3000)
            faults[name].append((a, min(a + long, end), pick.choice(SEEN_AT_ONCE + SEEN_LATER)))
    # A dead clock is a dead clock: what is not seen by the picture's judge is seen at once.
    plans = []
    for _ in range(6):
        a = at(pick.randrange(2000, length - 2000))
        which = tuple(sorted(pick.sample(names, max(1, cameras // 3))))
        plans.append(Planned(a, a + M * pick.choice([30, 240, 600]), which, "new cables"))
    return Script(start, end, spans, areas, faults, outages, settings, plans, zone)


@dataclass
class Played:
    script: Script
    database: Path
    writes: int = 0


def play(  # noqa: C901  # as a month goes
    script: Script, database: Path, *, every: int = 1) -> Played:
    """Lives the script. every: minutes between two writes (and before whatever stops it).

    Fills in the script's `truth`, which follows from the script alone, except where a kill takes
    the judge's last word with it: there what was known at once is true.
    """
    played = Played(script, database)
    truth: dict[str, dict[int, str]] = defaultdict(dict)
    wrong_clocks = {o.end: o.clock for o in script.outages if o.clock is not None}
    clock: Callable[[int], int] | None = None
    clock_until = 0
    boot, booted = 0, script.start - 1000 * M
    ledger: Ledger | None = None
    db: Database | None = None
    late: list[tuple[int, list[Minute]]] = []
    minute = script.start

    def wall(real: int) -> int:
        if clock is not None and real < clock_until:
            return clock(real)
        return real + script.wall_is_off_by(real)

    while minute < script.end:
        outage = next((o for o in script.outages if o.start == minute), None)
        if outage is not None and ledger is not None and db is not None:
            if not outage.killed:
                for _, told in late:
                    ledger.tell(told)
            else:  # the last word was not spoken
                for when, told in late:
                    del when
                    for one in told:
                        _take_back(script, truth, one)
            late.clear()
            ledger.advance(wall(minute) + 1, minute + 1 - booted)
            ledger.write()
            played.writes += 1
            db.close()
            ledger = None
        if not script.running(minute):
            for camera, (first, last) in script.cameras.items():
                if first <= minute < last:
                    planned = script.planned(camera, minute)
                    truth[camera][minute] = PLANNED if planned else Reason.STREETLAMP_DOWN
            minute += M
            continue
        if ledger is None:
            before = next((o for o in script.outages if o.end == minute), None)
            if before is not None and before.reboot:
                boot, booted = boot + 1, minute - 40
            if minute in wrong_clocks:
                clock = wrong_clocks[minute]
                clock_until = next(b for a, b, _ in script.settings if a == minute)
            db = Database(database)
            cameras = {
                name: Watched(name, script.areas[name])
                for name, (first, last) in script.cameras.items()
                if first <= minute < last
            }
            ledger = Ledger(
                LedgerTables(db), cameras, script.plans,
                boot=f"boot{boot}", wall=wall(minute), mono=minute - booted,
            )  # fmt: skip
        told = []
        now = minute + M + 1
        for at in ledger.advance(wall(minute + M - 1) + 2, now - booted):
            first_words = []
            for camera, (first, last) in script.cameras.items():
                if not first <= minute < last:
                    continue
                seen = script.fault(camera, minute, SEEN_AT_ONCE)
                both = script.fault(camera, minute, SEEN_AT_ONCE + SEEN_LATER)
                first_words.append(_minute(camera, at, seen))
                told.append((camera, both))
                planned = script.planned(camera, minute)
                truth[camera][minute] = PLANNED if planned else both[0] if both else KEPT
            ledger.put(first_words)
        stamp = wall(minute)
        late.append((minute + LATE * M, [_minute(c, stamp, both) for c, both in told]))
        while late and late[0][0] <= minute:
            ledger.tell(late.pop(0)[1])
        if (minute // M) % every == 0:
            ledger.write()
            played.writes += 1
        minute += M
    if ledger is not None and db is not None:
        for _, said in late:
            ledger.tell(said)
        ledger.write()
        db.close()
    script.truth = dict(truth)
    return played


def _minute(camera: str, minute: int, reasons: tuple[Reason, ...]) -> Minute:
    state = MinuteState.LOST if reasons else MinuteState.KEPT
    return Minute(camera, minute, state, reasons, ", ".join(reasons))


def _take_back(script: Script, truth: dict[str, dict[int, str]], one: Minute) -> None:
    real = one.minute - script.wall_is_off_by(one.minute)
    for minute in (real, one.minute):
        was = truth[one.camera].get(minute)
        if was is None or was in (PLANNED, Reason.STREETLAMP_DOWN):
            continue
        seen = script.fault(one.camera, minute, SEEN_AT_ONCE)
        truth[one.camera][minute] = seen[0] if seen else KEPT
        return


def differences(
    script: Script, found: dict[str, list[object]]
) -> Iterator[tuple[str, int, str, str]]:
    """Where the ledger's stretches and the script differ: camera, minute, script, ledger."""
    for camera in script.cameras:
        have: dict[int, list[str]] = defaultdict(list)
        for one in found.get(camera, []):
            for minute in range(one.start, one.end, M):  # type: ignore[attr-defined]
                state = one.state  # type: ignore[attr-defined]
                have[minute].append(one.reason if state is MinuteState.LOST else state.value)  # type: ignore[attr-defined]
        truth = script.truth[camera]
        for minute in sorted(set(truth) | set(have)):
            want, got = truth.get(minute, UNEXPECTED), ",".join(have.get(minute, [UNEXPECTED]))
            if want != got:
                yield camera, minute, str(want), got
