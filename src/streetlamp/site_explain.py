"""Says in plain words, with a place in the file, what pydantic found wrong in a site file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel, ValidationError

from streetlamp.site_yaml import Document, Path, Problem

WRONG_RULES: Final = "wrong_rules"
"""Type of the errors that `site.wrong_rules` reports itself, with better places."""

PLACE_KEYS: Final = ("zone", "line", "place")
"""How a rule in the file may call its place; its options call it ``place``."""


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that this one was probably meant to be, or an empty text."""
    found = difflib.get_close_matches(str(word).lower(), list(known), n=1, cutoff=0.6)
    return found[0] if found else ""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` or the choices, or nothing when there are none."""
    known = sorted(known)
    if near := nearest(word, known):
        return f"; did you mean '{near}'?"
    return f"; known here: {', '.join(known)}" if known else ""


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models an annotation may hold directly (through Optional, Union and Annotated)."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (dict, list, tuple, set, frozenset, Mapping):
        return []
    return [model for part in get_args(annotation) for model in models_in(part)]


def _inside(annotation: Any) -> list[Any]:
    """The annotations of the items of a list or mapping (through Optional and Annotated)."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if isinstance(origin, type) and issubclass(origin, (dict, Mapping)):
        return [parts[1]]
    if origin in (list, tuple, set, frozenset):
        return [part for part in parts if part is not Ellipsis][:1]
    return [found for part in parts for found in _inside(part)]


def names_at(model: type[BaseModel], path: Path) -> list[str]:
    """The keys that may stand in the mapping at `path` below `model`."""
    places: list[Any] = [model]
    for step in path:
        following: list[Any] = []
        for annotation in places:
            fields = [found.model_fields.get(str(step)) for found in models_in(annotation)]
            following += [field.annotation for field in fields if field is not None]
            following += _inside(annotation)
        places = following
    return sorted({name for place in places for m in models_in(place) for name in m.model_fields})


def rule_keys(model: type[BaseModel]) -> list[str]:
    """The keys a rule with these options may have in the file."""
    return sorted({"rule", "zone", "line", *model.model_fields} - {"kind", "place"})


def _keys(model: type[BaseModel], inside: Path) -> list[str]:
    """The keys that may stand in the mapping at `inside`, whose model is known."""
    return rule_keys(model) if inside[:1] == ("cameras",) else sorted(model.model_fields)


_NUMBER = "a number"
_WORDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "decimal_parsing": _NUMBER,
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)",
    "path_type": "a path",
    "finite_number": "a finite number",
}
_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


def _shown(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _say(error: Mapping[str, Any], name: str, secret: bool) -> str:
    """One error in plain words; `name` is the key it is about, empty for an item of a list."""
    kind: str = error["type"]
    context: Mapping[str, Any] = error.get("ctx") or {}
    what = f"'{name}'" if name else "this"
    given = "" if secret else f", not {_shown(error['input'])}"
    if kind in _WORDS:
        text = f"{what} must be {_WORDS[kind]}{given}"
    elif kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        text = f"{what} must be {words} {context[key]:g}{given}"
    elif kind == "missing":
        text = f"{what} is missing; it has no default"
    elif kind in ("literal_error", "enum"):
        hint = did_you_mean(str(error["input"]), _choices(str(context["expected"])))
        text = f"{what} must be {context['expected']}{given}{hint if 'mean' in hint else ''}"
    elif kind == "too_short":
        text = f"{what} needs at least {context['min_length']}, and has {context['actual_length']}"
    else:
        said = str(context.get("error", error["msg"]))
        if "error" not in context:
            said = said[:1].lower() + said[1:]
        text = f"{what}: {said}" if name else said
    return text


def _choices(expected: str) -> list[str]:
    return [part.strip().strip("'") for part in expected.replace(" or ", ", ").split(",")]


def _known_path(data: Any, location: Iterable[str | int]) -> tuple[Path, list[str | int]]:
    """The part of a pydantic location that exists in the data, and what is left of it.

    Names of union members and validators, which pydantic puts into locations, are passed over.
    """
    path: list[str | int] = []
    rest: list[str | int] = []
    for step in location:
        in_list = isinstance(data, list) and isinstance(step, int) and step < len(data)
        if in_list or (isinstance(data, dict) and step in data):
            data = data[step]
            path.append(step)
        else:
            rest.append(step)
    return tuple(path), rest


def _cascades(error: Mapping[str, Any], path: Path, rest: list[str | int]) -> bool:
    """Whether another problem already says it: wrong places, or a list whose items are wrong."""
    if error["type"] == WRONG_RULES:
        return True
    if rest == ["place"] and error["type"] in ("missing", "string_too_short"):
        return True
    least = (error.get("ctx") or {}).get("min_length", 0)
    return error["type"] == "too_short" and bool(path) and _length(error["input"]) >= least


def _length(value: Any) -> int:
    return len(value) if isinstance(value, (list, tuple, dict)) else 0


def explain(
    error: ValidationError,
    document: Document,
    model: type[BaseModel],
    item_models: Mapping[Path, type[BaseModel]],
) -> list[Problem]:
    """Every error as one problem. `item_models`: the model of the list item at that path."""
    found: dict[tuple[Path, str], Problem] = {}
    missing: dict[tuple[Path, str], tuple[Path, str]] = {}
    meant: set[tuple[Path, str]] = set()
    for one in error.errors(include_url=False):
        path, rest = _known_path(document.data, one["loc"])
        if path in document.broken or _cascades(one, path, rest):
            continue
        above = bool(rest) and (one["type"] == "missing" or rest == ["place"])
        item = not path or isinstance(path[-1], int)
        inside = path if above or item else path[:-1]
        name = str(rest[-1]) if above else "" if item else str(path[-1])
        if one["type"] == "extra_forbidden":
            special = item_models.get(inside)
            known = _keys(special, inside) if special else names_at(model, inside)
            text = f"'{name}' is not known here{did_you_mean(name, known)}"
            meant.add((inside, nearest(name, known)))
        elif "[key]" in rest:
            text = f"'{name}' cannot be an id; use small letters, digits, - and _ (at most 40)"
        else:
            # of a target, addresses are as secret as passwords
            secret = path[:1] == ("notify",) or any("password" in str(step) for step in path)
            text = _say(one, name, secret)
        if one["type"] == "missing":
            missing[inside, name] = (path, text)
        exact = (*inside, name) if name else path
        found.setdefault((path, text), Problem(document.place(path), inside, text, exact))
    for key in meant & missing.keys():  # a typo says it already
        del found[missing[key]]
    return list(found.values())


def no_mode(name: str, names: Iterable[str]) -> str:
    """What to say about a mode that is not there."""
    hint = did_you_mean(name, names) or "; write modes: at the top of the file, and their names"
    return f"there is no mode '{name}'{hint}"


def mode_problems(document: Document) -> Iterator[Problem]:
    """Rules armed in a mode the site does not have; the data may be wrong otherwise, too."""
    data = document.data if isinstance(document.data, dict) else {}
    modes = data.get("modes")
    listed = modes if isinstance(modes, list) else []
    names = {str(one.get("name") if isinstance(one, dict) else one) for one in listed}
    for where, name in _armed(data):
        if name not in names:
            yield Problem(document.place(where), where[:4], no_mode(name, names))


def _armed(data: dict[Any, Any]) -> Iterator[tuple[Path, str]]:
    """Each name under a rule's ``armed_in``, with its place."""
    cameras = data.get("cameras")
    for id_, camera in (cameras if isinstance(cameras, dict) else {}).items():
        rules = camera.get("rules") if isinstance(camera, dict) else None
        for i, rule in enumerate(rules if isinstance(rules, list) else []):
            armed = rule.get("armed_in") if isinstance(rule, dict) else None
            for k, name in enumerate(armed if isinstance(armed, list) else []):
                if isinstance(name, str):
                    yield ("cameras", id_, "rules", i, "armed_in", k), name
