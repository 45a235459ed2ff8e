"""What the owner writes in ``site.yaml``: cameras, what to look for, how long to keep what.

Every room brings its own typed options; they are put together here. The file is read, checked as a
whole and never rewritten.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from pydantic import (
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from streetlamp import site_yaml
from streetlamp.alarms.options import AlarmOptions
from streetlamp.backtest.options import BacktestOptions
from streetlamp.desk.options import DeskOptions
from streetlamp.errors import UserError
from streetlamp.fleet.options import FleetOptions
from streetlamp.fleet.placing import plan_for
from streetlamp.fleet.plan_options import PlanId, PlanOptions
from streetlamp.inspection.options import AuditOptions
from streetlamp.live.options import LiveOptions
from streetlamp.meters.options import MeterOptions
from streetlamp.notify.parse import Target, TargetName
from streetlamp.options import Options
from streetlamp.record.options import RecordOptions
from streetlamp.rules.almanac import Almanac
from streetlamp.rules.heat_options import HeatOptions
from streetlamp.rules.holidays import HolidayEntry, Holidays
from streetlamp.rules.modes import Choice, ModeEntry, ModeOptions, Modes, wrong_modes
from streetlamp.site_camera import (
    CameraId,
    CameraOptions,
    CameraSource,
    defaults,
    rule_options,
)
from streetlamp.site_checks import more_problems, raw_models
from streetlamp.site_explain import WRONG_RULES, explain, no_mode
from streetlamp.site_paths import resolved, resolved_url
from streetlamp.site_yaml import Problem
from streetlamp.stock.options import StockOptions
from streetlamp.stream.options import EncodeOptions
from streetlamp.video.detect_options import DetectOptions
from streetlamp.video.tag.options import TagOptions
from streetlamp.video.track.options import TrackOptions

_MOST_PROBLEMS: Final = 40

__all__ = [
    "CameraOptions",
    "CameraSource",
    "Operator",
    "Site",
    "load_site",
    "parse_site",
    "rule_options",
    "site_from_sources",
]


class Operator(Options):
    """Who answers for this site, as the public page says."""

    name: str = Field(
        default="",
        max_length=200,
        title="Organisation",
        description="Who runs this site.",
        examples=["Riverside Campus Services"],
    )
    contact: str = Field(
        default="",
        max_length=200,
        title="Contact",
        description="Where people can ask about it: an address or a telephone number.",
        examples=["lamp@example.org"],
    )


class Site(Options):
    """A whole site."""

    name: str = Field(
        default="Streetlamp",
        min_length=1,
        max_length=80,
        title="Name",
        description="What people call this place.",
        examples=["Riverside campus"],
    )
    timezone: str = Field(
        default="UTC",
        title="Time zone",
        description="IANA name, used for schedules and for the times the page shows.",
        examples=["Europe/Berlin"],
    )
    operator: Operator = Field(
        default=defaults(Operator),
        title="Operator",
        description="Who answers; stands on the public page.",
    )
    data: Path = Field(
        default=Path("streetlamp-data"),
        title="Data folder",
        description="Where recordings and the database are kept; a relative path starts at this "
        "file's folder.",
    )
    cameras: dict[CameraId, CameraOptions] = Field(
        min_length=1,
        title="Cameras",
        description="One entry a camera, by its id: small letters, digits, - and _.",
    )
    plans: dict[PlanId, PlanOptions] = Field(
        default={},
        title="Plans",
        description="Pictures and maps on which the page shows the cameras, by an id, such as "
        "ground: {name: Ground floor, image: plans/ground.png} or town: {map: plain}.",
    )
    holidays: tuple[HolidayEntry, ...] = Field(
        default=(),
        title="Holidays",
        description='Days on which schedules may differ: "2026-05-01", or "12-25" in every year, '
        'or a mapping {date: "12-24", until: "01-01", name: Closed}. What a rule does on them is '
        "its on_holidays.",
    )
    modes: tuple[ModeEntry, ...] = Field(
        default=(),
        title="Modes",
        description="Such as [day, night, weekend], for rules that are armed in some of them alone "
        "(armed_in). Names, or mappings {name: night, schedule: [...]}. The first one holds "
        "while no other does. People change the mode at the desk or with `streetlamp mode`.",
    )
    detect: DetectOptions = Field(
        default=defaults(DetectOptions),
        title="Detector",
        description="The model that finds things.",
    )
    track: TrackOptions = Field(
        default=defaults(TrackOptions), title="Tracking", description="How things are followed."
    )
    tag: TagOptions = Field(
        default=defaults(TagOptions), title="Tags", description="How colour and posture are told."
    )
    encode: EncodeOptions = Field(
        default=defaults(EncodeOptions),
        title="Compression",
        description="How masked video is compressed, for recordings and screens alike.",
    )
    record: RecordOptions = Field(
        default=defaults(RecordOptions),
        title="Recording",
        description="What is kept, and how long.",
    )
    heat: HeatOptions = Field(
        default=defaults(HeatOptions),
        title="Heat maps",
        description="Where people and vehicles walk and wait, as sums.",
    )
    backtest: BacktestOptions = Field(
        default=defaults(BacktestOptions),
        title="Back-test",
        description="An index of the recordings on which rules can be tried.",
    )
    alarms: AlarmOptions = Field(
        default=defaults(AlarmOptions), title="Alarms", description="How alarms live."
    )
    notify: dict[TargetName, Target] = Field(
        default={},
        title="Notification",
        description="Who is told of alarms away from the desk, by a name of your own, such as "
        "porter: {kind: apprise, urls: ['env:PORTER_MAIL']}. docs/13-notify.md shows each kind.",
    )
    fleet: FleetOptions = Field(
        default=defaults(FleetOptions),
        title="The cameras together",
        description="How well they must serve, planned maintenance, what they depend on, and when "
        "trouble with them is an alarm.",
    )
    meters: MeterOptions = Field(
        default=defaults(MeterOptions),
        title="Meters",
        description="Readings in which leaks, bursts and faults are looked for.",
    )
    stock: StockOptions = Field(
        default=defaults(StockOptions),
        title="Stock",
        description="Records of tanks and bulk goods, in which what is missing is looked for.",
    )
    audit_hiding: AuditOptions = Field(
        default=defaults(AuditOptions),
        title="Audit of the hiding",
        description="How often another model looks whether anybody can be seen in what is stored.",
    )
    live: LiveOptions = Field(
        default=defaults(LiveOptions),
        title="Live pictures",
        description="How live pictures are sent to screens.",
    )
    desk: DeskOptions = Field(
        default=defaults(DeskOptions), title="Desk", description="Where the page is served."
    )

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(
                f"there is no time zone {name!r}; write an IANA name such as Europe/Berlin"
            ) from None
        return name

    @model_validator(mode="after")
    def _places_on_plans(self) -> Self:
        plans = {id_: plan.model_dump() for id_, plan in self.plans.items()}
        for id_, camera in self.cameras.items():
            if camera.at is not None:
                try:
                    plan_for(camera.at.model_dump(), plans)
                except ValueError as error:
                    said = {"text": f"camera {id_}: {error}"}
                    raise PydanticCustomError(WRONG_RULES, "{text}", said) from None
        return self

    @field_validator("modes")
    @classmethod
    def _modes_differ(cls, modes: tuple[ModeOptions, ...]) -> tuple[ModeOptions, ...]:
        if wrong := wrong_modes([mode.name for mode in modes]):
            raise ValueError(wrong)
        return modes

    @model_validator(mode="after")
    def _armed_in_modes_there_are(self) -> Self:
        names = {mode.name for mode in self.modes}
        for id_, camera in self.cameras.items():
            for rule in camera.rules:
                for name in rule.armed_in:
                    if name not in names:
                        said = {"text": f"camera {id_}, rule {rule.name}: {no_mode(name, names)}"}
                        raise PydanticCustomError(WRONG_RULES, "{text}", said)
        return self

    def almanac(self, choices: Iterable[Choice] = ()) -> Almanac:
        """The site's holidays and modes, with what people have chosen."""
        holidays = Holidays(self.holidays)
        return Almanac(holidays, Modes(self.modes, self.zone, holidays, choices))

    def plan_of(self, camera: str) -> str:
        """The id of the plan that a camera stands on, "" if it has no place."""
        at = self.cameras[camera].at
        plans = {id_: plan.model_dump() for id_, plan in self.plans.items()}
        return plan_for(at.model_dump(), plans) if at is not None else ""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def switched_on(self) -> dict[str, CameraOptions]:
        """The cameras that are to be opened."""
        return {id_: camera for id_, camera in self.cameras.items() if camera.enabled}


