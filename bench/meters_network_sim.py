"""Readings of L-Town simulated with leaks, for trying the network search on what it never saw.

After the recipe of ../shared/data/meters/ltown_epanet/META.txt: the nominal model with every pipe's
roughness changed by up to a tenth; 40 demand patterns shared out among the junctions by chance,
each with the shape of a real district's inflow (bwdf_dma_inflow) and noise of its own (8 % a
quarter of an hour, AR 0.5); leaks as orifices at a pipe's first junction, abrupt or growing;
sensors with noise (5 cm, 0.5 % + 0.1 m3/h, 5 mm) and faults. The search is given the nominal model
and knows none of that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from meters_districts_data import DATA, _table

from streetlamp.meters.arrays import Doubles
from streetlamp.meters.kinds import KINDS
from streetlamp.meters.network.epanet import Engine, Metered, plan_of, read_model
from streetlamp.meters.network.plan import Plan
from streetlamp.meters.readings import Series

MODEL: Final = DATA / "ltown_epanet" / "L-TOWN_nominal.inp"
STEP: Final = 900.0  # s
DAY: Final = 96
BEGIN: Final = 1738540800.0  # 2025-02-03 00:00 UTC
PATTERNS: Final = 40
LEAST: Final = 0.01  # of the mean inflow
MOST: Final = 0.12
GROWS: Final = 0.5  # share of leaks that grow
CLEAN: Final = 0.2  # of the record


@dataclass(frozen=True, slots=True)
class TrueLeak:
    """A leak that was put in."""

    pipe: str
    start: float  # POSIX seconds
    peak: float
    end: float
    size: float  # m3/h, at its largest


@dataclass(frozen=True, slots=True)
class TrueFault:
    """A sensor's fault that was put in."""

    sensor: str
    kind: str
    start: float
    end: float


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """Readings, and what is in them."""

    name: str
    series: list[Series]
    leaks: list[TrueLeak]
    faults: list[TrueFault]
    lost: dict[str, Doubles]  # m3/h of each leak at each quarter of an hour
    time: Doubles


def sensors() -> Metered:
    """What L-Town measures, from the header of the given readings."""
    names, _, _ = _table(DATA / "ltown_epanet" / "scada_15min.csv.gz")
    of: dict[str, list[str]] = {"P": [], "Q": [], "L": []}
    for name in names:
        of[name[0]].append(name.split("_", 1)[1].rsplit("_", 1)[0])
    return Metered(*(tuple(sorted(of[kind])) for kind in "PQL"))


def series_of(kind: str, name: str, time: Doubles, value: Doubles) -> Series:
    """Readings as the CSV reader would give them; flows in m3/h."""
    rate = kind == "district_inflow"
    marks = np.full(len(time), int(rate), np.uint8)
    value = value / 3600 if rate else value
    return Series(name, KINDS[kind], time, value, False, marks, np.zeros(0))


