"""A balance is what the ledger says, and every figure of it has its entries."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from streetlamp.errors import UserError
from streetlamp.stock.balance.close import close
from streetlamp.stock.balance.detectable import detectable
from streetlamp.stock.causes.judge import judge
from streetlamp.stock.ledger.entries import Entry, EntryKind, in_force
from streetlamp.stock.ledger.instruments import Instrument
from streetlamp.stock.ledger.stores import Store, StoreOptions
from streetlamp.stock.physics.charts import horizontal_cylinder
from support.stock import DAY, bags_story, closed, numbered, tank_story

EXACT = StoreOptions(form="bulk", handling_loss=0.0)


def bulk(*rows: tuple[EntryKind, float, float]) -> list[Entry]:
    return numbered([Entry("d", kind, day * DAY, tonnes, "t") for kind, day, tonnes in rows])


def test_what_is_missing_is_opening_and_receipts_less_issues_and_closing() -> None:
    entries = bulk(
        (EntryKind.STOCK_TAKE, 1, 100), (EntryKind.RECEIPT, 2.5, 28), (EntryKind.ISSUE, 3.5, 12),
        (EntryKind.TRANSFER_OUT, 3.6, 6), (EntryKind.STOCK_TAKE, 8, 105),
        (EntryKind.STOCK_TAKE, 15, 104),
    )  # fmt: skip
    balances = close(Store("d", EXACT), in_force(entries))
    assert balances.muf.tolist() == pytest.approx([5.0, 1.0])
    assert balances.entries == ((1, 2, 3, 4, 5), (5, 6))
    assert [balances.day(i) for i in range(2)] == [7, 14]
    assert [balances.first_day(i) for i in range(2)] == [1, 8]


def test_a_correction_changes_the_balance_only_once_it_is_noted() -> None:
    entries = bulk((EntryKind.STOCK_TAKE, 1, 100), (EntryKind.STOCK_TAKE, 8, 90))
    right = replace(entries[1], quantity=99.0, corrects=2, seq=3, noted=20 * DAY)
    store = Store("d", EXACT)
    assert close(store, in_force([*entries, right], known=10 * DAY)).muf.tolist() == [10.0]
    assert close(store, in_force([*entries, right])).muf.tolist() == [1.0]


def test_a_first_balance_and_perfect_instruments_are_enough_to_judge() -> None:
    exact = Instrument()
    own = {"weighbridge": exact, "survey": exact}
    options = StoreOptions(form="bulk", handling_loss_sigma=0.0, instruments=own)
    entries = bulk((EntryKind.STOCK_TAKE, 1, 100), (EntryKind.STOCK_TAKE, 8, 100))
    balances = close(Store("d", options), in_force(entries))
    assert judge(balances).findings == ()
    assert detectable(balances).abrupt < 0.01


def test_a_tank_is_read_by_its_chart_and_corrected_to_15_degrees() -> None:
    chart = horizontal_cylinder(2000, 6400)
    entries = numbered(
        [
            Entry("t", EntryKind.LEVEL, DAY, 1000.0, "mm"),
            Entry("t", EntryKind.TEMPERATURE, DAY, 25.0, "°C"),
            Entry("t", EntryKind.LEVEL, 2 * DAY, 1000.0, "mm"),
            Entry("t", EntryKind.TEMPERATURE, 2 * DAY, 15.0, "°C"),
        ]
    )
    balances = close(Store("t", StoreOptions(form="tank", product="diesel"), chart), entries)
    full = float(chart.volume(np.array(1000.0)))
    assert balances.stock[1] == pytest.approx(full)
    assert balances.muf[0] == pytest.approx(-full * 10 * 0.000844, rel=0.01)  # it came, cold


def test_water_at_the_bottom_is_not_product() -> None:
    chart = horizontal_cylinder(2000, 6400)
    dry = [Entry("t", EntryKind.LEVEL, day * DAY, 1000.0, "mm") for day in (1, 2)]
    wet = Entry("t", EntryKind.WATER_LEVEL, 2 * DAY, 100.0, "mm")
    store = Store("t", StoreOptions(form="tank", product="diesel"), chart)
    missing = close(store, numbered([*dry, wet])).muf[0]
    assert missing == pytest.approx(float(chart.volume(np.array(100.0))))


def test_a_running_total_is_as_good_as_its_steps() -> None:
    store, entries = tank_story(20)
    total, metered = 0.0, []
    for one in entries:
        if one.kind is EntryKind.ISSUE:
            total += one.quantity
            metered.append(replace(one, kind=EntryKind.METER_TOTAL, quantity=total))
        else:
            metered.append(one)
    start = Entry("t", EntryKind.METER_TOTAL, -DAY, 0.0, "L", "dispenser")
    by_total = close(store, in_force(numbered([start, *metered])))
    np.testing.assert_allclose(by_total.muf, close(store, in_force(entries)).muf)


def test_a_total_that_falls_is_refused() -> None:
    store, entries = tank_story(3)
    wrong = [
        Entry("t", EntryKind.METER_TOTAL, day * DAY, total, "L", "pump 1")
        for day, total in ((0.5, 100.0), (1.5, 40.0))
    ]
    with pytest.raises(UserError, match="total of pump 1 falls"):
        close(store, in_force(numbered([*entries, *wrong])))


@pytest.mark.parametrize(
    ("store", "entries", "said"),
    [
        (Store("d", EXACT), bulk((EntryKind.STOCK_TAKE, 1, 5)), "two stock-takes"),
        (Store("d", StoreOptions(form="tank")), bulk((EntryKind.STOCK_TAKE, 1, 5)), "needs its"),
    ],
)
def test_what_cannot_be_closed_is_said(store: Store, entries: list[Entry], said: str) -> None:
    with pytest.raises(UserError, match=said):
        close(store, entries)


@pytest.mark.parametrize("story", [tank_story(60), bags_story(20)], ids=["tank", "bags"])
def test_covariances_are_symmetric_and_positive(story: tuple[Store, list[Entry]]) -> None:
    balances = closed(story)
    covariance = balances.covariance
    np.testing.assert_allclose(covariance, covariance.T)
    assert np.linalg.eigvalsh(covariance).min() > 0
    assert {"readings", "chart"} <= {part.name for part in balances.parts} or balances.by_hand


def test_a_stock_takes_error_is_in_two_balances_with_two_signs() -> None:
    balances = closed(bags_story(10))
    takes = next(part for part in balances.parts if part.name == "stock-takes").covariance
    assert takes[3, 4] == pytest.approx(-takes[3, 3] / 2)
    assert takes[3, 5] == 0


def test_a_bias_is_in_all_balances_alike() -> None:
    balances = closed(bags_story(10))
    scale = next(part for part in balances.parts if part.name == "weighbridge").covariance
    net = balances.receipts - balances.issues
    assert scale[2, 7] == pytest.approx(0.0005**2 * net[2] * net[7])
