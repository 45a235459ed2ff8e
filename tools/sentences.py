"""Sentences in Python sources: every text a person may read, as a template with named holes.

An f-string is followed into the local names, branches and helpers it is made of: what is text of
two words or more becomes a form of the sentence, everything else is a hole named after it.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

SILENT: Final = frozenset(
    {
        "Field", "least_time", "time_to_clear", "compile", "ValueError", "TypeError", "KeyError",
        "RuntimeError", "AssertionError", "NotImplementedError", "debug", "info", "warning",
        "error", "exception", "record", "note", "start", "Thread", "sub", "startswith", "endswith",
        "split", "strftime", "execute", "getLogger", "APIRouter", "Path", "InPath", "Query",
        "Body", "ConfigDict", "text_query", "Literal", "log", "as_yaml",
    }
)  # fmt: skip
"""Calls whose texts nobody reads on the page: options, logs, programmers' errors, patterns."""
WORDS_OF: Final = frozenset({"Verb", "not_found", "enter", "_turn", "_answer"})
"""Calls whose single words are shown, in a sentence or in the audit log."""
CHOSEN: Final = frozenset({"verb", "who", "by", "way", "weak"})
"""Names that hold one of several words of a sentence."""
OURS: Final = frozenset({"things", "place", "lasting", "length", "few"})
"""Helpers that make a part of a sentence, never a name: what they say must be known."""
PASSING: Final = frozenset(
    {"rstrip", "lstrip", "strip", "removeprefix", "removesuffix", "lower", "upper", "str", "plain"}
)
PROSE: Final = re.compile(
    r"[A-Za-z’']{2,}[ ,:;.…]+(\{\{|[(“]?[A-Za-z0-9])|\}\} [A-Za-z]{2,}|^[A-Z][a-z]+\.$"
)
HOLE: Final = re.compile(r"\{\{(\w+)\}\}")
CODE: Final = re.compile(
    r"[\n<]|charset|RTSP/|Content-|^\S*://\S*$|['=]\S*:$|[=:]auth|^\{\{\w+\}\}:\{\{"
    r"|\.(so|db|mp4|head)|^\W*$|-src |'self'|max-age|attachment;|^bytes \{\{"
    r"|^(camera|device|sighting|alarm|group|shelf|target|token|user|mailto):\{\{"
    r"|tcp,\w|^(Basic|Digest) \{\{|^Bearer |^\||^ answered \d|^webcam \{\{"
)
"""What is said to machines: headers, protocols, file names."""
ASIDE: Final = frozenset(
    {"summary", "description", "example", "times", "codecs", "PROBLEMS", "head"}
)
"""Names, attributes and arguments that are for the docs."""
SHAPES: Final = {
    "app/views.py",
    "fleet/storm_words.py",
    "notify/words.py",
    "rules/words.py",
    "rules/kinds/line_crossing.py",
}
"""Where also the way in which names stand beside each other is a sentence."""
SHAPE: Final = re.compile(r"^ \(\{\{|\{\{\w+\}\}.*[:(].*\{\{|“\{\{\w+\}\}”")
MOST: Final = 24  # forms of one sentence


@dataclass
class Template:
    """A sentence; which of its holes are numbers and which are lists with commas."""

    text: str
    numbers: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    ours: tuple[str, ...] = ()  # holes that hold no name
    part: str = ""  # of a sentence: the name of the hole it stands in
    files: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Piece:
    """A part of a template: literal text, or a hole."""

    text: str
    hole: bool = False
    number: bool = False
    list: bool = False
    ours: bool = False
    source: str = ""


Form = tuple[Piece, ...]


class Function:
    """What the names in one function stand for, as far as that is text."""

    def __init__(self, node: ast.AST) -> None:
        self.values: dict[str, list[ast.expr]] = {}
        self.unknown: set[str] = set()
        for one in ast.walk(node):
            if isinstance(one, ast.Assign) and len(one.targets) == 1:
                self._assign(one.targets[0], one.value)
            elif isinstance(one, ast.AnnAssign) and one.value is not None:
                self._assign(one.target, one.value)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        match target, value:
            case ast.Name(id=name), _:
                self.values.setdefault(name, []).append(value)
            case ast.Tuple(elts=names), ast.Tuple(elts=values) if len(names) == len(values):
                for name, one in zip(names, values, strict=True):
                    self._assign(name, one)

    def forms(self, node: ast.expr, depth: int = 0) -> list[Form]:
        """Every text an expression can be; one hole where that is not known."""
        match node:
            case ast.Constant(value=str(text)):
                return [(Piece(text),)]
            case ast.JoinedStr(values=values):
                parts = [self.forms(one, depth) for one in values]
                return [sum(made, ()) for made in itertools.product(*parts)][:MOST]
            case ast.FormattedValue(value=value, format_spec=spec):
                if spec is not None:
                    shape = "".join(
                        one.value for one in spec.values if isinstance(one, ast.Constant)
                    )
                    if re.search(r"[fgde,%]$", shape):
                        return [(self._hole(value, number=True),)]
                return self.forms(value, depth)
            case ast.IfExp(body=body, orelse=orelse):
                return self.forms(body, depth) + self.forms(orelse, depth)
            case ast.BoolOp(op=ast.Or(), values=[*_, ast.Constant(value=str(text))]) if text:
                return [(self._hole(node.values[0]),), (Piece(text),)]
            case ast.Name(id=name) if depth < 3 and name in self.values:
                found = [one for value in self.values[name] for one in self.forms(value, depth + 1)]
                if any(_wordy(one) for one in found):
                    return found
                if any(one[0].list or one[0].ours for one in found):
                    made = next(one[0] for one in found if one[0].list or one[0].ours)
                    return [(replace(made, text=name, source=name),)]
        return [(self._hole(node),)]

    def _hole(self, node: ast.expr, *, number: bool = False) -> Piece:
        inner = node
        while isinstance(inner, ast.Call):
            name = called(inner)
            if name == "join" and isinstance(inner.func, ast.Attribute):
                separator = inner.func.value
                listed = isinstance(separator, ast.Constant) and separator.value == ", "
                return Piece("list", hole=True, list=listed, source=ast.unparse(node))
            if name not in PASSING:
                break
            inner = inner.args[0] if name in ("str", "plain") else inner.func.value  # type: ignore[attr-defined]
        name = _named(inner)
        ours = isinstance(inner, ast.Call) and name in OURS
        return Piece(name, hole=True, number=number, ours=ours, source=ast.unparse(node))


