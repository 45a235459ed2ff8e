"""An EPANET model read through wntr and made ready to be solved hour by hour.

Tanks become reservoirs at their measured level, metered pumps a demand before and a supply after
them, controls and patterns go: every hour is a steady state, driven by what was measured in it.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from streetlamp.errors import UserError
from streetlamp.meters.arrays import Doubles, Indices
from streetlamp.meters.network.plan import Plan, Zone

HOUR: Final = 3600.0
_TRIALS: Final = 200
_ACCURACY: Final = 1e-6  # of all flows; the usual 0.01 is coarser than a small leak


@dataclass(frozen=True, slots=True)
class Metered:
    """What of a network is measured: names as in the model."""

    pressures: Sequence[str]  # junctions
    flows: Sequence[str]  # links
    levels: Sequence[str]  # tanks


def wntr_module(name: str) -> Any:
    """A module of wntr or of what it brings. UserError: it is not installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise UserError(
            f"reading an EPANET model needs wntr, and {error.name} is missing: install "
            "streetlamp with its extra, streetlamp[network]."
        ) from None


def read_model(path: Path) -> Any:
    """The model as wntr holds it. UserError: no such file, or it is no EPANET model."""
    wntr = wntr_module("wntr")
    if not path.is_file():
        raise UserError(f"there is no model {path}.")
    try:
        model = wntr.network.WaterNetworkModel(str(path))
    except (
        wntr.epanet.exceptions.EpanetException, KeyError, ValueError, IndexError, TypeError,
        AttributeError, RuntimeError, AssertionError, UnicodeDecodeError,
    ) as error:  # fmt: skip
        raise UserError(f"{path} is no EPANET model that can be read: {error}") from None
    if not model.num_junctions or not model.num_pipes:
        raise UserError(f"{path} has no junctions and pipes: it is no EPANET model.")
    return model


def plan_of(model: Any, metered: Metered, name: str) -> Plan:
    """What is where and what is measured. UserError: readings or flow meters do not fit it."""
    _check(model, metered)
    junctions = tuple(model.junction_name_list)
    at = {junction: number for number, junction in enumerate(junctions)}
    demand = np.array([_mean_demand(model.get_node(one)) for one in junctions])
    zone_of = _zones_of(model, set(metered.flows))
    zone = np.array([zone_of[one] for one in junctions], np.int64)
    pipes = tuple(model.pipe_name_list)
    links = [model.get_link(one) for one in pipes]
    pumps = tuple(one for one in metered.flows if one in set(model.pump_name_list))
    return Plan(
        name=name,
        junctions=junctions,
        elevation=np.array([model.get_node(one).elevation for one in junctions]),
        demand=demand,
        zone=zone,
        zones=tuple(_zones(model, metered, zone_of, zone, demand)),
        pipes=pipes,
        ends=np.array(
            [[at.get(x.start_node_name, -1), at.get(x.end_node_name, -1)] for x in links], np.int64
        ),
        length=np.array([x.length for x in links]),
        place=np.array([[*x.start_node.coordinates, *x.end_node.coordinates] for x in links]),
        sensors=tuple(metered.pressures),
        sensor_at=np.array([at[one] for one in metered.pressures], np.int64),
        flows=tuple(one for one in metered.flows if one not in pumps),
        pumps=pumps,
        tanks=tuple(model.tank_name_list),
    )


def _check(model: Any, metered: Metered) -> None:
    def none_of(names: Iterable[str], known: Iterable[str], what: str) -> None:
        strange = sorted(set(names) - set(known))
        if strange:
            raise UserError(
                f"the model has no {what} {', '.join(strange[:5])}: meter_id of the readings is "
                "the name in the model."
            )

    none_of(metered.pressures, model.junction_name_list, "junction")
    none_of(metered.flows, model.link_name_list, "link")
    none_of(metered.levels, model.tank_name_list, "tank")
    if len(metered.pressures) < 2:
        raise UserError("there are readings of fewer than two pressure sensors: two are needed.")
    unknown = sorted(set(model.tank_name_list) - set(metered.levels))
    if unknown:
        raise UserError(f"there are no tank_level readings of tank {', '.join(unknown[:5])}.")
    unknown = sorted(set(model.pump_name_list) - set(metered.flows))
    if unknown:
        raise UserError(f"there are no flow readings of pump {', '.join(unknown[:5])}.")


