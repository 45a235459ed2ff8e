"""A ledger's entry can never be changed or lost."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from streetlamp.errors import UserError
from streetlamp.stock.ledger.book import LedgerBook
from streetlamp.stock.ledger.entries import Entry, EntryKind, in_force

DAY = 86400.0


def lorry(day: float = 1, tonnes: float = 28.2, **more: object) -> Entry:
    return Entry("north", EntryKind.RECEIPT, day * DAY, tonnes, "t", **more)  # type: ignore[arg-type]


def test_what_is_noted_comes_back(tmp_path: Path) -> None:
    book = LedgerBook(tmp_path / "ledger.db")
    kept = book.add([lorry(ref="D1", author="ada"), lorry(2)], now=5.0)
    assert [one.seq for one in kept] == [1, 2]
    assert book.entries("north") == kept
    assert book.entries("south") == []
    assert book.broken() is None


def test_an_upload_told_again_or_longer_adds_only_what_is_new(tmp_path: Path) -> None:
    book = LedgerBook(tmp_path / "ledger.db")
    twins = [lorry(), lorry()]  # two lorries of one weight on one day
    book.add(twins, now=1.0)
    book.add(twins, now=2.0)
    kept = book.add([*twins, lorry(), lorry(3)], now=3.0)
    assert [one.seq for one in kept] == [1, 2, 3, 4]
    assert [one.noted for one in kept] == [1.0, 1.0, 3.0, 3.0]
    assert len(book.entries()) == 4


def test_a_correction_is_a_new_entry_and_the_old_one_stays(tmp_path: Path) -> None:
    book = LedgerBook(tmp_path / "ledger.db")
    book.add([lorry(tonnes=28.2)], now=10.0)
    book.add([lorry(tonnes=2.82, corrects=1)], now=20.0)
    assert [one.quantity for one in book.standing("north")] == [2.82]
    assert [one.quantity for one in book.standing("north", known=15.0)] == [28.2]
    assert len(book.entries()) == 2
    gone = Entry("north", EntryKind.WITHDRAWAL, DAY, 0.0, "t", corrects=2)
    book.add([gone], now=30.0)
    assert book.standing("north") == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lorry(corrects=7), "no entry 7"),
        (Entry("south", EntryKind.RECEIPT, 0.0, 1.0, "t", corrects=1), "cannot correct entry 1"),
        (Entry("north", EntryKind.ISSUE, 0.0, 1.0, "t", corrects=1), "withdraw that"),
    ],
)
def test_a_correction_fits_what_it_corrects(tmp_path: Path, wrong: Entry, said: str) -> None:
    book = LedgerBook(tmp_path / "ledger.db")
    book.add([lorry()], now=1.0)
    with pytest.raises(UserError, match=said):
        book.add([lorry(9), wrong], now=2.0)
    assert len(book.entries()) == 1  # all or none


def test_an_entry_is_corrected_once(tmp_path: Path) -> None:
    book = LedgerBook(tmp_path / "ledger.db")
    book.add([lorry()], now=1.0)
    first = lorry(tonnes=3.0, corrects=1)
    book.add([first], now=2.0)
    book.add([first], now=3.0)  # the same upload again
    with pytest.raises(UserError, match="correct its"):
        book.add([lorry(tonnes=4.0, corrects=1)], now=4.0)
    assert len(book.entries()) == 2


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE stock_entries SET quantity = 1 WHERE seq = 1",
        "DELETE FROM stock_entries",
        "INSERT OR REPLACE INTO stock_entries SELECT seq, key, store, kind, at, 9, unit,"
        " instrument, ref, author, note, corrects, noted, digest FROM stock_entries",
    ],
)
def test_the_database_refuses_every_change(tmp_path: Path, change: str) -> None:
    book = LedgerBook(tmp_path / "ledger.db")
    kept = book.add([lorry(), lorry(2)], now=1.0)
    other = sqlite3.connect(tmp_path / "ledger.db")
    with pytest.raises(sqlite3.DatabaseError, match="never changed"):
        other.execute(change)
    other.close()
    assert book.entries() == kept


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ("UPDATE stock_entries SET quantity = 1 WHERE seq = 2", 2),
        ("DELETE FROM stock_entries WHERE seq = 1", 1),
    ],
)
def test_a_change_past_the_refusals_shows(tmp_path: Path, change: str, at: int) -> None:
    book = LedgerBook(tmp_path / "ledger.db")
    book.add([lorry(day) for day in range(3)], now=1.0)
    other = sqlite3.connect(tmp_path / "ledger.db")
    for name in ("no_update", "no_delete"):
        other.execute(f"DROP TRIGGER stock_entries_{name}")
    other.execute(change)
    other.commit()
    other.close()
    assert book.broken() == at


WRITER = """
import sys
from pathlib import Path
from streetlamp.stock.ledger.book import LedgerBook
from streetlamp.stock.ledger.entries import Entry, EntryKind

