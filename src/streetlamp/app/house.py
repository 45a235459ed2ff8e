"""Everything of one running site that outlives a single camera: the store, alarms, recordings."""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from streetlamp.alarms.book import BURST, AlarmBook
from streetlamp.alarms.care import AlarmCare
from streetlamp.alarms.clips import ClipCutter
from streetlamp.alarms.keeper import AlarmKeeper
from streetlamp.app import garbage
from streetlamp.app.backtester import Backtester
from streetlamp.app.boot import mono
from streetlamp.app.desk_rules import DeskRules
from streetlamp.app.feeds import make_feeds
from streetlamp.app.finding_events import LEDGER
from streetlamp.app.finding_keeper import EVERY_SECONDS as FINDING_SECONDS
from streetlamp.app.finding_keeper import FindingKeeper
from streetlamp.app.fleet import FleetKeeper
from streetlamp.app.health_keeper import HealthKeeper
from streetlamp.app.heat_keeper import HeatKeeper
from streetlamp.app.inspector import Inspector, Keeper
from streetlamp.app.kept import FILE
from streetlamp.app.meter_keeper import MeterKeeper
from streetlamp.app.mode_keeper import ModeKeeper
from streetlamp.app.notifier import make_keeper
from streetlamp.app.rule_keeper import RuleKeeper
from streetlamp.app.status import Statuses
from streetlamp.app.stills import AlarmStills
from streetlamp.app.store_keeper import StoreKeeper
from streetlamp.backtest.index import FLUSH_SECONDS, Index
from streetlamp.backtest.index import SWEEP_SECONDS as INDEX_SWEEP_SECONDS
from streetlamp.desk.services import DiskView
from streetlamp.errors import UserError
from streetlamp.fleet.groups import things_behind
from streetlamp.fleet.watch import TroubleKind
from streetlamp.live.hub import LiveHub
from streetlamp.live.wall import Wall
from streetlamp.record.recorder import Recorder
from streetlamp.record.recordings import Recordings
from streetlamp.record.retention import Pin
from streetlamp.rules.base import Outcome
from streetlamp.rules.tally import Tally
from streetlamp.site import Site
from streetlamp.store import (
    Counts,
    Database,
    EventSearch,
    Inspections,
    RuleSets,
    Segments,
    StoreError,
)
from streetlamp.values import Alarm, CameraState, Count, Event, Phase
from streetlamp.vault.accounts import Accounts
from streetlamp.vault.audit import Audit
from streetlamp.vault.tokens import Tokens
from streetlamp.vault.users import Users

log: Final = logging.getLogger(__name__)

SWEEP_SECONDS: Final = 30.0
TICK_SECONDS: Final = 1.0
HEALTH_SECONDS: Final = 300.0  # how often what cameras and rules have learnt is written
COUNT_SECONDS: Final = 5.0  # how often counts are written
HEAT_SECONDS: Final = 120.0  # how often heat maps are
TRIM_SECONDS: Final = 60.0  # how often freed memory goes back to the system