def _mean_demand(junction: Any) -> float:
    total = 0.0
    for each in junction.demand_timeseries_list:
        pattern = each.pattern
        mean = 1.0 if pattern is None else float(np.mean(pattern.multipliers))
        total += each.base_value * mean * HOUR
    return max(total, 0.0)


def _zones_of(model: Any, cut: set[str]) -> dict[str, int]:
    """The number of the part of the network each node is in, with the metered links cut."""
    found: dict[str, int] = {}
    beside: dict[str, list[str]] = {one: [] for one in model.node_name_list}
    for name, link in model.links():
        if name not in cut:
            beside[link.start_node_name].append(link.end_node_name)
            beside[link.end_node_name].append(link.start_node_name)
    for number, first in enumerate(beside):
        if first in found:
            continue
        found[first], todo = number, [first]
        while todo:
            for node in beside[todo.pop()]:
                if node not in found:
                    found[node] = number
                    todo.append(node)
    return found


def _zones(
    model: Any, metered: Metered, zone_of: dict[str, int], zone: Indices, demand: Doubles
) -> list[Zone]:
    out = []
    for number in sorted(set(zone.tolist())):
        mean = float(demand[zone == number].sum())
        if mean <= 0:
            continue
        open_to = [r for r in model.reservoir_name_list if zone_of[r] == number]
        if open_to:
            raise UserError(
                f"reservoir {open_to[0]} feeds {int((zone == number).sum())} junctions without a "
                "flow meter in between: flow readings of the link behind it are needed."
            )
        meters = {}
        for name in metered.flows:
            link = model.get_link(name)
            sign = int(zone_of[link.end_node_name] == number) - int(
                zone_of[link.start_node_name] == number
            )
            if sign:
                meters[name] = sign
        if not meters:
            raise UserError(f"no flow meter feeds junction {model.junction_name_list[number]}.")
        tanks = [one for one in model.tank_name_list if zone_of[one] == number]
        out.append(Zone(number, meters, tanks, mean))
    return out


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """A solved hour."""

    head: Doubles  # (j,) m
    flow: Doubles  # (l,) m3/h, along the link's direction
    loss: Doubles  # (l,) m


