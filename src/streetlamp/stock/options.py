"""What an owner may write under ``stock:`` in the site file."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from streetlamp.options import Options


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
