"""`streetlamp alarms report`: a month against the budget, on the terminal and as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from streetlamp.alarms.book import AlarmBook
from streetlamp.alarms.options import AlarmOptions
from streetlamp.app.alarms_command import report
from streetlamp.errors import UserError
from streetlamp.store import Database
from support.alarms import event

MAY = datetime(2026, 5, 3, 12, tzinfo=UTC).timestamp()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text(
        "name: Yard\ndata: data\nalarms: {budget_per_operator_hour: 0.01}\n"
        "cameras: {gate: {source: 'test:'}}\n"
    )
    return path


def kept(site: Path, n: int) -> None:
    db = Database(site.parent / "data" / "streetlamp.db")
    book = AlarmBook(db, AlarmOptions(merge_seconds=0))
    for i in range(n):
        book.handle(event(f"a{i}", MAY + 90 * i, end=MAY + 90 * i + 5, time=MAY + 90 * i + 5))
    book.mark_false("a0", "ada", MAY + 65)
    db.close()


def test_within_the_budget(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept(site, 3)
    assert report(site, "2026-05", as_json=False) is True
    said = capsys.readouterr().out
    assert said.startswith("Yard, alarms of May 2026\n  3 alarms, shown as 3 rows; ")
    assert "answered after 1 min (median)" in said
    assert "gate · night · yard" in said


def test_over_it_and_as_json(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept(site, 9)
    assert report(site, "2026-05", as_json=True) is False
    said = json.loads(capsys.readouterr().out)
    assert (said["period"], said["alarms"], said["within_budget"]) == ("2026-05", 9, False)
    assert said["offenders"][0] == {
        "camera": "gate", "rule": "night", "place": "yard", "alarms": 9, "share": 1.0,
    }  # fmt: skip


@pytest.mark.parametrize("month", ["2026-13", "yesterday", "2199-01", "2026-05"])
def test_what_there_is_no_report_of(site: Path, month: str) -> None:
    with pytest.raises(UserError):
        report(site, month, as_json=False)
