"""A small made network and its readings: nine junctions in a grid, a reservoir, a metered main."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

wntr = pytest.importorskip("wntr", reason="wntr is not installed: the network search is not tested")

from streetlamp.meters.kinds import KINDS  # noqa: E402
from streetlamp.meters.network.epanet import Engine, Metered, plan_of, read_model  # noqa: E402
from streetlamp.meters.readings import Series  # noqa: E402

BEGIN = 1_767_571_200.0  # Monday 2026-01-05 00:00 UTC
SENSORS = ("j2", "j3", "j5", "j7", "j9")
METERED = Metered(SENSORS, ("main",), ())


def write_model(path: Path, *, valve: bool = False) -> Path:
    """j1 j2 j3 / j4 j5 j6 / j7 j8 j9, 100 m apart; `main` feeds j1; a valve before j9 if asked."""
    net = wntr.network.WaterNetworkModel()
    net.options.hydraulic.inpfile_units = "CMH"
    net.add_reservoir("source", base_head=60.0, coordinates=(-100.0, 200.0))
    for at in range(9):
        net.add_junction(
            f"j{at + 1}", base_demand=4.0 / 3600, elevation=10.0,
            coordinates=(100.0 * (at % 3), 100.0 * (2 - at // 3)),
        )  # fmt: skip
    net.add_pipe("main", "source", "j1", length=100, diameter=0.2, roughness=130)
    pairs = [(a, a + 1) for a in (1, 2, 4, 5, 7, 8)] + [(a, a + 3) for a in (1, 2, 3, 4, 5, 6)]
    for a, b in pairs:
        if valve and b == 9:
            continue
        net.add_pipe(f"p{a}{b}", f"j{a}", f"j{b}", length=100, diameter=0.1, roughness=130)
    if valve:
        net.add_junction("before", base_demand=0.0, elevation=10.0, coordinates=(150.0, 50.0))
        net.add_pipe("p6b", "j6", "before", length=50, diameter=0.1, roughness=130)
        net.add_pipe("p8b", "j8", "before", length=50, diameter=0.1, roughness=130)
        net.add_valve("reducer", "before", "j9", diameter=0.1, valve_type="PRV",
                      initial_setting=30.0)  # fmt: skip
    wntr.network.io.write_inpfile(net, str(path), units="CMH")
    return path


def readings(
    model: Path, days: int, *, leak: tuple[str, int, float] | None = None, seed: int = 1
) -> dict[str, Any]:
    """Two readings an hour from a network that is not quite the model; leak: junction, hour, m3/h.

    Gives "time" (n,), "pressure" (n, sensors) in m and "flow" (n,) in m3/h.
    """
    rng = np.random.default_rng(seed)
    net = read_model(model)
    for name in net.pipe_name_list:
        net.get_link(name).roughness *= rng.uniform(0.92, 1.08)
    plan = plan_of(net, METERED, "town")
    engine = Engine(net, plan)
    count = days * 48
    time = BEGIN + 1800.0 * np.arange(1, count + 1)
    hour = np.arange(count) / 2 % 24
    day = 1 + 0.5 * np.sin((hour - 8) / 24 * 2 * np.pi)
    pressure, flow = np.zeros((count, len(SENSORS))), np.zeros(count)
    for at in range(count):
        demand = plan.demand * day[at] * (1 + rng.normal(0, 0.05, len(plan.demand)))
        if leak is not None and at >= leak[1] * 2:
            demand[plan.junctions.index(leak[0])] += leak[2]
        state = engine.solve(demand, np.zeros(0), np.zeros(0))
        assert state is not None
        pressure[at] = state.head[plan.sensor_at] - plan.elevation[plan.sensor_at]
        flow[at] = state.flow[engine.links.index("main")]
    engine.close()
    pressure = np.round(pressure + rng.normal(0, 0.03, pressure.shape), 2)
    return {"time": time, "pressure": pressure, "flow": np.round(flow, 2)}


def series(of: dict[str, Any]) -> list[Series]:
    """As the door would give them."""
    time = of["time"]
    none, rate = np.zeros(len(time), np.uint8), np.ones(len(time), np.uint8)
    out = [
        Series(name, KINDS["pressure"], time, of["pressure"][:, at], False, none, np.zeros(0))
        for at, name in enumerate(SENSORS)
    ]
    main = Series(
        "main", KINDS["district_inflow"], time, of["flow"] / 3600, False, rate, np.zeros(0)
    )
    return [*out, main]


def write_csv(path: Path, of: dict[str, Any]) -> Path:
    """As a head-end writes them."""
    with path.open("w", encoding="utf-8") as out:
        out.write("meter_id,timestamp,kind,interval,unit,quality\n")
        for at, moment in enumerate(of["time"].tolist()):
            clock = np.datetime64(int(moment), "s")
            out.write(f"main,{clock},district_inflow,{of['flow'][at]},m3/h,\n")
            for column, name in enumerate(SENSORS):
                out.write(f"{name},{clock},pressure,{of['pressure'][at, column]},m,\n")
    return path