def _shapes(rng: np.random.Generator, districts: list[str], days: int) -> Doubles:
    """(t, PATTERNS) demand of each pattern, mean 1."""
    names, _, inflow = _table(DATA / "bwdf_dma_inflow" / "inflow_lps_hourly.csv")
    hours = days * 24 + 2
    first = 24 * int(rng.integers(30, len(inflow) // 24 - days - 10))
    out = np.empty((days * DAY, PATTERNS))
    for pattern in range(PATTERNS):
        column = names.index(districts[pattern % len(districts)])
        shape = inflow[first : first + hours, column].copy()
        for at in np.flatnonzero(np.isnan(shape)):
            same = shape[at % 24 :: 24]
            shape[at] = np.nanmedian(same)
        shape /= shape.mean()
        fine = np.interp(np.arange(days * DAY) / 4, np.arange(hours), shape)
        noise = np.zeros(days * DAY)
        shocks = rng.normal(0, 0.08 * math.sqrt(1 - 0.25), days * DAY)
        for at in range(1, len(noise)):
            noise[at] = 0.5 * noise[at - 1] + shocks[at]
        out[:, pattern] = np.maximum(fine * (1 + noise), 0.02)
    return out


def simulate(seed: int, districts: list[str], *, days: int = 90, leaks: int = 6) -> Case:
    """A record of L-Town. The same seed gives the same record."""
    rng = np.random.default_rng(seed)
    metered = sensors()
    model = read_model(MODEL)
    pump = model.get_link("PUMP_1")
    a, b, c = pump.get_head_curve_coefficients()
    for name in model.pipe_name_list:
        model.get_link(name).roughness *= rng.uniform(0.9, 1.1)
    plan = plan_of(model, metered, "ltown")
    engine = Engine(model, plan)
    count = days * DAY
    shapes = _shapes(rng, districts, days)
    of = rng.integers(0, PATTERNS, len(plan.junctions))
    put = _leaks(rng, plan, count, leaks)
    time = BEGIN + STEP * np.arange(count)
    lost = {plan.pipes[one["pipe"]]: np.zeros(count) for one in put}
    pressure = np.zeros((count, len(plan.sensors)))
    flow = np.zeros((count, 3))
    level = np.zeros((count, 1))
    links = [engine.links.index(one) for one in plan.flows]
    tank, pumping, head = 3.5, True, None
    before = plan.junctions.index(pump.start_node_name)
    floor, area = engine._tank_floor["T1"], engine.tank_area["T1"]
    tank_pipes = [
        (at, 1 if model.get_link(one).end_node_name == "T1" else -1)
        for at, one in enumerate(engine.links)
        if "T1" in (model.get_link(one).start_node_name, model.get_link(one).end_node_name)
    ]
    for at in range(count):
        pumping = pumping if 2.4 <= tank <= 3.9 else tank < 2.4
        lift = floor + tank - (head[before] if head is not None else plan.elevation[before] + 37)
        pumped = (max(a - lift, 0.0) / b) ** (1 / c) * 3600 if pumping else 0.0
        demand = plan.demand * shapes[at, of]
        for one in put:
            node, height = one["node"], 40.0
            if head is not None:
                height = max(float(head[node] - plan.elevation[node]), 0.0)
            q = one["grown"](at) * math.sqrt(height / 45.0)
            lost[plan.pipes[one["pipe"]]][at] = q
            demand[node] += q
        state = engine.solve(demand, np.array([pumped]), np.array([tank]))
        if state is None:
            raise RuntimeError(f"no balance at step {at} of seed {seed}")
        head = state.head
        pressure[at] = head[plan.sensor_at] - plan.elevation[plan.sensor_at]
        flow[at] = [*state.flow[links], pumped]
        level[at] = tank
        through = sum(sign * state.flow[number] for number, sign in tank_pipes)
        tank += (pumped + through) * STEP / 3600 / area
    engine.close()
    series, faults = _read(rng, plan, time, pressure, flow, level)
    true = [
        TrueLeak(
            plan.pipes[one["pipe"]], float(time[one["start"]]), float(time[one["top"]]),
            float(time[-1]), float(lost[plan.pipes[one["pipe"]]].max()),
        )
        for one in put
    ]  # fmt: skip
    return Case(f"seed {seed}", series, true, faults, lost, time)


def _read(
    rng: np.random.Generator, plan: Plan, time: Doubles, pressure: Doubles, flow: Doubles,
    level: Doubles,
) -> tuple[list[Series], list[TrueFault]]:  # fmt: skip
    """What the sensors tell of the truth."""
    pressure += rng.normal(0, 0.05, pressure.shape)
    flow = flow * (1 + rng.normal(0, 0.005, flow.shape)) + rng.normal(0, 0.1, flow.shape)
    level += rng.normal(0, 0.005, level.shape)
    faults = _faults(rng, plan.sensors, pressure, time)
    series = [
        series_of("pressure", name, time, np.round(pressure[:, at], 2))
        for at, name in enumerate(plan.sensors)
    ]
    series += [
        series_of("district_inflow", name, time, np.round(flow[:, at], 2))
        for at, name in enumerate([*plan.flows, *plan.pumps])
    ]
    series.append(series_of("tank_level", "T1", time, np.round(level[:, 0], 3)))
    return series, faults


def _leaks(rng: np.random.Generator, plan: Plan, count: int, leaks: int) -> list[dict[str, Any]]:
    inflow = float(plan.demand.sum())
    out = []
    for pipe in rng.choice(np.flatnonzero(plan.ends[:, 0] >= 0), leaks, replace=False).tolist():
        start = int(rng.uniform(CLEAN + 0.02, 0.92) * count)
        grows = rng.random() < GROWS
        top = min(start + int(rng.uniform(3, 30) * DAY), count - 1) if grows else start
        size = inflow * math.exp(rng.uniform(math.log(LEAST), math.log(MOST)))

        def grown(at: int, start: int = start, top: int = top, size: float = size) -> float:
            if at < start:
                return 0.0
            return size * min(1.0, (at - start + 1) / max(top - start, 1))

        out.append({"pipe": pipe, "node": int(plan.ends[pipe, 0]), "start": start, "top": top,
                    "grown": grown})  # fmt: skip
    return out


def _faults(
    rng: np.random.Generator, names: tuple[str, ...], pressure: Doubles, time: Doubles
) -> list[TrueFault]:
    """Puts a fault of each kind in."""
    out = []
    count = len(time)
    for kind, at in zip(
        ("stuck", "gap", "drift", "spikes", "offset"),
        rng.choice(len(names), 5, replace=False).tolist(), strict=True,
    ):  # fmt: skip
        start = int(rng.uniform(0.25, 0.9) * count)
        end = min(start + int(rng.uniform(0.5, 4) * DAY), count)
        here = slice(start, end)
        if kind == "stuck":
            pressure[here, at] = pressure[start, at]
        elif kind == "gap":
            pressure[here, at] = np.nan
        elif kind == "drift":
            pressure[here, at] += (
                rng.choice([-1, 1]) * rng.uniform(1, 3) * np.linspace(0, 1, end - start)
            )
        elif kind == "offset":
            pressure[here, at] += rng.choice([-1, 1]) * rng.uniform(0.5, 2)
        else:
            hit = start + np.flatnonzero(rng.random(end - start) < 0.1)
            pressure[hit, at] += rng.choice([-1, 1], len(hit)) * rng.uniform(3, 30, len(hit))
        out.append(TrueFault(names[at], kind, float(time[start]), float(time[end - 1])))
    return out
