"""The audit log: what was done to it shows."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streetlamp.store import Database
from streetlamp.vault.audit import Audit, Head


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "a.db")
    yield database
    database.close()


@pytest.fixture
def audit(db: Database, tmp_path: Path) -> Audit:
    log = Audit(db, tmp_path / "audit.head")
    for n in range(10):
        log.record(100.0 + n, "ada", "export", f"segment {n}", seconds=n, why="Ünïcode ✓")
    return log


def test_entries_come_back_newest_first(audit: Audit) -> None:
    newest = audit.list(2)
    assert [one.seq for one in newest] == [10, 9]
    assert newest[0].object == "segment 9"
    assert newest[0].detail == '{"seconds": 9, "why": "Ünïcode ✓"}'
    assert [one.seq for one in audit.list(5, before=3)] == [2, 1]
    assert audit.verify().ok
    assert audit.verify().entries == 10


def test_it_goes_on_after_a_restart(audit: Audit, db: Database, tmp_path: Path) -> None:
    again = Audit(db, tmp_path / "audit.head")
    again.record(200.0, "bob", "login")
    assert again.verify().entries == 11
    assert again.verify().ok


TAMPERING: dict[str, tuple[str, str]] = {
    "a changed word": ("UPDATE audit SET actor = 'eve' WHERE seq = 4", "entry 4 was changed"),
    "a changed time": ("UPDATE audit SET time = 104.5 WHERE seq = 5", "entry 5 was changed"),
    "one taken out": ("DELETE FROM audit WHERE seq = 6", "entries 6 to 6 are missing"),
    "the first taken out": ("DELETE FROM audit WHERE seq = 1", "entries 1 to 1 are missing"),
    "the end cut off": ("DELETE FROM audit WHERE seq > 7", "entries 8 to 10 were cut off"),
    "everything gone": ("DELETE FROM audit", "entries 1 to 10 were cut off"),
    "two swapped": (
        "UPDATE audit SET seq = CASE seq WHEN 3 THEN -4 WHEN 4 THEN -3 ELSE seq END;"
        "UPDATE audit SET seq = -seq WHERE seq < 0",
        "entry 3 was changed",
    ),
    "one made up": (
        "INSERT INTO audit VALUES (11, 1, 'eve', 'x', '', '', 'ff')",
        "entry 11 was changed",
    ),
}


@pytest.mark.parametrize("how", TAMPERING)
def test_tampering_shows(audit: Audit, db: Database, how: str) -> None:
    sql, said = TAMPERING[how]
    with sqlite3.connect(db.path) as raw:
        raw.executescript(sql)
    raw.close()
    assert said in audit.verify().problem


def test_a_chain_forged_from_the_middle_does_not_fit_the_head(
    audit: Audit, db: Database, tmp_path: Path
) -> None:
    with sqlite3.connect(db.path) as raw:
        raw.execute("DELETE FROM audit WHERE seq > 5")
    raw.close()
    forger = Audit(db, tmp_path / "forged.head")
    for n in range(8):
        forger.record(300.0 + n, "ada", "nothing")
    assert forger.verify().ok, "the chain itself is whole"
    assert "entry 10 is not the one that was written" in audit.verify().problem


def test_a_head_written_down_elsewhere_beats_a_forged_file(audit: Audit, tmp_path: Path) -> None:
    noted = audit.head
    assert noted is not None
    audit.record(500.0, "ada", "more")
    assert audit.verify(kept=noted).ok
    assert not audit.verify(kept=Head(noted.seq, "0" * 64)).ok


@pytest.mark.parametrize("how", [Path.unlink, lambda path: path.write_text("{oops")])
def test_a_lost_head_shows(audit: Audit, tmp_path: Path, how: Callable[[Path], object]) -> None:
    how(tmp_path / "audit.head")
    assert "audit.head" in audit.verify().problem
    audit.record(1.0, "ada", "again")
    assert audit.verify().ok


def test_a_crash_between_entry_and_head_is_no_tampering(
    audit: Audit, db: Database, tmp_path: Path
) -> None:
    kept = (tmp_path / "audit.head").read_bytes()
    audit.record(1.0, "ada", "last words")
    (tmp_path / "audit.head").write_bytes(kept)
    assert audit.verify().ok


def test_a_head_that_cannot_be_kept_is_said(db: Database, tmp_path: Path) -> None:
    log = Audit(db, tmp_path / "no such folder" / "audit.head")
    log.record(1.0, "ada", "login")
    assert "could not be kept" in log.trouble


def test_not_inside_another_transaction(audit: Audit, db: Database) -> None:
    with pytest.raises(RuntimeError, match="a transaction of their own"), db.write():
        audit.record(1.0, "ada", "login")
