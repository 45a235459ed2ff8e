"""Writes the tables of docs/ that the code itself makes: what `make docs` runs.

    .venv/bin/python tools/doc_tables.py [--check]

Everything between the two markers in a page is made here: the settings in docs/03-site-file.md
from the typed options, the faults in docs/10-virtual-cameras.md, the reasons for a lost minute in
docs/11-serviceability.md, rights and the addresses they open in docs/15-people-and-rights.md, the
kinds of feed in docs/28-field-buses.md. A test fails when one is not up to date. `--check` writes
nothing and ends with 1 when something would change.
"""

from __future__ import annotations

import enum
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from streetlamp.alarms.options import Checklist, EscalationStep, StormOptions
from streetlamp.desk.reference import rights_page
from streetlamp.feeds.base import FEEDS
from streetlamp.feeds.kinds.mqtt import MqttOptions, TopicOptions
from streetlamp.fleet.options import FleetAlarmOptions, GroupOptions, MaintenanceOptions
from streetlamp.fleet.plan_options import AtOptions, PlanOptions
from streetlamp.fleet.virtual.table import markdown_table
from streetlamp.fleet.visits import HANDS
from streetlamp.fleet.watch import kind_of as alarm_of
from streetlamp.fleet.words import length
from streetlamp.geometry import Line
from streetlamp.ground import GroundOptions
from streetlamp.health import WORDS as REASON_WORDS
from streetlamp.health import Reason
from streetlamp.notify.base import NOTIFIERS
from streetlamp.notify.options import TargetOptions
from streetlamp.rules.base import RULES
from streetlamp.rules.holidays import Holiday
from streetlamp.rules.modes import ModeOptions
from streetlamp.rules.schedule import Window
from streetlamp.site import CameraOptions, CameraSource, Site, rule_options

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "03-site-file.md"
FAULTS_PAGE = DOCS / "10-virtual-cameras.md"
RIGHTS_PAGE = DOCS / "15-people-and-rights.md"
REASONS_PAGE = DOCS / "11-serviceability.md"
NOTIFY_PAGE = DOCS / "13-notify.md"
FEEDS_PAGE = DOCS / "28-field-buses.md"
BEGIN = "<!-- made by tools/doc_tables.py: begin -->"
END = "<!-- made by tools/doc_tables.py: end -->"

WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path",
         datetime: "date and time"}  # fmt: skip
HIDDEN = {"kind"}  # written as `rule:`

# What each reason means at the site, and what to do. A reason without a line here is an error.
ADVICE: Mapping[Reason, tuple[str, str]] = {
    Reason.STREETLAMP_DOWN: (
        "Streetlamp was off or stood still: an update, a power cut, a machine that slept.",
        "Nothing at the camera. Look at the machine: power, sleep, disk.",
    ),
    Reason.UNREACHABLE: (
        "Nothing answers at its address, or the connection was cut.",
        "Power, cable, switch, address; a certificate that is not believed.",
    ),
    Reason.LOGIN_REFUSED: (
        "It wants a login, or refuses the one it was given.",
        "Put name and password right in the site file.",
    ),
    Reason.NO_VIDEO: (
        "It answers, and no picture comes, or none for more than 10 seconds.",
        "The path in its address, its number of viewers, the transport; restart it.",
    ),
    Reason.DAMAGED: (
        "What comes is no video that can be decoded.",
        "Codec (H.264), cable, packet loss, firmware.",
    ),
    Reason.CLOCK_WRONG: (
        "Its clock is off by more than `clock_seconds`, by its own reports.",
        "Give it a time server, or set its clock.",
    ),
    Reason.BLACK: (
        "95 % of the picture is nearly black, and the view cannot be made out.",
        "Lens cap, light, infrared lamp, exposure.",
    ),
    Reason.OVEREXPOSED: (
        "Most of the picture is white, and the view has gone with it.",
        "Sun or a lamp into the lens, exposure, the infrared filter.",
    ),
    Reason.COVERED: (
        "The view's edges are gone, or a good part of it stays blocked.",
        "Go and look: a bag, paint, a branch, something parked.",
    ),
    Reason.MOVED: (
        "The view lies beside where it was, or is another one.",
        "Turn it back. If it is meant to look there now, see [below](#a-view-that-was-changed).",
    ),
    Reason.DEFOCUSED: (
        "Edges are less sharp than this camera's usually are at this hour.",
        "Focus it; wipe the dome; look for dew.",
    ),
    Reason.LOW_CONTRAST: (
        "Contrast and detail are about half of what is usual, or less.",
        "Fog goes by itself; dirt, spray and cobwebs do not.",
    ),
    Reason.FROZEN: (
        "A sensor's noise is missing: the same picture is sent again and again.",
        "Restart the camera or the recorder in between.",
    ),
    Reason.LOW_RATE: (
        "Fewer than 60 % of its usual pictures a second.",
        "Network load, exposure times at night, the camera's own settings.",
    ),
    Reason.NOT_ANALYSED: (
        "It was looked at less often than promised, or its pictures came and waited for 10 seconds "
        "and more.",
        "The machine is too slow: see [what to do](07-troubleshooting.md#the-machine-is-too-slow).",
    ),
    Reason.NOT_RECORDED: (
        "Nothing of it was recorded, or more than 6 seconds are missing.",
        "The disk: space, health, speed.",
    ),
    Reason.NOT_MASKED: (
        "People could not be hidden one by one, so all of the picture was.",
        "See [why](07-troubleshooting.md#the-whole-picture-is-a-mosaic).",
    ),
}


