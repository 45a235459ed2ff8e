"""Readings put into a folder become alarms at the desk, each once, whatever is started anew."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from streetlamp.app.finding_events import LEDGER
from streetlamp.app.finding_keeper import LIST_SECONDS, FindingKeeper
from streetlamp.app.meter_pages import FOLDER, read_page
from streetlamp.app.store_keeper import StoreKeeper
from streetlamp.meters.shown import ShownMeter
from streetlamp.site import Site, load_site, parse_site
from streetlamp.stock.ledger.entries import Entry, EntryKind
from streetlamp.stock.shown import ShownStore
from streetlamp.store import Database, Findings
from streetlamp.values import Event, Phase
from support.stock import DAY, bags_story
from support.stores import DEPOT, EMPTY, TANK, write_records

DAYS, SINCE, UNTIL = 50, 36, 39  # of the year, and of the leak
STOCK = 'cameras: {gate: {source: "test:"}}\nstock: {folder: records}\n'
SITE = """\
cameras: {gate: {source: "test:"}}
timezone: Europe/Madrid
meters: {folder: readings}
"""


def rows(days: int, leak: float = 12.0) -> list[str]:
    """Hourly registers (L) of a household that sleeps at night, until now; a leak near the end."""
    now = time.time() // 3600 * 3600 - (DAYS - days) * 86_400
    rng, register, lines = random.Random(5), 1000.0, []
    for hour in range(days * 24):
        at = now - (days * 24 - hour) * 3600
        awake = 7 <= datetime.fromtimestamp(at, UTC).hour <= 22
        register += rng.choice((0, 0, 6, 20, 60)) if awake else rng.choice((0,) * 12 + (6,))
        register += leak if SINCE * 24 <= hour < UNTIL * 24 else 0.0
        stamp = datetime.fromtimestamp(at, UTC).isoformat()
        lines.append(f"W1,{stamp},water,{register:.0f},,L,")
    return lines


def put(folder: Path, lines: Sequence[str], name: str = "a.csv") -> None:
    folder.mkdir(exist_ok=True)
    text = "meter_id,timestamp,kind,register,interval,unit,quality\n" + "\n".join(lines) + "\n"
    (folder / name).write_text(text)
    os.utime(folder / name, (time.time() - 60,) * 2)


class Desk:
    """A keeper of this site, and what it told."""

    def __init__(self, site: Site, day: int = DAYS) -> None:
        site.data.mkdir(exist_ok=True)
        self.database = Database(site.data / "streetlamp.db")
        self.told: list[Event] = []
        self.meters: list[ShownMeter] = []
        self.keeper = FindingKeeper(
            site, self.database, self.told.extend, show_meters=self._show_meters
        )
        self.now = time.time() - (DAYS - day) * 86_400

    def _show_meters(self, meters: Sequence[ShownMeter]) -> None:
        self.meters = list(meters)

    def look(self) -> list[Event]:
        """Lets it look at both rooms until it has nothing more to do; the leaks it told of."""
        before = len(self.told)
        self.now += LIST_SECONDS
        self.keeper.turn(self.now)
        end = time.monotonic() + 60
        while self.keeper.busy and time.monotonic() < end:
            time.sleep(0.05)
            self.keeper.turn(self.now)
        assert not self.keeper.busy
        return [event for event in self.told[before:] if event.kind == "leak"]

    def close(self) -> None:
        self.keeper.close()
        self.database.close()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return parse_site(SITE, tmp_path / "site.yaml")


def test_a_leak_is_told_once_and_when_it_is_over(site: Site, tmp_path: Path) -> None:
    put(tmp_path / "readings", rows(UNTIL))
    desk = Desk(site, UNTIL)
    (began,) = desk.look()
    assert (began.kind, began.place, began.camera) == ("leak", "W1", "")
    assert (began.phase, began.alarm) == (Phase.START, True)
    assert began.message.startswith("Leak at “W1”, 1")
    row = Findings(desk.database).get(began.id)
    assert row is not None
    assert row.drawing.startswith("<svg")
    assert row.evidence
    (meter,) = desk.meters
    assert (meter.id, meter.household) == ("water-W1", True)
    assert [one.id for one in meter.findings] == [began.id], "the alarm's own"
    assert read_page(site.data / FOLDER, meter.id) is not None
    assert desk.look() == [], "nothing has changed"
    desk.close()

    desk = Desk(site)  # started anew, and the same readings came once more
    put(tmp_path / "readings", rows(UNTIL), "again.csv")
    assert desk.look() == []
    put(tmp_path / "readings", rows(DAYS), "b.csv")
    (over,) = desk.look()
    assert (over.id, over.phase, over.alarm) == (began.id, Phase.END, True)
    desk.close()


def test_a_feed_that_writes_all_the_time_is_looked_at_all_the_same(tmp_path: Path) -> None:
    feeds = "feeds: {hall: {kind: p1, port: /dev/ttyUSB0, electricity: E}}"
    text = SITE.replace("{folder: readings}", f"{{folder: readings, {feeds}}}")
    put(tmp_path / "readings", rows(UNTIL), "b-2026-11.csv")
    desk = Desk(parse_site(text, tmp_path / "site.yaml"), UNTIL)
    path = tmp_path / "readings" / "b-2026-11.csv"
    os.utime(path, (desk.now + LIST_SECONDS,) * 2)
    assert not desk.look(), "somebody may still be writing it"
    path = path.rename(path.with_name("hall-2026-11.csv"))
    os.utime(path, (desk.now + LIST_SECONDS,) * 2)
    assert len(desk.look()) == 1
    desk.close()


def test_what_is_long_over_is_noted_but_no_alarm(site: Site, tmp_path: Path) -> None:
    old = [line.replace(line.split(",")[1], _earlier(line.split(",")[1])) for line in rows(DAYS)]
    put(tmp_path / "readings", old)
    desk = Desk(site)
    (noted,) = desk.look()
    assert (noted.kind, noted.alarm, noted.phase) == ("leak", False, Phase.END)
    desk.close()


def test_of_stores_those_are_reckoned_anew_that_have_changed(tmp_path: Path) -> None:
    """What is noted at the desk comes into the balances, and nothing else is reckoned for it."""
    site = parse_site(STOCK, tmp_path / "site.yaml")
    write_records(tmp_path / "records", time.time())
    for path in (tmp_path / "records").iterdir():
        os.utime(path, (time.time() - 60,) * 2)
    shown: list[list[str]] = []
    desk = Desk(site)
    stores = StoreKeeper(site.data / LEDGER, time.time, tmp_path / "records", "UTC")

    def show(changed: Sequence[ShownStore], names: Sequence[str]) -> None:
        shown.append([one.name for one in changed])
        stores.show(changed, names)

    desk.keeper = FindingKeeper(site, desk.database, desk.told.extend, show)
    stores.on_note(lambda: desk.keeper.look_again("stock"))
    desk.look()
    assert shown == [[TANK, DEPOT, EMPTY]]
    assert [event.kind for event in desk.told] == ["theft"]
    at = time.time() - 60
    dip = Entry(TANK, EntryKind.LEVEL, at, 850.0, "mm", "gauge", author="Anna")
    noted, _ = stores.note(dip, "k" * 32, time.time())
    assert stores.waiting
    desk.look()
    assert shown[1:] == [[TANK, EMPTY]], "the depot is as it was; the empty one is in trouble"
    assert not stores.waiting
    tank = next(one for one in stores.list() if one.name == TANK)
    assert tank.balances is not None
    assert tank.balances.time[-1] == at
    assert noted.seq in tank.standing
    assert [event.kind for event in desk.told] == ["theft"], "nothing is told twice"
    stores.close()
    desk.close()


def test_a_loss_ends_the_request_to_count_again(tmp_path: Path) -> None:
    """Told at the first count, replaced at the second: one episode, of which one line is open."""
    site = parse_site(STOCK, tmp_path / "site.yaml")
    story = bags_story(24, loss=lambda day: 3.0 if day == 138 else 0.0)[1]
    begin = (time.time() // DAY - 147) * DAY

    def put_until(day: float) -> None:
        folder = tmp_path / "records"
        folder.mkdir(exist_ok=True)
        (folder / "stores.csv").write_text("store,form,product,chart\nd,bulk,AN,\n")
        rows = [
            f"d,{one.kind},{datetime.fromtimestamp(begin + one.at, UTC).isoformat()},"
            f"{one.quantity!r},{one.unit},{one.instrument}"
            for one in story
            if one.at <= day * DAY
        ]
        head = "store,kind,at,quantity,unit,instrument"
        (folder / "ledger.csv").write_text("\n".join([head, *rows]) + "\n")
        for path in folder.iterdir():
            os.utime(path, (time.time() - 60,) * 2)

    put_until(141)
    desk = Desk(site)
    desk.look()
    assert [(event.kind, event.phase) for event in desk.told] == [("count_error", Phase.START)]
    put_until(148)
    desk.look()
    told = {(event.kind, event.phase, event.alarm) for event in desk.told[1:]}
    assert told == {("one_off", Phase.START, True), ("count_error", Phase.END, True)}
    desk.close()


def _earlier(stamp: str) -> str:
    at = datetime.fromisoformat(stamp).timestamp() - 90 * 86_400
    return datetime.fromtimestamp(at, UTC).isoformat()


def test_files_that_cannot_be_used_are_said(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(SITE + "stock: {folder: records}\n")
    desk = Desk(load_site(tmp_path / "site.yaml"))
    desk.keeper.turn(desk.now)
    assert f"{tmp_path / 'readings'} cannot be read" in desk.keeper.trouble
    put(tmp_path / "readings", ["W1,yesterday,water,1,,L,", *rows(3)])
    put(tmp_path / "records", ["nonsense"], "ledger.csv")
    assert desk.look() == []
    assert "1 readings could not be used" in desk.keeper.trouble
    assert "stores.csv is missing" in desk.keeper.trouble
    put(tmp_path / "readings", rows(3))
    (tmp_path / "records" / "ledger.csv").unlink()
    desk.look()
    assert desk.keeper.trouble == ""
    desk.close()


def test_a_disk_that_is_full_loses_no_finding(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "readings", rows(UNTIL))
    desk = Desk(site, UNTIL)

    def full(self: Findings, rows: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Findings, "put", full)
        with pytest.raises(OSError, match="no space"):
            desk.look()
    assert [one.kind for one in desk.look()] == ["leak"], "and told again: twice is harmless"
    assert desk.look() == []
    desk.close()
