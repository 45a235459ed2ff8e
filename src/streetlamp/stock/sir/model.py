"""The balance of a tank as one Gaussian series, and the covariance of everything that disturbs it.

At each reading ``i``, all at 15 °C:

    x_i = stock_i + sold until i - delivered until i  =  start - loss * days under test + errors

A reading's error stands at its own reading only, so it telescopes: it does not grow with the month.
A delivery's error stays from then on, a meter's bias grows with what is sold, a chart's error comes
back whenever the level does. Each is one covariance matrix times its variance; generalised least
squares weighs them against each other (`design/sir.md`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.stock.arrays import Reals
from streetlamp.stock.physics.volume import correction
from streetlamp.stock.sir.options import PER_DAY, Product, SirOptions
from streetlamp.stock.sir.records import Tank
from streetlamp.stock.sir.temperature import temperature
from streetlamp.values import Ints

WAVES: Final = 6
ROUNDING: Final = 0.1  # L², of volumes that are written down to a litre or less


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """A tank's readings one after another, (n,); what was sold and delivered since the one before.

    Where rows are missing the balance begins anew: ``piece`` counts up.
    """

    time: Reals  # days; a day's closing reading is at day + 1
    volume: Reals  # L, NaN where nothing was read
    area: Reals  # L per mm
    celsius: Reals
    sold: Reals
    rate: Reals  # L/day about the reading
    delivered: Reals
    piece: Reals
    capacity: float

    def without(self, reading: int) -> Series:
        """The same, one reading not believed."""
        volume = self.volume.copy()
        volume[reading] = math.nan
        return self._with(volume=volume)

    def broken(self, reading: int) -> Series:
        """The same, with nothing said about what happened just before a reading."""
        return self._with(piece=self.piece + (np.arange(len(self.piece)) >= reading))

    def _with(self, **changes: Reals) -> Series:
        return Series(**{name: changes.get(name, getattr(self, name)) for name in self.__slots__})


def series(tank: Tank, options: SirOptions) -> Series:
    """The last ``test_days`` and the history before them, as one series."""
    end = tank.day[-1] + 1
    use = tank.day >= end - options.test_days - options.history_days
    rows: list[tuple[float, ...]] = []
    piece, last = 0.0, (math.nan, math.nan)
    for k in np.flatnonzero(use):
        day, sold = tank.day[k], tank.sales[k]
        first = (tank.open_height[k], tank.open_volume[k], tank.open_temperature[k])
        close = (tank.close_height[k], tank.close_volume[k], tank.close_temperature[k])
        if last[0] != day:
            piece += bool(rows)
            rows.append((day, *first, 0.0, sold, 0.0, piece))
        elif not np.isnan(first[1]) and (np.isnan(last[1]) or abs(first[0] - last[1]) > 0.05):
            rows.append((day, *first, 0.0, sold, 0.0, piece))
        rows.append((day + 1, *close, sold, sold, tank.delivered[k], piece))
        last = (day + 1, close[0])
    time, height, volume, celsius, sold, rate, delivered, pieces = np.array(rows, float).T
    return Series(
        time=time,
        volume=volume,
        area=tank.chart.area(height),
        celsius=celsius,
        sold=sold,
        rate=rate,
        delivered=delivered,
        piece=pieces,
        capacity=tank.chart.capacity,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """The series at its ``m`` readings, and what its errors are made of."""

    at: Ints  # (m,) which readings of the series
    time: Reals  # (m,)
    x: Reals  # (m,) L
    design: Reals  # (m, 2): the start, and one gal/h lost while under test
    steady: Reals  # (m,): one gal/h lost all the time
    parts: Mapping[str, Reals]  # (m, m) L²: covariances of all errors but the two below, by name
    reading: Reals  # (m,) L² for 1 mm²: variance of readings
    cut: Reals  # (m,) L²: variance of cut-offs for a fraction of 1

    @property
    def fixed(self) -> Reals:
        """(m, m) L²: the parts together."""
        return np.asarray(np.sum(list(self.parts.values()), axis=0))


def model(series: Series, product: Product, options: SirOptions) -> Model:
    """What is known of a tank, were its product this one."""
    mean, unsure = temperature(series.time, series.celsius)
    factor = correction(product.expansion, mean)
    between = np.append(factor[0], (factor[1:] + factor[:-1]) / 2)
    volume = np.nan_to_num(series.volume)
    sold, delivered = np.cumsum(series.sold), np.cumsum(series.delivered)
    x = volume * factor + np.cumsum((series.sold - series.delivered) * between)
    x += product.evaporation * sold + product.expansion * options.load_warmer * delivered
    at = np.flatnonzero(~np.isnan(series.volume))
    time = series.time[at]
    begin = series.time[-1] - options.test_days
    under_test = np.maximum(time - begin, 0.0) * PER_DAY
    parts = _covariances(series, product, options, unsure)
    return Model(
        at=at,
        time=time,
        x=x[at],
        design=np.stack([np.ones(len(at)), -under_test], axis=1),
        steady=-(time - time[0]) * PER_DAY,
        parts={name: part[np.ix_(at, at)] for name, part in parts.items()},
        reading=series.area[at] ** 2,
        cut=series.rate[at] ** 2,
    )


def _covariances(
    series: Series, product: Product, options: SirOptions, unsure: Reals
) -> dict[str, Reals]:
    """(n, n) L² each: of everything that is not one reading's own error."""
    n = len(series.time)
    index = np.arange(n)
    both = np.minimum(index[:, None], index[None, :])  # the earlier of two readings
    volume = np.nan_to_num(series.volume)
    share = volume / series.capacity
    alpha = product.expansion
    sold, delivered = np.cumsum(series.sold), np.cumsum(series.delivered)

    def lasting(of: Reals) -> Reals:
        """Errors that are another each time and stay."""
        return np.asarray(np.cumsum(of**2)[both])

    def common(of: Reals) -> Reals:
        """One error, the same all the time."""
        return np.outer(of, of)

    load = options.document**2 + (alpha * options.load_scatter) ** 2
    deliveries = load * lasting(series.delivered)
    deliveries += (alpha * options.load_warmer_error) ** 2 * common(delivered)
    meters = options.meter_bias**2 * common(sold)
    meters += options.meter_scatter**2 * lasting(series.sold)
    apart = 2 * math.pi * (share[:, None] - share[None, :])
    waves = np.sum([np.cos(k * apart) / k**2 for k in range(1, WAVES + 1)], axis=0)
    chart = options.chart_scale**2 * common(volume)
    chart += (options.chart_wave * series.capacity) ** 2 / 2 * waves
    # A wrong temperature is wrong for stock, sales and deliveries alike: wrong by the same all the
    # time, it must cancel. By the books it does; with read volumes the readings' own errors would
    # be left over, and the rate too small by a tenth of its sigma.
    halves = np.eye(n) / 2 + np.eye(n, k=-1) / 2
    halves[0, 0] = 1.0
    moved = np.diag(_books(series)) + np.tril(np.ones((n, n))) @ (
        (series.sold - series.delivered)[:, None] * halves
    )
    gaps = series.capacity**2 * np.minimum(series.piece[:, None], series.piece[None, :])
    return {
        "deliveries": deliveries,
        "dispensers": meters,
        "chart": chart,
        "temperature": np.asarray(alpha**2 * moved @ unsure @ moved.T),
        "gaps": gaps + ROUNDING * np.eye(n),
    }


def _books(series: Series) -> Reals:
    """(n,) L: the stock by sales and deliveries, at the level of a piece's own readings."""
    net = np.cumsum(series.delivered - series.sold)
    books = np.zeros_like(net)
    for piece in np.unique(series.piece):
        here = series.piece == piece
        read = here & ~np.isnan(series.volume)
        above = float(np.mean(series.volume[read] - net[read])) if read.any() else 0.0
        books[here] = net[here] + above
    return books
