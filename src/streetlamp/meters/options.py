"""What an owner may write under ``meters:`` in the site file."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from streetlamp.meters.feed_options import FeedOptions
from streetlamp.options import Options


class MeterOptions(Options):
    """The site's meters."""

    folder: Path | None = Field(
        default=None,
        title="Folder of readings",
        description="Where files of readings are put (CSV or Green Button, see docs/19-meters.md), "
        "by whatever fetches them. They are only read; what changes is looked at within two "
        "minutes. A relative path starts at this file's folder. Empty: no meters.",
    )
    alarms_per_meter_year: float | None = Field(
        default=None,
        gt=0,
        le=520,
        title="False alarms",
        description="How many false alarms one meter may raise in a year, all causes together. "
        "Empty: what each cause is made for.",
    )
    mqtt: FeedOptions | None = Field(
        default=None,
        title="Meters over MQTT",
        description="A broker at which meters publish; what they say is written into the folder. "
        "Empty: none.",
    )

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.mqtt is not None and self.folder is None:
            raise ValueError("mqtt needs a folder to write readings to: write `folder: meters`")
        return self
