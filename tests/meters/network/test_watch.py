"""The search on a small network: leaks found and placed, sensors named, nothing of later used."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from meters.network.town import METERED, readings, series, write_csv, write_model
from streetlamp.cli import app
from streetlamp.meters.network.bank import Bank, threshold
from streetlamp.meters.network.epanet import Engine, plan_of, read_model
from streetlamp.meters.network.hours import Record
from streetlamp.meters.network.options import NetworkOptions
from streetlamp.meters.network.watch import Watch
from streetlamp.values import Finding

DAYS, LEARN, FROM = 12, 6, 8 * 24
OPTIONS = NetworkOptions(learn_days=LEARN)


@cache
def made(leak: bool) -> dict[str, Any]:  # a cache's key
    with TemporaryDirectory() as folder:
        path = write_model(Path(folder) / "town.inp")
        return readings(path, DAYS, leak=("j6", FROM, 5.0) if leak else None)


def copy(leak: bool = False) -> dict[str, Any]:
    return {name: value.copy() for name, value in made(leak).items()}


def watch(tmp_path: Path, of: dict[str, Any]) -> list[Finding]:
    net = read_model(write_model(tmp_path / "town.inp"))
    record = Record(series(of))
    engine = Engine(net, plan_of(net, METERED, "town"))
    found = []
    looking = Watch(engine, record.metered.flows, OPTIONS)
    for hour in record.hours():
        found += looking.update(hour)
    engine.close()
    return found


def test_a_leak_is_found_and_its_pipe_is_among_the_first(tmp_path: Path) -> None:
    of = copy(leak=True)
    found = watch(tmp_path, of)
    leaks = {one.id for one in found}
    first = found[0]
    assert [one.cause for one in found] == ["leak"] * len(found)
    assert len(leaks) == 1
    ranked = [name for name in first.numbers if name.startswith("pipe ")]
    assert set(ranked[:4]) & {"pipe p36", "pipe p56", "pipe p69"}
    began = of["time"][FROM * 2]
    assert abs(first.start - began) <= 6 * 3600
    assert 0 < first.detected - began <= 48 * 3600
    assert found[-1].size == pytest.approx(5.0, rel=0.3)
    assert first.picture is not None


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    assert watch(tmp_path, copy()) == []


def test_a_stuck_sensor_is_named_and_is_no_leak(tmp_path: Path) -> None:
    of = copy()
    of["pressure"][FROM * 2 : FROM * 2 + 60, 1] = of["pressure"][FROM * 2, 1]
    found = watch(tmp_path, of)
    assert [(one.subject, one.cause) for one in found] == [("j3", "stuck_meter")] * 2
    assert found[0].end is None
    assert found[1].end == pytest.approx(of["time"][FROM * 2 + 60], abs=2 * 3600)


@pytest.mark.parametrize(
    ("by", "causes"),
    [
        (np.full(72, -0.8), {"sensor_offset"}),
        (np.linspace(0, 2.5, 72), {"sensor_drift"}),
        (np.where(np.arange(72) % 9 == 0, 12.0, 0.0), {"sensor_spikes"}),
        (np.full(72, np.nan), {"gap"}),
    ],
    ids=["off by a step", "drifting", "spiking", "silent"],
)
def test_a_faulty_sensor_is_named_and_is_no_leak(tmp_path: Path, by: Any, causes: set[str]) -> None:
    of = copy()
    of["pressure"][FROM * 2 : FROM * 2 + len(by), 3] += by
    found = watch(tmp_path, of)
    assert {one.cause for one in found} == causes
    assert {one.subject for one in found} == {"j7"}
    assert any(one.end is not None for one in found)


def test_a_leak_beside_a_sensor_that_is_off(tmp_path: Path) -> None:
    of = copy(leak=True)
    of["pressure"][(FROM - 30) * 2 :, 0] += 1.5
    found = watch(tmp_path, of)
    assert {one.cause for one in found if one.subject == "j2"} == {"sensor_offset"}
    assert "leak" in {one.cause for one in found}


def test_what_comes_later_changes_nothing_told_before(tmp_path: Path) -> None:
    of = copy(leak=True)
    whole = watch(tmp_path, of)
    cut = (FROM + 50) * 2
    part = watch(tmp_path, {name: value[:cut] for name, value in of.items()})
    until = of["time"][cut - 1]
    before = [one for one in whole if one.detected <= until][: len(part)]
    assert part
    assert [(o.id, o.detected, o.size, o.evidence) for o in part] == [
        (o.id, o.detected, o.size, o.evidence) for o in before
    ]


def test_noise_alone_reaches_the_limit_as_often_as_was_asked() -> None:
    rng = np.random.default_rng(3)
    signatures = rng.standard_normal((6, 12))
    covariance = np.diag(rng.uniform(0.5, 2, 6))
    limit = threshold(covariance, signatures, 24.0)
    weight = np.linalg.inv(covariance)
    bank = Bank(np.ones(12), np.full(12, np.inf))
    b = np.einsum("rn,rs,sn->n", signatures, weight, signatures)
    alarms, quiet = 0, 0
    for residual in rng.multivariate_normal(np.zeros(6), covariance, 2 * 8766):
        bank.update(residual @ weight @ signatures, b)
        quiet -= 1
        if bank.peak(slice(None)).score >= limit and quiet < 0:
            alarms, quiet = alarms + 1, 24
    assert 24 <= alarms <= 96  # 48 are asked for; days in which evidence lasts count twice at most


def test_the_command_writes_findings_with_ranked_pipes_and_a_map(tmp_path: Path) -> None:
    of = copy(leak=True)
    model = write_model(tmp_path / "town.inp")
    file = write_csv(tmp_path / "readings.csv", of)
    with file.open("a", encoding="utf-8") as more:
        more.write("j2,2026-01-06T00:10:00,pressure,NaN,m,\nj2,2026-01-06T00:10:00,water,1,m3,\n")
    out = tmp_path / "found"
    run = CliRunner().invoke(
        app,
        ["meters", "network", str(model), str(file), "--out", str(out), "--learn-days", "6", "-q"],
    )
    assert run.exit_code == 0, run.output
    lines = [json.loads(x) for x in (out / "findings.jsonl").read_text("utf-8").splitlines()]
    leak = next(line for line in lines if line["cause"] == "leak")
    assert leak["unit"] == "m3/h"
    assert leak["meter"] == leak["pipes"][0]["pipe"]
    assert sum(one["chance"] for one in leak["pipes"]) <= 1.001
    for picture in (leak["picture"], leak["map"]):
        assert (out / picture).read_text("utf-8").rstrip().endswith("</svg>")
    assert "the value is NaN" in (out / "rejected.csv").read_text("utf-8")
    report = json.loads((out / "report.json").read_text("utf-8"))
    assert report["whole"]
    assert report["findings"]["leak"] >= 1


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "readings.csv", {k: v[:96] for k, v in copy().items()})
    broken = tmp_path / "broken.inp"
    broken.write_text("[JUNCTIONS]\n a b c d\n", encoding="utf-8")
    for model, says in ((broken, "EPANET model"), (tmp_path / "none.inp", "there is no model")):
        run = CliRunner().invoke(
            app, ["meters", "network", str(model), str(file), "--out", str(tmp_path / "x"), "-q"]
        )
        assert run.exit_code != 0
        assert says in run.output + str(run.exception)
