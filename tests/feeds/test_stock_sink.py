"""Readings of stores on their way into the ledger: once, thinned, and nothing odd."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from streetlamp.app.feed_runner import FeedRunner
from streetlamp.app.finding_events import LEDGER
from streetlamp.app.store_keeper import StoreKeeper
from streetlamp.feeds.base import NotNowError, Reading
from streetlamp.feeds.kinds.mqtt import MqttOptions, TopicOptions
from streetlamp.feeds.options import FeedOptions
from streetlamp.feeds.parse import make_feed, parse_feed
from streetlamp.stock.feeds import STOCK, StockSink
from streetlamp.stock.ledger.entries import Entry, EntryKind
from streetlamp.store import StoreError
from support.broker import Ear, broker
from support.feeds import running, until
from support.stores import DEPOT, EMPTY, TANK, SmallStores, small_stores

NOW = datetime(2026, 6, 10, 9, 30, tzinfo=UTC).timestamp()
ZONE = ZoneInfo("Europe/Berlin")  # 2 hours before UTC in June
DAY = 86_400.0


@pytest.fixture(scope="module")
def reckoned(tmp_path_factory: pytest.TempPathFactory) -> SmallStores:
    """Reckoned once for all tests, as that takes a second."""
    return small_stores(tmp_path_factory.mktemp("stores"), lambda: NOW)


@pytest.fixture
def stores(tmp_path: Path, reckoned: SmallStores) -> Iterator[SmallStores]:
    """Stores of a test's own, as they were reckoned."""
    data = tmp_path / "data"
    shutil.copytree(reckoned.job.data, data)
    job = replace(reckoned.job, folder=data / "records", data=data)
    keeper = StoreKeeper(data / LEDGER, lambda: NOW, job.folder, "UTC")
    shown = reckoned.keeper.list()
    keeper.show(shown, [one.name for one in shown])
    yield SmallStores(keeper, job)
    keeper.close()


def sink(stores: SmallStores, hours: int = 0, first: int = 0) -> StockSink:
    return StockSink("gauge", stores.keeper, ZONE, hours, first)


def level(value: float = 900.0, at: str = "2026-06-10T09:00:00+00:00", **more: Any) -> Reading:
    return replace(Reading(TANK, "level", value, "mm", at), **more)


def total(value: float, at: str, **more: Any) -> Reading:
    return replace(Reading(EMPTY, "meter_total", value, "L", at, instrument="pump 1"), **more)


def noted(stores: SmallStores, name: str) -> list[Entry]:
    found = stores.keeper.newest(name, 200, None)
    return [one for one in reversed(found) if one.author == "feed gauge"]


def test_a_reading_is_an_entry_once(stores: SmallStores) -> None:
    readings = [
        level(), Reading(TANK, "temperature", 59.0, "°F", "2026-06-10T09:00:00+00:00"),
        total(1000.5, "2026-06-10 11:00"), Reading(DEPOT, "stock_take", 40.0, "t", "2026-06-10"),
    ]  # fmt: skip
    assert sink(stores).put(readings, NOW) == []
    assert sink(stores).put(readings, NOW + 60) == [], "told again it is not noted again"
    dip, warm = noted(stores, TANK)
    assert (dip.kind, dip.base, dip.unit, dip.instrument) == (EntryKind.LEVEL, 900.0, "mm", "gauge")
    assert dip.at == NOW - 1800
    assert (warm.base, warm.instrument) == (pytest.approx(15.0), "thermometer")
    (sum_,) = noted(stores, EMPTY)
    assert (sum_.at, sum_.instrument) == (NOW - 1800, "pump 1"), "in the site's zone"
    assert [one.base for one in noted(stores, DEPOT)] == [40.0]
    assert stores.keeper.waiting


