"""`streetlamp stock sir`: files by contract, a sheet that stands alone, errors that help."""

from __future__ import annotations

import csv
import gzip
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from streetlamp.cli import app
from streetlamp.errors import UserError
from streetlamp.stock.physics.charts import read_chart
from streetlamp.stock.sir.options import DIESEL
from support.tanks import CHARTS, Site, month, write_folder

SITE = Site(CHARTS[1], DIESEL, 700.0, "atg")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    random = np.random.default_rng(3)
    tanks = [
        month(random, SITE, 0.0, name="<tight>"),
        month(random, SITE, 0.2, name="leaking"),
        month(random, SITE, 0.0, name="new", days=20, leak_from=0),
    ]
    write_folder(tmp_path / "records", tanks)
    return tmp_path / "records"


def run(folder: Path, out: Path, *more: str) -> str:
    answer = CliRunner().invoke(app, ["stock", "sir", str(folder), "--out", str(out), *more])
    if answer.exception:
        raise answer.exception
    return answer.output


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


def test_rates_and_verdicts_by_contract(folder: Path, tmp_path: Path) -> None:
    said = run(folder, tmp_path / "out")
    assert "3 tanks: 1 pass, 1 fail, 1 inconclusive" in said
    rows = table(tmp_path / "out" / "sir.csv")
    assert list(rows[0]) == ["dataset", "rate_gph", "rate_low", "rate_high", "verdict"]
    assert [row["verdict"] for row in rows] == ["pass", "fail", "inconclusive"]
    low, rate, high = (float(rows[1][key]) for key in ("rate_low", "rate_gph", "rate_high"))
    assert low < rate < high
    assert rate == pytest.approx(0.2, abs=0.05)
    assert rows[2]["rate_gph"] == ""  # 20 days are no test


def test_labels_are_never_read(folder: Path, tmp_path: Path) -> None:
    run(folder, tmp_path / "one")
    (folder / "labels.csv").write_text("dataset,leak_gph\nleaking,0\n<tight>,9\n")
    run(folder, tmp_path / "two")
    assert (tmp_path / "one" / "sir.csv").read_bytes() == (
        tmp_path / "two" / "sir.csv"
    ).read_bytes()


def test_the_sheet_needs_nothing_else(folder: Path, tmp_path: Path) -> None:
    run(folder, tmp_path / "out")
    page = (tmp_path / "out" / "sir.html").read_text("utf-8")
    assert not re.search(r"src=|href='(?!#)|@import|<script", page)
    assert page.count("<svg") == 2
    assert "<tight>" not in page
    assert "&lt;tight&gt;" in page
    # an unquoted value right before "/>" would swallow the slash and everything after it
    assert not re.search(r"=[^'\"\s>]+/>", page)


def test_bad_rows_are_listed_and_the_rest_is_reckoned(folder: Path, tmp_path: Path) -> None:
    path = folder / "inventory.csv"
    lines = path.read_text().splitlines()
    lines[70] = lines[70].replace(",", ",x", 6)
    path.write_text("\n".join(lines) + "\n")
    said = run(folder, tmp_path / "out")
    assert "tank leaking, row 71" in said
    problems = table(tmp_path / "out" / "problems.csv")
    assert [row["row"] for row in problems] == ["71"]
    rows = table(tmp_path / "out" / "sir.csv")
    assert rows[1]["verdict"] == "fail"


def test_another_length_of_test(folder: Path, tmp_path: Path) -> None:
    run(folder, tmp_path / "out", "--test-days", "30")
    run(folder, tmp_path / "short", "--test-days", "10")
    whole, part = (table(tmp_path / name / "sir.csv")[0] for name in ("out", "short"))
    assert float(part["rate_high"]) > float(whole["rate_high"])


def test_an_empty_folder_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds no inventory\.csv"):
        run(tmp_path, tmp_path / "out")


def test_given_sets(shared_data: Path, tmp_path: Path) -> None:
    """Four tanks of the reference months: none leaks, and their rates say so."""
    source = shared_data / "stock" / "sim_sir_monthly"

    lines = gzip.decompress((source / "inventory.csv.gz").read_bytes()).decode().splitlines()
    folder = tmp_path / "few"
    folder.mkdir()
    (folder / "inventory.csv").write_text("\n".join(lines[: 1 + 4 * 60]) + "\n")
    for chart in source.glob("chart_*.csv"):
        (folder / chart.name).write_bytes(chart.read_bytes())
    run(folder, tmp_path / "out")
    rows = table(tmp_path / "out" / "sir.csv")
    assert [row["verdict"] for row in rows] == ["pass"] * 4
    assert all(abs(float(row["rate_gph"])) < 0.02 for row in rows)


def test_charts_are_corrected_by_records(folder: Path, tmp_path: Path) -> None:
    answer = CliRunner().invoke(app, ["stock", "chart", str(folder), "--out", str(tmp_path / "c")])
    assert answer.exit_code == 0, answer.output
    assert "tank new: has" in answer.output  # too little of it
    rows = table(tmp_path / "c" / "chart__tight_.csv")
    assert list(rows[0]) == ["Height", "Volume", "Sigma", "Change"]
    changes = np.array([float(row["Change"]) for row in rows])
    sigmas = np.array([float(row["Sigma"]) for row in rows])
    assert np.ptp(changes) > 1  # the made-up tank's chart is wrong
    assert (np.abs(changes) < 5 * sigmas + 1).all()
    read_chart(tmp_path / "c" / "chart__tight_.csv")  # and is read as a chart
