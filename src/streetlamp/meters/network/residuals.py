"""How far measured pressures and flows are from the model, once its standing errors are learnt.

The model is driven by the measured flows, so what is left does not know how much water is used
in all, only how it is spread. Its standing errors (roughness, elevations, how demand is spread) are
learnt as a regression on the zones' demands and the pumps' flows; what is left of that is noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.meters.network.epanet import Engine, State
from streetlamp.meters.network.hours import Hour
from streetlamp.meters.network.linear import sensitivity
from streetlamp.values import Bools

_EXPONENT: Final = 1.852
_ROUNDS: Final = 12  # of reweighting
_HUBER: Final = 2.0  # scaled deviations from which on a value counts less
_RIDGE: Final = 1e-3
_FLOOR: Final = 2e-3  # m, m3/h per cent: no sensor is better than that
_FLOW_FLOOR: Final = 0.05  # m3/h
_DAY_HOURS: Final = 12  # with all readings, for a day to count


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """An hour after the model was solved for it: rows are sensors, then metered links."""

    expected: Doubles  # (r,) what the model says, m and m3/h
    features: Doubles  # (x,) what its standing errors may depend on
    answer: Doubles  # (r, p) what a leak of 1 m3/h at each pipe does to the residuals
    demand: Doubles  # (z,) of the zones, without known leaks, m3/h
    wander: Doubles  # (r, r) of residuals where each junction's demand is off by its own size


class Solver:
    """Solves the model for what was measured in an hour."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        plan = self.plan = engine.plan
        self._links = [engine.links.index(one) for one in plan.flows]
        self._share = np.array([plan.share(one.number) for one in plan.zones])  # (z, j)
        inside = plan.ends >= 0
        self._weight = inside / np.maximum(inside.sum(axis=1, keepdims=True), 1)
        self._inside = np.where(inside, plan.ends, 0)
        zone = np.full(len(plan.junctions), -1)
        for number, one in enumerate(plan.zones):
            zone[plan.zone == one.number] = number
        self._zone = zone

    def at_pipes(self, junctions: Doubles) -> Doubles:
        """(…, p): the mean of what is at a pipe's two ends."""
        both = junctions[..., self._inside] * self._weight
        return np.asarray(both.sum(axis=-1))

    def leaks_at(self, pipes: Doubles) -> Doubles:
        """(j,) demand of leaks of (p,) m3/h at pipes."""
        out = np.zeros(len(self.plan.junctions))
        np.add.at(out, self._inside, self._weight * pipes[:, None])
        return out

    def solve(
        self, hour: Hour, flow: Doubles, level: Doubles, leaks: Doubles, names: tuple[str, ...]
    ) -> Solved | None:
        """flow: (f,) of the links called ``names``; leaks: (p,) known, m3/h. None: no balance."""
        plan, engine = self.plan, self._engine
        measured = dict(zip(names, flow.tolist(), strict=True))
        rise = dict(zip(plan.tanks, hour.rise.tolist(), strict=True))
        lost = self.leaks_at(leaks)
        demand = np.zeros(len(plan.zones))
        for number, zone in enumerate(plan.zones):
            demand[number] = sum(sign * measured[name] for name, sign in zone.meters.items())
            demand[number] -= sum(rise[one] * engine.tank_area[one] for one in zone.tanks)
            demand[number] -= lost[self._zone == number].sum()
        if not np.isfinite(demand).all():
            return None
        pumped = np.array([measured[one] for one in plan.pumps])
        state = engine.solve(demand @ self._share + lost, pumped, level)
        if state is None:
            return None
        answer, wander = self._answer(state)
        return Solved(
            np.concatenate([state.head[plan.sensor_at] - plan.elevation[plan.sensor_at],
                            state.flow[self._links]]),
            _features(demand, pumped),
            answer,
            demand,
            wander,
        )  # fmt: skip

    def _answer(self, state: State) -> tuple[Doubles, Doubles]:
        """(r, p) a leak's own demand, less the same spread over its zone, as the meters have it.

        And (r, r), the same for junctions that use more or less than their share, each by itself.
        """
        effect = sensitivity(self._engine, state, self.plan.sensor_at, self.plan.flows)
        zones = effect @ self._share.T  # (r, z)
        spread = np.where(self._zone >= 0, zones[:, self._zone], 0.0)
        own = effect - spread
        by = own * self.plan.demand
        return self.at_pipes(own), by @ by.T


