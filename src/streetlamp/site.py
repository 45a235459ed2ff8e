"""What the owner writes in ``site.yaml``: cameras, what to look for, how long to keep what.

Every room brings its own typed options; they are put together here. The file is read, checked as a
whole and never rewritten.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    SecretStr,
    SerializeAsAny,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from streetlamp import site_yaml
from streetlamp.alarms.options import AlarmOptions
from streetlamp.desk.options import DeskOptions
from streetlamp.errors import UserError
from streetlamp.geometry import Line, Place, Zone
from streetlamp.live.options import LiveOptions
from streetlamp.options import Options
from streetlamp.record.options import RecordOptions
from streetlamp.rules.base import RULES, RuleOptions
from streetlamp.site_explain import PLACE_KEYS, WRONG_RULES, did_you_mean, explain
from streetlamp.site_yaml import Document, Problem
from streetlamp.stream.options import EncodeOptions
from streetlamp.video.detect_options import DetectOptions
from streetlamp.video.options import HideOptions, LookOptions
from streetlamp.video.source.options import SourceOptions
from streetlamp.video.tag_options import TagOptions
from streetlamp.video.track_options import TrackOptions

_MOST_PROBLEMS: Final = 40
_RULE_KEYS: Final = frozenset({"rule", *PLACE_KEYS})

Some = TypeVar("Some", bound=Options)
CameraId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]


def defaults(options: type[Some]) -> Some:
    """These options with nothing set."""
    return options.model_validate({})


class CameraSource(SourceOptions):
    """Where the pictures come from; the password may stay out of the file."""

    password_env: str = Field(
        default="",
        title="Password from the environment",
        description="Name of an environment variable that holds the password, so that it does not "
        "stand in this file.",
        examples=["GATE_PASSWORD"],
    )

    @model_validator(mode="before")
    @classmethod
    def _password_from_environment(cls, data: Any) -> Any:
        name = data.get("password_env") if isinstance(data, dict) else None
        if not isinstance(name, str) or not name:
            return data
        if "password" in data:
            raise ValueError("give password or password_env, not both")
        if name not in os.environ:
            raise ValueError(f"the environment variable {name} is not set; set it before you start")
        return {**data, "password": SecretStr(os.environ[name])}


def rule_options(kind: str) -> type[RuleOptions]:
    """The options class of a kind of rule; KeyError when there is no such kind."""
    return RULES[kind].Options


def _parse_rule(data: Any) -> Any:
    """A mapping with ``rule: KIND`` and ``zone:`` or ``line:`` becomes that kind's options."""
    if isinstance(data, RuleOptions):
        return data
    if not isinstance(data, Mapping):
        raise ValueError("a rule is a mapping that begins with rule: and its kind")  # noqa: TRY004
    kinds = sorted(RULES)
    kind = data.get("rule")
    if kind is None:
        raise ValueError(f"'rule' is missing: which kind of rule? ({', '.join(kinds)})")
    if not isinstance(kind, str) or kind not in RULES:
        raise ValueError(f"there is no rule '{kind}'{did_you_mean(str(kind), kinds)}")
    plain = {key: value for key, value in data.items() if key not in _RULE_KEYS}
    place = next((data[key] for key in PLACE_KEYS if key in data), "")
    return rule_options(kind).model_validate({**plain, "kind": kind, "place": place})


def _named_places(data: Any, make: Any) -> Any:
    if not isinstance(data, Mapping):
        return data
    return {
        name: make(name, value) if isinstance(value, (list, tuple)) else value
        for name, value in data.items()
    }


class CameraOptions(Options):
    """One camera: where its pictures come from, what is hidden, and what it looks for."""

    name: str = Field(
        default="",
        max_length=80,
        title="Name",
        description="What people call this camera. Left out: its id.",
        examples=["Main gate"],
    )
    area: str = Field(
        default="",
        max_length=80,
        title="Area",
        description="The part of the site it belongs to; the wall is grouped by it.",
        examples=["North"],
    )
    enabled: bool = Field(
        default=True, title="Switched on", description="false: this camera is not opened at all."
    )
    source: CameraSource = Field(
        title="Source",
        description="An address, a file, a folder or a webcam's number; or a mapping with url and "
        "the settings below.",
        examples=["rtsp://192.168.1.20/stream"],
    )
    hide: HideOptions = Field(
        default=defaults(HideOptions), title="Hiding", description="How people are hidden."
    )
    look: LookOptions = Field(
        default=defaults(LookOptions), title="Looking", description="How often the detector looks."
    )
    record: bool = Field(
        default=True,
        title="Record",
        description="false: nothing of this camera is recorded, and its alarms have no clip.",
    )
    zones: dict[str, Zone] = Field(
        default={},
        title="Zones",
        description="Areas by name: at least three corners [x, y], as fractions of the picture "
        "(0 to 1, from the top left).",
    )
    lines: dict[str, Line] = Field(
        default={},
        title="Lines",
        description="Lines by name: [x, y] of the start and of the end, as fractions. Who crosses "
        "from its left to its right goes in.",
    )
    rules: tuple[Annotated[SerializeAsAny[RuleOptions], BeforeValidator(_parse_rule)], ...] = Field(
        default=(), title="Rules", description="What raises an alarm and what is counted."
    )

    @field_validator("source", mode="before")
    @classmethod
    def _short_source(cls, data: Any) -> Any:
        if isinstance(data, bool):
            return data
        return {"url": str(data)} if isinstance(data, (str, int)) else data

    @field_validator("zones", mode="before")
    @classmethod
    def _short_zones(cls, data: Any) -> Any:
        return _named_places(data, lambda name, value: {"name": name, "points": value})

    @field_validator("lines", mode="before")
    @classmethod
    def _short_lines(cls, data: Any) -> Any:
        def line(name: str, value: Sequence[Any]) -> dict[str, Any]:
            if len(value) != 2:
                raise ValueError(
                    f"line '{name}' needs two points, its start and its end, and has {len(value)}"
                )
            return {"name": name, "a": value[0], "b": value[1]}

        return _named_places(data, line)

    @model_validator(mode="after")
    def _places_exist(self) -> Self:
        plain = [{"rule": r.kind, "name": r.name, "place": r.place} for r in self.rules]
        for _, text in wrong_rules(plain, set(self.zones), set(self.lines)):
            raise PydanticCustomError(WRONG_RULES, "{text}", {"text": text})
        return self

    @property
    def places(self) -> tuple[Place, ...]:
        """All zones and lines."""
        return (*self.zones.values(), *self.lines.values())


