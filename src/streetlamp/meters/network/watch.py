"""The search itself, hour by hour: learn, solve, weigh, tell, put back. Never looks ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.meters.network import tell
from streetlamp.meters.network.bank import Peak, weigh
from streetlamp.meters.network.epanet import Engine
from streetlamp.meters.network.hours import Hour
from streetlamp.meters.network.known import Known, Leak
from streetlamp.meters.network.learn import Learned, Learning, candidates, mean_of
from streetlamp.meters.network.options import NetworkOptions
from streetlamp.meters.network.past import Past
from streetlamp.meters.network.place import Distances, Place, place
from streetlamp.meters.network.residuals import Solved, Solver
from streetlamp.meters.network.sensors import DRIFT, OFFSET, Faults
from streetlamp.values import Bools, Evidence, Finding

_SENSOR_MARGIN: Final = 12.0  # by how much a sensor has to explain more than any pipe (score²)
_SENSOR_HOURS: Final = 4
_BACK: Final = 4.0  # deviations within which a sensor is back
_BACK_HOURS: Final = 12
_SWITCHED: Final = 0.25  # of its largest flow by which a pump's varies in an hour it switches in
_SETTLES: Final = 36  # hours
_RECENT: Final = 6  # hours
_LEAK_HOURS: Final = 3
_HELD: Final = 24  # hours for which known sizes are held while a leak waits to be placed
_PLAIN: Final = 2.0  # times the limit: also told while a leak before it is not settled
_VAGUE: Final = 2.5  # times the distance within which a leak is told at once
_FRESH: Final = 14 * 24  # hours for which a leak's effect on a sensor is not known well
_UNSURE: Final = (0.5, 0.2)  # of a fresh, of an older leak's effect on a sensor
_LEFT: Final = (0.01, 0.1)  # m, m3/h beyond the model's error that a settled leak may leave over


class Watch:
    """Follows one network."""

    def __init__(self, engine: Engine, names: Sequence[str], options: NetworkOptions) -> None:
        """names: of the flows as hours give them."""
        plan = self.plan = engine.plan
        self.options = options
        self._names = tuple(names)
        self._flow_at = [self._names.index(one) for one in plan.flows]
        self._pump_at = [self._names.index(one) for one in plan.pumps]
        self._solver = Solver(engine)
        self._distances = Distances(plan)
        self._sensors, self._pipes = len(plan.sensors), len(plan.pipes)
        rows = self._sensors + len(plan.flows)
        self.faults = Faults(plan.sensors, options.alarms_per_year)
        self.known = Known(self._pipes, rows, options.signature_error)
        self.learned: Learned | None = None
        self._learning = Learning(self._sensors, plan.most, options)
        self._answer = np.zeros((24, rows, self._pipes), np.float32)  # by hour of the day (UTC)
        self._past = Past(rows)
        self._zero = np.zeros(rows)  # small offsets of sensors that were got used to
        self._level = np.full(len(plan.tanks), np.nan)
        self._most = np.full(len(plan.pumps), 1e-6)
        self._most_lost = plan.most
        self._least = options.least_share * float(plan.demand.sum())
        self._back = np.zeros(self._sensors)
        self._waited = 0  # hours for which a leak has been waiting to be placed
        self._doubted = (-1, 0)  # a sensor, and hours for which it has been doubted
        self.skipped = 0  # hours in which the model could not be driven

    def update(self, hour: Hour) -> list[Finding]:
        """Takes in the next hour; gives what was found by it, and what is over or has changed."""
        found = self.faults.update(hour.raw, hour.begin, hour.last)
        believed = self.faults.believed(hour.raw)
        switching = self._switching(hour)
        solved = self._solve(hour)
        if solved is None or switching:
            self.skipped += solved is None
            return found
        pressure, spiked = self._pressure(hour, solved)
        found += spiked
        residual = np.concatenate([pressure, hour.flow[self._flow_at]]) - solved.expected
        usable = np.isfinite(residual)
        usable[: self._sensors] &= believed
        self._answer[int(hour.begin // 3600) % 24] = solved.answer
        if self.learned is None:
            at = int(hour.begin // 3600) % 24
            if self._learning.add(solved, np.where(usable, residual, np.nan), at):
                self.learned = self._learning.learn(self._answer.astype(float))
            return found
        residual -= self._standing(self.learned, solved)
        usable &= self.learned.standing.usable
        self._past.add(residual, usable, hour.end)
        found += self._returned(self.learned, residual, hour)
        return found + self._weigh(self.learned, residual, usable, solved, hour)

    def _switching(self, hour: Hour) -> bool:
        """Does a pump switch in this hour? Its mean then says little about any moment of it."""
        self._most = np.fmax(self._most, hour.flow[self._pump_at])
        return bool((hour.swing[self._pump_at] > _SWITCHED * self._most).any())

    def _solve(self, hour: Hour) -> Solved | None:
        self._level = np.where(np.isfinite(hour.level), hour.level, self._level)
        if not np.isfinite(self._level).all() or not np.isfinite(hour.flow).all():
            return None
        leaks = self.known.flows()
        return self._solver.solve(hour, hour.flow, self._level, leaks, self._names)

    def _standing(self, learned: Learned, solved: Solved) -> Doubles:
        return learned.standing.expected(solved.features) + self._zero + self.known.shift()

    def _pressure(self, hour: Hour, solved: Solved) -> tuple[Doubles, list[Finding]]:
        """(s,) the hour's pressures; NaN where single readings of it are spikes."""
        if self.learned is None:
            return self._learning.pressure(hour.raw), []
        expected = (solved.expected + self._standing(self.learned, solved))[: self._sensors]
        recent = np.nan_to_num(mean_of(self._past.residual(_RECENT))[: self._sensors])
        off = np.nan_to_num(hour.raw - expected - recent)  # a leak is no spike
        wild, found = self.faults.spikes(off, self.learned.deviation, hour.begin, hour.last)
        return np.where(wild.any(axis=0), np.nan, mean_of(hour.raw)), found

    def _weigh(
        self, learned: Learned, residual: Doubles, usable: Bools, solved: Solved, hour: Hour
    ) -> list[Finding]:
        if usable.sum() < 2:
            return []
        plain = learned.weighed_by
        weight = np.zeros_like(plain)
        weight[np.ix_(usable, usable)] = np.linalg.inv(plain[np.ix_(usable, usable)])
        if (
            not 0 < self._waited <= _HELD
        ):  # what a leak to be placed brings is not given to a known one
            self.known.follow(np.where(usable, residual, 0.0), weight, solved.answer)
        allowed = plain + self.known.allowance(solved.answer)
        every = candidates(solved.answer, self._sensors)
        learned.bank.update(*weigh(np.nan_to_num(residual), allowed, every, usable))
        found = self._followed(learned, hour)
        leak = learned.bank.peak(slice(0, self._pipes))
        sensor = learned.bank.peak(slice(self._pipes, None), both=True)
        if max(leak.score, sensor.score) < learned.limit:
            self._waited, self._doubted = 0, (-1, 0)
            return found
        if sensor.score**2 > leak.score**2 + _SENSOR_MARGIN:
            return found + self._sensor(learned, sensor, hour)
        self._doubted = (-1, 0)
        if leak.score < learned.limit * (_PLAIN if self.known.unsettled else 1.0):
            return found
        return found + self._leak(learned, leak, hour)

    def _sensor(self, learned: Learned, peak: Peak, hour: Hour) -> list[Finding]:
        """A sensor explains what is left better than any pipe."""
        at = peak.candidate - self._pipes
        self._doubted = (at, self._doubted[1] + 1 if self._doubted[0] == at else 1)
        if self._doubted[1] < _SENSOR_HOURS:
            return []
        ago = learned.bank.begin(peak)
        off = self._past.residual(ago)[:, at]
        off = off[np.isfinite(off)]
        if abs(off.mean()) < self._unsure(at) and self.known.unsettled:
            return []
        ramp = np.arange(1, len(off) + 1, dtype=float)
        slope, step = float(off @ ramp / (ramp @ ramp)), float(off.mean())
        learned.bank.forget()
        self._doubted = (-1, 0)
        if abs(self._zero[at] + step) < self.options.least_offset + self._unsure(at):
            self._zero[at] += step
            moved = np.zeros(len(self._zero))
            moved[at] = step
            self._past.move(moved)
            return []
        drifts = len(off) > 3 and ((off - slope * ramp) ** 2).sum() < ((off - step) ** 2).sum()
        size = slope * len(off) if drifts else step
        name = self.plan.sensors[at]
        finding = self.faults.tell(
            at, DRIFT if drifts else OFFSET, hour.end - ago * 3600.0, hour.last,
            tell.sensor_off(name, size, ago, peak, learned.limit, drifts=drifts),
            size=size, unit="m", confidence=tell.sure(peak.score, learned.limit),
            picture=self._picture(learned, at),
        )  # fmt: skip
        self._back[at] = 0
        return [finding]

    def _unsure(self, at: int) -> float:
        """By how many m known leaks may be wrong at a sensor, for their places are not certain."""
        out = 0.0
        for one in self.known.leaks:
            effect = abs(float(self._answer[:, at, one.pipe].mean())) * one.size
            out += effect * _UNSURE[one.hours > _FRESH]
        return out

    def _returned(self, learned: Learned, residual: Doubles, hour: Hour) -> list[Finding]:
        """Sensors whose fault is over."""
        out = []
        for at, cause in list(self.faults.open):
            if cause not in (OFFSET, DRIFT) or not np.isfinite(residual[at]):
                continue
            near = abs(residual[at]) < _BACK * learned.standing.deviation[at]
            self._back[at] = self._back[at] + 1 if near else 0
            if self._back[at] >= _BACK_HOURS:
                out.append(self.faults.end(at, cause, hour.begin - _BACK_HOURS * 3600.0))
        return out

    def _leak(self, learned: Learned, peak: Peak, hour: Hour) -> list[Finding]:
        """A pipe explains what is left: told once it is placed, or has been waited for."""
        self._waited += 1
        ago = learned.bank.begin(peak)
        where = self._place(learned, self._mean(ago), ago)
        if where is None or self._waited < _LEAK_HOURS or where.size < self._least:
            return []
        late = self._waited > self.options.wait_hours
        much = where.size * ago > self.options.wait_volume
        late |= much and where.spread < _VAGUE * self.options.located_within
        if where.spread > self.options.located_within and not late:
            return []
        _, b = learned.bank.last(min(ago, 24))
        precision = float(b[:, where.pipes[0]].sum())
        learned.bank.forget()
        self._waited = 0
        same = self._same(int(where.pipes[0]))
        if same is not None:
            return [same.grown(where.size)]
        clearest = self._clearest(learned, int(where.pipes[0]))
        finding = tell.leak(
            self.plan.name, self.plan.pipes, where, peak, learned.limit, ago,
            hour.end - ago * 3600.0, hour.last, self._picture(learned, clearest),
        )  # fmt: skip
        leak = Leak(finding, where, where.size, np.zeros(len(self._zero)), largest=where.size)
        self.known.add(leak, precision)
        return [finding]

    def _same(self, pipe: int) -> Leak | None:
        """The known leak so near to a pipe that it is taken to have grown."""
        for one in self.known.leaks:
            both = np.unique([one.pipe, pipe])
            if self._distances.between(both).max() < self.options.located_within:
                return one
        return None

    def _mean(self, hours: int) -> Doubles:
        """(r,) mean residual; NaN where less than half of the hours have one."""
        past = self._past.residual(hours)
        enough = np.isfinite(past).sum(axis=0) > 0.5 * len(past)
        return np.where(enough, mean_of(past), np.nan)

    def _answers(self, hours: int) -> Doubles:
        """(r, p) as it was on average in the last hours."""
        share = self._past.hours_of_day(hours)
        return np.tensordot(share, self._answer.astype(float), axes=1)

    def _place(
        self, learned: Learned, mean: Doubles, hours: int, but: Leak | None = None
    ) -> Place | None:
        good = np.isfinite(mean)
        if good.sum() < 2:
            return None
        answer = self._answers(hours)
        n = min(hours, self._past.count)
        noise = learned.standing.covariance / n + learned.wander
        noise = noise + self.known.allowance(answer, but)
        return place(
            mean[good], noise[np.ix_(good, good)], answer[good], self._most_lost,
            self._distances, self.options.signature_error,
        )  # fmt: skip

    def _followed(self, learned: Learned, hour: Hour) -> list[Finding]:
        """Known leaks that are settled, over, or whose size has changed."""
        out = []
        for one in list(self.known.leaks):
            if not one.settled and one.hours >= _SETTLES:
                self._settle(learned, one)
            if one.over:
                self.known.remove(one)
                end = max(hour.begin - one.low * 3600.0, one.finding.detected)
                out.append(replace(one.finding, end=end))
            elif one.changed:
                one.finding = replace(one.finding, size=one.size)
                out.append(one.finding)
        return out

    def _settle(self, learned: Learned, leak: Leak) -> None:
        """A day and a half later more is known of its place, and what the model leaves over."""
        leak.settled = True
        hours = _SETTLES
        answer = self._answers(hours)
        own = answer[:, leak.pipe] * leak.size
        whole = self._mean(hours) + own
        where = self._place(learned, whole, hours, leak)
        if where is not None and 0.5 * leak.size < where.size < 2 * leak.size:
            leak.place, leak.size = where, where.size
        own = answer[:, leak.pipe]
        left = np.nan_to_num(whole / max(leak.size, 1e-6) - own)
        room = np.where(np.arange(len(own)) < self._sensors, *_LEFT) / max(leak.size, 1e-6)
        room += 2 * self.options.signature_error * np.abs(own)
        leak.shift = np.clip(left, -room, room)
        learned.bank.forget()

    def _clearest(self, learned: Learned, pipe: int) -> int:
        """The sensor that shows a leak most."""
        n = self._sensors
        effect = np.abs(self._answer.mean(axis=0)[:n, pipe])
        return int(np.argmax(effect / np.nan_to_num(learned.standing.deviation[:n], nan=1e9)))

    def _picture(self, learned: Learned, at: int) -> Evidence:
        time = self._past.time(self._past.count)
        band = np.full(len(time), 3 * learned.standing.deviation[at])
        nothing = np.full(len(time), np.nan)
        return Evidence(
            time, self._past.residual(len(time))[:, at], np.zeros(len(time)), -band, band,  # type: ignore[arg-type]
            nothing, learned.limit, f"m, pressure at {self.plan.sensors[at]} beyond the expected",
        )  # fmt: skip