book, name = LedgerBook(Path(sys.argv[1])), sys.argv[2]
for n in range(int(sys.argv[3])):
    kept = book.add([Entry(name, EntryKind.ISSUE, n, 1.0, "t")], now=1.0)
    print(kept[0].seq, flush=True)
"""


def writer(path: Path, name: str, n: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), name, str(n)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ))


def test_killed_in_the_middle_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    LedgerBook(path).close()
    child = writer(path, "north", 100_000)
    assert child.stdout is not None
    told = [int(child.stdout.readline()) for _ in range(25)]
    child.send_signal(signal.SIGKILL)
    told += [int(line) for line in child.stdout.read().split()]
    child.wait()
    child.stdout.close()
    book = LedgerBook(path)
    there = [one.seq for one in book.entries()]
    assert set(told) <= set(there)
    assert there == list(range(1, len(there) + 1))
    assert book.broken() is None


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    LedgerBook(path).close()
    children = [writer(path, name, 15) for name in ("north", "south")]
    told = [int(n) for child in children for n in child.communicate()[0].split()]
    assert sorted(told) == list(range(1, 31))
    book = LedgerBook(path)
    assert len(book.entries()) == 30
    assert len(book.entries("south")) == 15
    assert book.broken() is None


def test_what_stands_depends_on_what_was_known() -> None:
    entries = [
        Entry("a", EntryKind.ISSUE, 1.0, 5.0, "L", noted=1.0, seq=1),
        Entry("a", EntryKind.ISSUE, 1.0, 6.0, "L", corrects=1, noted=9.0, seq=2),
    ]
    assert [one.quantity for one in in_force(entries, known=5.0)] == [5.0]
    assert [one.quantity for one in in_force(entries)] == [6.0]


@pytest.mark.parametrize(
    ("kind", "quantity", "unit", "said"),
    [
        (EntryKind.RECEIPT, 1.0, "mm", "cannot be in mm"),
        (EntryKind.RECEIPT, -1.0, "t", "not below zero"),
        (EntryKind.RECEIPT, float("nan"), "t", "are numbers"),
        (EntryKind.LEVEL, 1.0, "furlong", "no unit 'furlong'"),
        (EntryKind.WITHDRAWAL, 0.0, "t", "names the entry"),
    ],
)
def test_an_entry_is_checked_when_made(
    kind: EntryKind, quantity: float, unit: str, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        Entry("a", kind, 0.0, quantity, unit)


def test_base_units() -> None:
    assert Entry("a", EntryKind.LEVEL, 0.0, 10.0, "in").base == pytest.approx(254.0)
    assert Entry("a", EntryKind.TEMPERATURE, 0.0, 59.0, "°F").base == pytest.approx(15.0)
    assert Entry("a", EntryKind.ISSUE, 0.0, 10.0, "gal").base == pytest.approx(37.854, abs=1e-3)
