"""What an owner may write under ``stock:`` in the site file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SerializeAsAny, model_validator

from streetlamp.feeds.options import FeedOptions
from streetlamp.feeds.parse import FeedName, for_room
from streetlamp.options import Options
from streetlamp.stock.feeds import STOCK

StoreFeed = Annotated[SerializeAsAny[FeedOptions], BeforeValidator(for_room(STOCK))]


class StockOptions(Options):
    """The site's tanks and stores of bulk goods."""

    folder: Path | None = Field(
        default=None,
        title="Folder of records",
        description="Where inventory records are put, in one of the forms of "
        "docs/23-stock-reconcile.md. They are only read; what changes is looked at within two "
        "minutes. A relative path starts at this file's folder. Empty: no stores.",
    )
    alarms_per_store_year: float = Field(
        default=0.15,
        gt=0,
        le=12,
        title="False alarms",
        description="How many false alarms one store may raise in a year, all causes together.",
    )
    feeds: dict[FeedName, StoreFeed] = Field(
        default={},
        title="Feeds",
        description="Gauges and meters of the stores that Streetlamp reads itself into the ledger, "
        "by a name of your own, such as console: {kind: veeder_root, host: 192.168.1.9, …}. "
        "docs/28-field-buses.md shows each kind.",
    )
    feed_hours: Literal[0, 1, 2, 3, 4, 6, 8, 12, 24] = Field(
        default=24,
        title="Hours between readings",
        description="A feed's first reading in so many hours is noted, of each store, kind and "
        "instrument; the others are left out, as a ledger forgets nothing. 0: all are noted.",
    )
    feed_first_hour: int = Field(
        default=0,
        ge=0,
        le=23,
        title="First hour",
        description="The hour of the day, in the site's time zone, at which those hours begin.",
    )

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.all_feeds and self.folder is None:
            raise ValueError("feeds need a folder that names the stores: write `folder: records`")
        return self

    @property
    def all_feeds(self) -> dict[str, FeedOptions]:
        """Every feed that is switched on, by its name."""
        return {name: one for name, one in self.feeds.items() if one.enabled}