def load_site(path: Path) -> Site:
    """The site in a file. UserError lists everything that is wrong, each with its line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UserError(
            f"There is no site file {path}. `streetlamp site new` writes one to begin with."
        ) from None
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path} is not a text file in UTF-8 (byte {error.start + 1}). Save it as UTF-8."
        ) from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None
    return parse_site(text, path)


def parse_site(text: str, path: Path) -> Site:
    """The site in a text that stands (or would stand) at `path`; UserError as `load_site`."""
    document = site_yaml.read_yaml(text)
    problems = list(document.problems)
    site: Site | None = None
    if document.data is None or document.data == {}:
        if not problems:
            raise UserError(
                f"{path} is empty. It needs at least one camera; "
                "`streetlamp site new` writes a file to begin with."
            )
    elif not isinstance(document.data, dict):
        problems.append(Problem(document.place(()), (), "the file must be a mapping (key: value)"))
    else:
        try:
            site = Site.model_validate(resolved(document.data, path.absolute().parent))
        except ValidationError as error:
            problems += explain(error, document, Site, raw_models(document.data))
        problems += more_problems(document)
    if problems or site is None:
        raise UserError(_report(path, problems))
    return site


def _report(path: Path, problems: Sequence[Problem]) -> str:
    once = {(problem.place, problem.text): problem for problem in problems}
    ordered = sorted(once.values(), key=lambda problem: (problem.place, problem.text))
    lines = [
        f"  line {p.place.line}, column {p.place.column}: "
        + (f"{_where(p.inside)}: " if p.inside else "")
        + p.text
        for p in ordered[:_MOST_PROBLEMS]
    ]
    if len(ordered) > _MOST_PROBLEMS:
        lines.append(f"  … and {len(ordered) - _MOST_PROBLEMS} more")
    things = "one thing" if len(ordered) == 1 else f"{len(ordered)} things"
    return f"{path}: {things} to put right\n" + "\n".join(lines)


def _where(inside: site_yaml.Path) -> str:
    """``cameras.gate.rules#2``: keys, and items of lists counted from 1."""
    steps = (f"#{step + 1}" if isinstance(step, int) else f".{step}" for step in inside)
    return "".join(steps).removeprefix(".")


def site_from_sources(urls: Sequence[str], *, data: Path | None = None) -> Site:
    """A site with default settings for the sources of a command line.

    A file's or folder's camera is called after it, any other cam1, cam2, …
    """
    if not urls:
        raise UserError("Name at least one source: a file, an address, or a webcam's number.")
    cameras: dict[str, Any] = {}
    for number, url in enumerate(urls, 1):
        local = not re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", url) and not url.isdigit()
        stem = Path(url).stem if local else ""
        base = re.sub(r"[^a-z0-9_-]+", "-", stem.lower()).strip("-_")[:32] or f"cam{number}"
        id_, again = base, 1
        while id_ in cameras:
            again += 1
            id_ = f"{base}-{again}"
        cameras[id_] = {"name": stem or id_, "source": resolved_url(url, Path.cwd())}
    try:
        return Site.model_validate(
            {"cameras": cameras, "data": data or Path.cwd() / "streetlamp-data"}
        )
    except ValidationError as error:
        said = "\n".join(f"  {one['msg']}" for one in error.errors(include_url=False))
        raise UserError(f"A source cannot be used:\n{said}") from None
