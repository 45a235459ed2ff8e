"""The balance chart of a tank: plain SVG, no script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from streetlamp.stock.arrays import Reals
from streetlamp.stock.sir.estimate import Estimate
from streetlamp.stock.sir.options import PER_DAY
from streetlamp.stock.sir.verdict import Verdict

WIDTH: Final = 720
HEIGHT: Final = 240
LEFT: Final = 64
BOTTOM: Final = 34
TOP: Final = 14
INK: Final = "#1c2024"
SOFT: Final = "#61686f"
LINE: Final = "#dfe2e5"
COLOURS: Final = {"pass": "#1f7a4d", "fail": "#b3261e", "inconclusive": "#c77700"}


def balance(found: Estimate, judged: Verdict, test_days: float) -> str:
    """Litres missing or over at each reading, the loss line and its 95 % interval."""
    begin = found.end - test_days
    ahead = np.linspace(begin, found.end, 2)
    gone = (ahead - begin) * PER_DAY
    lines = {name: -rate * gone for name, rate in (
        ("rate", judged.rate), ("low", judged.low), ("high", judged.high),
        ("limit", judged.threshold),
    )}  # fmt: skip
    everything = np.concatenate([found.left - 2 * found.band, found.left + 2 * found.band,
                                 *lines.values()])  # fmt: skip
    low, high = float(everything.min()), float(everything.max())
    room = max(high - low, 1.0) * 0.05
    low, high = low - room, high + room
    first = float(found.time[0])

    def x(time: float) -> float:
        return LEFT + (time - first) / (found.end - first) * (WIDTH - LEFT - 12)

    def y(litres: float) -> float:
        return TOP + (high - litres) / (high - low) * (HEIGHT - TOP - BOTTOM)

    def line(values: Reals, style: str) -> str:
        ends = " ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in zip(ahead, values, strict=True))
        return f"<polyline points='{ends}' fill=none {style}/>"

    colour = COLOURS[judged.verdict]
    corners = [(ahead[0], 0.0), (ahead[1], lines["low"][1]), (ahead[1], lines["high"][1])]
    fan = " ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in corners)
    said = f"Balance in litres; {judged.rate:+.3f} gal/h in the {test_days:g} days under test"
    parts = [
        f"<svg viewBox='0 0 {WIDTH} {HEIGHT}' role=img aria-label='{said}'>",
        f"<rect x='{x(begin):.1f}' y={TOP} width='{x(found.end) - x(begin):.1f}' "
        f"height={HEIGHT - TOP - BOTTOM} fill='#f3f4f5'/>",
        *_grid(low, high, y),
        f"<polygon points='{fan}' fill='{colour}' fill-opacity=.15 />",
        line(lines["limit"], f"stroke='{SOFT}' stroke-dasharray='5 4'"),
        line(lines["rate"], f"stroke='{colour}' stroke-width='2'"),
    ]
    for time, litres, band in zip(found.time, found.left, found.band, strict=True):
        at = x(float(time))
        parts.append(
            f"<line x1='{at:.1f}' x2='{at:.1f}' y1='{y(litres - 2 * band):.1f}' "
            f"y2='{y(litres + 2 * band):.1f}' stroke='#9aa3ab'/>"
            f"<circle cx='{at:.1f}' cy='{y(litres):.1f}' r=2.4 fill='{INK}'/>"
        )
    parts += [
        f"<text x='{x(first):.1f}' y={HEIGHT - 12} font-size=11 fill='{SOFT}'>day {first:g}</text>",
        f"<text x='{x(begin):.1f}' y={HEIGHT - 12} font-size=11 fill='{SOFT}' text-anchor=middle>"
        f"day {begin:g}: test begins</text>",
        f"<text x='{x(found.end):.1f}' y={HEIGHT - 12} font-size=11 fill='{SOFT}' "
        f"text-anchor=end>day {found.end:g}</text>",
        "</svg>",
    ]
    return "".join(parts)


def _grid(low: float, high: float, y: Callable[[float], float]) -> list[str]:
    step = _round((high - low) / 4)
    marks = np.arange(np.ceil(low / step) * step, high, step)
    return [
        f"<line x1={LEFT} x2={WIDTH - 12} y1='{y(mark):.1f}' y2='{y(mark):.1f}' stroke='{LINE}'/>"
        f"<text x={LEFT - 8} y='{y(mark) + 4:.1f}' font-size=11 text-anchor=end fill='{SOFT}'>"
        f"{mark:+.0f} L</text>"
        for mark in marks
    ]


def _round(step: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50 …"""
    size = 10.0 ** np.floor(np.log10(step))
    return float(next(size * each for each in (1, 2, 5, 10) if size * each >= step))
