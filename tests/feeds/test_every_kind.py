"""What holds of every kind of feed, found by itself; and what `streetlamp check` says of them."""

from __future__ import annotations

import asyncio
import importlib.util
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetlamp.app.check import _feeds
from streetlamp.app.house import House
from streetlamp.errors import UserError
from streetlamp.feeds.base import FEEDS, FeedError, NoReadingError, Reading
from streetlamp.feeds.kinds.mbus import MBusOptions, RecordOptions, _Bus, _meterbus, _pick
from streetlamp.feeds.kinds.p1 import P1Feed, _parser
from streetlamp.feeds.options import AskedOptions, FeedOptions
from streetlamp.feeds.parse import make_feed, parse_feed
from streetlamp.meters.feeds import METERS
from streetlamp.site import parse_site
from streetlamp.stock.feeds import STOCK

ROOMS = {"meters": METERS, "stock": STOCK}
WATER = {"id": "W", "kind": "water", "unit": "m3"}
PASSWORD = "hunter2-and-more"


def dead_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def samples(port: int) -> dict[str, dict[str, Any]]:
    """The least that each kind wants, of a device that is not there."""
    here = {"host": "127.0.0.1", "port": port}
    return {
        "mbus": {"port": f"tcp://127.0.0.1:{port}", "readings": [{**WATER, "address": 1}]},
        "modbus": {**here, "readings": [{**WATER, "address": 1}]},
        "mqtt": {
            **here, "password": PASSWORD, "username": "anna",
            "topics": [{"topic": "{meter_id}", "kind": "water", "unit": "m3"}],
        },
        "opcua": {
            "url": f"opc.tcp://127.0.0.1:{port}", "password": PASSWORD, "username": "anna",
            "readings": [{**WATER, "node": "i=1"}],
        },
        "p1": {"port": f"tcp://127.0.0.1:{port}", "electricity": "E"},
        "veeder_root": {**here, "units": "us", "tanks": [{"id": "T", "tank": 1}]},
    }  # fmt: skip


def sample(kind: str, port: int) -> FeedOptions:
    room = ROOMS[min(FEEDS[kind].rooms)]
    options = parse_feed({"kind": kind, **samples(port)[kind]}, room)
    assert isinstance(options, FeedOptions)
    return options


def test_every_kind_has_a_sample() -> None:
    assert set(samples(1)) == set(FEEDS)


@pytest.mark.parametrize("kind", sorted(FEEDS))
def test_a_kind_keeps_the_contract(kind: str) -> None:
    member = FEEDS[kind]
    assert member.kind == kind
    assert member.rooms
    assert member.rooms <= set(ROOMS)
    assert member.summary
    assert not member.summary.endswith(".")
    assert (member.__doc__ or "").strip().endswith(".")
    for name in member.needs:
        assert importlib.util.find_spec(name), "the extra brings it"
    options = sample(kind, 1)
    assert isinstance(options, member.Options)
    assert options.enabled
    feed = make_feed(options)
    assert PASSWORD not in repr(options) + feed.where
    for room, known in ROOMS.items():
        if room not in member.rooms:
            with pytest.raises(ValueError, match=f"for {room}"):
                parse_feed({"kind": kind}, known)


