"""`streetlamp stock reconcile` from end to end, and on the shared records where they are."""

from __future__ import annotations

import csv
import gzip
import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streetlamp.cli import app
from streetlamp.stock.ledger.book import LedgerBook
from streetlamp.stock.ledger.entries import EntryKind
from streetlamp.stock.physics.charts import write_chart
from support.stock import DAY, bags_story, tank_story

FIELDS = (
    "store", "cause", "start_day", "detected_day", "size", "unit", "confidence", "evidence",
)  # fmt: skip


def folder_of(path: Path) -> Path:
    """A ledger folder of a tank from which 150 L are taken on day 30."""
    store, entries = tank_story(45, lambda day: 150.0 if day == 30 else 0.0)
    assert store.chart is not None
    path.mkdir()
    write_chart(path / "chart.csv", store.chart)
    (path / "stores.csv").write_text("store,form,product,chart\nt,tank,diesel,chart.csv\n")
    with (path / "ledger.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["store", "kind", "at", "quantity", "unit", "instrument"])
        for one in entries:
            at = (datetime(2026, 5, 1, tzinfo=UTC) + timedelta(seconds=one.at)).isoformat()
            out.writerow(["t", one.kind, at, repr(one.quantity), one.unit, one.instrument])
    return path


def run(folder: Path, out: Path) -> list[dict[str, object]]:
    result = CliRunner().invoke(app, ["stock", "reconcile", str(folder), "--out", str(out)])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in (out / "findings.jsonl").read_text("utf-8").splitlines()]


def test_the_contract_and_its_traces(tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = run(folder_of(tmp_path / "in"), out)
    assert [(one["cause"], one["start_day"], one["detected_day"]) for one in found] == [
        ("theft", 30, 31)
    ]
    assert all(name in found[0] for name in FIELDS)
    page = (out / "stores" / "t.html").read_text("utf-8")
    assert "http" not in page  # self-contained
    linked = set(re.findall(r"href='#e(\d+)'", page))
    there = set(re.findall(r"id=e(\d+)", page))
    assert linked
    assert linked <= there
    book = LedgerBook(out / "ledger.db")
    numbers = {one.seq for one in book.entries("t")}
    assert {int(n) for n in there} == numbers
    assert set(found[0]["entries"]) <= numbers  # type: ignore[call-overload]
    assert book.broken() is None
    assert (out / "reconcile.html").is_file()


def test_told_again_it_says_the_same_and_notes_nothing_twice(tmp_path: Path) -> None:
    folder, out = folder_of(tmp_path / "in"), tmp_path / "out"
    first = run(folder, out)
    n = len(LedgerBook(out / "ledger.db").entries())
    assert run(folder, out) == first
    assert len(LedgerBook(out / "ledger.db").entries()) == n


def test_a_loss_of_a_bulk_store_starts_a_clock(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    _, entries = bags_story(24, loss=lambda day: 3.0 if day == 138 else 0.0)
    takes = ["depot,day,stock_t,method"]
    moves = ["depot,day,direction,weighed_t"]
    for one in entries:
        if one.kind is EntryKind.STOCK_TAKE:
            takes.append(f"d,{one.at / DAY - 1:.0f},{one.quantity},{one.instrument}")
        else:
            way = "in" if one.kind is EntryKind.RECEIPT else "out"
            moves.append(f"d,{one.at // DAY:.0f},{way},{one.quantity}")
    (folder / "stock_takes.csv").write_text("\n".join(takes) + "\n")
    (folder / "movements.csv").write_text("\n".join(moves) + "\n")
    found = run(folder, out)
    assert [one["cause"] for one in found] == ["one_off"]
    duties = [json.loads(line) for line in (out / "duties.jsonl").read_text().splitlines()]
    assert len(duties) == 1  # a request to count again is no loss
    assert duties[0]["due"] - duties[0]["detected"] == 86400
    assert duties[0]["detected"] == 148 * DAY
    page = (out / duties[0]["page"]).read_text("utf-8")
    linked = re.findall(r"href='\.\./stores/(d\.html)#(b\d+)'", page)
    sheet = (out / "stores" / "d.html").read_text("utf-8")
    assert linked
    assert all(f"id={place}>" in sheet for _, place in linked)
    assert "<form" not in page  # nothing can be sent from it


def test_labels_are_never_read(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "in")
    (folder / "labels.csv").mkdir()  # opening it would fail
    assert run(folder, tmp_path / "out")


def test_an_error_is_for_a_person(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app, ["stock", "reconcile", str(tmp_path), "--out", str(tmp_path / "out")]
    )
    assert result.exit_code != 0
    assert "inventory.csv" in str(result.exception) + result.output


@pytest.mark.parametrize(
    ("tank", "cause", "day"), [("3", "leak", 205), ("4", "theft", 267), ("1", "none", 0)]
)
def test_on_a_shared_tank(
    shared_data: Path, tmp_path: Path, tank: str, cause: str, day: int
) -> None:
    """One tank of the simulated set, without its labels."""
    source, folder = shared_data / "stock" / "sim_tank_events", tmp_path / "in"
    folder.mkdir()
    for chart in source.glob("chart_*.csv"):
        shutil.copy(chart, folder)
    for name, text in (
        ("tanks.csv", (source / "tanks.csv").read_text()),
        ("inventory.csv", gzip.decompress((source / "inventory.csv.gz").read_bytes()).decode()),
    ):
        head, *rows = text.splitlines()
        mine = [row for row in rows if row.split(",")[0] == tank]
        (folder / name).write_text("\n".join([head, *mine]) + "\n")
    found = run(folder, tmp_path / "out")
    if cause == "none":
        assert found == []
    else:
        assert [one["cause"] for one in found] == [cause]
        assert 0 <= found[0]["detected_day"] - day <= 1  # type: ignore[operator]
