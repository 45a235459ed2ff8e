"""What the desk needs from the rest of the house, as the few verbs it uses.

The app fills `Services` with the real things; tests may use small ones. Methods are called from
several threads at once. Times are POSIX seconds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from streetlamp.alarms.care import AlarmCare
from streetlamp.backtest.answer import Answer
from streetlamp.backtest.engine import Job
from streetlamp.desk.feed_services import FeedView
from streetlamp.desk.fleet_services import Fleet
from streetlamp.desk.meter_services import Meters
from streetlamp.desk.notify_services import Notify
from streetlamp.desk.people_services import Accounts, Tokens
from streetlamp.desk.rule_services import DeskRules
from streetlamp.desk.search_services import EventSearch, HeatMaps
from streetlamp.desk.stock_services import Stores
from streetlamp.inspection.report import CameraReport
from streetlamp.live.tiles import Sheet
from streetlamp.store.alarm_groups import GroupSum
from streetlamp.store.alarms import AlarmTally
from streetlamp.store.counts import CountSum
from streetlamp.store.findings import FindingRow, Known
from streetlamp.store.inspections import Sighting, Verdict
from streetlamp.values import Alarm, AlarmState, CameraStatus, Count, Fragment, Segment, Severity


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A zone (three points or more) or a line (two), as fractions of the picture."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule as the page shows it."""

    name: str
    kind: str
    place: str  # "" is the whole picture
    severity: Severity
    watches_for: str = ""  # in words, for the public page; "" if it only counts
    counts: str = ""  # in words, for the public page; "" if it counts nothing


@dataclass(frozen=True, slots=True)
class AtView:
    """Where a camera stands: fractions of a plan's picture, or degrees on a map."""

    plan: str
    x: float | None = None
    y: float | None = None
    lat: float | None = None
    lon: float | None = None
    direction: float | None = None  # degrees clockwise from up or north
    angle: float = 70.0  # degrees


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan (a picture) or a map on which cameras stand."""

    id: str
    name: str
    picture: Path | None = None  # None: a map
    media_type: str = ""
    width: float = 0.0  # of the picture, pixels or its own units
    height: float = 0.0
    width_m: float | None = None
    style: Path | None = None  # of a map; None: nothing lies behind the cameras


@dataclass(frozen=True, slots=True)
class CameraView:
    """A camera as the page shows it."""

    id: str
    name: str
    area: str = ""
    zones: tuple[PlaceView, ...] = ()
    lines: tuple[PlaceView, ...] = ()
    rules: tuple[RuleView, ...] = ()
    at: AtView | None = None


@dataclass(frozen=True, slots=True)
class SiteView:
    """What the desk says about the site; nothing secret stands in it."""

    name: str
    timezone: str
    cameras: tuple[CameraView, ...]
    delay_s: float = 1.0
    operator: str = ""
    contact: str = ""
    kept_days: float = 0.0  # 0: nothing is recorded
    index_days: float = 0.0  # 0: no index of the recordings is kept
    findings: bool = False  # readings or records are looked through
    plans: tuple[PlanView, ...] = ()

    def camera(self, id: str) -> CameraView | None:  # noqa: A002
        return next((camera for camera in self.cameras if camera.id == id), None)


@dataclass(frozen=True, slots=True)
class DiskView:
    free_bytes: int
    used_bytes: int
    recording: bool
    message: str = ""


@dataclass(frozen=True, slots=True)
class MachineView:
    """Whether the machine keeps up with its cameras. Sums count from the start."""

    message: str = ""  # what somebody should know, in words; "" while all is well
    looking: bool = True  # False: the detector is away, everything is hidden whole
    level: int = 0  # of overload; 0: nothing gives way
    looks_factor: float = 1.0  # share of the looks a second that are left
    clear_share: float = 1.0  # share of the cameras shown in full detail
    asked: int = 0  # looks
    looked: int = 0
    failed: int = 0
    replaced: int = 0  # looks given up because a newer picture came first
    waiting: int = 0
    longest: float = 0.0  # seconds the oldest unanswered look has been waiting
    busy: float = 0.0  # seconds spent looking
    restarts: int = 0  # of the detector
    hung: int = 0  # looks that never came back


@dataclass(frozen=True, slots=True)
class ModeView:
    """The mode a site is in, and how long that holds."""

    mode: str
    modes: tuple[str, ...]
    scheduled: str  # what the schedule says, whatever was chosen
    chosen_by: str  # "": by the schedule
    since: float | None  # when it was chosen, POSIX seconds; None: the schedule decides
    until: float | None  # when the schedule changes it; None: it does not
    timed: bool = False  # some mode has hours of its own


class Subscription(Protocol):
    """One viewer's fragments. Bounded: a slow viewer loses fragments up to the next keyframe."""

    async def get(self) -> Fragment | None: ...  # None: there will be no more
    def close(self) -> None: ...


