"""Entries that a page sends: once each, whatever happens between, and in their place in a book."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from streetlamp.errors import UserError
from streetlamp.stock.ledger.book import LedgerBook
from streetlamp.stock.ledger.entries import Entry, EntryKind, in_force, together
from streetlamp.stock.ledger.folders import read_folder
from streetlamp.stock.ledger.plausible import Limits, oddities

NOW = 1_700_000_000.0
# Sends entries under the keys 0, 1, 2 … and says each number when the ledger has it.
SENDER = """
import sys
from pathlib import Path
from streetlamp.stock.ledger.book import LedgerBook
from streetlamp.stock.ledger.entries import Entry, EntryKind
book = LedgerBook(Path(sys.argv[1]))
for n in range(100_000):
    book.note(Entry("north", EntryKind.LEVEL, 5.0 + n, 900.0, "mm"), f"key-{n}", now=1.0)
    print(n, flush=True)
"""


def dip(n: int = 0, **more: object) -> Entry:
    given = {"kind": EntryKind.LEVEL, "at": 5.0 + n, "quantity": 900.0, "unit": "mm", **more}
    return Entry("north", **given)  # type: ignore[arg-type]


def test_a_sender_who_was_not_told_sends_again_and_it_is_there_once(tmp_path: Path) -> None:
    """The desk is killed between the ledger and its answer, again and again."""
    path = tmp_path / "ledger.db"
    LedgerBook(path).close()
    child = subprocess.Popen(
        [sys.executable, "-c", SENDER, str(path)],
        stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert child.stdout is not None
    told = [int(child.stdout.readline()) for _ in range(20)]
    child.send_signal(signal.SIGKILL)
    told += [int(line) for line in child.stdout.read().split()]
    child.wait()
    child.stdout.close()
    book = LedgerBook(path)
    sent = range(max(told) + 3)  # one that was noted and not told may be among the last
    noted = [book.note(dip(n), f"key-{n}", now=2.0) for n in sent]
    assert not any(new for _, new in noted[: len(told)])
    assert sorted(one.at for one in book.entries()) == [5.0 + n for n in sent]
    assert book.broken() is None
    book.close()


def test_a_key_belongs_to_what_was_sent_first(tmp_path: Path) -> None:
    book = LedgerBook(tmp_path / "ledger.db")
    first, new = book.note(dip(author="ada"), "k1", now=3.0)
    assert (first.seq, first.noted, new) == (1, 3.0, True)
    assert book.note(dip(author="ada"), "k1", now=9.0) == (first, False)
    for other in (dip(author="bob"), dip(1, author="ada")):
        with pytest.raises(UserError, match="sent under this key"):
            book.note(other, "k1", now=9.0)
    assert book.made_at_pages("north") == book.entries() == [first]
    book.close()


def test_the_same_noted_twice_on_purpose_is_two(tmp_path: Path) -> None:
    book = LedgerBook(tmp_path / "ledger.db")
    assert [book.note(dip(), key, now=1.0)[0].seq for key in ("k1", "k2")] == [1, 2]
    book.close()


def test_what_pages_noted_stands_beside_the_records_and_corrects_them(tmp_path: Path) -> None:
    book = LedgerBook(tmp_path / "ledger.db")
    records = book.add([dip(0), dip(1)], now=1.0)
    made = [
        book.note(dip(2), "k1", now=2.0)[0],
        book.note(dip(0, corrects=1, note="misread"), "k2", now=3.0)[0],
        book.note(dip(0, corrects=4), "k3", now=4.0)[0],
    ]
    whole = together(records, book.made_at_pages("north"))
    assert [one.seq for one in in_force(whole)] == [5, 2, made[0].seq]
    changed = together(records[1:], made)  # the first row is no longer in the file
    assert [one.seq for one in changed] == [2, 3], "its corrections stand for nothing"
    book.close()


def test_rows_are_corrected_by_their_own_numbers(tmp_path: Path) -> None:
    """Two stores in one file, and entries of a page before them in the ledger."""
    (tmp_path / "stores.csv").write_text("store,form,product,chart\na,bulk,,\nb,bulk,,\n")
    (tmp_path / "ledger.csv").write_text(
        "store,kind,at,quantity,unit,instrument,corrects\n"
        "a,receipt,2026-05-01,1,t,weighbridge,\n"
        "b,receipt,2026-05-01,2,t,weighbridge,\n"
        "a,receipt,2026-05-02,3,t,weighbridge,\n"
        "b,receipt,2026-05-01,4,t,weighbridge,2\n"
        "b,receipt,2026-05-01,5,t,weighbridge,4\n"
    )
    records = read_folder(tmp_path)
    book = LedgerBook(tmp_path / "ledger.db")
    for n in range(7):
        book.note(dip(n), f"k{n}", now=1.0)
    for _ in range(2):  # the same upload again
        stand = {
            name: [one.quantity for one in in_force(book.add(entries, now=2.0))]
            for name, entries in records.entries.items()
        }
        assert stand == {"a": [1.0, 3.0], "b": [5.0]}
    assert len(book.entries()) == 7 + 5
    assert [one.quantity for one in book.standing("b")] == [5.0]
    wrong = (tmp_path / "ledger.csv").read_text() + "a,receipt,2026-05-01,5,t,weighbridge,2\n"
    (tmp_path / "ledger.csv").write_text(wrong)
    with pytest.raises(UserError, match="there is no entry 2"):
        book.add(read_folder(tmp_path).entries["a"], now=3.0)  # that row is of the other store
    book.close()


def test_stores_may_be_described_before_anything_is_noted(tmp_path: Path) -> None:
    (tmp_path / "stores.csv").write_text("store,form,product,chart\na,bulk,AN,\n")
    records = read_folder(tmp_path)
    assert [one.name for one in records.stores] == ["a"]
    assert records.entries == {"a": []}


@pytest.mark.parametrize(
    ("entry", "odd"),
    [
        (dip(at=NOW), []),
        (dip(at=NOW, quantity=2001.0), ["The tank's chart ends at 2000 mm."]),
        (dip(at=NOW, quantity=79.0, unit="in"), ["The tank's chart ends at 2000 mm."]),
        (dip(at=NOW + 301), ["The time lies in the future."]),
        (dip(at=NOW - 300 * 86_400), []),
        (dip(at=NOW - 367 * 86_400), ["The time is more than a year ago."]),
        (dip(at=NOW, kind=EntryKind.RECEIPT, unit="gal", quantity=5283.0), []),
        (
            dip(at=NOW, kind=EntryKind.RECEIPT, unit="gal", quantity=5284.0),
            ["The tank holds 20000 L."],
        ),
        (
            dip(at=NOW, kind=EntryKind.METER_TOTAL, unit="m3", quantity=1.9, instrument="p1"),
            ["The last total of this meter was 2.0 m3, and this is less."],
        ),
        (dip(at=NOW, kind=EntryKind.METER_TOTAL, unit="L", quantity=1.0, instrument="p2"), []),
        (dip(at=NOW, kind=EntryKind.TEMPERATURE, unit="°C", quantity=15.0), []),
        (
            dip(at=NOW, kind=EntryKind.TEMPERATURE, unit="°F", quantity=150.0),
            ["66 °C is no temperature of a store."],
        ),
    ],
)  # fmt: skip
def test_what_is_odd(entry: Entry, odd: list[str]) -> None:
    assert oddities(entry, Limits(20_000.0, 2000.0, {"p1": 2000.0}), NOW) == odd