@pytest.mark.parametrize("kind", sorted(FEEDS))
def test_a_device_that_is_not_there_is_said_once_and_for_all(kind: str) -> None:
    options = sample(kind, dead_port())
    if isinstance(options, AskedOptions):
        options = options.model_copy(update={"timeout": 1.0})
    with pytest.raises(FeedError, match=r"127\.0\.0\.1") as caught:
        asyncio.run(asyncio.wait_for(make_feed(options).probe(), 20))
    assert PASSWORD not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_nothing_of_the_extra_is_loaded_before_a_feed_is_made() -> None:
    wanted = {name for kind in FEEDS for name in FEEDS[kind].needs}
    text = (
        "import sys, streetlamp.meters.options, streetlamp.feeds.base as base; list(base.FEEDS);"
        "print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "streetlamp.feeds.kinds.modbus" in loaded
    assert not wanted & set(loaded)


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pymodbus: install .*streetlamp\[field\]"):
        make_feed(sample("modbus", 1))


SITE = """\
cameras: {gate: {source: "test:"}}
record: {min_free_gb: 0}
meters:
  folder: readings
  feeds:
    hall: {kind: modbus, host: 127.0.0.1, port: PORT, timeout: 1, readings: [
      {id: W, kind: water, unit: m3, address: 1}]}
    off: {kind: p1, enabled: false, port: /dev/nothing, electricity: E}
"""


def test_check_asks_each_feed_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = dead_port()
    site = parse_site(SITE.replace("PORT", str(port)), tmp_path / "site.yaml")
    assert _feeds(site, probe=False)
    assert f"ok  meters, feed hall: modbus://127.0.0.1:{port}" in capsys.readouterr().out
    assert not _feeds(site, probe=True)
    said = capsys.readouterr().out
    assert re.search(r"WRONG  meters, feed hall: .* does not answer", said)
    assert "off" not in said


def test_mistakes_are_said_with_their_line(tmp_path: Path) -> None:
    text = SITE.replace("PORT", "502").replace("address: 1", "adress: 1")
    with pytest.raises(UserError, match=r"line 7, .*'adress' is not known here; did you mean") as e:
        parse_site(text, tmp_path / "site.yaml")
    assert "one thing to put right" in str(e.value)


def test_two_clients_of_one_name_are_a_mistake(tmp_path: Path) -> None:
    meters = "mqtt: {host: b, topics: [{topic: '{meter_id}', kind: water, unit: L}]}"
    tanks = "{kind: mqtt, host: b, MORE topics: [{topic: '{store}', kind: level, unit: mm}]}"
    text = (
        'cameras: {gate: {source: "test:"}}\n'
        f"meters: {{folder: r, {meters}}}\nstock:\n  folder: s\n  feeds:\n    yard: {tanks}\n"
    )
    with pytest.raises(UserError, match=r"line 6, .*yard: meters.mqtt has the same client_id"):
        parse_site(text.replace("MORE", ""), tmp_path / "site.yaml")
    with pytest.raises(UserError, match="same client_id"):
        parse_site(text.replace("MORE", "client_id: streetlamp-meters,"), tmp_path / "site.yaml")
    site = parse_site(text.replace("MORE", "client_id: streetlamp-stock,"), tmp_path / "site.yaml")
    assert set(site.stock.all_feeds) == {"yard"}


def test_the_house_says_what_is_wrong_with_a_feed(tmp_path: Path) -> None:
    site = parse_site(SITE.replace("PORT", str(dead_port())), tmp_path / "site.yaml")
    house = House(site)
    (hall,) = house.feeds
    assert (hall.room, hall.name) == ("meters", "hall")
    assert house.disk().message == ""
    hall._gone("modbus://127.0.0.1:1 does not answer")
    assert house.disk().message == "modbus://127.0.0.1:1 does not answer"
    house.close()


RECORD = RecordOptions.model_validate({**WATER, "address": 1}, context=METERS)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=120), st.sampled_from([0x72, 0x73, 0x76, 0x78]))
def test_any_answer_on_an_m_bus_gives_a_reading_or_a_reason(data: bytes, field: int) -> None:
    options = parse_feed({"kind": "mbus", **samples(1)["mbus"]}, METERS)
    assert isinstance(options, MBusOptions)
    bus = _Bus(None, None, "x", 1.0, _meterbus())  # type: ignore[arg-type]
    body = bytes((8, 1, field)) + data
    size = bytes((len(body), len(body)))
    frame = b"\x68" + size + b"\x68" + body + bytes((sum(body) & 0xFF, 0x16))
    try:
        records = bus._told(frame, 1).records
    except NoReadingError:
        return
    _pick(RECORD, records, _meterbus())


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["1-0:1.8.1", "1-0:1.8.2", "0-1:24.2.1", "0-1:24.1.0", "0-0:1.0.0", "1-0:1.8.0"]
            ),
            st.text(st.characters(max_codepoint=126, exclude_characters="/!"), max_size=20),
        ),
        max_size=6,
    )
)
def test_any_telegram_gives_readings_or_a_reason(lines: list[tuple[str, str]]) -> None:  # fmt: skip
    feed = make_feed(sample("p1", 1))
    assert isinstance(feed, P1Feed)
    parser = _parser("V5")
    parser.apply_checksum_validation = False
    body = "".join(f"{code}({value})\r\n" for code, value in lines)
    for item in feed._items(parser, f"/LMP\r\n\r\n{body}!\r\n".encode()):
        if isinstance(item, Reading):
            assert item.value == item.value
