"""The keeper of heat maps: what the disk refuses is not lost, and switched off means off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from streetlamp.app.heat_keeper import HeatKeeper
from streetlamp.site import parse_site
from streetlamp.store import Database, Heats, StoreFullError
from streetlamp.values import Heat, Kind, Tracks

HOUR = 1_700_002_800.0
SITE = "cameras: {{gate: {{source: 'test:'}}}}\nheat: {{enabled: {enabled}}}\n"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "a.db")
    yield database
    database.close()


def keeper(db: Database, enabled: str = "true") -> HeatKeeper:
    return HeatKeeper(parse_site(SITE.format(enabled=enabled), Path("/site.yaml")), db)


def people(heat: HeatKeeper, first: int = 0) -> None:
    """Three of them, one after the other, stand at one spot for ten seconds."""
    for number in range(first, first + 3):
        for i in range(50):
            heat.look(
                Tracks.make(
                    "gate", HOUR + 60 * number + i / 5, 1, (640, 360), id=[number],
                    box=np.array([[100, 100, 130, 190]]), kind=[Kind.PERSON], score=[0.9],
                )
            )  # fmt: skip
        heat.look(Tracks.make("gate", HOUR + 60 * number + 30, 1, (640, 360)))


def passed(heat: HeatKeeper) -> int:
    return sum(int(one.passed.sum()) for one in heat.list("gate", "person", 0, 1e11))


def test_what_is_saved_twice_is_there_once(db: Database) -> None:
    heat = keeper(db)
    people(heat)
    assert heat.save(0.0) == heat.save(0.0) == ""
    assert passed(heat) == 3
    people(heat, 3)
    assert heat.save(0.0) == ""
    assert passed(heat) == 6


def test_a_disk_that_takes_nothing_loses_nothing(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    heat = keeper(db)

    def full(self: Heats, new: Iterable[Heat]) -> None:
        raise StoreFullError("the disk is full")

    people(heat)
    with monkeypatch.context() as patch:
        patch.setattr(Heats, "add", full)
        assert "kept in memory: the disk is full" in heat.save(0.0)
        people(heat, 3)
        assert heat.save(0.0)
        assert passed(heat) == 0
    assert heat.save(0.0) == ""
    assert passed(heat) == 6


def test_switched_off_nothing_is_kept(db: Database) -> None:
    heat = keeper(db, "false")
    people(heat)
    assert heat.save(0.0) == ""
    assert passed(heat) == 0