def kind_of(annotation: Any) -> str:
    """What may stand there, in words."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return kind_of(parts[0])
    if origin is Literal:
        return " · ".join(f"`{part}`" for part in parts)
    if origin in (Union, types.UnionType):
        return " or ".join(kind_of(part) for part in parts if part is not type(None))
    if origin in (tuple, list, set, frozenset):
        return f"list of {kind_of(parts[0])}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"{kind_of(parts[1])} by name"
    return named(annotation)


def named(annotation: Any) -> str:
    """The word for a plain type."""
    if annotation is SecretStr:
        return "text"
    if isinstance(annotation, type):
        if issubclass(annotation, enum.IntEnum):
            return " · ".join(f"`{each.label}`" for each in annotation)  # type: ignore[attr-defined]
        if issubclass(annotation, enum.StrEnum):
            return " · ".join(f"`{each.value}`" for each in annotation)
        if issubclass(annotation, BaseModel):
            return "settings" if annotation is not Window else "days and hours"
        if annotation.__name__ in ("Zone", "Line"):
            return "points"
    return WORDS.get(annotation, getattr(annotation, "__name__", str(annotation)).lower())


def default_of(field: FieldInfo) -> str:
    if field.is_required():
        return "**needed**"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return "see its table"
    if isinstance(value, SecretStr) or value is None or value in ("", (), {}, []):
        return "–"
    if isinstance(value, (tuple, list)):
        return "`[" + ", ".join(plain(each) for each in value) + "]`"
    return f"`{plain(value)}`"


def plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, enum.IntEnum):
        return str(value.label)  # type: ignore[attr-defined]
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def table(
    model: type[BaseModel],
    leave: frozenset[str] = frozenset(),
    called: Mapping[str, str] = types.MappingProxyType({}),
) -> Iterator[str]:
    """A Markdown table of a model's settings; `called` gives names the file uses instead."""
    yield "| setting | what it says | may be | if left out |"
    yield "|---|---|---|---|"
    for name, field in model.model_fields.items():
        if name in leave:
            continue
        said = f"**{field.title}.** {field.description}".replace("|", "\\|").replace("\n", " ")
        may = kind_of(field.annotation)
        yield f"| `{called.get(name, name)}` | {said} | {may} | {default_of(field)} |"


def section(title: str, text: str, model: type[BaseModel], **more: Any) -> Iterator[str]:
    yield from ("", f"## {title}", "", text, "")
    yield from table(model, **more)


def first_sentence(doc: str | None) -> str:
    return " ".join((doc or "").strip().split("\n\n")[0].split())


