"""Tank charts: formula, file, interpolation, and what is refused."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from streetlamp.errors import UserError
from streetlamp.stock.physics.charts import Chart, horizontal_cylinder, read_chart, write_chart


def test_a_cylinder_half_full_holds_half() -> None:
    chart = horizontal_cylinder(2000, 6000)
    assert chart.capacity == pytest.approx(math.pi * 6000)
    assert chart.volume(np.array([1000.0]))[0] == pytest.approx(chart.capacity / 2)
    # widest in the middle: a millimetre there is 2 m x 6 m x 1 mm = 12 L
    assert chart.area(np.array([1000.0]))[0] == pytest.approx(12.0, rel=1e-3)


def test_height_is_the_inverse_of_volume_and_outside_is_nan() -> None:
    chart = horizontal_cylinder(1600, 5000)
    heights = np.linspace(3, 1599, 77)
    assert chart.height(chart.volume(heights)) == pytest.approx(heights)
    assert np.isnan(chart.volume(np.array([-1.0, 1600.5]))).all()
    assert np.isnan(chart.area(np.array([-1.0, 1600.5]))).all()


def test_a_chart_survives_its_file(tmp_path: Path) -> None:
    chart = horizontal_cylinder(1600, 5000)
    write_chart(tmp_path / "chart.csv", chart)
    again = read_chart(tmp_path / "chart.csv")
    assert again.heights == pytest.approx(chart.heights)
    assert again.volumes == pytest.approx(chart.volumes, abs=0.051)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("h,v\n0,0\n10,x\n", ":3: a row of a chart is"),
        ("h,v\n0,0\n10,5\n10,6\n", ":4: height and volume must be above"),
        ("h,v\n0,0\n10,5\n20,4\n", ":4: height and volume must be above"),
        ("h,v\n0,0\n10\n", ":3: a row of a chart is"),
        ("h,v\n0,0\n", "two rows or more"),
        ("h,v\n0,0\n10,nan\n", "height and volume must be above"),
    ],
)
def test_a_broken_chart_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "chart.csv").write_text(text)
    with pytest.raises(UserError, match=said):
        read_chart(tmp_path / "chart.csv")


def test_a_chart_is_checked_when_made() -> None:
    with pytest.raises(ValueError, match="rise"):
        Chart(np.array([0.0, 10.0]), np.array([5.0, 5.0]))


def test_the_formula_is_the_given_charts(shared_data: Path) -> None:
    given = read_chart(shared_data / "stock" / "sim_sir_monthly" / "chart_2.csv")
    made = horizontal_cylinder(given.top, given.capacity * 1e6 / (math.pi * (given.top / 2) ** 2))
    assert made.volumes == pytest.approx(given.volumes, abs=0.06)
