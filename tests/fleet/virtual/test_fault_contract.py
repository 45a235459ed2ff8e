"""Every registered fault stands the contract battery, and the docs' table is the code's."""

from __future__ import annotations

from pathlib import Path

import pytest

from streetlamp.fleet.virtual import FAULTS, picture_fault_names
from streetlamp.fleet.virtual.table import fault_rows, markdown_table, plain_table
from support.check_fault import check_fault

PAGE = Path(__file__).parents[3] / "docs" / "10-virtual-cameras.md"


@pytest.mark.parametrize("name", list(FAULTS))
def test_contract(name: str) -> None:
    check_fault(FAULTS[name])


def test_the_faults_that_were_promised_are_there() -> None:
    pictures = {"freeze", "freeze-clock", "black", "white", "defocus", "cover", "spray", "dirt",
                "fog", "shift", "noise", "infrared", "rain", "rate", "size"}  # fmt: skip
    streams = {"drop", "stall", "mute", "loss", "garbage", "codec", "clock-jump", "clock-wrong",
               "clock-drift", "unplug", "login"}  # fmt: skip
    assert set(picture_fault_names()) == pictures
    assert set(FAULTS) - pictures == streams


def test_the_table_has_a_row_for_each() -> None:
    assert {row[0] for row in fault_rows()} == set(FAULTS)
    assert all(name in plain_table() for name in FAULTS)
    assert markdown_table() in PAGE.read_text("utf-8"), "run make docs"