class House:
    """The rooms behind the glass wall, put together once for all cameras."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.data = site.data
        _make_folder(self.data)
        self._lock = _lock(self.data)
        self.was_killed = _mark(self.data)
        self.database = Database(self.data / FILE)
        self.segments = Segments(self.database)
        self.counts = Counts(self.database)
        self.users = Users(self.database, session_seconds=site.desk.session_hours * 3600.0)
        self.accounts = Accounts(self.database, self.users)
        self.tokens = Tokens(self.database)
        self.audit = Audit(self.database, self.data / "audit.head")
        self.book = AlarmBook(self.database, site.alarms, things_behind(site.fleet, site.cameras))
        self.care = AlarmCare(self.database, self.book)
        self._alarm_keeper = AlarmKeeper(self.database, self.book, self.care)
        self.modes = ModeKeeper(site, self.database, self.audit)
        sets = RuleSets(self.database)
        self.rules = DeskRules(site, sets, self.audit, self.modes.almanac)
        self.recordings = Recordings(self.data, self.segments, site.record, pinned=self._pinned)
        self._cutter = ClipCutter(self.database, self.book, self.recordings, self.data, site.alarms)
        self.index = Index(self.data, site.backtest.keep_days)
        inspections = Inspections(self.database)
        cameras = tuple(site.switched_on)
        self.inspector = Inspector(cameras, self.recordings, inspections, site.audit_hiding)
        self.hiding = Keeper(
            cameras, self.data, self.recordings, self.segments, inspections, self._cutter,
            self.index,
        )  # fmt: skip
        self.backtester = Backtester(site, self.rules.options, self.modes.almanac)
        self.hub = LiveHub(tuple(site.switched_on), site.live)
        self.wall = Wall(self.hub, site.live)
        self.statuses = Statuses()
        self.health = HealthKeeper(site, self.data / "health", self.statuses)
        self.heat = HeatKeeper(site, self.database)
        self.search = EventSearch(self.database)
        stills = AlarmStills(self.book, self.hub, self.data, site.alarms.before_s)
        self.notify = make_keeper(
            site, self.data, self.database, self.statuses, stills.of, self.accounts
        )
        self.book.on_change(self.notify.hear)
        self.learnt = RuleKeeper(self.data / "rules")
        self._tally = Tally()
        self._tally_turn = threading.Lock()
        self._recorders: list[Recorder] = []
        self._untold: deque[Event] = deque()  # what the alarm book could not look up yet
        self._telling = threading.Lock()
        self._book_trouble = ""
        self.fleet = FleetKeeper(
            site, self.database, self.statuses, self.segments, self._tell_book, judge=self.health
        )

        self.stores = _stores(site, self.data)
        self.feeds = make_feeds(site, self.stores)
        self.meter_pages = (
            MeterKeeper(self.data, time.time, site.meters) if site.meters.folder else None
        )
        self.findings = FindingKeeper(
            site, self.database, self._tell_book,
            self.stores.show if self.stores else None,
            self.meter_pages.show if self.meter_pages else None,
        )  # fmt: skip
        if self.stores is not None:
            self.stores.on_note(lambda: self.findings.look_again("stock"))

    def recover(self, now: float) -> list[str]:
        """Puts right what a sudden end left behind; what was done, in plain words."""
        said = self.recordings.recover()
        said += self.book.recover(now)
        if self.was_killed:
            said.insert(0, "The last run ended suddenly; what it left was put in order:")
        return said

    def recorder(self, camera: str) -> Recorder | None:
        """A recorder for this camera, or None if it is not to be recorded."""
        if not (self.site.record.enabled and self.site.cameras[camera].record):
            return None
        recorder = Recorder(
            camera,
            self.data,
            self.segments,
            self.site.record,
            make_room=self.recordings.make_room,
        )
        self._recorders.append(recorder)
        return recorder

    def outcome(self, outcome: Outcome) -> None:
        """What a camera's rules made of one look. Called from the cameras' threads."""
        self._tell_book(outcome.events)
        if outcome.counts:
            with self._tally_turn:
                self._tally.add(outcome.counts)

    def _tell_book(self, events: Iterable[Event] = ()) -> None:
        """Tells the alarm book, in order. What it cannot look up now waits: cameras go on.

        Events of many cameras that come while one thread writes are written together by the next.
        """
        self._untold.extend(events)
        with self._telling:
            while self._untold:
                burst = [self._untold.popleft() for _ in range(min(BURST, len(self._untold)))]
                try:
                    alarms = self.book.handle_all(burst)
                except StoreError as error:
                    self._untold.extendleft(reversed(burst))  # hearing it twice is harmless
                    if not self._book_trouble:
                        log.warning("alarms wait in memory: %s", error)
                    self._book_trouble = f"alarms wait in memory: {error}"
                    return
                for event, alarm in zip(burst, alarms, strict=True):
                    self._say_over(event, alarm)
            self._book_trouble = ""

    def _say_over(self, event: Event, alarm: Alarm | None) -> None:
        """Trouble with cameras that is over says so in the alarm's life."""
        over = alarm is not None and event.phase is Phase.END and alarm.ended == event.end
        if alarm is not None and over and event.kind in set(TroubleKind):
            with suppress(StoreError):  # the disk is full: that it has ended is in memory
                self.book.note(alarm.id, event.at, event.message)

    def keep(self, stopping: threading.Event) -> None:
        """The housekeeping loop: clips, counts, retention. A disk that refuses does not end it."""
        chores: list[_Chore] = [
            _Chore(self.modes.turn, 0.0),
            _Chore(self._cut_clips, 0.0),
            _Chore(self._keep_alarms, 0.0),
            _Chore(self._write_waiting, COUNT_SECONDS),
            _Chore(self.heat.save, HEAT_SECONDS),
            _Chore(self._sweep, SWEEP_SECONDS),
            _Chore(self._write_index, FLUSH_SECONDS),
            _Chore(self._sweep_index, INDEX_SWEEP_SECONDS),
            _Chore(self.health.save, HEALTH_SECONDS),
            _Chore(self.learnt.save, HEALTH_SECONDS),
            _Chore(self.fleet.turn, 0.0),
            _Chore(self.findings.turn, FINDING_SECONDS),
            _Chore(_give_back, TRIM_SECONDS),
        ]
        while not stopping.wait(TICK_SECONDS):
            now = time.time()
            for chore in chores:
                chore.turn(now)

    def _cut_clips(self, now: float) -> str:
        self._cutter.tick(now)
        return ""

    def _keep_alarms(self, now: float) -> str:
        self._alarm_keeper.turn(now, mono())
        return ""

    def _write_waiting(self, now: float) -> str:
        self._tell_book()
        self.book.retry()
        self._write_counts()
        return ""

    def _sweep(self, now: float) -> str:
        return self.recordings.sweep(now).message

    def _write_index(self, now: float) -> str:
        del now
        return self.index.flush()

    def _sweep_index(self, now: float) -> str:
        self.index.sweep(now, self.segments)
        return ""

    def disk(self) -> DiskView:
        """How the disk does, for the desk."""
        away = {one.camera for one in self.statuses.all() if one.state is not CameraState.LIVE}
        # a camera that sends nothing has nothing to record: that is no trouble of the disk
        states = [recorder.state for recorder in self._recorders if recorder.camera not in away]
        messages = [state.message for state in states if not state.recording]
        trouble = self._book_trouble or self.book.trouble or self.fleet.trouble
        trouble = trouble or self.notify.trouble or self.index.trouble
        trouble = trouble or next((one.trouble for one in self.feeds if one.trouble), "")
        if trouble:
            messages.insert(0, trouble)
        return DiskView(
            free_bytes=self.recordings.free_bytes(),
            used_bytes=self.recordings.used_bytes(),
            recording=bool(states) and all(state.recording for state in states),
            message=next((message for message in messages if message), ""),
        )

    def close(self) -> None:
        """Writes what is left and lets go of the data folder."""
        self.hub.close()
        self.wall.close()
        for recorder in self._recorders:  # of a camera that broke; the others have closed theirs
            recorder.close()
        self.fleet.close()
        self.findings.close()
        if self.stores is not None:
            self.stores.close()
        self.backtester.close()
        self.index.close()
        self._tell_book()
        self.book.retry()
        self._write_counts()
        self.heat.save(time.time())
        self.health.close()
        self.learnt.close()
        self.database.close()
        (self.data / "running").unlink(missing_ok=True)
        self._lock.close()

    def _pinned(self) -> Iterable[Pin]:
        return self._cutter.pinned_ranges()

    def _write_counts(self) -> None:
        with self._tally_turn:
            rows: list[Count] = self._tally.take()
        try:
            self.counts.add(rows)
        except StoreError as error:
            log.warning("counts are kept in memory: %s", error)
            with self._tally_turn:
                self._tally.add(rows)