def _wordy(form: Form) -> bool:
    """Text of its own, so that a sentence with it is one of its own; a single word is a hole."""
    text = "".join(piece.text for piece in form if not piece.hole)
    return (text == "" and not form[0].hole) or " " in text.strip()


def called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _named(node: ast.expr) -> str:
    for one in ast.walk(node):
        match one:
            case ast.Call():
                return called(one).strip("_") or "what"
            case ast.Attribute(attr=name) | ast.Name(id=name):
                return name.strip("_").lower()
            case ast.Subscript(slice=ast.Constant(value=str(name))):
                return name
            case ast.Subscript(slice=ast.Name(id=name) | ast.Attribute(attr=name)):
                return name.lower()
    return "what"


def template(form: Form) -> Template:
    names: dict[str, str] = {}  # source → hole
    text, numbers, lists, ours = "", [], [], []
    for piece in form:
        if not piece.hole:
            text += piece.text
            continue
        name = names.get(piece.source)
        if name is None:
            name, n = piece.text, 1
            while name in names.values():
                n += 1
                name = f"{piece.text}{n}"
            names[piece.source] = name
        text += "{{" + name + "}}"
        if piece.number:
            numbers.append(name)
        if piece.list:
            lists.append(name)
        if piece.ours:
            ours.append(name)
    return Template(text, tuple(dict.fromkeys(numbers)), tuple(lists), tuple(dict.fromkeys(ours)))


def templates(source: str, where: str) -> Iterator[Template]:
    """The sentences in a module's source."""
    for made in _of(ast.parse(source), Function(ast.Module([], []))):
        if CODE.search(made.text):
            continue
        word = "{{" not in made.text and " " not in made.text
        if word or PROSE.search(made.text) or (where in SHAPES and SHAPE.search(made.text)):
            yield made


def refused(source: str) -> Iterator[Template]:
    """What the validators of options say: the texts of their ValueErrors."""
    for around in ast.walk(ast.parse(source)):
        if isinstance(around, ast.FunctionDef):
            names = Function(around)
            for node in ast.walk(around):
                if isinstance(node, ast.Call) and called(node) == "ValueError" and node.args:
                    yield from _told(names.forms(node.args[0]))


def _of(node: ast.AST, around: Function) -> Iterator[Template]:
    """What is said in a node and below it. around: the function it stands in."""
    if _unread(node):
        return
    match node:
        case ast.Call() if called(node) in WORDS_OF:
            for one in node.args:
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield Template(one.value, part="verb" * (called(node) == "Verb"))
        case ast.Constant(value=str()) | ast.JoinedStr():
            yield from _told(around.forms(node))
        case _:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                around = Function(node)
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.IfExp):
                yield from _choice(node.targets[0], around.forms(node.value))
            for one in ast.iter_child_nodes(node):
                yield from _of(one, around)


def _unread(node: ast.AST) -> bool:
    """Nobody reads it on the page: docs, options, logs, types, comparisons."""
    match node:
        case ast.Call():
            return called(node) in SILENT
        case ast.Compare() | ast.Subscript() | ast.arguments() | ast.Import() | ast.ImportFrom():
            return True
        case ast.Expr(value=ast.Constant()):
            return True  # a docstring
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name in ASIDE
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.keyword(arg=name):
            return name in ASIDE
    return False


def _told(forms: list[Form]) -> Iterator[Template]:
    for form in forms:
        made = template(form)
        if " " in made.text or "{{" in made.text or made.text.endswith("."):
            yield made


def _choice(target: ast.expr, forms: list[Form]) -> Iterator[Template]:
    """Words one of which is put into a sentence: "is" or "are"."""
    if isinstance(target, ast.Name) and target.id in CHOSEN:
        for form in forms:
            if not any(piece.hole for piece in form):
                yield replace(template(form), part="verb" * (target.id == "verb"))


def returned(source: str) -> Iterator[Template]:
    """Single words that a function gives back: parts of sentences, in the rules."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Return) and node.value is not None:
            for form in Function(node).forms(node.value):
                if len(form) == 1 and not form[0].hole and form[0].text.isalpha():
                    yield template(form)
