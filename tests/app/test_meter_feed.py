"""Meters over a real Mosquitto: what is published lands in the folder, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streetlamp.app import meter_feed
from streetlamp.app.meter_feed import MeterFeed
from streetlamp.errors import UserError
from streetlamp.meters.feed_file import FeedFile
from streetlamp.meters.feed_options import FeedOptions
from streetlamp.site import parse_site
from support.broker import Broker, Ear, broker


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter_feed, "FIRST_PAUSE", 0.1)
    monkeypatch.setattr(meter_feed, "LONGEST_PAUSE", 0.2)
    monkeypatch.setattr(meter_feed, "WRITE_SECONDS", 0.1)


def options(port: int) -> FeedOptions:
    sorts = [
        {"topic": "water/{meter_id}/total", "kind": "water", "unit": "m3"},
        {"topic": "p/{meter_id}", "kind": "pressure", "unit": "bar", "value": "p", "time": "t"},
    ]
    return FeedOptions.model_validate({"host": "127.0.0.1", "port": port, "topics": sorts})


@contextlib.contextmanager
def listening(feed: MeterFeed) -> Iterator[None]:
    stopping = threading.Event()
    thread = threading.Thread(target=feed.run, args=(stopping,))
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(20)
    assert not thread.is_alive()


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def say(broker: Broker, *messages: tuple[str, str], retain: bool = False) -> None:
    async def speak() -> None:
        async with Ear(broker.port) as ear:
            for name, text in messages:
                await ear.say(name, text, retain=retain)

    asyncio.run(speak())


def written(folder: Path) -> list[tuple[str, str]]:
    found = []
    for path in sorted(folder.glob("mqtt-*.csv")):
        with path.open() as lines:
            found += [(row["meter_id"], row["register"]) for row in csv.DictReader(lines)]
    return found


def test_what_is_published_is_written_also_while_we_are_away(tmp_path: Path) -> None:
    with broker(tmp_path) as running:
        feed = MeterFeed(options(running.port), FeedFile(tmp_path / "in", "mqtt"))
        say(running, ("water/OLD/total", "1"), retain=True)
        with listening(feed):
            until(lambda: not feed.trouble)
            time.sleep(0.3)
            say(
                running, ("water/W1/total", "12.5"), ("water/W1/else", "9"),
                ("water/W1/total", "?"), ("p/P1", '{"p": 3.2, "t": 1790000000}'),
            )  # fmt: skip
            until(lambda: feed.heard.written == 2)
        say(running, ("water/W1/total", "12.6"))  # nobody listens
        again = MeterFeed(options(running.port), FeedFile(tmp_path / "in", "mqtt"))
        with listening(again):
            until(lambda: again.heard.written == 1)
    assert written(tmp_path / "in") == [("W1", "12.5"), ("P1", "3.2"), ("W1", "12.6")]
    assert feed.heard.refused == 1


def test_a_broker_that_dies_is_told_and_found_again(tmp_path: Path) -> None:
    with broker(tmp_path) as running:
        feed = MeterFeed(options(running.port), FeedFile(tmp_path / "in", "mqtt"))
        with listening(feed):
            say(running, ("water/W1/total", "1"))
            running.kill()
            until(lambda: "cannot be used" in feed.trouble)
            running.start()
            until(lambda: not feed.trouble)
            until(lambda: bool(say(running, ("water/W1/total", "2"))) or feed.heard.written > 0)
    assert ("W1", "2.0") in written(tmp_path / "in")


def test_a_disk_that_is_full_loses_nothing(tmp_path: Path) -> None:
    class Full(FeedFile):
        full = True

        def add(self, rows, now):  # type: ignore[no-untyped-def]
            if rows and self.full:
                raise OSError(28, "No space left on device")
            super().add(rows, now)

    file = Full(tmp_path / "in", "mqtt")
    with broker(tmp_path) as running:
        feed = MeterFeed(options(running.port), file)
        with listening(feed):
            until(lambda: bool(say(running, ("water/W1/total", "5"))) or bool(feed.trouble))
            assert "No space left" in feed.trouble
            Full.full = False
            until(lambda: not feed.trouble)
    assert written(tmp_path / "in")[0] == ("W1", "5.0")


def test_the_site_file_says_what_is_missing(tmp_path: Path) -> None:
    site = """\
cameras: {gate: {source: "test:"}}
meters:
  mqtt: {host: broker, topics: [{topic: "w/{meter_id}", kind: water, unit: L}]}
"""
    with pytest.raises(UserError, match="needs a folder"):
        parse_site(site, tmp_path / "site.yaml")
    whole = site.replace("meters:\n", "meters:\n  folder: readings\n")
    made = parse_site(whole, tmp_path / "site.yaml")
    assert made.meters.mqtt is not None
    assert made.meters.mqtt.topics[0].filter == "w/+"
