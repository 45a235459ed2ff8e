"""The fleet of one running site: its ledger is kept, its alarms raised, the desk's questions
answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from streetlamp.app.boot import boot_id, mono
from streetlamp.app.status import Statuses
from streetlamp.fleet import periods
from streetlamp.fleet.account import Account
from streetlamp.fleet.connection import ENDED, STARTING
from streetlamp.fleet.figures import (
    CameraNow,
    Figures,
    Period,
    Report,
    Standing,
    Stretch,
)
from streetlamp.fleet.gaps import with_gaps
from streetlamp.fleet.groups import groups_of
from streetlamp.fleet.ledger import Ledger, Planned, Watched
from streetlamp.fleet.minutes import MINUTE, MinuteSource, StatusMinutes
from streetlamp.fleet.options import matching
from streetlamp.fleet.report import About, clipped, report
from streetlamp.fleet.visits import why_visit
from streetlamp.fleet.watch import WELL, Condition, Conditions, FleetWatch, TroubleKind, by_kind
from streetlamp.health import Judgement, Reason
from streetlamp.site import Site
from streetlamp.store import Database, LedgerTables, Segments
from streetlamp.values import Event

RETRY_SECONDS: Final = 5.0  # between two tries to write to a disk that took nothing
RECORDED_AFTER: Final = 4 * MINUTE  # a minute's recording is complete by then
DAY: Final = 86_400
REPORTS: Final = 8  # that are kept for a minute: the page and whoever reads figures ask often

Clocks = tuple[Callable[[], float], Callable[[], float]]


class FleetKeeper:
    """``turn`` it every second from one thread; everything else from any thread."""

    def __init__(
        self,
        site: Site,
        database: Database,
        statuses: Statuses,
        segments: Segments,
        tell: Callable[[Sequence[Event]], None],
        *,
        judge: MinuteSource | None = None,
        clocks: Clocks = (time.time, mono),
        boot: str | None = None,
    ) -> None:
        """tell: where alarms about cameras go. judge: whoever judges what the cameras show.
        clocks: the wall's, and the machine's own; seconds. boot: since when the latter runs."""
        self._site, self._segments = site, segments
        self._tell, self._judge = tell, judge
        self._wall, self._mono = clocks
        self._cameras = site.switched_on
        self._names = {id_: one.name or id_ for id_, one in self._cameras.items()}
        self._recorded = frozenset(
            id_ for id_, one in self._cameras.items() if site.record.enabled and one.record
        )
        self._tables = LedgerTables(database)
        self._ledger = Ledger(
            self._tables,
            {id_: Watched(self._names[id_], one.area) for id_, one in self._cameras.items()},
            planned_work(site),
            boot=boot_id() if boot is None else boot,
            wall=self._wall(),
            mono=self._mono(),
        )
        self._first = StatusMinutes(self._recorded)
        options = site.fleet.alarms
        self._watch = FleetWatch(options, groups_of(site.fleet, self._cameras), self._names)
        self._standing: dict[str, tuple[Standing, tuple[Reason, ...], str, float]] = {}
        self._tried = float("-inf")
        self._cached: tuple[int, dict[str, tuple[Figures, Figures, Figures]]] | None = None
        self._reports: dict[str, tuple[int, Report]] = {}
        self._turn = threading.Lock()
        for status in statuses.all():
            self._first.status(status, self._ledger.now)
        statuses.on_change(lambda status: self._first.status(status, self._ledger.now))

    @property
    def trouble(self) -> str:
        """Why minutes are kept in memory only, in one sentence; "" when all are on the disk."""
        return self._ledger.trouble

    def turn(self, now: float) -> str:
        """A second's work; what somebody should know. now: POSIX seconds, the wall clock's."""
        with self._turn:
            steady = self._mono()
            ended = self._ledger.advance(now, steady)
            for minute in ended:
                self._ledger.put(self._first.minute(one, minute) for one in self._cameras)
            if self._judge is not None:
                self._ledger.tell(self._judge.minutes(now))
            for minute in ended:
                self._look_for_gaps(minute - RECORDED_AFTER)
            if ended or steady - self._tried >= RETRY_SECONDS:
                self._tried = steady
                self._ledger.write()
            self._raise_alarms(now, steady)
            return self._ledger.trouble

    def close(self) -> None:
        """Writes what is known of the last minutes."""
        with self._turn:
            now = self._wall()
            for minute in self._ledger.advance(now, self._mono()):
                self._ledger.put(self._first.minute(one, minute) for one in self._cameras)
            if self._judge is not None:
                self._ledger.tell(self._judge.last_minutes(now))
            self._ledger.write()

    def _look_for_gaps(self, minute: int) -> None:
        found = self._ledger.amendable(minute)
        if found is None or not self._recorded:
            return
        wall, minutes = found
        segments = self._segments.during(wall, wall + MINUTE)
        self._ledger.put(with_gaps(wall, minutes, segments, self._recorded))

    def _raise_alarms(self, now: float, steady: float) -> None:
        conditions: dict[str, Conditions] = {}
        for camera in self._cameras:
            found = self._conditions(camera)
            plan = self._ledger.planned(camera, self._ledger.next)
            root = next(iter(found.values()), None)
            self._stand(camera, root, "" if plan is None else plan.why, now)
            conditions[camera] = found if plan is None else WELL
        if self._site.fleet.alarms.enabled:
            events = self._watch.step(now, steady, conditions)
            if events:
                self._tell(events)

    def _conditions(self, camera: str) -> Conditions:
        """What is wrong with a camera now, as far as anybody knows, the root first."""
        trouble = self._first.trouble(camera)
        if trouble in (STARTING, ENDED):
            return WELL
        found = [] if trouble is None else [Condition(*trouble)]
        found += [
            Condition(one.reason, one.text)
            for one in self._judgements(camera)
            if one.reason is not None and one.reason is not Reason.STREETLAMP_DOWN
        ]
        return by_kind(found)

    def _judgements(self, camera: str) -> tuple[Judgement, ...]:
        return () if self._judge is None else tuple(self._judge.judgements(camera))

    def _stand(self, camera: str, condition: Condition | None, plan: str, now: float) -> None:
        reasons = () if condition is None else (condition.reason,)
        if plan:
            new, text = Standing.PLANNED, plan
        elif condition is not None:
            new, text = Standing.LOST, condition.text
        else:
            unheard = self._first.trouble(camera) in (STARTING, ENDED)
            new, text = (Standing.UNKNOWN if unheard else Standing.WELL), ""
        before = self._standing.get(camera)
        same = before is not None and before[:2] == (new, reasons)
        since = before[3] if before is not None and same else now
        self._standing[camera] = (new, reasons, text, min(since, now))

    # What the desk asks.

    def now(self) -> list[CameraNow]:
        """Every camera that is switched on."""
        sums = self._sums()
        now, found = self._wall(), []
        for camera in self._cameras:
            unknown = (Standing.UNKNOWN, (), "", now)
            state, reasons, text, since = self._standing.get(camera, unknown)
            today, week, month = sums.get(camera, (Figures(), Figures(), Figures()))
            objective = self._site.fleet.objective_percent / 100
            visit = why_visit(reasons, now - since, week, objective)
            if state is Standing.PLANNED:
                visit = ""
            found.append(
                CameraNow(
                    camera, state, since, reasons, text, self._judgements(camera), today, week,
                    month, visit,
                )
            )  # fmt: skip
        return found

    def _sums(self) -> Mapping[str, tuple[Figures, Figures, Figures]]:
        """Of today, of 7 days, of 30 days; worked out once a minute."""
        minute = self._ledger.next
        cached = self._cached
        if cached is not None and cached[0] == minute:
            return cached[1]
        account = Account(self._tables)
        midnight = periods.midnight(periods.day_of(minute, self._site.zone), self._site.zone)
        starts = (midnight, minute - 7 * DAY, minute - 30 * DAY)
        found = account.stretches(min(starts), minute)
        sums = {}
        for camera, stretches in found.items():
            today, week, month = (Figures.of(clipped(stretches, at, minute)) for at in starts)
            sums[camera] = (today, week, month)
        self._cached = (minute, sums)
        return sums

    def view_changed(self, camera: str) -> bool:
        """As `streetlamp.desk.fleet_services.Fleet`."""
        return camera in self._cameras and TroubleKind.TAMPER in self._conditions(camera)

    def accept_view(self, camera: str) -> None:
        """As `streetlamp.desk.fleet_services.Fleet`."""
        if self._judge is not None and camera in self._cameras:
            self._judge.accept_view(camera)

    def week(self, camera: str, start: float) -> list[Stretch]:
        """As `streetlamp.desk.fleet_services.Fleet`."""
        first = periods.day_of(start, self._site.zone)
        a = periods.midnight(first, self._site.zone)
        b = periods.midnight(periods.later(first, 7), self._site.zone)
        return Account(self._tables).stretches(a, b, [camera]).get(camera, [])

    def period(self, text: str) -> Period:
        """As `streetlamp.desk.fleet_services.Fleet`."""
        return periods.parse(text, self._ledger.now, self._site.zone)

    def report(self, period: Period, sees: Callable[[str], bool] | None = None) -> Report:
        """As `streetlamp.desk.fleet_services.Fleet`."""
        if sees is not None:
            return self._report(period, sees)
        minute = self._ledger.next
        made = self._reports.get(period.key)
        if made is None or made[0] != minute:
            made = minute, self._report(period, None)
            if len(self._reports) >= REPORTS:
                self._reports.clear()
            self._reports[period.key] = made
        return made[1]

    def _report(self, period: Period, sees: Callable[[str], bool] | None) -> Report:
        now, zone = self._wall(), self._site.zone
        site = about(self._site)
        return report(self._tables, period, site, zone, now, live=True, sees=sees)


def planned_work(site: Site) -> list[Planned]:
    """The site file's planned maintenance, with the cameras it means."""
    return [
        Planned(*one.span(site.zone), tuple(sorted(matching(one.cameras, site.cameras))), one.why)
        for one in site.fleet.maintenance
    ]


def about(site: Site) -> About:
    """What a report says of the site."""
    return About(site.name, site.operator.name, site.timezone, site.fleet.objective_percent / 100)
