"""What could be found at all: the power of a test that knows more than any detector may.

    python bench/meters.py districts-power

For each real district the noise of its daily level is whitened with the spectrum of the whole
record, the future and all. The oracle knows on which day the leak begins and tests for that day
alone; it takes the noise for normal, with the scale of its middle half, which is less than all of
it; asked every day, it is wrong once a year. A detector has to try every beginning and to bear
heavy tails. It is a guide and no strict bound: districts that are quieter in one season than in
another, or stay put between moves, let a test that knows of that do better.
"""

from __future__ import annotations

import argparse
from statistics import NormalDist
from typing import Final

import numpy as np
from meters_districts_data import districts
from meters_districts_inject import listen

from record import Result
from streetlamp.meters.arrays import Doubles
from streetlamp.meters.districts.options import DistrictOptions

SHARES: Final = (0.01, 0.02, 0.03, 0.05, 0.1, 0.15)
NIGHTS: Final = (1, 7, 30)
_LAGS: Final = 28  # days
_FAR: Final = 5.0  # times the scatter, at most so much counts of a day's change
_ROUNDS: Final = 20
_MIDDLE: Final = 1.4826  # from the median of absolutes to a standard deviation


def whitening(levels: Doubles) -> tuple[Doubles, float]:
    """(lags of the daily changes, standard deviation left) by robust autoregression (Huber)."""
    change = np.diff(levels)
    far = _FAR * _MIDDLE * float(np.nanmedian(np.abs(change)))
    windows = np.lib.stride_tricks.sliding_window_view(np.clip(change, -far, far), _LAGS + 1)
    windows = windows[~np.isnan(windows).any(axis=1)]
    past, now = windows[:, -2::-1], windows[:, -1]
    weight = np.ones(len(now))
    lags, scale = np.zeros(_LAGS), far
    for _ in range(_ROUNDS):
        lags = np.linalg.lstsq(past * weight[:, None], now * weight, rcond=None)[0]
        left = now - past @ lags
        scale = _MIDDLE * float(np.median(np.abs(left)))
        weight = np.sqrt(np.minimum(1, 2 * scale / np.maximum(np.abs(left), 1e-12)))
    return lags, scale


def scores(levels: Doubles) -> Doubles:
    """(30,) standard deviations by which a lasting rise of 1 stands out after so many nights."""
    lags, scale = whitening(levels)
    seen = np.zeros(max(NIGHTS))
    seen[: _LAGS + 1] = [1.0, *-lags]
    return np.asarray(np.sqrt(np.cumsum(seen**2)) / scale)


def power(result: Result, args: argparse.Namespace) -> None:
    data = districts()
    records = listen(data, DistrictOptions())
    normal = NormalDist()
    limit = normal.inv_cdf(1 - 1 / 365.25)
    print("\nAn oracle's chance to find a leak that comes at once, one false alarm a district-year")
    print("  by district: standard deviations after 7 nights; found within 1, 7, 30 nights")
    chances = np.zeros((len(data.names), len(SHARES), len(NIGHTS)))
    for at, (name, record) in enumerate(zip(data.names, records, strict=True)):
        mean = float(np.nanmean([day.rate for day in record.days]))
        stands = scores(np.array([day.level for day in record.days]) / mean)
        cells = []
        for column, share in enumerate(SHARES):
            found = [normal.cdf(share * stands[nights - 1] - limit) for nights in NIGHTS]
            chances[at, column] = found
            told = "/".join(f"{100 * chance:.0f}" for chance in found)
            cells.append(f"{share:.0%} {share * stands[6]:.1f} {told} %")
        print(f"  {name}: {'; '.join(cells)}")
    for column, share in enumerate(SHARES):
        told = " ".join(f"{100 * chance:3.0f} %" for chance in chances[:, column].mean(axis=0))
        print(f"  all, {share:4.0%}: {told}")


PARTS = {"districts-power": power}
