"""The ledger: every camera's minutes, written as they end; none is lost without a word.

A minute is written as soon as it is over and may be amended for a quarter of an hour, when more is
known of it (the picture was judged, the recording has a gap). What Streetlamp did not write because
it was not running is worked out when the ledger is read (`account`): this module only keeps when it
ran. A disk that takes nothing keeps all of it in memory; ``trouble`` says so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from streetlamp.fleet.clock import (
    MINUTE,
    Believed,
    LedgerClock,
    News,
    Returned,
    Settled,
    Stepped,
    agree,
    base_of,
)
from streetlamp.fleet.tail import Tail
from streetlamp.fleet.words import length, moment
from streetlamp.health import Minute, MinuteState
from streetlamp.store.errors import StoreError
from streetlamp.store.ledger import LedgerEra, LedgerTables, Plan

AMEND_SECONDS: Final = 900  # for which a minute may be amended
UNDO_SECONDS: Final = 7 * 86_400.0  # a time that was believed for longer is not taken back
STILL_SECONDS: Final = 180.0  # without a turn: Streetlamp stood still (the machine was asleep)


@dataclass(frozen=True, slots=True)
class Watched:
    """A camera of which something is expected."""

    name: str
    area: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """Planned work as it stands in the site file: minutes [start, end) of these cameras."""

    start: int
    end: int
    cameras: tuple[str, ...]
    why: str


@dataclass(slots=True)
class _Window:
    """Minutes of an era, and what to add to the wall clock's minutes to have them."""

    era: int
    start: int
    end: int | None  # None: it goes on
    offset: int

    def shift(self, seconds: int) -> None:
        self.start += seconds
        self.offset += seconds
        if self.end is not None:
            self.end += seconds


