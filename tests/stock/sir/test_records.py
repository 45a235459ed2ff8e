"""Inventory files: good rows are kept, bad ones are listed with what is wrong."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from streetlamp.errors import UserError
from streetlamp.stock.sir.options import DIESEL, PETROL
from streetlamp.stock.sir.records import read_folder
from support.tanks import CHARTS, Site, month, write_folder

SITE = Site(CHARTS[1], DIESEL, 900.0, "atg")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    tanks = [month(random, SITE, name="north"), month(random, SITE, name="south")]
    write_folder(tmp_path, tanks)
    return tmp_path


def edit(folder: Path, row: int, column: str, cell: str) -> None:
    """Puts a cell into a row of the file (headings are row 1)."""
    lines = (folder / "inventory.csv").read_text().splitlines()
    cells = lines[row - 1].split(",")
    cells[lines[0].split(",").index(column)] = cell
    lines[row - 1] = ",".join(cells)
    (folder / "inventory.csv").write_text("\n".join(lines) + "\n")


def test_what_is_written_is_read(folder: Path) -> None:
    tanks, problems = read_folder(folder)
    assert [tank.name for tank in tanks] == ["north", "south"]
    assert problems == []
    assert (tanks[0].day == np.arange(60)).all()
    assert tanks[0].product is None
    assert tanks[0].chart.capacity == pytest.approx(CHARTS[1].capacity, abs=0.1)


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("sales_l", "12a", "sales_l is '12a', not a number"),
        ("sales_l", "", "it must be 0 or above"),
        ("sales_l", "-5", "it must be 0 or above"),
        ("delivery_doc_l", "-1", "it must be 0 or above"),
        ("day", "3.5", "not a whole number"),
        ("day", "inf", "day is 'inf'"),
        ("day", "1", "stands here again"),
        ("close_h_mm", "oben", "close_h_mm is 'oben'"),
        ("dataset", "", "says no dataset"),
        ("day", "3,4", "more or fewer cells"),
    ],
)
def test_a_bad_row_is_listed_and_the_others_are_kept(
    folder: Path, column: str, cell: str, said: str
) -> None:
    edit(folder, 7, column, cell)
    tanks, problems = read_folder(folder)
    assert [(one.row, said in one.what) for one in problems] == [(7, True)]
    assert len(tanks[0].day) == 59
    assert len(tanks[1].day) == 60


def test_a_height_off_the_chart_loses_the_reading_and_not_the_sales(folder: Path) -> None:
    edit(folder, 7, "close_h_mm", "2500.0")
    tanks, problems = read_folder(folder)
    assert "the chart ends at 2000 mm" in problems[0].what
    assert len(tanks[0].day) == 60
    assert np.isnan(tanks[0].close_volume[5])


def test_a_reading_that_is_missing_is_no_fault(folder: Path) -> None:
    edit(folder, 7, "close_h_mm", "")
    tanks, problems = read_folder(folder)
    assert problems == []
    assert np.isnan(tanks[0].close_volume[5])


def test_compressed_files_and_what_is_known_of_tanks(folder: Path) -> None:
    text = (folder / "inventory.csv").read_bytes()
    (folder / "inventory.csv").unlink()
    (folder / "inventory.csv.gz").write_bytes(gzip.compress(text))
    (folder / "tanks.csv").write_text("tank,tank_chart,product\nnorth,1,petrol\n")
    tanks, _ = read_folder(folder)
    assert [tank.product for tank in tanks] == [PETROL.name, None]
    (folder / "tanks.csv").write_text("tank,tank_chart,product\nnorth,9,petrol\n")
    tanks, problems = read_folder(folder)
    assert [tank.name for tank in tanks] == ["south"]
    assert "chart_9.csv, which is not there" in problems[0].what
    (folder / "inventory.csv.gz").write_bytes(gzip.compress(text)[:-400])
    with pytest.raises(UserError, match="cannot be read"):
        read_folder(folder)


def test_a_tank_without_its_chart_is_left_out(folder: Path) -> None:
    text = (folder / "inventory.csv").read_text().splitlines()
    for number, line in enumerate(text[1:], 1):
        if line.startswith("south"):
            cells = line.split(",")
            cells[3] = cells[8] = "500.0"
            text[number] = ",".join(cells)
    (folder / "inventory.csv").write_text("\n".join(text) + "\n")
    tanks, problems = read_folder(folder)
    assert [tank.name for tank in tanks] == ["north"]
    assert problems[-1].row == 0
    assert "no chart gives the recorded volumes" in problems[-1].what


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda at: (at / "inventory.csv").unlink(), "holds no inventory.csv"),
        (lambda at: (at / "chart_1.csv").unlink(), "holds no chart_"),
        (lambda at: (at / "inventory.csv").write_text("dataset,day\n1,2\n"), "lacks the column"),
        (lambda at: (at / "inventory.csv").write_text(""), "lacks the column dataset"),
        (lambda at: (at / "inventory.csv").write_bytes(b"\xff\xfe\x00"), "cannot be read"),
        (lambda at: (at / "tanks.csv").write_text("a,b\n1,2\n"), "has no column tank"),
    ],
)
def test_a_folder_that_cannot_be_used_says_why(folder: Path, spoil: object, said: str) -> None:
    assert callable(spoil)
    spoil(folder)
    with pytest.raises(UserError, match=said):
        read_folder(folder)
