"""LeakDB's scoring (Vrachimis et al., CCWI/WDSA 2018), as its published code has it.

``scoring_algorithm.m`` of github.com/KIOS-Research/LeakDB: confusion over all steps of all
scenarios; early detection as the mean over all faults of ``2 / (1 + exp(5 d / w))``, d the steps to
the first alarm within the fault's window of w steps (its length and ten more), counted only where
from the first alarm to the window's end more than 75 % of the steps alarm.

Assumed where the code is silent or fails: a fault that lasts to the end of the record ends there;
the ten more steps are cut at the record's end for that fault alone (the code keeps the cut value
for all that follow). The paper's text has 6 for the 5 in the exponent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.values import Bools

_EXTRA: Final = 10
_HELD: Final = 0.75


@dataclass(frozen=True)
class Score:
    """In percent, and what it is made of."""

    f1: float
    tpr: float
    tnr: float
    sed: float
    faults: tuple[float, ...]  # each fault's early detection, 0 to 1
    counts: tuple[int, int, int, int]  # TP, TN, FP, FN steps


def score(labels: list[Doubles], alarms: list[Bools]) -> Score:
    """labels, alarms: a pair a scenario, (steps,)."""
    truth = np.concatenate(labels) > 0.5
    told = np.concatenate(alarms)
    tp, tn = int((truth & told).sum()), int((~truth & ~told).sum())
    fp, fn = int((~truth & told).sum()), int((truth & ~told).sum())
    faults = [one for pair in zip(labels, alarms, strict=True) for one in _early(*pair)]
    return Score(
        200 * tp / max(2 * tp + fp + fn, 1), 100 * tp / max(tp + fn, 1), 100 * tn / max(tn + fp, 1),
        100 * float(np.mean(faults)) if faults else 0.0, tuple(faults), (tp, tn, fp, fn),
    )  # fmt: skip


def _early(label: Doubles, alarm: Bools) -> list[float]:
    edge = np.diff(np.concatenate([[0], label > 0.5, [0]]).astype(int))
    found = []
    for first, last in zip(np.flatnonzero(edge == 1), np.flatnonzero(edge == -1) - 1, strict=True):
        extra = min(_EXTRA, len(label) - 1 - last)
        width = last - first + extra
        window = alarm[first : first + width + 1]
        hits = np.flatnonzero(window)
        held = len(hits) > 0 and window[hits[0] :].mean() > _HELD
        found.append(float(2 / (1 + np.exp(5 / width * hits[0]))) if held else 0.0)
    return found


def night_flow_alarms(inflow: Doubles, gamma: float) -> Bools:
    """``algorithmMNF.m``: the day's least flow against the least of the last ten quiet days."""
    least = inflow.reshape(-1, 48).min(axis=1)
    window = list(range(10))
    days = np.zeros(len(least), bool)
    for day in range(10, len(least)):
        floor = least[window].min()
        if least[day] - floor > floor * gamma:
            days[day] = True
        else:
            window = [*window[1:], day]
    return np.repeat(days, 48)
