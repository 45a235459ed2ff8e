"""The monthly sheet: verdicts and balances, and every figure traced to its ledger entries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from streetlamp.app.stock_sheet import months_of
from streetlamp.cli import app
from streetlamp.errors import UserError
from streetlamp.stock.causes.judge import JudgeOptions
from streetlamp.stock.compliance.month import StoreMonth, month_of, store_month
from streetlamp.stock.compliance.page import page
from streetlamp.stock.ledger.book import LedgerBook
from streetlamp.stock.ledger.entries import INFLOWS, Entry, EntryKind, in_force
from streetlamp.stock.ledger.folders import read_folder
from streetlamp.stock.physics.charts import write_chart
from streetlamp.stock.sir import records
from streetlamp.stock.sir.estimate import Estimate, estimate
from streetlamp.stock.sir.from_ledger import days_of
from streetlamp.stock.sir.options import SirOptions
from streetlamp.stock.sir.verdict import judge as judge_rate
from support.stock import DAY, tank_story
from support.stores import DEPOT, EMPTY, TANK, write_records

UNTIL = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
OCTOBER = month_of("2026-10", UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records until the end of October, and a ledger with a correction noted at a page."""
    made = tmp_path_factory.mktemp("sheet")
    write_records(made / "records", UNTIL)
    book = LedgerBook(made / "ledger.db")
    stand = book.add(read_folder(made / "records").entries[TANK], now=1.0)
    old = next(one for one in stand if one.kind in INFLOWS and one.at > OCTOBER.start)
    right = replace(old, quantity=old.quantity + 10, corrects=old.seq, author="Anna", seq=0)
    book.note(replace(right, noted=0.0), "k" * 32, now=UNTIL + DAY)
    book.close()
    return made


@pytest.fixture(scope="module")
def months(folder: Path) -> list[StoreMonth]:
    return list(months_of(folder / "records", folder / "ledger.db", OCTOBER, 0.15))


class Page(HTMLParser):
    """All places of a page, and where each link leads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.places: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.places.append(str(given["id"]))
        if tag == "a":
            self.links.append(str(given["href"]))


def figures(text: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Each figure of the page that leads to entries, and their numbers."""
    listed = {
        place: tuple(int(seq) for seq in re.findall(r"href='#e(\d+)'", row))
        for place, row in re.findall(r"<div id=(s\d+-f\d+)>(.*?)</div>", text)
    }
    for place, value in re.findall(r"<a href='#(s\d+-f\d+)'>(.*?)</a>", text):
        yield value, listed[place]


def test_every_link_leads_somewhere_and_every_figure_to_entries(months: list[StoreMonth]) -> None:
    text = page(months, UTC, UNTIL)
    found = Page(text)
    assert len(found.places) == len(set(found.places))
    assert all(link.startswith("#") for link in found.links), "it loads nothing"
    assert {link[1:] for link in found.links} <= set(found.places)
    traced = list(figures(text))
    assert len(traced) > 6 * 31
    for value, entries in traced:
        assert entries, value
        assert {f"e{seq}" for seq in entries} <= set(found.places)
    # no figure of the balances stands there without a link, but what is nothing
    cells = re.findall(r"<td class=n>([\d,.\-]+)(?=<)", text.split("<h3>Balances")[1])
    assert {cell for cell in cells if "." in cell} == {"0.00"}
    assert "<script" not in text


def test_figures_can_be_computed_again_from_their_entries(months: list[StoreMonth]) -> None:
    (tank, depot, _) = months
    for month, warm in ((tank, True), (depot, False)):
        by_seq = {one.seq: one for one in month.entries}
        assert len(month.lines) == (31 if warm else 5)
        for line in month.lines:
            came = [by_seq[seq] for seq in line.receipts.entries if by_seq[seq].kind in INFLOWS]
            assert sum(one.base for one in came) == pytest.approx(line.receipts.value, rel=2e-3)
            went = [by_seq[seq] for seq in line.issues.entries]
            issued = sum(one.base for one in went if one.kind is EntryKind.ISSUE)
            assert issued == pytest.approx(line.issues.value, rel=2e-3)
            balance = (
                line.opening.value + line.receipts.value - line.issues.value - line.allowed.value
            )
            assert balance - line.closing.value == pytest.approx(line.muf.value, abs=1e-6)
            whole = {*line.opening.entries, *line.receipts.entries, *line.issues.entries}
            assert whole | set(line.closing.entries) == set(line.muf.entries)


def test_a_corrected_entry_stands_beside_what_stands_for_it(months: list[StoreMonth]) -> None:
    tank = months[0]
    made = next(one for one in tank.entries if one.corrects is not None)
    assert made.seq in tank.used
    assert made.corrects not in tank.used
    text = page([tank], UTC, UNTIL)
    row = re.search(rf"<tr id=e{made.seq}>.*?</tr>", text)
    assert row is not None
    assert ">Anna<" in row[0]
    assert f"stands for <a href='#e{made.corrects}'>" in row[0]
    assert f"<tr id=e{made.corrects}>" in text


def test_a_month_knows_nothing_of_what_came_after(tmp_path: Path) -> None:
    write_records(tmp_path / "more", UNTIL + 20 * DAY)  # another story, so only its own past counts
    later = months_of(tmp_path / "more", tmp_path / "a.db", OCTOBER, 0.15, only=TANK)[0]
    head, *rows = (tmp_path / "more" / "ledger.csv").read_text().splitlines()
    cut = [row for row in rows if row.split(",")[2] <= "2026-11-01T00:00:00+00:00"]
    assert len(cut) < len(rows)
    (tmp_path / "more" / "ledger.csv").write_text("\n".join([head, *cut]) + "\n")
    then = months_of(tmp_path / "more", tmp_path / "b.db", OCTOBER, 0.15, only=TANK)[0]
    values = [
        [[one.muf.value for one in month.lines], [f.id for f, _ in month.findings]]
        for month in (later, then)
    ]
    assert values[0] == values[1]
    assert later.leak is not None
    assert then.leak is not None
    assert later.leak.verdict == then.leak.verdict


