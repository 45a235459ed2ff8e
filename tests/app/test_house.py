"""What the house says of its disk, and which rooms it has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streetlamp.app.house import House
from streetlamp.site import parse_site
from streetlamp.stock.ledger.entries import Entry, EntryKind
from streetlamp.values import CameraState, CameraStatus

SITE = """\
cameras:
  gate: {source: 'test:'}
  attic: {source: 'test:'}
record: {min_free_gb: 0}
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(parse_site(SITE, tmp_path / "site.yaml"))
    yield house
    house.close()


@pytest.mark.parametrize(
    ("attic", "says"),
    [
        (CameraState.FAILED, ""),  # it sends nothing: no trouble of the disk
        (CameraState.WAITING, ""),
        (CameraState.LIVE, "waiting for the first keyframe"),
    ],
)
def test_a_camera_that_is_away_is_no_trouble_of_the_disk(
    attic: CameraState, says: str, house: House
) -> None:
    for camera, state in (("gate", CameraState.FAILED), ("attic", attic)):
        house.recorder(camera)
        house.statuses.set(CameraStatus(camera, state, 0.0))
    assert house.disk().message == says


def test_a_site_with_records_of_stores_has_a_ledger_for_the_desk(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    house = House(parse_site(SITE + "stock: {folder: records}\n", tmp_path / "site.yaml"))
    assert house.stores is not None
    assert house.stores.reckoned is None, "nothing was looked through yet"
    dip = Entry("north", EntryKind.LEVEL, 1_700_000_000.0, 900.0, "mm", "stick")
    noted, new = house.stores.note(dip, "k" * 32, 1_700_000_000.0)
    assert new
    assert house.stores.newest("north", 5, None) == [noted]
    house.close()


def test_a_site_without_has_none(house: House) -> None:
    assert house.stores is None
