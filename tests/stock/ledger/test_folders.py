"""Folders of records become entries; what is wrong in them is said with its line."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from streetlamp.errors import UserError
from streetlamp.stock.balance.close import close
from streetlamp.stock.ledger.entries import EntryKind, in_force
from streetlamp.stock.ledger.folders import read_folder
from streetlamp.stock.physics.charts import horizontal_cylinder, write_chart
from support.stock import numbered

INVENTORY = (
    "tank,day,open_h_mm,open_l,open_t_c,sales_l,delivery_doc_l,close_h_mm,close_l,close_t_c\n"
    "7,0,1000,10053,15,900,0,928,9130,15\n"
    "7,1,928,9130,15,800,5000,1262,13300,15\n"
    "7,2,1250,13200,15,800,0,1180,12300,15\n"
)


def tanks(folder: Path, inventory: str = INVENTORY, *, zipped: bool = False) -> Path:
    (folder / "tanks.csv").write_text("tank,tank_chart,product\n7,1,diesel\n")
    write_chart(folder / "chart_1.csv", horizontal_cylinder(2000, 6400))
    if zipped:
        (folder / "inventory.csv.gz").write_bytes(gzip.compress(inventory.encode()))
    else:
        (folder / "inventory.csv").write_text(inventory)
    return folder


@pytest.mark.parametrize("zipped", [False, True])
def test_tanks_inventory(tmp_path: Path, zipped: bool) -> None:
    records = read_folder(tanks(tmp_path, zipped=zipped))
    entries = records.entries["7"]
    kinds = [one.kind for one in entries]
    assert kinds.count(EntryKind.RECEIPT) == 1
    assert kinds.count(EntryKind.LEVEL) == 4 + 1  # day 2 opens otherwise than day 1 closed
    balances = close(records.stores[0], in_force(numbered(entries)))
    assert len(balances) == 4  # one of a minute: what went between the two readings of day 2
    assert [balances.day(i) for i in (0, 1, 3)] == [0, 1, 2]


def test_depots_movements(tmp_path: Path) -> None:
    (tmp_path / "movements.csv").write_text(
        "depot,day,direction,weighed_t\n1,1,in,28.2\n1,7,out,12\n1,8,out,6\n"
    )
    (tmp_path / "stock_takes.csv").write_text(
        "depot,day,stock_t,method\n1,0,100,opening\n1,7,116.4,count of 600 kg bags\n"
        "1,14,110.4,count of 600 kg bags\n"
    )
    records = read_folder(tmp_path)
    balances = close(records.stores[0], in_force(numbered(records.entries["1"])))
    assert balances.receipts.tolist() == [28.2, 0.0]
    assert balances.issues.tolist() == [12.0, 6.0]
    assert balances.by_hand


LEDGER = (
    "store,kind,at,quantity,unit,instrument,ref,author,note,corrects\n"
    "north,stock_take,2026-05-01T06:00Z,100,t,survey,,ada,,\n"
    "north,receipt,2026-05-02T08:00+02:00,28200,kg,weighbridge,D17,ada,,\n"
    "north,stock_take,2026-05-08T06:00Z,182,t,survey,,ada,,\n"
    "north,stock_take,2026-05-08T06:00Z,128,t,survey,,ada,read the wrong line,3\n"
)


def test_a_ledger_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "stores.csv").write_text("store,form,product,chart\nnorth,bulk,urea,\n")
    (tmp_path / "ledger.csv").write_text(LEDGER)
    records = read_folder(tmp_path)
    balances = close(records.stores[0], in_force(records.entries["north"]))
    assert balances.muf.tolist() == pytest.approx([0.2])
    assert balances.entries == ((1, 2, 4),)
    assert balances.day(0) == 7  # days count from the first entry's


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("7,1,928", "8,1,928"), r"inventory.csv:3: tanks.csv has no tank '8'"),
        (("900", "many"), r"inventory.csv:2: sales_l must be a number, not 'many'"),
        (("sales_l", "sold"), "no column 'sales_l'"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        read_folder(tanks(tmp_path, INVENTORY.replace(*change, 1)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("receipt", "gift"), r"ledger.csv:3: there is no kind 'gift'"),
        (("2026-05-02T08:00+02:00", "yesterday"), "must be a time such as"),
        (("north,receipt", "south,receipt"), "no store 'south'"),
        (("28200,kg", "28200,pound"), "no unit 'pound'"),
    ],
)
def test_a_wrong_ledger_is_named(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    (tmp_path / "stores.csv").write_text("store,form,product,chart\nnorth,bulk,urea,\n")
    (tmp_path / "ledger.csv").write_text(LEDGER.replace(*change, 1))
    with pytest.raises(UserError, match=said):
        read_folder(tmp_path)


def test_a_folder_without_records_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"neither inventory\.csv"):
        read_folder(tmp_path)
