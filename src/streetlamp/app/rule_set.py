"""A camera's zones, lines, ground and rules as plain data, in the very form of the site file.

Pure: from typed options and back, what is wrong, what differs, the text for the site file.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from streetlamp import site_yaml
from streetlamp.desk.rule_services import Change, Mistake, Path, Plain
from streetlamp.errors import UserError
from streetlamp.geometry import Line
from streetlamp.rules.base import RULES
from streetlamp.rules.options import RuleOptions
from streetlamp.rules.runner import make_rule
from streetlamp.site_camera import CameraOptions, rule_options, wrong_rules
from streetlamp.site_explain import explain, no_mode
from streetlamp.site_yaml import Document

KEYS: Final = ("zones", "lines", "ground", "rules")
MOST_CORNERS: Final = 100
DEEPEST: Final = 8  # lists and mappings inside one another
_SOURCE: Final = {"source": {"url": "test:"}}  # what a camera must have; a set has none


def written(options: CameraOptions) -> dict[str, Any]:
    """The set of a camera's options: what was given, without what is left at its default."""
    return {
        "zones": {name: _points(zone.points) for name, zone in options.zones.items()},
        "lines": {name: _points((line.a, line.b)) for name, line in options.lines.items()},
        "ground": options.ground and options.ground.model_dump(mode="json", exclude_unset=True),
        "rules": [_rule(rule) for rule in options.rules],
    }


def _points(points: Sequence[tuple[float, float]]) -> list[list[float]]:
    return [[x, y] for x, y in points]


def _rule(rule: RuleOptions) -> dict[str, Any]:
    given = rule.model_dump(mode="json", exclude_unset=True, exclude={"kind", "place"})
    want = "line" if RULES[rule.kind].watches is Line else "zone"
    place = {want: rule.place} if rule.place else {}
    return {"rule": rule.kind, "name": rule.name, **place, **given}


def with_set(options: CameraOptions, plain: Plain) -> CameraOptions:
    """The camera with this set instead of its own. ValidationError when it cannot be used."""
    parsed = CameraOptions.model_validate({**_SOURCE, **{key: plain[key] for key in KEYS}})
    return options.model_copy(update={key: getattr(parsed, key) for key in KEYS})


def mistakes(plain: Plain, timezone: tzinfo = UTC, modes: Collection[str] = ()) -> list[Mistake]:
    """All that is wrong with a set, each with the path of the field it is about.

    modes: those that the site has, for rules that are armed in some of them.
    """
    if early := [*_too_much(plain), *_no_numbers(plain, ())]:
        return early
    found = list(_options_mistakes(plain))
    rules = [one if isinstance(one, Mapping) else {} for one in _list(plain["rules"])]
    zones, lines = (set(map(str, _mapping(plain[key]))) for key in ("zones", "lines"))
    found += [
        Mistake(path, text)
        for path, text in wrong_rules(rules, zones, lines, ground=plain["ground"] is not None)
    ]
    found += _unarmed(rules, modes)
    if not found:
        found += _unmakeable(plain, timezone)
    return found


def _options_mistakes(plain: Plain) -> Iterator[Mistake]:
    try:
        CameraOptions.model_validate({**_SOURCE, **plain})
    except ValidationError as error:
        models: dict[Path, type[BaseModel]] = {
            ("rules", i): rule_options(rule["rule"])
            for i, rule in enumerate(_list(plain["rules"]))
            if isinstance(rule, Mapping) and rule.get("rule") in list(RULES)
        }
        for problem in explain(error, Document(dict(plain)), CameraOptions, models):
            yield Mistake(problem.path, problem.text)


def _unarmed(rules: Sequence[Mapping[str, Any]], modes: Collection[str]) -> Iterator[Mistake]:
    """Rules armed in a mode that the site does not have: they would never speak."""
    for i, rule in enumerate(rules):
        for k, name in enumerate(_list(rule.get("armed_in"))):
            if isinstance(name, str) and name not in modes:
                yield Mistake(("rules", i, "armed_in", k), no_mode(name, modes))


def _unmakeable(plain: Plain, timezone: tzinfo) -> Iterator[Mistake]:
    """Rules whose options are right, but which cannot work at their place."""
    options = CameraOptions.model_validate({**_SOURCE, **plain})
    for i, rule in enumerate(options.rules):
        try:
            make_rule(rule, options.places, timezone, options.plane)
        except UserError as error:
            yield Mistake(("rules", i), str(error))


def _too_much(plain: Plain) -> Iterator[Mistake]:
    for key in ("zones", "lines"):
        for name, points in _mapping(plain[key]).items():
            if len(_list(points)) > MOST_CORNERS:
                text = f"'{name}' has {len(points)} corners; {MOST_CORNERS} are the most"
                yield Mistake((key, str(name)), text)


def _no_numbers(value: Any, path: Path) -> Iterator[Mistake]:
    """JSON as Python reads it knows NaN and Infinity; nothing else does."""
    if len(path) > DEEPEST:
        yield Mistake(path[:3], "lists in lists in lists: nothing in a set is that deep")
    elif isinstance(value, float) and not math.isfinite(value):
        yield Mistake(path, "this is not a finite number")
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _no_numbers(one, (*path, str(key)))
    elif isinstance(value, list):
        for i, one in enumerate(value):
            yield from _no_numbers(one, (*path, i))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def changes(before: Plain, after: Plain) -> list[Change]:
    """What differs: places by name, rules by name, the ground."""
    found = [
        *_differ("zone", before["zones"], after["zones"]),
        *_differ("line", before["lines"], after["lines"]),
    ]
    found += _differ("ground", _ground(before), _ground(after))
    found += _differ("rule", _by_name(before["rules"]), _by_name(after["rules"]))
    return found


def _ground(plain: Plain) -> dict[str, Any]:
    return {} if plain["ground"] is None else {"": plain["ground"]}


def _by_name(rules: Sequence[Any]) -> dict[str, Any]:
    return {
        str(rule.get("name") or f"#{i + 1}"): rule
        for i, rule in enumerate(rules)
        if isinstance(rule, Mapping)
    }


def _differ(what: Any, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in [*before, *(name for name in after if name not in before)]:
        if name not in after:
            yield Change(what, name, "removed")
        elif name not in before:
            yield Change(what, name, "added")
        elif before[name] != after[name]:
            yield Change(what, name, "changed")


def in_words(found: Sequence[Change]) -> str:
    """For the audit log: ``zone lawn added, rule 'Nobody at night' changed``."""
    said = [" ".join(filter(None, (one.what, one.name, one.change))) for one in found]
    return ", ".join(said) or "nothing"


def as_yaml(camera: str, plain: Plain, head: Sequence[str] = ()) -> str:
    """The text to put into the site file, with lines of comment before it."""
    lines = [f"# {line}" for line in head]
    body = {key: plain[key] for key in KEYS if plain[key]}
    return "\n".join([*lines, site_yaml.write_yaml({"cameras": {camera: body}})])
