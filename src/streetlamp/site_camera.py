"""One camera in ``site.yaml``: where its pictures come from, its places and its rules."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Self, TypeVar

from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    SerializeAsAny,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from streetlamp import site_yaml
from streetlamp.fleet.health_options import HealthOptions
from streetlamp.fleet.plan_options import AtOptions
from streetlamp.geometry import Line, Place, Zone
from streetlamp.ground import GroundOptions, Plane
from streetlamp.options import Options
from streetlamp.rules.base import RULES, RuleOptions, no_ground
from streetlamp.site_explain import PLACE_KEYS, WRONG_RULES, did_you_mean
from streetlamp.video.options import HideOptions, LookOptions
from streetlamp.video.sleep_options import SleepOptions
from streetlamp.video.source.address import Address
from streetlamp.video.source.options import SourceOptions

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

    def fresh(self) -> Self:
        """The same with the password that the environment holds now."""
        now = os.environ.get(self.password_env) if self.password_env else None
        if now is None or now == self.password.get_secret_value():
            return self
        return self.model_copy(update={"password": SecretStr(now)})


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
    at: AtOptions | None = Field(
        default=None,
        title="Place",
        description="Where it stands on a plan or map of the site, and where it looks: "
        "{plan: ground, x: 0.42, y: 0.3, direction: 90} or {lat: 52.5163, lon: 13.3777}.",
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
    second_stream: CameraSource | None = Field(
        default=None,
        title="Second stream",
        description="The camera's small stream (sub stream) of the same view, H.264, 640 or more "
        "pixels wide, with keyframes as often as the main stream's: an address, or a mapping as "
        "for source. While the camera sleeps it is judged by this one, which costs a fraction of "
        "decoding the main stream. On the same host the login of source is used where none is "
        "given. Not used by `process`.",
        examples=["rtsp://192.168.1.20/stream2"],
    )
    hide: HideOptions = Field(
        default=defaults(HideOptions), title="Hiding", description="How people are hidden."
    )
    look: LookOptions = Field(
        default=defaults(LookOptions), title="Looking", description="How often the detector looks."
    )
    sleep: SleepOptions = Field(
        default=defaults(SleepOptions),
        title="Sleeping",
        description="How a camera in front of which nothing happens is spared.",
    )
    health: HealthOptions = Field(
        default=defaults(HealthOptions),
        title="Health",
        description="How it is judged whether this camera does its job.",
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
    ground: GroundOptions | None = Field(
        default=None,
        title="Ground",
        description="How far apart things on the ground are, for rules that measure in metres: "
        "{rectangle: [[x, y], …], sides_m: [2.5, 5]}.",
    )
    rules: tuple[Annotated[SerializeAsAny[RuleOptions], BeforeValidator(_parse_rule)], ...] = Field(
        default=(), title="Rules", description="What raises an alarm and what is counted."
    )

    @field_validator("source", "second_stream", mode="before")
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

    @field_validator("second_stream", mode="after")
    @classmethod
    def _second_beside_the_first(
        cls, second: CameraSource | None, info: ValidationInfo
    ) -> CameraSource | None:
        first = info.data.get("source")
        if second is None or not isinstance(first, CameraSource):
            return second
        if second.url == first.url:
            raise ValueError(
                "this is the address of source; give the camera's smaller stream, or leave it out"
            )
        if second.username or second.password.get_secret_value():
            return second
        if Address(second.url).host != Address(first.url).host:
            return second
        login = {"username": first.username, "password": first.password}
        return second.model_copy(update=login)

    @model_validator(mode="after")
    def _places_exist(self) -> Self:
        plain = [{"rule": r.kind, "name": r.name, "place": r.place} for r in self.rules]
        known = self.ground is not None
        for _, text in wrong_rules(plain, set(self.zones), set(self.lines), ground=known):
            raise PydanticCustomError(WRONG_RULES, "{text}", {"text": text})
        return self

    @property
    def places(self) -> tuple[Place, ...]:
        """All zones and lines."""
        return (*self.zones.values(), *self.lines.values())

    @property
    def plane(self) -> Plane | None:
        """The ground in metres, where it is calibrated."""
        return None if self.ground is None else self.ground.plane()


def wrong_rules(
    rules: Sequence[Mapping[str, Any]], zones: set[str], lines: set[str], *, ground: bool
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
        kind = rule.get("rule")
        if isinstance(kind, str) and kind in RULES and RULES[kind].needs_ground and not ground:
            yield ("rules", i, "rule"), no_ground(kind)
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