class Engine:
    """EPANET itself, holding one model; to be closed."""

    def __init__(self, model: Any, plan: Plan) -> None:
        """Changes ``model``. UserError: EPANET cannot open it."""
        self.plan = plan
        self._tank_floor = {one: float(model.get_node(one).elevation) for one in plan.tanks}
        self.tank_area = {one: _area(model.get_node(one)) for one in plan.tanks}
        self._pump_ends = _steady(model, plan)
        self.links = tuple(model.link_name_list)
        at = {name: number for number, name in enumerate(plan.junctions)}
        ends = [model.get_link(one) for one in self.links]
        self.start = np.array([at.get(x.start_node_name, -1) for x in ends], np.int64)
        self.end = np.array([at.get(x.end_node_name, -1) for x in ends], np.int64)
        self.valve = np.array([x.link_type == "Valve" for x in ends])
        self._folder = TemporaryDirectory(prefix="streetlamp-network-")
        self._code = wntr_module("wntr.epanet.util").EN
        self._fault = wntr_module("wntr.epanet.exceptions").EpanetException
        base = Path(self._folder.name) / "model"
        writer = wntr_module("wntr.network.io")
        writer.write_inpfile(model, f"{base}.inp", units="CMH")
        self._en = wntr_module("wntr.epanet.toolkit").ENepanet(version=2.2)
        try:
            self._en.ENopen(f"{base}.inp", f"{base}.rpt", f"{base}.bin")
            self._en.ENopenH()
        except self._fault as error:
            raise UserError(f"EPANET cannot open the model: {error}") from None
        self._junction = [self._en.ENgetnodeindex(one) for one in plan.junctions]
        self._tank = {one: self._en.ENgetnodeindex(one) for one in plan.tanks}
        self._link = [self._en.ENgetlinkindex(one) for one in self.links]

    def solve(self, demand: Doubles, pumped: Doubles, level: Doubles) -> State | None:
        """demand: (j,) m3/h; pumped: (pumps,) m3/h; level: (tanks,) m. None: no balance found."""
        demand = demand.copy()
        for flow, (start, end) in zip(pumped.tolist(), self._pump_ends, strict=True):
            if start >= 0:
                demand[start] += flow
            if end >= 0:
                demand[end] -= flow
        en, code = self._en, self._code
        for index, value in zip(self._junction, demand.tolist(), strict=True):
            en.ENsetnodevalue(index, code.BASEDEMAND, value)
        for name, height in zip(self.plan.tanks, level.tolist(), strict=True):
            en.ENsetnodevalue(self._tank[name], code.ELEVATION, self._tank_floor[name] + height)
        try:
            en.ENinitH(0)
            en.ENrunH()
        except self._fault:
            return None
        head = np.array([en.ENgetnodevalue(one, code.HEAD) for one in self._junction])
        flow = np.array([en.ENgetlinkvalue(one, code.FLOW) for one in self._link])
        loss = np.array([en.ENgetlinkvalue(one, code.HEADLOSS) for one in self._link])
        return State(head, flow, loss) if np.isfinite(head).all() else None

    def close(self) -> None:
        self._en.ENcloseH()
        self._en.ENclose()
        self._folder.cleanup()


def _area(tank: Any) -> float:
    return math.pi * float(tank.diameter) ** 2 / 4


def _steady(model: Any, plan: Plan) -> list[tuple[int, int]]:
    """Makes the model a steady state; gives the junctions before and after each metered pump."""
    at = {name: number for number, name in enumerate(plan.junctions)}
    for name in list(model.control_name_list):
        model.remove_control(name)
    ends = []
    for name in plan.pumps:
        pump = model.get_link(name)
        ends.append((at.get(pump.start_node_name, -1), at.get(pump.end_node_name, -1)))
        model.remove_link(name)
    for name in plan.tanks:
        _fix_head(model, name)
    for name in plan.junctions:
        junction = model.get_node(name)
        junction.demand_timeseries_list.clear()
        junction.add_demand(0.0, None)
    model.options.time.duration = 0
    hydraulic = model.options.hydraulic
    hydraulic.pattern = None
    hydraulic.demand_model = "DDA"
    hydraulic.demand_multiplier = 1.0
    hydraulic.trials, hydraulic.accuracy = _TRIALS, _ACCURACY
    return ends


def _fix_head(model: Any, name: str) -> None:
    """A tank becomes a reservoir of the same name; its pipes stay."""
    tank = model.get_node(name)
    head, coordinates = tank.elevation + tank.init_level, tank.coordinates
    pipes = [model.get_link(one) for one in model.get_links_for_node(name)]
    for one in pipes:
        if one.link_type != "Pipe":
            raise UserError(f"tank {name} is joined by {one.name}, which is no pipe.")
        model.remove_link(one.name)
    model.remove_node(name)
    model.add_reservoir(name, base_head=head, coordinates=coordinates)
    for one in pipes:
        model.add_pipe(
            one.name, one.start_node_name, one.end_node_name, length=one.length,
            diameter=one.diameter, roughness=one.roughness, minor_loss=one.minor_loss,
            initial_status=one.initial_status, check_valve=one.check_valve,
        )  # fmt: skip
