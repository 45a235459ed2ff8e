"""Meters over a real Mosquitto: what is published lands in the folder, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from streetlamp.app.feed_runner import FeedRunner
from streetlamp.errors import UserError
from streetlamp.feeds.kinds.mqtt import MqttOptions
from streetlamp.feeds.parse import make_feed
from streetlamp.meters.feed_file import FeedFile
from streetlamp.meters.feeds import MeterSink
from streetlamp.site import parse_site
from support.broker import Broker, Ear, broker
from support.feeds import meter_options, running, until
from support.feeds import written as rows


def feed(port: int, file: FeedFile) -> FeedRunner:
    sorts = [
        {"topic": "water/{meter_id}/total", "kind": "water", "unit": "m3"},
        {"topic": "p/{meter_id}", "kind": "pressure", "unit": "bar", "value": "p", "time": "t"},
    ]
    options = meter_options(kind="mqtt", host="127.0.0.1", port=port, topics=sorts)
    return FeedRunner("meters", "mqtt", make_feed(options), MeterSink(file))


def say(broker: Broker, *messages: tuple[str, str], retain: bool = False) -> None:
    async def speak() -> None:
        async with Ear(broker.port) as ear:
            for name, text in messages:
                await ear.say(name, text, retain=retain)

    asyncio.run(speak())


def written(folder: Path) -> list[tuple[str, str]]:
    return [(row["meter_id"], row["register"]) for row in rows(folder)]


def test_what_is_published_is_written_also_while_we_are_away(tmp_path: Path) -> None:
    with broker(tmp_path) as there:
        first = feed(there.port, FeedFile(tmp_path / "in", "mqtt"))
        say(there, ("water/OLD/total", "1"), retain=True)
        with running(first):
            until(lambda: first.view().there)
            time.sleep(0.3)
            say(
                there, ("water/W1/total", "12.5"), ("water/W1/else", "9"),
                ("water/W1/total", "?"), ("p/P1", '{"p": 3.2, "t": 1790000000}'),
            )  # fmt: skip
            until(lambda: first.view().taken == 2)
        say(there, ("water/W1/total", "12.6"))  # nobody listens
        again = feed(there.port, FeedFile(tmp_path / "in", "mqtt"))
        with running(again):
            until(lambda: again.view().taken == 1)
    assert written(tmp_path / "in") == [("W1", "12.5"), ("P1", "3.2"), ("W1", "12.6")]
    (refusal,) = first.view().refusals
    assert (refusal.name, first.view().refused) == ("water/W1/total", 1)
    assert "no JSON" in refusal.why


def test_a_broker_that_dies_is_told_and_found_again(tmp_path: Path) -> None:
    with broker(tmp_path) as there:
        one = feed(there.port, FeedFile(tmp_path / "in", "mqtt"))
        with running(one):
            say(there, ("water/W1/total", "1"))
            there.kill()
            until(lambda: "cannot be used" in one.trouble)
            there.start()
            until(lambda: not one.trouble)
            two = ("W1", "2.0")
            until(
                lambda: bool(say(there, ("water/W1/total", "2"))) or two in written(tmp_path / "in")
            )


def test_a_disk_that_is_full_loses_nothing(tmp_path: Path) -> None:
    class Full(FeedFile):
        full = True

        def add(self, rows, now):  # type: ignore[no-untyped-def]
            if rows and self.full:
                raise OSError(28, "No space left on device")
            super().add(rows, now)

    file = Full(tmp_path / "in", "mqtt")
    with broker(tmp_path) as there:
        one = feed(there.port, file)
        with running(one):
            until(lambda: bool(say(there, ("water/W1/total", "5"))) or bool(one.trouble))
            assert "No space left" in one.trouble
            Full.full = False
            until(lambda: not one.trouble)
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
    made = parse_site(whole, tmp_path / "site.yaml").meters.all_feeds["mqtt"]
    assert isinstance(made, MqttOptions)
    assert made.topics[0].filter == "w/+"