def _features(demand: Doubles, pumped: Doubles) -> Doubles:
    bent = np.abs(demand) ** _EXPONENT
    cross = np.outer(pumped, demand).ravel()
    return np.concatenate([[1.0], demand, bent, pumped, cross])


class Standing:
    """The model's standing errors and the noise about them, learnt from hours without a leak."""

    def __init__(self, features: Doubles, residual: Doubles, sensors: int) -> None:
        """features: (h, x); residual: (h, r), NaN where there is none; the first rows sensors."""
        self._middle = np.append(0.0, features[:, 1:].mean(axis=0))
        self._scale = np.append(1.0, np.maximum(features[:, 1:].std(axis=0), 1e-6))
        x = (features - self._middle) / self._scale
        rows = residual.shape[1]
        self._by = np.zeros((x.shape[1], rows))
        left = np.full(residual.shape, np.nan)
        self.deviation = np.zeros(rows)
        floor = np.where(np.arange(rows) < sensors, _FLOOR, _FLOW_FLOOR)
        for row in range(rows):
            good = np.isfinite(residual[:, row])
            if good.sum() < 3 * x.shape[1]:
                self.deviation[row] = np.nan
                continue
            self._by[:, row], spread = _robust(x[good], residual[good, row])
            self.deviation[row] = max(spread, floor[row])
            left[good, row] = residual[good, row] - x[good] @ self._by[:, row]
        self.usable: Bools = np.isfinite(self.deviation)
        if self.usable.any():
            self.covariance = self._covariance(left, floor)
        self.left = left  # (h, r) what is left of the hours learnt from

    def expected(self, features: Doubles) -> Doubles:
        """(r,) the standing error of the model in such an hour."""
        return np.asarray(((features - self._middle) / self._scale) @ self._by)

    def _covariance(self, left: Doubles, floor: Doubles) -> Doubles:
        usual = np.where(self.usable, self.deviation, 1.0)
        scaled = np.clip(left / usual, -4, 4)
        here = np.isfinite(scaled)
        scaled = np.where(here, scaled, 0.0)
        both = here.T.astype(float) @ here
        matrix = (scaled.T @ scaled) / np.maximum(both, 1)
        matrix = 0.9 * matrix + 0.1 * np.diag(np.diag(matrix))
        matrix *= np.outer(usual, usual)
        return np.asarray(matrix + np.diag(floor**2))


def wandering(left: Doubles, covariance: Doubles, shape: Doubles, usable: Bools) -> float:
    """By which share (squared) demands wander for days: how much of ``shape`` (r, r) there is.

    left: (h, r) residuals of hours without a leak; covariance: (r, r) of an hour. Days' means vary
    more than independent hours make them; the surplus is held against the shape.
    """
    weight = np.linalg.inv(covariance[np.ix_(usable, usable)])
    expected = float(np.trace(weight @ shape[np.ix_(usable, usable)]))
    surplus = []
    for day in range(len(left) // 24):
        hours = left[day * 24 : day * 24 + 24, usable]
        hours = hours[np.isfinite(hours).all(axis=1)]
        if len(hours) >= _DAY_HOURS:
            mean = hours.mean(axis=0)
            surplus.append(float(mean @ weight @ mean) - len(weight) / len(hours))
    if not surplus or expected <= 0:
        return 0.0
    return max(float(np.median(surplus)) / expected, 0.0)


def _robust(x: Doubles, y: Doubles) -> tuple[Doubles, float]:
    """Huber's regression by reweighting: (coefficients, deviation). A stuck spell counts little."""
    weight = np.ones(len(y))
    by, spread = np.zeros(x.shape[1]), 1.0
    for _ in range(_ROUNDS):
        wx = x * weight[:, None]
        by = np.linalg.solve(x.T @ wx + _RIDGE * len(y) * np.eye(x.shape[1]) * weight.mean(),
                             wx.T @ y)  # fmt: skip
        left = y - x @ by
        spread = max(float(np.median(np.abs(left - np.median(left)))) / 0.6745, 1e-6)
        weight = np.minimum(1.0, _HUBER / np.maximum(np.abs(left) / spread, 1e-9)) ** 2
    return by, spread