def wrong_rules(
    rules: Sequence[Mapping[str, Any]], zones: set[str], lines: set[str]
) -> Iterator[tuple[site_yaml.Path, str]]:
    """What is wrong between a camera's rules and its places: (path in the camera, plain words).

    Takes the rules as written, so that it also works on a file that has other mistakes.
    """
    for name in sorted(zones & lines):
        yield ("lines", name), f"'{name}' is a zone as well as a line; rename one"
    names = Counter(str(rule["name"]) for rule in rules if rule.get("name"))
    seen: set[str] = set()
    for i, rule in enumerate(rules):
        for key, text in _wrong_place(rule, zones, lines):
            yield ("rules", i, key), text
        name = str(rule.get("name") or "")
        if name and names[name] > 1 and name in seen:
            yield ("rules", i, "name"), f"two rules of this camera are called '{name}'; rename one"
        seen.add(name)


def _wrong_place(
    rule: Mapping[str, Any], zones: set[str], lines: set[str]
) -> Iterator[tuple[str, str]]:
    """What is wrong with the place of one rule: (key, plain words)."""
    kind = rule.get("rule")
    given = [key for key in PLACE_KEYS if key in rule]
    if not isinstance(kind, str) or kind not in RULES:
        return
    want = "line" if RULES[kind].watches is Line else "zone"
    known, other = (lines, zones) if want == "line" else (zones, lines)
    place = str(rule[given[0]] or "") if given else ""
    if len(given) > 1:
        yield given[1], f"'{given[0]}' and '{given[1]}' are both given; a rule watches one place"
    elif given and given[0] not in (want, "place"):
        yield given[0], f"{kind} watches a {want}, not a {given[0]}; write {want}: and its name"
    elif not place and want == "line":
        yield "line", f"'line' is missing; {kind} needs the name of one of the camera's lines"
    elif place in other and place not in known:
        yield given[0], f"'{place}' is not a {want}, and {kind} watches a {want}"
    elif place and place not in known:
        hint = did_you_mean(place, known) or f"; it has none, draw one under {want}s:"
        yield given[0], f"there is no {want} '{place}' in this camera{hint}"


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
    for id_, camera in _cameras(document.data):
        rules = [rule if isinstance(rule, dict) else {} for rule in _rules(camera)]
        places = [
            set(map(str, found)) if isinstance(found := camera.get(key), dict) else set()
            for key in ("zones", "lines")
        ]
        for inside, text in wrong_rules(rules, *places):
            where: site_yaml.Path = ("cameras", id_, *inside)
            yield Problem(document.place(where), where[:-1], text)


def _resolved(data: dict[Any, Any], folder: Path) -> dict[Any, Any]:
    """The data with relative paths made to start at the site file's folder."""
    data = dict(data)
    if isinstance(data.get("data", "streetlamp-data"), str):
        data["data"] = str(folder / Path(data.get("data", "streetlamp-data")).expanduser())
    detect = data.get("detect")
    if isinstance(detect, dict) and isinstance(detect.get("models_folder"), str):
        data["detect"] = {**detect, "models_folder": str(folder / detect["models_folder"])}
    if isinstance(data.get("cameras"), dict):
        cameras = data["cameras"] = dict(data["cameras"])
        for id_, camera in _cameras(data):
            source = camera.get("source")
            if isinstance(source, str):
                cameras[id_] = {**camera, "source": _resolved_url(source, folder)}
            elif isinstance(source, dict) and isinstance(source.get("url"), str):
                url = _resolved_url(source["url"], folder)
                cameras[id_] = {**camera, "source": {**source, "url": url}}
    return data


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