class Ledger:
    """Thread-safe. ``advance``, ``put`` or ``tell``, ``write``, again and again, at least once a
    minute."""

    def __init__(
        self,
        tables: LedgerTables,
        cameras: Mapping[str, Watched],
        plans: Iterable[Planned],
        *,
        boot: str,
        wall: float,
        mono: float,
    ) -> None:
        """boot, wall, mono: the machine's id of this time of being on; its two clocks, seconds."""
        self._tables = tables
        self._turn = threading.RLock()
        self._site_plans = tuple(plans)
        self._cameras = dict(cameras)
        self._eras = tables.eras()
        last = self._eras[-1] if self._eras else None
        self._clock = LedgerClock(last, boot, wall, mono)
        self._boot, self._wall, self._mono = boot, wall, mono
        self._last = self._clock.now, mono  # at the last turn
        self._todo: list[Callable[[], None]] = []
        self._next = 0  # the first minute that has not ended
        self._era: LedgerEra
        self._tails: dict[tuple[int, str], Tail] = {}
        self._dirty: dict[tuple[int, str], int] = {}
        self._windows: list[_Window] = []
        self._plans = tables.plans()
        self.trouble = ""
        if self._clock.went_back:
            self._note(
                f"The machine's clock showed {moment(wall)} at a start, which is before the last"
                " entry or no sensible date. Until it is right, minutes are counted from there."
            )
        self._begin(-int(-self._clock.now // MINUTE) * MINUTE)
        self._read(wall, mono)
        self._expect()
        self._announce()

    # Time.

    @property
    def now(self) -> float:
        """The ledger's time, POSIX seconds."""
        return self._clock.now

    @property
    def next(self) -> int:
        """The first minute that has not ended."""
        return self._next

    def advance(self, wall: float, mono: float) -> list[int]:
        """The whole minutes that have ended since the last turn, in the ledger's time."""
        with self._turn:
            if mono - self._mono > STILL_SECONDS:
                self._note(
                    f"Streetlamp stood still for {length(mono - self._mono)} (a machine that slept,"
                    " or a disk that did not answer). That time is its own."
                )
                self._read(wall, mono)
                self._begin(-int(-self._clock.now // MINUTE) * MINUTE)
            else:
                self._read(wall, mono)
            ended = []
            while self._next + MINUTE <= self._clock.now:
                ended.append(self._next)
                self._next += MINUTE
            return ended

    def _read(self, wall: float, mono: float) -> None:
        news = self._clock.read(wall, mono)
        self._wall, self._mono = wall, mono
        if news is not None:
            self._heard(news, wall)
        self._last = self._clock.now, mono

    def _heard(self, news: News, wall: float) -> None:
        if isinstance(news, Stepped):
            way = "forward" if news.by > 0 else "back"
            self._note(
                f"The machine's clock was set {way} by {length(abs(news.by))}, to {moment(wall)}."
                " The ledger goes on counting until that has stood for a quarter of an hour."
            )
            self._begin(self._next)
        elif isinstance(news, Returned):
            self._note("The machine's clock is back at what the ledger has. Nothing was changed.")
            self._begin(self._next, settled=self._clock.settled)
        elif isinstance(news, Settled):
            self._era = replace(self._era, settled=True)
        else:
            self._believe(news)

    def _begin(self, start: int, *, settled: bool = False) -> None:
        """A new era, of which ``start`` is the first minute."""
        if self._windows:
            self._windows[-1].end = self._next
            beat, mono = self._last
            self._save_era(replace(self._era, beat=beat, mono=mono))
        number = self._eras[-1].id + 1 if self._eras else 1
        now = self._clock.now
        claim = self._wall - self._mono
        self._era = LedgerEra(number, self._boot, start, now, self._mono, settled, claim)
        self._eras.append(self._era)
        self._windows.append(_Window(number, start, None, self._clock.offset))
        self._next = start

    def _save_era(self, era: LedgerEra) -> None:
        self._eras[[one.id for one in self._eras].index(era.id)] = era
        self._todo.append(lambda: self._tables.save_era(era))

    def _believe(self, news: Believed) -> None:
        """The new time is right. What was counted on the wrong one is put where it belongs."""
        old = self._clock.base - news.by
        new = old + news.shift
        mine = [era for era in self._eras if era.boot == self._boot]
        wrong = [era for era in _wrong(mine[:-1], old, new, self._mono) if not agree(era, new)]
        for era in wrong:
            self._shift(era.id, round((new - base_of(era)) / MINUTE) * MINUTE)
        self._shift(self._era.id, news.shift)
        self._next += news.shift
        self._era = replace(self._era, settled=True)
        self._note(
            f"The machine's clock is believed again, {length(abs(news.by))}"
            f" {'later' if news.by > 0 else 'earlier'} than before."
            f" {len(wrong) + 1} stretch{'es' if wrong else ''} of the ledger moved with it."
        )
        self._announce()

    def _shift(self, number: int, seconds: int) -> None:
        for i, era in enumerate(self._eras):
            if era.id == number:
                self._eras[i] = era.shifted(seconds)
        if self._era.id == number:
            self._era = self._era.shifted(seconds)
        for window in self._windows:
            if window.era == number:
                window.shift(seconds)
        for key, tail in self._tails.items():
            if key[0] == number:
                tail.shift(seconds)
                if key in self._dirty:
                    self._dirty[key] += seconds
        self._todo.append(lambda: self._tables.shift(number, seconds))

    # What is expected.

    def _expect(self) -> None:
        """A camera is expected from its first configuration until it is switched off or gone."""
        start, era = self._next, self._era.id
        open_ones = {one.camera: one for one in self._tables.expected() if one.end is None}
        for camera, one in open_ones.items():
            if camera not in self._cameras:
                self._do(self._tables.expect_no_more, one.seq, start, era)
        for camera, about in self._cameras.items():
            known = open_ones.get(camera)
            if known is None:
                self._do(self._tables.expect, camera, about.name, about.area, start, era)
            elif (known.name, known.area) != (about.name, about.area):
                self._do(self._tables.rename, known.seq, about.name, about.area)

    def _announce(self) -> None:
        """Takes over what the site file says of planned work, as far as it lies ahead."""
        now = self._next
        kept: list[Plan] = []
        for plan in self._plans:
            same = any(_same(plan, one) for one in self._site_plans)
            if not same and plan.end > now:
                self._do(self._tables.end_plan, plan.seq, max(now, plan.start))
                plan = replace(plan, end=now)  # noqa: PLW2901
            if plan.end > plan.start:
                kept.append(plan)
        for one in self._site_plans:
            if any(_same(plan, one) for plan in kept):
                continue
            start = max(one.start, now)
            if start < one.end:
                row = (start, one.end, one.cameras, one.why, self.now)
                self._do(self._tables.add_plan, *row)
                kept.append(Plan(0, *row))
        self._plans = kept

    def planned(self, camera: str, minute: int) -> Plan | None:
        """The planned work because of which a minute is not expected."""
        for plan in self._plans:
            if plan.start <= minute < plan.end and camera in plan.cameras:
                return plan
        return None

    # Minutes.

    def put(self, minutes: Iterable[Minute]) -> None:
        """What minutes were like, in the ledger's time. The last word counts."""
        with self._turn:
            for minute in minutes:
                for window in reversed(self._windows):
                    if self._in(window, minute.minute):
                        self._put(window.era, minute, minute.minute)
                        break

    def tell(self, minutes: Iterable[Minute]) -> None:
        """The same in the wall clock's time, which may have been set since."""
        with self._turn:
            for minute in minutes:
                for window in reversed(self._windows):
                    at = minute.minute + window.offset
                    if self._in(window, at):
                        self._put(window.era, minute, at)
                        break

    def _in(self, window: _Window, minute: int) -> bool:
        end = self._next if window.end is None else window.end
        return max(window.start, self._next - AMEND_SECONDS) <= minute < end

    def _put(self, era: int, minute: Minute, at: int) -> None:
        if minute.camera not in self._cameras:
            return
        key = (era, minute.camera)
        tail = self._tails.get(key)
        if tail is None:
            tail = self._tails[key] = Tail(era, minute.camera)
        plan = self.planned(minute.camera, at)
        if plan is not None:
            news = tail.put(at, MinuteState.PLANNED, (), plan.why)
        else:
            news = tail.put(at, minute.state, minute.reasons, minute.text)
        if news:
            self._dirty[key] = min(at, self._dirty.get(key, at))

    def amendable(self, minute: int) -> tuple[int, dict[str, Minute]] | None:
        """A minute as it stands: the wall clock's minute it was, and what each camera has; None
        when it cannot be amended any more."""
        with self._turn:
            for window in reversed(self._windows):
                if self._in(window, minute):
                    found = {}
                    for camera in self._cameras:
                        tail = self._tails.get((window.era, camera))
                        one = None if tail is None else tail.at(minute)
                        if one is not None:
                            found[camera] = Minute(camera, minute, one.state, one.reasons, one.text)
                    return minute - window.offset, found
        return None

    # Writing.

    def write(self) -> bool:
        """Writes what is new; False when the disk takes nothing and all of it waits in memory."""
        with self._turn:
            beat = min(self.now, self._next + MINUTE - 0.001)
            if not (self._dirty or self._todo or beat - self._era.beat >= MINUTE / 2):
                return not self.trouble
            era = replace(self._era, beat=beat, mono=self._mono)
            try:
                with self._tables.db.write():
                    for job in self._todo:
                        job()
                    self._tables.save_era(era)
                    self._tables.replace(
                        [(*key, *self._tails[key].since(at)) for key, at in self._dirty.items()]
                    )
            except StoreError as error:
                waits = sum(len(self._tails[key]) for key in self._dirty)
                self.trouble = f"{waits} stretches of the ledger kept in memory only: {error}"
                return False
            self._era = self._eras[-1] = era
            self._todo.clear()
            self._dirty.clear()
            self.trouble = ""
            self._forget()
            return True

    def _forget(self) -> None:
        before = self._next - AMEND_SECONDS - MINUTE
        for tail in self._tails.values():
            tail.forget(before)
        self._tails = {key: tail for key, tail in self._tails.items() if len(tail)}
        self._windows = [
            one for one in self._windows if one.end is None or one.end > before
        ]  # fmt: skip

    def _do(self, job: Callable[..., None], *arguments: object) -> None:
        self._todo.append(lambda: job(*arguments))

    def _note(self, text: str) -> None:
        self._do(self._tables.add_note, self.now, text)


def _wrong(eras: Sequence[LedgerEra], old: float, new: float, mono: float) -> list[LedgerEra]:
    """Which eras before the newest one had the wrong time, now that ``new`` is right.

    eras: of this time of being switched on, oldest first. If the clock showed the same before, not
    long ago, then it was wrong in between. Else what was counted just before, and never believed,
    was as wrong as the newest one.
    """
    recent = [era for era in eras if mono - era.mono < UNDO_SECONDS]
    same = [i for i, era in enumerate(recent) if abs(era.claim - new) <= MINUTE]
    if same:
        first = same[-1]
        while first > 0 and abs(recent[first - 1].claim - new) <= MINUTE:
            first -= 1
        return recent[first:]
    found = []
    for era in reversed(eras):
        if era.settled or not agree(era, old):
            break
        found.append(era)
    return found


def _same(plan: Plan, one: Planned) -> bool:
    """Whether this was announced as that (later than it began, perhaps)."""
    begins = plan.start == one.start or plan.start > one.start
    return begins and (plan.end, plan.cameras, plan.why) == (one.end, one.cameras, one.why)
