"""The sheet's drawings: plain SVG, no script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from streetlamp.stock.arrays import Reals

WIDE: Final = 900
HIGH: Final = 190
_LEFT: Final = 58
_INK: Final = "#1c2024"
_SOFT: Final = "#61686f"
_BAD: Final = "#c8372d"
_BAND: Final = "#dbe7f3"
_LINE: Final = "#2b6cb0"


def chart(
    x: Reals,
    y: Reals,
    unit: str,
    words: str,
    band: tuple[Reals, Reals] | None = None,
    limits: Sequence[float] = (),
    marks: Sequence[tuple[float, str]] = (),
) -> str:
    """A line (n,) over days ``x`` (n,), with what is usual as a band, limits and marked days."""
    values = [y, np.asarray(limits, float)] + (list(band) if band else [])
    low, high = _span(np.concatenate(values))
    first, last = float(x[0]), float(max(x[-1], x[0] + 1))

    def across(day: float) -> float:
        return _LEFT + (WIDE - _LEFT - 8) * (day - first) / (last - first)

    def up(value: float) -> float:
        return 10 + (HIGH - 34) * (high - value) / (high - low)

    def path(values: Reals) -> str:
        return " ".join(f"{across(a):.1f},{up(b):.1f}" for a, b in zip(x, values, strict=True))

    parts = [f"<svg viewBox='0 0 {WIDE} {HIGH}' role=img aria-label='{words}'>"]
    if band:
        below = path(band[0]).split(" ")[::-1]
        parts.append(f"<polygon points='{path(band[1])} {' '.join(below)}' fill='{_BAND}'/>")
    across_all = f"x1={_LEFT} x2={WIDE - 8}"
    parts += [
        f"<line {across_all} y1={up(value):.1f} y2={up(value):.1f} stroke='#e9ebed'/>"
        f"<text x={_LEFT - 6} y={up(value) + 4:.1f} font-size=11 text-anchor=end "
        f"fill='{_SOFT}'>{value:g}</text>"
        for value in _ticks(low, high)
    ]
    parts += [
        f"<line {across_all} y1={up(value):.1f} y2={up(value):.1f} stroke='{_BAD}' "
        "stroke-dasharray='5 4'/>"
        for value in limits
    ]
    parts.append(f"<polyline points='{path(y)}' fill=none stroke='{_LINE}' stroke-width=1.4 />")
    for day, name in marks:
        at = min(max(across(day), _LEFT), WIDE - 8)
        parts.append(
            f"<line x1={at:.1f} x2={at:.1f} y1=8 y2={HIGH - 24} stroke='{_BAD}'/>"
            f"<text x={min(at + 4, WIDE - 90):.1f} y=18 font-size=12 fill='{_BAD}'>{name}</text>"
        )
    parts += [
        f"<text x={across(day):.1f} y={HIGH - 6} font-size=11 text-anchor=middle "
        f"fill='{_SOFT}'>day {day:g}</text>"
        for day in _ticks(first, last)
        if first < day < last
    ]
    parts.append(f"<text x=4 y=12 font-size=11 fill='{_INK}'>{unit}</text></svg>")
    return "".join(parts)


def _span(values: Reals) -> tuple[float, float]:
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    room = 0.05 * (high - low) or 1.0
    return low - room, high + room


def _ticks(low: float, high: float) -> list[float]:
    rough = (high - low) / 5
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(power * k for k in (1, 2, 5, 10) if power * k >= rough)
    first = np.ceil(low / step) * step
    return [float(round(v, 10)) + 0.0 for v in np.arange(first, high, step)]
