"""The options of each kind of rule as a JSON schema that a page can build a form from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from streetlamp.geometry import Line
from streetlamp.rules.base import RULES, Rule
from streetlamp.rules.options import RuleOptions

OWN_FIRST: Final = 4
"""So many of a kind's own options are shown at once; authors write what matters most first."""


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of rule, as a page needs it."""

    kind: str
    summary: str
    about: str
    watches: str  # "zone" or "line"
    needs_ground: bool
    first: tuple[str, ...]
    schema: dict[str, Any]


def forms() -> tuple[Form, ...]:
    """Every kind of rule there is."""
    return tuple(_form(kind) for kind in RULES.members().values())


def _form(kind: type[Rule[Any, Any]]) -> Form:
    options = kind.Options
    own = [name for name in options.model_fields if name not in RuleOptions.model_fields]
    return Form(
        kind=kind.kind,
        summary=kind.summary,
        about=" ".join((kind.__doc__ or "").split()),
        watches="line" if kind.watches is Line else "zone",
        needs_ground=kind.needs_ground,
        first=("name", "place", "classes", *_needed_first(options, own), "severity", "schedule"),
        schema=_schema(options),
    )


def _needed_first(options: type[RuleOptions], own: list[str]) -> list[str]:
    needed = [name for name in own if options.model_fields[name].is_required()]
    return (needed + [name for name in own if name not in needed])[:OWN_FIRST]


def _schema(options: type[RuleOptions]) -> dict[str, Any]:
    """The options' schema, with defaults written as the site file writes them."""
    schema = options.model_json_schema()
    plain = options.model_construct().model_dump(mode="json", warnings=False)
    for name, field in schema["properties"].items():
        if "default" in field:
            field["default"] = plain[name]
    del schema["properties"]["kind"]
    return schema
