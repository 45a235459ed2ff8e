"""A commented site file to begin with, written from the typed options themselves.

Prose stands behind ``# `` (indented like what it speaks of). A setting that is not switched on
stands with its default behind a ``#`` in the first column: delete that one character to switch it
on. Both the sample as it is and the sample with everything switched on are loadable.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Final

import yaml
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from streetlamp.fleet.plan_options import PLAIN, PlanOptions
from streetlamp.geometry import Line
from streetlamp.rules.base import RULES
from streetlamp.site import CameraOptions, Site
from streetlamp.site_explain import models_in
from streetlamp.values import Kind

_WIDTH: Final = 96
_HEAD: Final = """\
# A Streetlamp site file. Streetlamp reads it and never writes it.
# Lines such as "#port: 8600" show a setting and its default: delete the first # to change it.
# `streetlamp check FILE` says what is wrong and where; `streetlamp run FILE` starts it.
"""
_ZONES: Final = {"yard": [[0.1, 0.45], [0.9, 0.45], [0.9, 0.95], [0.1, 0.95]]}
_LINES: Final = {"entry": [[0.5, 0.2], [0.5, 0.95]]}
_PLAN: Final = {"name": "Town", "map": PLAIN}
_CAMERA: Final = {
    "name": "Main gate",
    "area": "North",
    "at": {"lat": 52.5163, "lon": 13.3777, "direction": 90},
    "source": {"url": "test:"},
    "zones": _ZONES,
    "lines": _LINES,
    "ground": {
        "rectangle": [[0.35, 0.5], [0.65, 0.5], [0.9, 0.95], [0.1, 0.95]],
        "sides_m": [8, 20],
    },
}


def sample_site() -> str:
    """The text of a commented sample site file."""
    lines = _HEAD.splitlines()
    for name, field in Site.model_fields.items():
        lines.append("")
        if name == "cameras":
            lines += _prose(field, 0)
            lines += ["cameras:", "  gate:", *_body(CameraOptions, 4, _CAMERA, rules=True)]
        elif name == "plans":
            lines += _prose(field, 0)
            lines += ["plans:", "  town:", *_body(PlanOptions, 4, _PLAN)]
        else:
            live = field.examples[0] if field.examples else None
            lines += _entry(name, field, 0, live)
    return "\n".join(lines) + "\n"


def _body(
    model: type[BaseModel], indent: int, live: Mapping[str, Any], *, rules: bool = False
) -> Iterator[str]:
    """All fields of a model; those in `live` are switched on."""
    for name, field in model.model_fields.items():
        if rules and name == "rules":
            yield from _prose(field, indent)
            yield f"{' ' * indent}rules:"
            for kind in RULES:
                yield from _rule(kind, indent + 2)
        else:
            yield from _entry(name, field, indent, live.get(name))


def _rule(kind: str, indent: int) -> Iterator[str]:
    """A rule of this kind at the sample camera, as an item of a list."""
    rule, pad = RULES[kind], " " * (indent + 2)
    want = "line" if rule.watches is Line else "zone"
    yield from _wrapped(rule.summary, indent)
    yield f"{' ' * indent}- rule: {kind}"
    for name, field in rule.Options.model_fields.items():
        if name == "place":
            whole = "" if field.is_required() else " Left out: the whole picture."
            yield from _wrapped(
                f"Place: Name of the camera's {want} it watches.{whole}", indent + 2
            )
            yield f"{pad}{want}: {next(iter(_LINES if want == 'line' else _ZONES))}"
        elif name != "kind":
            needed = field.examples[0] if field.is_required() and field.examples else None
            live = kind.replace("_", " ") if name == "name" else needed
            yield from _entry(name, field, indent + 2, live)


def _entry(name: str, field: FieldInfo, indent: int, live: Any = None) -> Iterator[str]:
    yield from _prose(field, indent)
    may_be_absent = not field.is_required() and field.get_default() is None
    inner = [] if may_be_absent and live is None else models_in(field.annotation)
    pad = " " * indent
    if inner and (live is None or isinstance(live, Mapping)):
        body = list(_body(inner[0], indent + 2, live or _examples(inner[0])))
        on = any(line.lstrip()[:1] not in ("#", "") for line in body)
        yield f"{'' if on else '#'}{pad}{name}:"
        yield from body
    elif live is not None:
        yield from _written(pad, name, live)
    else:
        yield f"#{pad}{name}: {_flow(field.get_default(call_default_factory=True))}"


def _examples(model: type[BaseModel]) -> dict[str, Any]:
    """What a sample of this model switches on: only who answers for the site."""
    if any(not field.examples for field in model.model_fields.values()):
        return {}
    return {name: field.examples[0] for name, field in model.model_fields.items() if field.examples}


def _written(pad: str, name: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield f"{pad}{name}:"
        for key, inner in value.items():
            yield f"{pad}  {key}: {_flow(inner)}"
    else:
        yield f"{pad}{name}: {_flow(value)}"


def _flow(value: Any) -> str:
    text: str = yaml.safe_dump(
        _plain(value), default_flow_style=True, width=10_000, sort_keys=False
    )
    return text.removesuffix("\n").removesuffix("\n...")


def _plain(value: Any) -> Any:
    """The default as it would be written in a file."""
    if isinstance(value, Kind):
        return value.label
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(inner) for inner in value]
    plain = value.value if isinstance(value, Enum) else value
    return plain if isinstance(plain, (bool, int, float, str)) or plain is None else str(plain)


def _prose(field: FieldInfo, indent: int) -> Iterator[str]:
    yield from _wrapped(f"{field.title}: {field.description}", indent)


def _wrapped(text: str, indent: int) -> Iterator[str]:
    pad = " " * indent
    for line in textwrap.wrap(text, _WIDTH - indent - 2):
        yield f"{pad}# {line}"