def test_what_was_noted_is_reckoned(stores: SmallStores) -> None:
    before = stores.keeper.get(TANK)
    assert before is not None
    assert before.balances is not None
    sink(stores).put([level()], NOW)
    stores.reckon()
    after = stores.keeper.get(TANK)
    assert after is not None
    assert after.balances is not None
    assert len(after.balances.time) == len(before.balances.time) + 1
    assert not stores.keeper.waiting


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (level(name="south"), "no store of this name"),
        (level(quality="uncertain"), "marked as uncertain"),
        (level(99_999.0), "chart ends"),
        (level(-1.0), "not below zero"),
        (level(at="2026-06-11T09:00:00+00:00"), "future"),
        (level(at="2024-06-11T09:00:00+00:00"), "a year ago"),
        (level(at="yesterday"), "no time"),
        (level(at="9999-12-31T23:59:59"), "no time|future"),
        (level(kind="temperature", unit="°C", value=400.0), "no temperature"),
        (level(kind="stock_take", unit="t", value=4.0), "kept in L"),
        (level(kind="stock_take", unit="L", value=-4.0), "not below zero"),
        (level(kind="stock_take", unit="L", value=1e9), "tank holds"),
        (level(kind="meter_total", unit="L", instrument="p"), "count twice"),
        (level(kind="beer"), "beer"),
    ],
)
def test_what_is_odd_is_refused(stores: SmallStores, bad: Reading, why: str) -> None:
    (refused,) = sink(stores).put([bad], NOW)
    assert refused.name == bad.name
    assert any(word in refused.why for word in why.split("|")), refused.why
    assert not noted(stores, TANK)


def test_a_total_that_falls_is_refused_until_the_wrong_one_is_withdrawn(
    stores: SmallStores,
) -> None:
    into = sink(stores)
    assert not into.put([total(100.0, "2026-06-10T07:00:00Z")], NOW)
    assert not into.put([total(9e6, "2026-06-10T08:00:00Z")], NOW), "nobody could know"
    (refused,) = into.put([total(120.0, "2026-06-10T09:00:00Z")], NOW)
    assert "the total falls" in refused.why
    wrong = noted(stores, EMPTY)[-1]
    gone = Entry(EMPTY, EntryKind.WITHDRAWAL, NOW, 0.0, "L", author="anna", corrects=wrong.seq)
    stores.keeper.note(gone, "k" * 20, NOW)
    stores.reckon()
    assert not into.put([total(120.0, "2026-06-10T09:00:00Z")], NOW)
    (late,) = into.put([total(110.0, "2026-06-10T08:30:00Z")], NOW)
    assert "older" in late.why


def test_one_in_so_many_hours_is_noted(stores: SmallStores) -> None:
    hours = [f"2026-06-{day:02d}T{hour:02d}:00:00+02:00" for day in (8, 9) for hour in range(24)]
    readings = [level(900.0 - i, at) for i, at in enumerate(hours)]
    into = sink(stores, 24, 6)
    for one in readings:
        assert not into.put([one], NOW)
    again = sink(stores, 24, 6)  # after a restart
    assert not again.put(readings, NOW)
    local = [datetime.fromtimestamp(one.at, ZONE) for one in noted(stores, TANK)]
    assert [(one.day, one.hour) for one in local] == [(8, 0), (8, 6), (9, 6)]


def test_hours_go_on_over_the_change_of_the_clock(stores: SmallStores) -> None:
    """25 October 2026: the hour from 2 to 3 comes twice in Berlin."""
    late = datetime(2026, 10, 26, tzinfo=UTC).timestamp()
    into = sink(stores, 1)
    begin = datetime(2026, 10, 24, 22, 0, tzinfo=UTC).timestamp()
    for i in range(24):
        at = datetime.fromtimestamp(begin + i * 3600, UTC).isoformat()
        assert not into.put([level(900.0 - i, at)], late)
    assert len(noted(stores, TANK)) == 23, "of the doubled hour one is noted"