class _Chore:
    """Something the house does every so often; it says what troubles it, once for a row of turns.

    job: takes the time, gives back what a person should know ("" for nothing).
    """

    def __init__(self, job: Callable[[float], str], seconds: float) -> None:
        self._job, self._seconds = job, seconds
        self._done = 0.0
        self._told = ""

    def turn(self, now: float) -> None:
        """Does it if it is due at `now` (POSIX seconds), also after the clock was set."""
        if abs(now - self._done) < self._seconds:
            return
        self._done = now
        try:
            said = self._job(now)
        except (StoreError, OSError) as error:
            said = str(error)
        if said and said != self._told:
            log.warning("%s", said)
        self._told = said


def _stores(site: Site, data: Path) -> StoreKeeper | None:
    records = site.stock.folder
    if records is None:
        return None
    alarms = site.stock.alarms_per_store_year
    return StoreKeeper(data / LEDGER, time.time, records, site.timezone, alarms)


def _make_folder(data: Path) -> None:
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"the data folder {data} cannot be made: {error.strerror}. "
            "Choose another with --data or data: in the site file."
        ) from error


def _give_back(now: float) -> str:
    del now
    garbage.give_back()
    return ""


def _lock(data: Path) -> IO[str]:
    """One run at a time in a data folder; the system lets go of it however a run ends."""
    try:
        file = (data / "lock").open("w")
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UserError(
            f"another Streetlamp is running with the data folder {data}. Stop it first, or give "
            "this one a folder of its own with --data."
        ) from None
    except OSError as error:
        raise UserError(f"the data folder {data} cannot be used: {error.strerror}.") from None
    return file


def _mark(data: Path) -> bool:
    """Marks that a run is under way; True when the mark of an earlier one was still there."""
    marker = data / "running"
    there = marker.exists()
    marker.write_text(f"{os.getpid()}\n")
    return there