class Hub(Protocol):
    @property
    def cameras(self) -> Sequence[str]: ...
    def subscribe(self, camera: str) -> Subscription: ...
    def still(self, camera: str) -> bytes | None: ...


class Playable(Protocol):
    """An opened stretch of footage: the first `size` bytes of `file` are whole."""

    @property
    def segment(self) -> Segment: ...
    @property
    def file(self) -> BinaryIO: ...
    @property
    def size(self) -> int: ...


class Recordings(Protocol):
    def list(self, camera: str, start: float, end: float) -> Sequence[Segment]: ...
    def open(self, id: str) -> AbstractContextManager[Playable]: ...  # noqa: A002  # KeyError
    def export(self, camera: str, start: float, end: float, path: Path) -> object: ...  # UserError


class Counts(Protocol):
    def list(
        self, start: float, end: float, camera: str | None = None, step: int = 60
    ) -> Sequence[Count]: ...
    def folded(
        self, start: float, end: float, camera: str | None = None, step: int = 60
    ) -> Sequence[CountSum]: ...


class AlarmBook(Protocol):
    """As `streetlamp.alarms.book.AlarmBook`, whose errors are UserErrors."""

    def get(self, id: str) -> Alarm: ...  # noqa: A002
    def open_count(self) -> int: ...
    def tallies(self, since: float) -> Sequence[AlarmTally]: ...
    def acknowledge(self, id: str, actor: str, time: float, note: str = "") -> Alarm: ...  # noqa: A002
    def resolve(self, id: str, actor: str, time: float, note: str = "") -> Alarm: ...  # noqa: A002
    def mark_false(self, id: str, actor: str, time: float, note: str = "") -> Alarm: ...  # noqa: A002
    def on_change(self, callback: Callable[[Alarm], None]) -> object: ...
    def groups(
        self,
        ids: Collection[str] | None = None,
        *,
        open_only: bool = False,
        limit: int = 50,
        cameras: Collection[str] | None = None,
    ) -> Sequence[GroupSum]: ...
    def cameras(self) -> set[str]: ...
    def answer_group(
        self,
        id: str,  # noqa: A002
        state: AlarmState,
        actor: str,
        time: float,
        note: str = "",
        cameras: Collection[str] | None = None,
    ) -> int: ...
    def list(
        self,
        states: Collection[AlarmState] | None = None,
        camera: str | None = None,
        limit: int | None = 50,
        before: float | None = None,
        **more: Any,  # group, shelved, since, offset, cameras
    ) -> list[Alarm]: ...


class FindingTable(Protocol):
    """As `streetlamp.store.Findings`."""

    def get(self, id: str) -> FindingRow | None: ...  # noqa: A002
    def known(self, room: str) -> Mapping[str, Known]: ...


class Backtest(Protocol):
    """Tries rules on the last days; as `streetlamp.app.backtester.Backtester`."""

    @property
    def share(self) -> float | None: ...  # how much of the running one is done; None: none runs
    def kept(self, camera: str) -> tuple[float, float] | None: ...
    def job(
        self,
        camera: str,
        start: float,
        end: float,
        draft: Mapping[str, Any] | None = None,
        *,
        compare: bool = False,
    ) -> Job: ...  # UserError
    def run(self, job: Job, stop: threading.Event) -> Answer | None: ...  # UserError