def tables() -> str:
    """All of the page between its markers."""
    lines: list[str] = []
    lines += section("The site", "At the top of the file.", Site)
    for name, field in Site.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            lines += section(f"`{name}`", first_sentence(field.description), field.annotation)
    for title, model, called in (
        ("`storm` of `alarms`", StormOptions, {}),
        ("A step of `alarms: escalation`", EscalationStep, {}),
        ("A list of `alarms: checklists`", Checklist, {}),
        ("`alarms` of `fleet`", FleetAlarmOptions, {}),
        ("An item of `fleet: maintenance`", MaintenanceOptions, {"begins": "from"}),
        ("A group of `fleet: groups`", GroupOptions, {}),
        ("`mqtt` of `meters`", MqttOptions, {}),
        ("An item of `meters: mqtt: topics`", TopicOptions, {}),
    ):
        lines += section(title, first_sentence(model.__doc__), model, called=called)
    text = "An item of `holidays`, where a date alone is not enough."
    lines += section("A holiday", text, Holiday)
    text = "An item of `modes`, where a name alone is not enough."
    lines += section("A mode", text, ModeOptions)
    text = first_sentence(PlanOptions.__doc__) + " Below `plans`, under an id of its own."
    lines += section("A plan", text, PlanOptions)
    lines += section("A camera", "Below `cameras`, under the camera's id.", CameraOptions)
    lines += section(
        "`source` of a camera", "A bare address may stand instead of this table.", CameraSource
    )
    text = first_sentence(AtOptions.__doc__)
    lines += section("`at` of a camera", text, AtOptions)
    text = first_sentence(GroundOptions.__doc__)
    lines += section("`ground` of a camera", text, GroundOptions)
    for name in ("hide", "look", "sleep", "health"):
        field = CameraOptions.model_fields[name]
        if isinstance(field.annotation, type):
            text = first_sentence(field.description)
            lines += section(f"`{name}` of a camera", text, field.annotation)
    lines += ["", "## Rules", "", "Each begins with `rule:` and its kind. These are the kinds."]
    for kind in sorted(RULES):
        lines += ["", f"### `rule: {kind}`", "", first_sentence(RULES[kind].__doc__), ""]
        place = {"place": "line" if RULES[kind].watches is Line else "zone"}
        lines += table(rule_options(kind), leave=frozenset(HIDDEN), called=place)
    lines += section("`schedule` of a rule", "A list of these.", Window)
    return "\n".join(lines).strip() + "\n"


def reasons() -> str:
    """Why minutes are lost, in the order in which one is taken for the root."""
    lines = ["| reason | in words | what it means | what to do | alarm | a visit after |"]
    lines.append("|---|---|---|---|---|---|")
    for reason in Reason:
        means, to_do = ADVICE[reason]
        alarm = "–" if reason is Reason.STREETLAMP_DOWN else f"`{alarm_of(reason)}`"
        visit = length(HANDS[reason]) if reason in HANDS else "–"
        lines.append(
            f"| `{reason}` | {REASON_WORDS[reason]} | {means} | {to_do} | {alarm} | {visit} |"
        )
    return "\n".join(lines) + "\n"


def targets() -> str:
    """What every target can be told, then what each kind can."""
    lines = ["### Every target", "", *table(TargetOptions, leave=frozenset(HIDDEN))]
    for kind, member in NOTIFIERS.members().items():
        common = {
            name
            for name, field in member.Options.model_fields.items()
            if name in TargetOptions.model_fields
            and field.default == TargetOptions.model_fields[name].default
        }
        lines += ["", f"### `kind: {kind}`", "", first_sentence(member.__doc__), ""]
        lines += table(member.Options, leave=frozenset(HIDDEN | common))
    return "\n".join(lines) + "\n"


def feeds() -> str:
    """Each kind of feed, and what stands in its lists."""
    lines = ["| kind | what it reads | for |", "|---|---|---|"]
    for kind, member in FEEDS.members().items():
        lines.append(f"| `{kind}` | {member.summary} | {', '.join(sorted(member.rooms))} |")
    for kind, member in FEEDS.members().items():
        lines += ["", f"### `kind: {kind}`", "", first_sentence(member.__doc__), ""]
        lines += table(member.Options, leave=frozenset(HIDDEN))
        for name, field in member.Options.model_fields.items():
            for item in get_args(field.annotation):
                if isinstance(item, type) and issubclass(item, BaseModel):
                    text = first_sentence(item.__doc__)
                    lines += ["", f"An item of `{name}`: {text[:1].lower()}{text[1:]}", ""]
                    lines += table(item)
    return "\n".join(lines) + "\n"


def page(text: str, make: Callable[[], str] = tables) -> str:
    """A page's text with its tables made anew; ValueError without the markers."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("a page has lost its markers")
    return f"{before}{BEGIN}\n\n{make()}\n{END}{after}"


PAGES: Mapping[Path, Callable[[], str]] = {
    PAGE: tables, FAULTS_PAGE: markdown_table, REASONS_PAGE: reasons, RIGHTS_PAGE: rights_page,
    NOTIFY_PAGE: targets, FEEDS_PAGE: feeds,
}  # fmt: skip


def main(arguments: list[str]) -> int:
    stale = 0
    for path, make in PAGES.items():
        old = path.read_text("utf-8")
        new = page(old, make)
        if new == old:
            continue
        if "--check" in arguments:
            print(f"{path.name} is not up to date: run make docs", file=sys.stderr)
            stale = 1
        else:
            path.write_text(new, "utf-8")
            print(f"wrote {path.name}")
    return stale


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
