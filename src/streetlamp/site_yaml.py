"""Reads a YAML file into plain data and remembers where every key and value stood.

YAML 1.2's core rules for plain words: only ``true``/``false`` are booleans (``on`` and ``no`` stay
words) and ``22:00`` stays text instead of becoming 1320.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

Path = tuple[str | int, ...]
MAX_VALUES: Final = 200_000  # a site file is written by hand; aliases of aliases would explode


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands in the file; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, in plain words, with its place in the file."""

    place: Place
    inside: Path  # the keys of the mapping or list it stands in
    text: str
    path: Path = ()  # the keys of the very thing that is wrong or missing, where it is known


@dataclass(slots=True)
class Document:
    """A YAML file as plain data, with the places of its keys, values and mistakes."""

    data: Any = None
    places: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    broken: set[Path] = field(default_factory=set)  # values that could not be read

    def place(self, path: Path) -> Place:
        """The place of this key, or of the nearest one above that is in the file."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(1, 1))


class _Loader(yaml.SafeLoader):
    """SafeLoader with YAML 1.2's core schema for plain scalars."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][-+]?[0-9]+)?$", "-+0123456789."),
    ("float", r"^[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN)$", "-+."),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("merge", r"^<<$", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))

# "017" is seventeen, not fifteen.
_Loader.add_constructor("tag:yaml.org,2002:int", lambda _, node: int(node.value))


def _mark(mark: yaml.Mark | None) -> Place:
    return Place(1, 1) if mark is None else Place(mark.line + 1, mark.column + 1)


class _Builder:
    """Turns one tree of YAML nodes into data, keeping the places."""

    def __init__(self, loader: _Loader) -> None:
        self._loader = loader
        self._open: set[int] = set()
        self._made = 0
        self.document = Document()

    def problem(self, node: yaml.Node, inside: Path, text: str) -> None:
        self.document.problems.append(Problem(_mark(node.start_mark), inside, text))

    def build(self, node: yaml.Node, path: Path) -> Any:
        self._made += 1
        if id(node) in self._open or self._made > MAX_VALUES:
            self.document.broken.add(path)
            self.problem(node, path, "this alias repeats itself without an end; write it out")
            return None
        self.document.places.setdefault(path, _mark(node.start_mark))
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            if isinstance(node, yaml.SequenceNode):
                return [self.build(item, (*path, i)) for i, item in enumerate(node.value)]
            return self._scalar(node, path)
        finally:
            self._open.discard(id(node))

    def _scalar(self, node: yaml.Node, path: Path) -> Any:
        try:
            return self._loader.construct_object(node)
        except (yaml.YAMLError, ValueError):
            self.document.broken.add(path)
            self.problem(node, path, f"{node.tag!r} cannot stand here; write a plain value")
            return None

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        first: dict[Any, Place] = {}
        merged: list[yaml.Node] = []
        for key_node, value_node in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                merged += (
                    value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]
                )
                continue
            key = self._scalar(key_node, path) if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, (str, int)):
                self.problem(key_node, path, "a key must be one plain word")
                continue
            place = _mark(key_node.start_mark)
            if key in first:
                self.problem(
                    key_node,
                    path,
                    f"'{key}' is written twice (first on line {first[key].line}); "
                    "keep one of them, or give the second another name",
                )
                continue
            first[key] = place
            self.document.places.setdefault((*path, key), place)
            made[key] = self.build(value_node, (*path, key))
        for other in merged:
            if isinstance(other, yaml.MappingNode):
                for key, value in (self.build(other, path) or {}).items():
                    made.setdefault(key, value)
            else:
                self.problem(other, path, "'<<' takes a mapping to copy keys from")
        return made


def read_yaml(text: str) -> Document:
    """The data of a YAML text with places; what is wrong stands in ``problems``, all at once."""
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        before = text[: error.position].split("\n")
        place = Place(len(before), len(before[-1]) + 1)
        text = "there is a character YAML does not allow"
        return Document({}, problems=[Problem(place, (), text)])
    try:
        node = loader.get_single_node()
        if node is None:
            return Document({})
        builder = _Builder(loader)
        builder.document.data = builder.build(node, ())
    except yaml.MarkedYAMLError as error:
        return Document({}, problems=[_syntax(error)])
    except RecursionError:
        problem = Problem(Place(1, 1), (), "lists or mappings stand in each other too deeply")
        return Document({}, problems=[problem])
    finally:
        loader.dispose()
    return builder.document


_PLAIN_WORDS: Final = (
    ("found character '\\t'", "a tab stands here; YAML wants spaces for indentation"),
    (
        "mapping values are not allowed",
        "a ':' too many: put a value that has one into quotes; "
        "or this line is indented differently from its neighbours",
    ),
    ("expected ',' or ']'", "a list opened with '[' is not closed (']' or ',' is missing)"),
    ("expected ',' or '}'", "a mapping opened with '{' is not closed ('}' or ',' is missing)"),
    ("could not find expected ':'", "a ':' is missing after the key"),
    ("expected <block end>", "this line is indented differently from its neighbours"),
    ("found unexpected end of stream", "a quote is opened and never closed"),
    ("found undefined alias", "this '*name' is used, but no '&name' is defined above"),
    ("expected a single document", "there are two documents ('---'); keep one"),
)


def _syntax(error: yaml.MarkedYAMLError) -> Problem:
    said = f"{error.problem or ''} {error.context or ''}"
    text = next((plain for part, plain in _PLAIN_WORDS if part in said), None)
    text = text or (error.problem or "this is not YAML")
    return Problem(_mark(error.problem_mark or error.context_mark), (), text)


class _Flow(list[Any]):
    """A list that is written in one line."""


class _Dumper(yaml.SafeDumper):
    """Quotes what `_Loader` or another reader of YAML would not take for text."""


for _letter, _resolvers in _Loader.yaml_implicit_resolvers.items():
    for _tag, _regexp in _resolvers:
        _Dumper.add_implicit_resolver(_tag, _regexp, [_letter])
_Dumper.add_representer(
    _Flow,
    lambda dumper, data: dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True),
)


def _short(value: Any) -> Any:
    """The same with lists of plain values, and of points, in one line each."""
    if isinstance(value, dict):
        return {key: _short(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        if any(isinstance(one, dict) for one in value):
            return [_short(one) for one in value]
        return _Flow(_short(one) for one in value)
    return value


def write_yaml(data: Any) -> str:
    """Plain data as the text of a site file, which `read_yaml` reads as the same."""
    text: str = yaml.dump(
        _short(data), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )
    return text
