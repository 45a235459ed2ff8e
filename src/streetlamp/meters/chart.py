"""The columns of a meter's page: readings, what was usual, the evidence, a district's nights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles, Indices
from streetlamp.meters.band import DAYS as LEARNT_DAYS
from streetlamp.meters.band import usual_band
from streetlamp.meters.panel import Panel
from streetlamp.meters.shown import Chart, Curve, Nights, Window
from streetlamp.meters.steps import Stepped
from streetlamp.meters.traces import KEPT_DAYS, Traces
from streetlamp.meters.zone import Zone
from streetlamp.values import Finding, Floats

DISTRICT: Final = "district_inflow"
NIGHT: Final = (2, 3)  # local hours in which a district uses least

_DAY: Final = 86_400.0
_HOUR: Final = 3600.0


def chart_of(
    panel: Panel,
    at: int,
    findings: Sequence[Finding],
    traces: Traces,
    zone: Zone,
    windows: Sequence[Window] | None,
) -> Chart | None:
    """The chart of a panel's meter ``at``; None where nothing can be shown.

    findings: all of this meter, whose times nothing usual is learnt from. windows: of a household,
    all that is kept of its readings; None keeps `KEPT_DAYS`.
    """  # fmt: skip
    one, length = panel.members[at], panel.length
    if not len(one.step) or windows == []:
        return None
    last = float((one.step[-1] + 1) * length)
    shown = [(last - KEPT_DAYS * _DAY, last)] if windows is None else list(windows)
    first = min(begin for begin, _ in shown)
    step, used = _dense(one, length, first - LEARNT_DAYS * _DAY, last)
    wrong = np.zeros(len(step), np.bool_)
    for each in findings:
        end = np.inf if each.end is None else each.end
        wrong |= (step * length >= each.start) & (step * length < end)
    low, expected, high = usual_band(step, used, length, wrong)
    time = np.asarray(step * float(length), np.float64)
    factor = 1.0 if panel.kind.level else _HOUR / length
    columns = np.stack([used, expected, low, high]) * factor
    curves = []
    for cause, when, values in traces.of(at):
        if len(values) == 4:
            foreseen, spread = _held(time, when, values[2:])
            columns[1:] = foreseen, foreseen - spread, foreseen + spread
        if np.isfinite(values[0]).any():
            curves.append(Curve(cause, when, values[0], values[1]))
    nights = None
    if panel.kind.name == DISTRICT and length <= _HOUR:
        nights = _nights(time, columns[0], columns[1], zone)
    measured, expected, low, high = np.asarray(columns, np.float32)
    whole = Chart(time, measured, expected, low, high, tuple(curves), nights)
    return whole.between(shown)


def _dense(one: Stepped, length: int, first: float, last: float) -> tuple[Indices, Doubles]:
    """Every step between two times, with what was used in it; from the first reading on."""
    begin = max(int(first // length), int(one.step[0]))
    step = np.arange(begin, int(last // length))
    used = np.full(len(step), np.nan)
    rows = slice(*np.searchsorted(one.step, (begin, begin + len(step))))
    used[one.step[rows] - begin] = one.used[rows]
    return step, used


def _held(time: Doubles, ends: Doubles, values: Floats) -> Doubles:
    """(2, n) what was foreseen for the hour in which each step lies; NaN between hours."""
    out = np.full((len(values), len(time)), np.nan)
    if not len(ends):
        return out
    begins = ends - _HOUR
    row = np.searchsorted(begins, time, side="right") - 1
    good = (row >= 0) & (time < ends[row])
    out[:, good] = values[:, row[good]]
    return out


def _nights(time: Doubles, measured: Doubles, expected: Doubles, zone: Zone) -> Nights:
    wall = zone.wall(time)
    at = np.flatnonzero(np.isin(wall // 3600 % 24, NIGHT))
    if not len(at):
        none = np.zeros(0, np.float32)
        return Nights(np.zeros(0), none, none)
    _, first, which = np.unique(wall[at] // 86_400, return_index=True, return_inverse=True)
    means = []
    for values in (measured[at], expected[at]):
        known = np.isfinite(values)
        count = np.bincount(which, known, len(first))
        total = np.bincount(which, np.where(known, values, 0.0), len(first))
        means.append(np.where(count > 0, total / np.maximum(count, 1), np.nan))
    return Nights(time[at][first], *(np.asarray(one, np.float32) for one in means))
