"""A month by script: the ledger says the same, to the minute."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from streetlamp.fleet.account import Account
from streetlamp.fleet.figures import Figures
from streetlamp.store import Database, LedgerTables
from support.script import differences, draw, play


@pytest.mark.parametrize(
    ("seed", "month", "hours"),
    [(1, (2026, 10), 31 * 24 + 1), (2, (2027, 3), 31 * 24 - 1)],
)
def test_a_month_equals_its_script(
    seed: int, month: tuple[int, int], hours: int, tmp_path: Path
) -> None:
    script = draw(seed, 4, month, ZoneInfo("Europe/Berlin"))
    assert script.end - script.start == hours * 3600
    play(script, tmp_path / "a.db", every=60)
    db = Database(tmp_path / "a.db")
    account = Account(LedgerTables(db))
    found = account.stretches(script.start - 10**9, script.end + 10**9)
    db.close()
    assert list(differences(script, found)) == []  # type: ignore[arg-type]
    for camera, minutes in script.truth.items():
        figures = Figures.of(found[camera])
        assert figures.expected + figures.planned == len(minutes)
        assert figures.kept == sum(one == "kept" for one in minutes.values())
        assert figures.ours > 0
