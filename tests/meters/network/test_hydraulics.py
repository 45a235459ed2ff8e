"""The model: read, solved as EPANET does, linearised as small changes say, and refused in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from meters.network.town import METERED, readings, series, wntr, write_model
from streetlamp.errors import UserError
from streetlamp.meters.network import epanet
from streetlamp.meters.network.epanet import Engine, Metered, plan_of, read_model
from streetlamp.meters.network.hours import Record
from streetlamp.meters.network.linear import sensitivity
from streetlamp.meters.network.place import Distances


def test_heads_are_those_of_wntrs_own_run(tmp_path: Path) -> None:
    path = write_model(tmp_path / "town.inp", valve=True)
    net = read_model(path)
    net.options.time.duration = 0
    run = wntr.sim.EpanetSimulator(net).run_sim(file_prefix=str(tmp_path / "own"))
    plan = plan_of(read_model(path), METERED, "town")
    engine = Engine(read_model(path), plan)
    state = engine.solve(plan.demand, np.zeros(0), np.zeros(0))
    engine.close()
    assert state is not None
    own = run.node["head"].iloc[0][list(plan.junctions)].to_numpy()
    np.testing.assert_allclose(state.head, own, atol=0.01)


@pytest.mark.parametrize("valve", [False, True], ids=["open", "with a reducing valve"])
def test_sensitivity_is_what_a_little_more_demand_does(tmp_path: Path, *, valve: bool) -> None:
    net = read_model(write_model(tmp_path / "town.inp", valve=valve))
    plan = plan_of(net, METERED, "town")
    engine = Engine(net, plan)
    nothing = np.zeros(0)
    state = engine.solve(plan.demand, nothing, nothing)
    assert state is not None
    told = sensitivity(engine, state, plan.sensor_at, plan.flows)
    main = engine.links.index("main")
    for junction in range(len(plan.junctions)):
        more = plan.demand.copy()
        more[junction] += 0.1
        moved = engine.solve(more, nothing, nothing)
        assert moved is not None
        change = (moved.head - state.head)[plan.sensor_at] / 0.1
        np.testing.assert_allclose(told[:-1, junction], change, rtol=0.05, atol=2e-3)
        assert told[-1, junction] == pytest.approx((moved.flow - state.flow)[main] / 0.1, rel=0.02)
    engine.close()


def test_distances_go_along_the_pipes(tmp_path: Path) -> None:
    plan = plan_of(read_model(write_model(tmp_path / "town.inp")), METERED, "town")
    pipes = np.array([plan.pipes.index(name) for name in ("p12", "p23", "p89")])
    between = Distances(plan).between(pipes)
    np.testing.assert_allclose(between, [[0, 100, 300], [100, 0, 300], [300, 300, 0]])


@pytest.mark.parametrize(
    ("metered", "says"),
    [
        (Metered(("j2", "x9"), ("main",), ()), "no junction x9"),
        (Metered(("j2", "j3"), ("river",), ()), "no link river"),
        (Metered(("j2", "j3"), ("main",), ("tower",)), "no tank tower"),
        (Metered(("j2",), ("main",), ()), "fewer than two pressure sensors"),
        (Metered(("j2", "j3"), ("p12",), ()), "reservoir source feeds"),
    ],
)
def test_what_does_not_fit_the_model_is_said(tmp_path: Path, metered: Metered, says: str) -> None:
    net = read_model(write_model(tmp_path / "town.inp"))
    with pytest.raises(UserError, match=says):
        plan_of(net, metered, "town")


@pytest.mark.parametrize("text", ["", "no model at all", "[JUNCTIONS]\n a b c d\n", "\x00\xff"])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.inp"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"broken\.inp"):
        read_model(path)
    with pytest.raises(UserError, match="there is no model"):
        read_model(tmp_path / "none.inp")


def test_without_wntr_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(epanet.importlib, "import_module", missing)
    with pytest.raises(UserError, match=r"streetlamp\[network\]"):
        read_model(tmp_path / "town.inp")


def test_readings_that_lack_a_kind_are_refused(tmp_path: Path) -> None:
    every = series(readings(write_model(tmp_path / "town.inp"), 1))
    with pytest.raises(UserError, match="no readings of pressures"):
        Record(every[-1:])
    with pytest.raises(UserError, match="no readings of flows"):
        Record(every[:-1])
