"""A finding as one picture (SVG): the readings, what is usual, and when it began and was found."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.meters.book import Entry
from streetlamp.meters.panel import window
from streetlamp.values import Evidence

_WIDTH: Final = 960
_HEIGHT: Final = 360
_LEFT: Final = 64
_RIGHT: Final = 16
_TOP: Final = 64
_BOTTOM: Final = 36
_PLOT: Final = _HEIGHT - _TOP - _BOTTOM
_DAY: Final = 86400.0
_BEFORE: Final = 7 * 86400.0
_AFTER: Final = 86400.0
_LONGEST: Final = 28 * 86400.0
_HISTORY: Final = 56 * 86400.0  # s before the beginning, from which the usual band is


def draw(entry: Entry, zone: ZoneInfo) -> str:
    """The whole SVG document; readable by day and night, without any script."""
    finding = entry.finding
    shown = finding.picture if finding.picture is not None else _evidence(entry)
    x0, x1 = float(shown.time[0]), max(float(shown.time[-1]), float(shown.time[0]) + 1)
    values = np.concatenate([shown.measured, shown.high, shown.expected])
    values = values[np.isfinite(values)]
    low = min(0.0, float(values.min())) if len(values) else 0.0
    top = _round_up(float(np.quantile(values, 0.995)) if len(values) else 1.0)

    def x(at: Any) -> Doubles:
        return np.asarray(_LEFT + (at - x0) / (x1 - x0) * (_WIDTH - _LEFT - _RIGHT))

    def y(value: Any) -> Doubles:
        inside = np.clip(value, low, top)
        return np.asarray(_HEIGHT - _BOTTOM - (inside - low) / (top - low) * _PLOT)

    parts = [_HEAD]
    title = f"{finding.subject}: {finding.cause.replace('_', ' ')}"
    parts.append(f'<text class="t" x="{_LEFT}" y="22">{escape(title)}</text>')
    for row, line in enumerate(_wrapped(finding.evidence)):
        parts.append(f'<text class="s" x="{_LEFT}" y="{38 + 14 * row}">{escape(line)}</text>')
    start, found = (float(v) for v in x(np.array([finding.start, finding.detected])).clip(_LEFT))
    end = x(np.array([finding.end if finding.end is not None else x1]))[0]
    end = min(max(float(end), found), _WIDTH - _RIGHT)
    parts.append(
        f'<rect class="e" x="{start:.1f}" y="{_TOP}" width="{end - start:.1f}" height="{_PLOT}"/>'
    )
    parts += _axes(x0, x1, low, top, shown.unit, zone)
    parts.append(_band(x(shown.time), y(shown.low), y(shown.high)))
    parts += _line(x(shown.time), y(shown.expected), shown.expected, "x")
    parts += _line(x(shown.time), y(shown.measured), shown.measured, "m")
    parts.append(
        f'<line class="d" x1="{found:.1f}" x2="{found:.1f}" y1="{_TOP}" y2="{_TOP + _PLOT}"/>'
        f'<text class="s" x="{found + 4:.1f}" y="{_TOP + 11}">found</text></svg>'
    )
    return "\n".join(part for part in parts if part)


_HEAD: Final = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
    f'width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif"><style>'
    "svg{background:#fff}.t{font-size:16px;font-weight:600;fill:#222}.s{font-size:11px;fill:#444}"
    ".g{stroke:#ddd}.b{fill:#2a78c0;opacity:.15}.x{fill:none;stroke:#2a78c0;opacity:.6}"
    ".m{fill:none;stroke:#222;stroke-width:1.2}.o{fill:#222}.d{stroke:#c02a2a;stroke-dasharray:4 3}"
    ".e{fill:#e8a33d;opacity:.25}@media(prefers-color-scheme:dark){svg{background:#14161a}"
    ".t{fill:#eee}.s{fill:#bbb}.g{stroke:#333}.m{stroke:#eee}.o{fill:#eee}}</style>"
)


def _evidence(entry: Entry) -> Evidence:
    """The readings around a finding, and what this meter used at such hours before it began."""
    finding, panel = entry.finding, entry.panel
    one = panel.members[panel.meters.index(finding.subject)]
    until = finding.detected + _AFTER
    if finding.end is not None:
        until = max(until, min(finding.end + _AFTER, finding.start + _LONGEST - _BEFORE))
    first = max(finding.start - _BEFORE, until - _LONGEST)
    time, used = window(one, first, until, panel.length)
    past, before = window(one, finding.start - _HISTORY, finding.start - panel.length, panel.length)
    slot, slots = (past // panel.length).astype(int), max(86400 // panel.length, 1)
    low, middle, high = (np.full(slots, np.nan) for _ in range(3))
    for at in range(slots):
        same = before[slot % slots == at]
        same = same[np.isfinite(same)]
        if len(same) >= 5:
            low[at], middle[at], high[at] = np.quantile(same, (0.05, 0.5, 0.95))
    now = (time // panel.length).astype(int) % slots
    nothing = np.full(len(time), np.nan)
    unit = panel.kind.unit if panel.kind.level else f"{panel.kind.unit} per {_words(panel.length)}"
    return Evidence(
        time, used, middle[now], low[now], high[now], nothing, math.nan, unit  # type: ignore[arg-type]
    )  # fmt: skip


def _words(seconds: int) -> str:
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds % size == 0:
            return word if seconds == size else f"{seconds // size} {word}s"
    return f"{seconds} s"


def _round_up(value: float) -> float:
    if not value > 0:
        return 1.0
    size = 10.0 ** math.floor(math.log10(value))
    return size * next(step for step in (1, 1.5, 2, 3, 5, 7.5, 10) if step * size >= value)


def _axes(x0: float, x1: float, low: float, top: float, unit: str, zone: ZoneInfo) -> list[str]:
    parts = []
    for at in range(5):
        y = _HEIGHT - _BOTTOM - at / 4 * _PLOT
        label = f"{low + (top - low) * at / 4:.3g}"
        parts.append(
            f'<line class="g" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="s" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>'
        )
    parts.append(f'<text class="s" x="6" y="{_TOP - 8}">{escape(unit)}</text>')
    for time in _ticks(x0, x1, zone):
        x = _LEFT + (time - x0) / (x1 - x0) * (_WIDTH - _LEFT - _RIGHT)
        form = "%H:%M" if x1 - x0 < 2 * _DAY else "%d %b" if x1 - x0 < 300 * _DAY else "%b %Y"
        label = datetime.fromtimestamp(time, UTC).astimezone(zone).strftime(form)
        parts.append(
            f'<line class="g" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP + _PLOT}"'
            f' y2="{_TOP + _PLOT + 5}"/>'
            f'<text class="s" x="{x:.1f}" y="{_HEIGHT - 14}" text-anchor="middle">{label}</text>'
        )
    return parts


def _ticks(x0: float, x1: float, zone: ZoneInfo) -> list[float]:
    """At most twelve round times in between: full hours, or local midnights."""
    length = x1 - x0
    if length < 2 * _DAY:
        apart = next(n for n in (1, 2, 3, 4, 6) if length / 3600 / n <= 12)
        first = math.ceil(x0 / 3600 / apart) * apart
        return [3600.0 * n for n in range(first, int(x1 // 3600) + 1, apart)]
    apart = math.ceil(length / _DAY / 12)
    day = datetime.fromtimestamp(x0, UTC).astimezone(zone).replace(hour=0, minute=0, second=0)
    days = [day + timedelta(days=n) for n in range(1, int(length / _DAY) + 2, apart)]
    return [at for one in days if x0 < (at := one.timestamp()) <= x1]


def _band(x: Doubles, low: Doubles, high: Doubles) -> str:
    good = np.isfinite(low) & np.isfinite(high)
    if good.sum() < 2:
        return ""
    there = [f"{a:.1f},{b:.1f}" for a, b in zip(x[good], high[good], strict=True)]
    back = [f"{a:.1f},{b:.1f}" for a, b in zip(x[good][::-1], low[good][::-1], strict=True)]
    return f'<polygon class="b" points="{" ".join(there + back)}"/>'


def _line(x: Doubles, y: Doubles, value: Any, style: str) -> list[str]:
    """Polylines, broken where there is no reading; a reading by itself is a dot."""
    parts = []
    good = np.isfinite(value)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], good, [False])).astype(int)))
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        if end - begin == 1:
            parts.append(f'<circle class="o" cx="{x[begin]:.1f}" cy="{y[begin]:.1f}" r="1.5"/>')
            continue
        points = " ".join(
            f"{a:.1f},{b:.1f}" for a, b in zip(x[begin:end], y[begin:end], strict=True)
        )
        parts.append(f'<polyline class="{style}" points="{points}"/>')
    return parts


def _wrapped(text: str) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if len(line) + len(word) > 150:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    return [*lines, line][:2]