def test_readings_wait_for_stores_and_for_the_disk(
    tmp_path: Path, stores: SmallStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(stores.keeper, "note", full)
        with pytest.raises(NotNowError, match="disk is full"):
            sink(stores).put([level()], NOW)
    assert not sink(stores).put([level()], NOW)
    monkeypatch.setattr(stores.keeper, "_reckoned", None)
    with pytest.raises(NotNowError, match="looked through"):
        sink(stores).put([level()], NOW)


def stock_options(**given: Any) -> FeedOptions:
    options = parse_feed(given, STOCK)
    assert isinstance(options, FeedOptions)
    return options


SORTS = [
    {"topic": "tanks/{store}/level", "kind": "level", "unit": "mm"},
    {"topic": "pumps/{store}/{instrument}", "kind": "meter_total", "unit": "L", "value": "v",
     "time": "t"},
]  # fmt: skip


def test_tanks_that_publish_come_into_the_ledger(tmp_path: Path, stores: SmallStores) -> None:
    (tmp_path / "broker").mkdir()
    with broker(tmp_path / "broker") as there:
        options = stock_options(kind="mqtt", host="127.0.0.1", port=there.port, topics=SORTS)
        feed = FeedRunner("stock", "gauge", make_feed(options), sink(stores))

        async def say() -> None:
            async with Ear(there.port) as ear:
                await ear.say(f"tanks/{TANK}/level", "99999")
                await ear.say(f"tanks/{TANK}/level", "wet")
                await ear.say("tanks/nowhere/level", "900")
                for pump, value in (("pump 1", 500), ("pump 2", 90)):
                    body = f'{{"v": {value}, "t": {NOW}}}'
                    await ear.say(f"pumps/{EMPTY}/{pump}", body)

        with running(feed):
            until(lambda: feed.view().there)
            asyncio.run(say())
            until(lambda: feed.view().taken + feed.view().refused >= 5)
    assert {(one.instrument, one.quantity) for one in noted(stores, EMPTY)} == {
        ("pump 1", 500.0), ("pump 2", 90.0),
    }  # fmt: skip
    view = feed.view()
    assert (view.taken, view.refused) == (2, 3)
    whys = " ".join(refusal.why for refusal in view.refusals)
    for why in ("no JSON", "no store of this name", "chart ends"):
        assert why in whys


def test_registers_and_variables_may_be_of_a_store() -> None:
    level = {"id": TANK, "kind": "level", "unit": "mm", "instrument": "radar"}
    modbus = stock_options(kind="modbus", host="x", readings=[{**level, "address": 4}])
    opcua = stock_options(kind="opcua", url="opc.tcp://x", readings=[{**level, "node": "i=4"}])
    assert (modbus.kind, opcua.kind) == ("modbus", "opcua")
    with pytest.raises(ValidationError, match="no kind 'pressure' of a store"):
        stock_options(
            kind="modbus", host="x", readings=[{**level, "address": 4, "kind": "pressure"}]
        )


def test_topics_of_stores() -> None:
    options = stock_options(kind="mqtt", host="x", topics=SORTS)
    assert isinstance(options, MqttOptions)
    first, pumps = options.topics
    assert pumps.filter == "pumps/+/+"
    found = pumps.named("pumps/north/left")
    assert found is not None
    assert (found.name, found.instrument) == ("north", "left")
    assert first.named("pumps/north/left") is None


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"topic": "tanks/{meter_id}"}, "must be {store}"),
        ({"topic": "{store}/{instrument}/{instrument}"}, "at most once"),
        ({"kind": "receipt", "unit": "L"}, "no kind 'receipt' of a store"),
        ({"unit": "L"}, "no unit of a level"),
        ({"counts": "interval"}, "counts is for meters"),
    ],
)
def test_a_sort_that_makes_no_sense_says_so(given: dict[str, str], why: str) -> None:
    whole = {"topic": "{store}", "kind": "level", "unit": "mm", **given}
    with pytest.raises(ValidationError, match=why):
        TopicOptions.model_validate(whole, context=STOCK)
