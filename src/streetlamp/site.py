"""What the owner writes in ``site.yaml``: cameras, what to look for, how long to keep what.

Every room brings its own typed options; they are put together here. The file is read, checked as a
whole and never rewritten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Self
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from streetlamp import site_yaml
from streetlamp.alarms.options import AlarmOptions
from streetlamp.desk.options import DeskOptions
from streetlamp.errors import UserError
from streetlamp.fleet.options import FleetOptions, matching
from streetlamp.fleet.placing import plan_for
from streetlamp.fleet.plan_options import PLAIN, PlanId, PlanOptions
from streetlamp.inspection.options import AuditOptions
from streetlamp.live.options import LiveOptions
from streetlamp.options import Options
from streetlamp.record.options import RecordOptions
from streetlamp.rules.base import RULES
from streetlamp.site_camera import (
    CameraId,
    CameraOptions,
    CameraSource,
    defaults,
    rule_options,
    wrong_rules,
)
from streetlamp.site_explain import WRONG_RULES, explain
from streetlamp.site_yaml import Document, Problem
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
    alarms: AlarmOptions = Field(
        default=defaults(AlarmOptions), title="Alarms", description="How alarms live."
    )
    fleet: FleetOptions = Field(
        default=defaults(FleetOptions),
        title="The cameras together",
        description="How well they must serve, planned maintenance, what they depend on, and when "
        "trouble with them is an alarm.",
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
            site = Site.model_validate(_resolved(document.data, path.absolute().parent))
        except ValidationError as error:
            problems += explain(error, document, Site, _rule_models(document.data))
        problems += _more_problems(document)
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


def _cameras(data: Any) -> Iterator[tuple[str, dict[Any, Any]]]:
    """The cameras of raw data that look like cameras."""
    cameras = data.get("cameras") if isinstance(data, dict) else None
    for id_, camera in (cameras if isinstance(cameras, dict) else {}).items():
        if isinstance(camera, dict):
            yield id_, camera


def _rules(camera: dict[Any, Any]) -> list[Any]:
    rules = camera.get("rules")
    return rules if isinstance(rules, list) else []


def _rule_models(data: Any) -> dict[site_yaml.Path, type[BaseModel]]:
    return {
        ("cameras", id_, "rules", i): rule_options(rule["rule"])
        for id_, camera in _cameras(data)
        for i, rule in enumerate(_rules(camera))
        if isinstance(rule, dict) and isinstance(rule.get("rule"), str) and rule["rule"] in RULES
    }


def _more_problems(document: Document) -> Iterator[Problem]:
    """What no single field can see; worked out on raw data, so that all is listed at once."""
    yield from _fleet_problems(document)
    for id_, camera in _cameras(document.data):
        rules = [rule if isinstance(rule, dict) else {} for rule in _rules(camera)]
        places = [
            set(map(str, found)) if isinstance(found := camera.get(key), dict) else set()
            for key in ("zones", "lines")
        ]
        for inside, text in wrong_rules(rules, *places):
            where: site_yaml.Path = ("cameras", id_, *inside)
            yield Problem(document.place(where), where[:-1], text)
        if isinstance(at := camera.get("at"), dict):
            plans = document.data.get("plans")
            try:
                plan_for(at, plans if isinstance(plans, dict) else {})
            except ValueError as error:
                where = ("cameras", id_, "at", *(("plan",) if "plan" in at else ()))
                yield Problem(document.place(where), ("cameras", id_, "at"), str(error))


def _fleet_problems(document: Document) -> Iterator[Problem]:
    """Patterns of planned maintenance and of groups that mean no camera."""
    data = document.data
    cameras = data.get("cameras") if isinstance(data, dict) else None
    fleet = data.get("fleet") if isinstance(data, dict) else None
    if not isinstance(cameras, dict) or not isinstance(fleet, dict):
        return
    known = {str(id_): None for id_ in cameras}
    groups, work = fleet.get("groups"), fleet.get("maintenance")
    places: list[tuple[site_yaml.Path, Any]] = []
    if isinstance(groups, dict):
        places += [(("fleet", "groups", id_), one) for id_, one in groups.items()]
    if isinstance(work, list):
        places += [(("fleet", "maintenance", i), one) for i, one in enumerate(work)]
    for path, one in places:
        named = one.get("cameras") if isinstance(one, dict) else None
        for i, pattern in enumerate(named if isinstance(named, list) else []):
            if isinstance(pattern, str) and not matching((pattern,), known):
                where = (*path, "cameras", i)
                yield Problem(document.place(where), path, f"no camera is called '{pattern}'")


def _resolved(data: dict[Any, Any], folder: Path) -> dict[Any, Any]:
    """The data with relative paths made to start at the site file's folder."""
    data = dict(data)
    if isinstance(data.get("data", "streetlamp-data"), str):
        data["data"] = str(folder / Path(data.get("data", "streetlamp-data")).expanduser())
    detect = data.get("detect")
    if isinstance(detect, dict) and isinstance(detect.get("models_folder"), str):
        data["detect"] = {**detect, "models_folder": str(folder / detect["models_folder"])}
    if isinstance(data.get("plans"), dict):
        data["plans"] = {id_: _resolved_plan(plan, folder) for id_, plan in data["plans"].items()}
    if isinstance(data.get("cameras"), dict):
        cameras = data["cameras"] = dict(data["cameras"])
        for id_, camera in _cameras(data):
            sources = {
                key: _resolved_source(camera[key], folder)
                for key in ("source", "second_stream")
                if key in camera
            }
            cameras[id_] = {**camera, **sources}
    return data


def _resolved_plan(plan: Any, folder: Path) -> Any:
    if not isinstance(plan, dict):
        return plan
    files = {
        key: str(folder / Path(plan[key]).expanduser())
        for key in ("image", "map")
        if isinstance(plan.get(key), str) and plan[key] not in ("", PLAIN) and "://" not in plan[key]  # noqa: E501
    }
    return {**plan, **files}


def _resolved_source(source: Any, folder: Path) -> Any:
    if isinstance(source, str):
        return _resolved_url(source, folder)
    if isinstance(source, dict) and isinstance(source.get("url"), str):
        changed = {**source, "url": _resolved_url(source["url"], folder)}
        certificate = source.get("certificate")
        if isinstance(certificate, str) and certificate.lower().endswith((".pem", ".crt", ".cer")):
            changed["certificate"] = str(folder / Path(certificate).expanduser())
        return changed
    return source


def _resolved_url(url: str, folder: Path) -> str:
    """A path made absolute; an address with a scheme, or a webcam's number, as it is."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", url) or url.isdigit() or not url:
        return url
    return str(folder / Path(url).expanduser())


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
        cameras[id_] = {"name": stem or id_, "source": _resolved_url(url, Path.cwd())}
    try:
        return Site.model_validate(
            {"cameras": cameras, "data": data or Path.cwd() / "streetlamp-data"}
        )
    except ValidationError as error:
        said = "\n".join(f"  {one['msg']}" for one in error.errors(include_url=False))
        raise UserError(f"A source cannot be used:\n{said}") from None