class Users(Protocol):
    """Who may log in; as `streetlamp.vault.users.Users`, whose errors are UserErrors."""

    def setup_needed(self) -> bool: ...
    def setup(self, token: str, name: str, password: str, now: float) -> str: ...
    def change_password(self, name: str, password: str, now: float) -> None: ...
    def login(self, name: str, password: str, now: float) -> str | None: ...
    def user_of(self, token: str, now: float) -> str | None: ...
    def logout(self, token: str) -> None: ...


class AuditEntry(Protocol):
    @property
    def seq(self) -> int: ...
    @property
    def time(self) -> float: ...
    @property
    def actor(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def object(self) -> str: ...
    @property
    def detail(self) -> str: ...


class Audit(Protocol):
    """As `streetlamp.vault.audit.Audit`: an entry is on the disk when `record` returns."""

    def record(
        self,
        time: float,
        actor: str,
        action: str,
        object: str = "",  # noqa: A002
        **detail: str | float | bool,
    ) -> AuditEntry: ...
    def list(
        self, limit: int = 100, before: int | None = None, action: str | None = None
    ) -> Sequence[AuditEntry]: ...


class HidingAudit(Protocol):
    """What the audit of the hiding found; as `streetlamp.app.inspector.Keeper`."""

    def reports(self, now: float) -> Sequence[CameraReport]: ...
    def sightings(
        self, limit: int = 50, sees: Callable[[str], bool] | None = None
    ) -> Sequence[Sighting]: ...
    def get(self, id: str) -> Sighting: ...  # noqa: A002  # KeyError
    def judge(self, id: str, verdict: Verdict, actor: str, now: float) -> Sighting: ...  # noqa: A002
    def remove(self, id: str, actor: str, now: float) -> Sighting: ...  # noqa: A002
    def still(self, id: str) -> bytes | None: ...  # noqa: A002


class ModeKeeper(Protocol):
    """Which mode the site is in; as `streetlamp.app.mode_keeper.ModeKeeper`."""

    def now(self, now: float) -> ModeView: ...
    def choose(self, mode: str, actor: str, now: float, *, hold: bool) -> ModeView: ...  # UserError


class Wall(Protocol):
    """The wall's pictures, drawn once for all who watch."""

    def watch(self, width: int) -> WallView: ...


class WallView(Protocol):
    """One viewer's sheets. As `streetlamp.live.wall.WallView`."""

    @property
    def tile(self) -> tuple[int, int]: ...  # pixels
    def show(self, cameras: Iterable[int]) -> None: ...  # IndexError
    def has_drawn(self, sheets: int) -> None: ...
    async def get(self) -> Sheet | None: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the desk talks to."""

    site: SiteView
    hub: Hub
    wall: Wall
    alarms: AlarmBook
    recordings: Recordings
    counts: Counts
    users: Users
    accounts: Accounts
    tokens: Tokens
    audit: Audit
    statuses: Callable[[], Sequence[CameraStatus]]
    disk: Callable[[], DiskView]
    data: Path  # clips lie below it
    now: Callable[[], float]  # POSIX seconds
    clip_before_s: float = 10.0  # where in an alarm's clip the alarm was raised
    hiding: HidingAudit | None = None
    machine: Callable[[], MachineView] = MachineView
    fleet: Fleet | None = None
    heat: HeatMaps | None = None
    events: EventSearch | None = None
    care: AlarmCare | None = None
    rules: DeskRules | None = None
    notify: Notify | None = None
    modes: ModeKeeper | None = None  # None: the site has no modes
    findings: FindingTable | None = None  # None: neither meters nor stock
    stores: Stores | None = None  # None: no folder of records
    feeds: Callable[[], Sequence[FeedView]] = tuple
    meters: Meters | None = None  # None: no folder of readings
    backtest: Backtest | None = None