def test_findings_and_stores_without_balances(months: list[StoreMonth]) -> None:
    tank, depot, empty = months
    ((theft, entries),) = tank.findings
    assert theft.cause == "theft"
    assert set(entries) <= tank.used
    assert depot.leak is None, "no leak test for heaps"
    assert "two stock-takes" in empty.trouble
    text = page(months, UTC, UNTIL)
    assert f"<h2>{EMPTY}: tank, petrol" in text
    assert f"{DEPOT}: bulk store" in text


def test_too_little_history_is_inconclusive_and_says_why(months: list[StoreMonth]) -> None:
    short = month_of("2026-09", UTC)
    tank = months[0]
    assert tank.leak is not None
    assert tank.leak.verdict is not None
    assert tank.leak.days == 31
    first = store_month(tank.store, tank.entries, short, JudgeOptions())
    assert first.leak is not None
    assert first.leak.verdict is None
    assert "readings of history" in first.leak.why
    assert "inconclusive" in page([first], UTC, UNTIL)


def test_the_leak_test_takes_the_same_days_from_a_ledger_as_from_an_inventory(
    tmp_path: Path,
) -> None:
    store, entries = tank_story(75, lambda day: 15.0 if day >= 45 else 0.0)
    assert store.chart is not None
    write_chart(tmp_path / "chart_1.csv", store.chart)
    (tmp_path / "tanks.csv").write_text("tank,tank_chart,product\nt,1,diesel\n")
    level = {round(e.at / DAY): e.quantity for e in entries if e.kind is EntryKind.LEVEL}
    lines = [
        "tank,day,open_h_mm,open_l,open_t_c,sales_l,delivery_doc_l,close_h_mm,close_l,close_t_c"
    ]
    for day in range(75):
        mine = [e for e in entries if day * DAY < e.at < (day + 1) * DAY]
        sold = sum(e.quantity for e in mine if e.kind is EntryKind.ISSUE)
        came = sum(e.quantity for e in mine if e.kind is EntryKind.RECEIPT)
        ends = [
            f"{level[d]:.3f},{float(store.chart.volume(np.array(level[d]))):.2f},15"
            for d in (day, day + 1)
        ]
        lines.append(f"t,{day},{ends[0]},{sold},{came},{ends[1]}")
    (tmp_path / "inventory.csv").write_text("\n".join(lines) + "\n")
    told = read_folder(tmp_path)
    numbered = [replace(one, seq=n) for n, one in enumerate(told.entries["t"], 1)]
    days = days_of(told.stores[0], in_force(numbered))
    mine, theirs = (
        estimate(tank, SirOptions()) for tank in (days.tank, records.read_folder(tmp_path)[0][0])
    )
    assert isinstance(mine, Estimate)
    assert isinstance(theirs, Estimate)
    assert mine.rate == pytest.approx(theirs.rate, abs=1e-4)
    assert mine.sigma == pytest.approx(theirs.sigma, rel=1e-3)
    assert judge_rate(mine).verdict == "fail"
    assert len(days.entries) == 75
    assert set().union(*days.entries) == {one.seq for one in numbered}


def test_days_begin_when_the_tank_is_read_also_around_midnight() -> None:
    store, entries = tank_story(20)
    rng = np.random.default_rng(3)
    shifted: list[Entry] = []
    for one in entries:  # read at half past midnight, by somebody who is a few minutes off
        reading = one.kind in (EntryKind.LEVEL, EntryKind.TEMPERATURE)
        off = 1800.0 + (float(rng.uniform(-1200, 1200)) if reading else 0.0)
        shifted.append(replace(one, at=one.at + 100 * DAY + off))
    gone = [one for one in shifted if not (110 * DAY < one.at < 112 * DAY)]  # two days are missing
    days = days_of(store, gone)
    assert len(days.tank.day) >= 17
    assert not np.isnan(days.tank.open_volume).all()
    straight = days_of(store, entries)
    assert np.allclose(days.tank.sales[:5], straight.tank.sales[:5]), (
        "what was sold between two readings stays with them"
    )


def test_the_command(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "october.html"
    given = ["stock", "sheet", str(folder / "records"), "--month", "2026-10", "--out", str(out)]
    result = CliRunner().invoke(app, [*given, "--ledger", str(folder / "ledger.db")])
    assert result.exit_code == 0, result.output
    assert "1 found" in result.output
    assert "Anna" in out.read_text("utf-8")
    for wrong in ("October", "2026-13", "2026"):
        with pytest.raises(UserError, match="2026-10"):
            month_of(wrong, UTC)


def test_days_that_are_only_numbered_need_a_date(tmp_path: Path) -> None:
    (tmp_path / "stock_takes.csv").write_text(
        "depot,day,stock_t,method\nd,0,100,opening\nd,70,90,survey\n"
    )
    (tmp_path / "movements.csv").write_text("depot,day,direction,weighed_t\nd,40,out,10\n")
    given = ["stock", "sheet", str(tmp_path), "--month", "2026-03", "--out", f"{tmp_path}/s.html"]
    result = CliRunner().invoke(app, given)
    assert "--first-day" in str(result.exception) + result.output
    result = CliRunner().invoke(app, [*given, "--first-day", "2026-01-01"])
    assert result.exit_code == 0, result.output
    text = (tmp_path / "s.html").read_text("utf-8")
    assert "2026-03-13 00:00" in text  # the day after day 70
    assert "Balances, t" in text
