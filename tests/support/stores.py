"""A desk's stores with a real ledger: a tank and a depot whose records have dates."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from streetlamp.app.finding_events import LEDGER, Job
from streetlamp.app.finding_work import look_through
from streetlamp.app.store_keeper import StoreKeeper
from streetlamp.meters.options import MeterOptions
from streetlamp.stock.ledger.entries import Entry
from streetlamp.stock.options import StockOptions
from streetlamp.stock.physics.charts import write_chart
from support.stock import DAY, bags_story, tank_story

TANK, DEPOT, EMPTY = "north", "Bay 4/AN", "new"


@dataclass
class SmallStores:
    """A keeper that reckons when it is told to, in this process."""

    keeper: StoreKeeper
    job: Job

    def reckon(self) -> str:
        """Looks through the records and the ledger; what was wrong."""
        looked = look_through(self.job)
        self.keeper.show(looked.stores, looked.names)
        return looked.trouble


def write_records(folder: Path, until: float, *, stolen: float = 150.0) -> None:
    """A ledger of 45 days that ends at midnight before ``until``: a tank from which ``stolen`` L
    are gone on day 30, a depot of bags, and a tank that nobody has read yet."""
    folder.mkdir(parents=True, exist_ok=True)
    begin = until // DAY * DAY - 45 * DAY
    store, tank = tank_story(45, lambda day: stolen if day == 30 else 0.0)
    _, depot = bags_story(6)
    assert store.chart is not None
    write_chart(folder / "chart.csv", store.chart)
    (folder / "stores.csv").write_text(
        f"store,form,product,chart\n{TANK},tank,diesel,chart.csv\n{DEPOT},bulk,AN,\n"
        f"{EMPTY},tank,petrol,chart.csv\n"
    )
    with (folder / "ledger.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["store", "kind", "at", "quantity", "unit", "instrument"])
        for name, entries in ((TANK, tank), (DEPOT, depot)):
            for one in entries:
                out.writerow([name, *_cells(one, begin)])


def _cells(one: Entry, begin: float) -> list[str]:
    at = datetime.fromtimestamp(begin + one.at, UTC).isoformat()
    return [one.kind, at, repr(one.quantity), one.unit, one.instrument]


def small_stores(folder: Path, clock: Callable[[], float]) -> SmallStores:
    """Stores with their records, reckoned once."""
    write_records(folder / "records", clock())
    job = Job("stock", folder / "records", "UTC", folder, MeterOptions(), StockOptions())
    made = SmallStores(StoreKeeper(folder / LEDGER, clock, folder / "records", "UTC"), job)
    made.reckon()
    return made
