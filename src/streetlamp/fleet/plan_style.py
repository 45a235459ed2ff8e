"""Looks at a map's style file: all it needs must lie beside it.

A MapLibre style names its tiles, letters and signs by address. Here an address is a file below the
style's own folder, such as ``tiles/{z}/{x}/{y}.png``; anything else is refused, so that opening the
map tells nobody outside which place is being looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from streetlamp.fleet.plan_picture import read_small

_MOST_BYTES: Final = 5_000_000
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")

SERVED: Final = {
    ".json": "application/json",
    ".geojson": "application/geo+json",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".pbf": "application/x-protobuf",
    ".mvt": "application/vnd.mapbox-vector-tile",
}
"""What may lie in a style's folder, and how it is served."""


def look_at_style(path: Path) -> dict[str, Any]:
    """The style; ValueError in plain words when it is none, or asks for anything elsewhere."""
    try:
        style = json.loads(read_small(path, _MOST_BYTES))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError(f"{path.name} is not JSON") from None
    if not isinstance(style, dict) or style.get("version") != 8:
        raise ValueError(f"{path.name} is not a MapLibre style (it has no version: 8)")
    if not isinstance(style.get("layers"), list) or not isinstance(style.get("sources"), dict):
        raise ValueError(f"{path.name} is not a MapLibre style: it has no layers or no sources")  # noqa: TRY004
    for where, address in addresses(style):
        inside = re.split(r"[\\/]", address)
        if _SCHEME.match(address) or ".." in inside or not inside[0]:
            raise ValueError(
                f"{path.name} asks for {address[:80]!r} ({where}); a map here may only use files "
                "below its own folder, such as tiles/{z}/{x}/{y}.png"
            )
    return style


def at_home(style: dict[str, Any], base: str) -> dict[str, Any]:
    """The same style with its addresses below `base`, which ends with a slash."""
    moved: dict[str, Any] = json.loads(json.dumps(style))
    for holder, key in _holders(moved):
        holder[key] = base + holder[key]
    return moved


def addresses(style: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every address in a style, each with what it is for."""
    for holder, key in _holders(style):
        yield str(key), holder[key]


def _holders(style: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Mapping or list, and key, of every address: each may be read and changed."""
    yield from _texts(style, "sprite", "glyphs")
    sprites = style.get("sprite")
    for sprite in sprites if isinstance(sprites, list) else ():
        if isinstance(sprite, dict):
            yield from _texts(sprite, "url")
    for source in style["sources"].values():
        if isinstance(source, dict):
            yield from _texts(source, "url", "data")
            for many in ("tiles", "urls"):
                listed = source.get(many)
                if isinstance(listed, list):
                    yield from _texts(listed, *range(len(listed)))


def _texts(holder: Any, *keys: Any) -> Iterator[tuple[Any, Any]]:
    for key in keys:
        found = holder[key] if isinstance(holder, list) else holder.get(key)
        if isinstance(found, str):
            yield holder, key
