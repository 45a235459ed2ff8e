"""Whether an SVG plan only draws: nothing that runs, nothing that loads, nothing that expands.

Read as a stream with expat, so that a hostile file costs no memory. The desk also serves it under a
Content-Security-Policy of its own and shows it as an image, where browsers run no scripts: this is
the first of three walls, and it says in the terminal what is wrong.
"""

from __future__ import annotations

import re
from typing import Any, Final
from xml.parsers import expat

_SVG: Final = "http://www.w3.org/2000/svg"
_XHTML: Final = "http://www.w3.org/1999/xhtml"
_RUNS: Final = frozenset(
    {
        "script",
        "foreignobject",
        "iframe",
        "object",
        "embed",
        "audio",
        "video",
        "handler",
        "listener",
    }
)
_DEEPEST: Final = 200
_INSIDE: Final = re.compile(r"#|data:image/(png|jpeg);base64,", re.IGNORECASE)
_CSS_LOADS: Final = re.compile(r"@import|url\(\s*['\"]?(?!\s*['\"]?#)", re.IGNORECASE)
_LENGTH: Final = re.compile(r"\s*([0-9.]+(?:e[0-9]+)?)\s*(px|pt|pc|mm|cm|in)?\s*", re.IGNORECASE)
_UNITS: Final = {
    "": 1.0, "px": 1.0, "pt": 96 / 72, "pc": 16.0, "mm": 96 / 25.4, "cm": 960 / 25.4, "in": 96.0,
}  # fmt: skip


def look_at_svg(data: bytes) -> tuple[float, float]:
    """Width and height in pixels; ValueError in plain words when it does more than draw."""
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.ProcessingInstructionHandler = reader.instruction
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ValueError(f"this SVG is damaged: {error}") from None
    if reader.size is None:
        raise ValueError(
            "this SVG does not say how large it is; give it a width, height or viewBox"
        )
    return reader.size


class _Reader:
    """Follows the elements; raises ValueError at the first that is not a drawing."""

    def __init__(self) -> None:
        self.size: tuple[float, float] | None = None
        self._depth = 0
        self._style: list[str] | None = None

    def doctype(self, *_: Any) -> None:
        raise ValueError("this SVG has a DOCTYPE, which can expand without end; take that line out")

    def instruction(self, target: str, _: str) -> None:
        if target.lower() == "xml-stylesheet":
            raise ValueError("this SVG loads a style sheet; put the style into the file")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        space, _, tag = name.rpartition(" ")
        if self._depth == 1:
            if (space, tag) != (_SVG, "svg"):
                raise ValueError("this is XML, but not an SVG picture")
            self.size = _size(attributes)
        if self._depth > _DEEPEST:
            raise ValueError(f"this SVG is nested deeper than {_DEEPEST} elements")
        if space == _XHTML or tag.lower() in _RUNS:
            raise ValueError(f"this SVG has a <{tag}>, which does more than draw; take it out")
        if tag.lower() == "style":
            self._style = []
        for key, value in attributes.items():
            space, _, plain = key.rpartition(" ")
            _check(tag, plain.lower(), value, drawn=not space)

    def text(self, text: str) -> None:
        if self._style is not None:
            self._style.append(text)

    def end(self, _: str) -> None:
        self._depth -= 1
        if self._style is not None:
            _check_css("".join(self._style))
            self._style = None


def _check(tag: str, key: str, value: str, drawn: bool) -> None:
    """One attribute; `drawn`: it is SVG's own, and may hold CSS."""
    if key.startswith("on"):
        raise ValueError(f"this SVG runs a script ({key} of <{tag}>); take it out")
    if key in ("href", "src") and tag.lower() != "a" and not _INSIDE.match(value.strip()):
        raise ValueError(f"this SVG loads {value[:60]!r}; put it into the file, or take it out")
    if "javascript:" in value.lower():
        raise ValueError(f"this SVG runs a script ({key} of <{tag}>); take it out")
    if drawn:
        _check_css(value)


def _check_css(text: str) -> None:
    # A backslash hides letters from whoever searches for them; a drawing's style needs none.
    if _CSS_LOADS.search(text) or "\\" in text:
        raise ValueError("this SVG's style loads something from elsewhere; take that out")


def _size(attributes: dict[str, str]) -> tuple[float, float] | None:
    """As browsers size it: width and height, or else those of the viewBox."""
    sides = [_pixels(attributes.get(side, "")) for side in ("width", "height")]
    box = re.split(r"[\s,]+", attributes.get("viewBox", "").strip())
    try:
        _, _, *boxed = (float(part) for part in box)
    except ValueError:
        boxed = []
    if None not in sides:
        width, height = (side or 0.0 for side in sides)
    elif len(boxed) == 2:
        width, height = boxed
    else:
        return None
    return (width, height) if 0 < width < 1e7 and 0 < height < 1e7 else None


def _pixels(text: str) -> float | None:
    found = _LENGTH.fullmatch(text)
    return float(found[1]) * _UNITS[(found[2] or "").lower()] if found else None
