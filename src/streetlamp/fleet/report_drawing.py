"""The report's drawings: plain SVG, no script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from streetlamp.fleet.figures import Day, Report, Row, Stretch
from streetlamp.fleet.words import percent
from streetlamp.health import Reason

GOOD: Final = "#2f9461"
BAD: Final = "#c8372d"
OURS: Final = "#e09a2b"
PLANNED: Final = "#8fa9cc"
NONE: Final = "#e9ebed"

_LOW: Final = 0.8  # the gauge and the days begin here, unless something is worse


def gauge(share: float, objective: float) -> str:
    """The share on a line, with the objective as a mark."""
    low = _least(min(share, objective))
    at, mark = _on(share, low), _on(objective, low)
    colour = GOOD if share >= objective else BAD
    ends = f"from {percent(low)} to 100 %"
    return (
        f"<svg viewBox='0 0 600 34' role=img aria-label='{percent(share)} on a scale {ends}; the "
        f"objective is {percent(objective)}'>"
        f"<rect x=0 y=4 width=600 height=12 rx=6 fill='{NONE}'/>"
        f"<rect x=0 y=4 width='{600 * at:.1f}' height=12 rx=6 fill='{colour}'/>"
        f"<rect x='{600 * mark - 1:.1f}' y=0 width=2 height=20 fill='#1c2024'/>"
        f"<text x=0 y=32 font-size=11 fill='#61686f'>{percent(low)}</text>"
        f"<text x='{_clear(600 * mark):.1f}' y=32 font-size=11 text-anchor=middle fill='#1c2024'>"
        f"objective {percent(objective)}</text>"
        "<text x=600 y=32 font-size=11 text-anchor=end fill='#61686f'>100 %</text></svg>"
    )


def _clear(x: float) -> float:
    """Where the mark's word does not stand on the scale's ends."""
    return min(500.0, max(90.0, x))


def _least(worst: float) -> float:
    return _LOW if worst >= _LOW else 0.0 if worst < 0.5 else 0.5


def _on(share: float, low: float) -> float:
    return min(1.0, max(0.0, (share - low) / (1.0 - low)))


def spent(minutes: int, allowed: float) -> str:
    """How much of the room for error is used."""
    part = min(1.0, minutes / allowed) if allowed > 0 else 1.0
    over = minutes > allowed
    return (
        "<svg viewBox='0 0 600 14' role=img aria-label='"
        f"{percent(part)} of the room for error is used'>"
        f"<rect width=600 height=10 rx=5 fill='{NONE}'/>"
        f"<rect width='{600 * part:.1f}' height=10 rx=5 fill='{BAD if over else OURS}'/></svg>"
    )


def bar(share: float, *, ours: bool) -> str:
    colour = OURS if ours else BAD
    return (
        "<svg viewBox='0 0 200 12' preserveAspectRatio=none aria-hidden=true style='height:12px'>"
        f"<rect y=2 width='{max(1.0, 200 * share):.1f}' height=8 fill='{colour}'/></svg>"
    )


def days(all_days: Sequence[Day], objective: float) -> str:
    """A column a day: what was kept, what Streetlamp lost, what was lost; the objective across."""
    shares = [day.figures.share for day in all_days]
    low = _least(min([objective, *(share for share in shares if share is not None)]))
    width, height, left = 900, 190, 44
    step = (width - left - 14) / len(all_days)
    parts = [
        f"<svg viewBox='0 0 {width} {height + 30}' role=img aria-label='Serviceability by day'>"
    ]
    for mark in (low, (1 + low) / 2, 1.0):
        y = height - _on(mark, low) * (height - 10)
        parts.append(
            f"<line x1={left} x2={width} y1='{y:.1f}' y2='{y:.1f}' stroke='#dfe2e5'/>"
            f"<text x={left - 6} y='{y + 4:.1f}' font-size=11 text-anchor=end fill='#61686f'>"
            f"{100 * mark:.0f} %</text>"
        )
    every = max(1, -(-len(all_days) // 16))
    for i, day in enumerate(all_days):
        x = left + i * step
        parts.append(_column(day, x, step, height, low, objective))
        if i % every == 0:
            parts.append(
                f"<text x='{x + step / 2:.1f}' y={height + 16} font-size=11 text-anchor=middle "
                f"fill='#61686f'>{int(day.date[8:])}.{int(day.date[5:7])}.</text>"
            )
    y = height - _on(objective, low) * (height - 10)
    parts.append(
        f"<line x1={left} x2={width} y1='{y:.1f}' y2='{y:.1f}' stroke='#1c2024' "
        "stroke-dasharray='5 4'/></svg>"
    )
    return "".join(parts)


def _column(day: Day, x: float, step: float, height: int, low: float, objective: float) -> str:
    figures = day.figures
    share = figures.share
    if share is None:
        return ""
    tall = _on(share, low) * (height - 10)
    down = figures.down / figures.expected / (1.0 - low) * (height - 10)
    wide = min(step * 0.72, 60.0)
    begin = x + (step - wide) / 2
    top = height - tall
    colour = GOOD if share >= objective else BAD
    more = min(down, top - 10)
    extra = (
        f"<rect x='{begin:.1f}' y='{top - more:.1f}' width='{wide:.1f}' height='{more:.1f}' "
        f"fill='{OURS}'/>"
        if more > 0.3
        else ""
    )
    return (
        f"<g><title>{day.date}: {percent(share)}; Streetlamp down {figures.down} of "
        f"{figures.expected} minutes</title><rect x='{begin:.1f}' y='{top:.1f}' "
        f"width='{wide:.1f}' height='{tall:.1f}' fill='{colour}'/>{extra}</g>"
    )


def legend() -> str:
    rows = (
        (GOOD, "did its whole job"), (BAD, "lost"), (OURS, "Streetlamp was not running"),
        (PLANNED, "planned maintenance"), (NONE, "not expected"),
    )  # fmt: skip
    said = "".join(f"<span><i style='background:{c}'></i>{text}</span>" for c, text in rows)
    return f"<p class=legend>{said}</p>"


def strip(
    report: Report, row: Row, lost: Sequence[Stretch], planned: Sequence[tuple[int, int]]
) -> str:
    """A camera's period from left to right."""
    start, span = report.period.start, max(1, report.period.end - report.period.start)
    first, last = row.since or start, row.until or report.until

    def rect(a: int, b: int, colour: str) -> str:
        x, wide = 1000 * (a - start) / span, max(0.8, 1000 * (b - a) / span)
        return f"<rect x='{x:.1f}' width='{wide:.1f}' height=14 fill='{colour}'/>"

    parts = [
        f"<svg viewBox='0 0 1000 14' preserveAspectRatio=none role=img "
        f"aria-label='{percent(row.figures.share)}'>",
        f"<rect width=1000 height=14 fill='{NONE}'/>",
        rect(first, last, GOOD),
        *(rect(max(a, first), min(b, last), PLANNED) for a, b in planned if a < last and b > first),
        *(
            rect(one.start, one.end, OURS if one.reason is Reason.STREETLAMP_DOWN else BAD)
            for one in lost
        ),
    ]
    return "".join(parts) + "</svg>"
