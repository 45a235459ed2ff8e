"""What an owner may write under ``meters:`` in the site file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, SerializeAsAny, field_validator, model_validator

from streetlamp.feeds.kinds.mqtt import MqttOptions
from streetlamp.feeds.options import FeedOptions
from streetlamp.feeds.parse import FeedName, for_room
from streetlamp.meters.feeds import METERS
from streetlamp.meters.kinds import KINDS
from streetlamp.options import Options

MeterFeed = Annotated[SerializeAsAny[FeedOptions], BeforeValidator(for_room(METERS))]
MQTT = "mqtt"
PatternText = Annotated[str, Field(min_length=1, max_length=200)]
Price = Annotated[float, Field(ge=0, le=1e6)]


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
    site_meters: tuple[PatternText, ...] = Field(
        default=(),
        title="Meters of the site",
        description="Meters that belong to no household: names, or patterns such as `pump-*`. "
        "Their readings are shown at the desk. Every other meter of water, electricity, heat or "
        "gas is taken for a household's, whose readings are shown only while it has an open "
        "finding, to whoever handles it (docs/27-meter-pages.md).",
        examples=[["pump-*", "hall 3"]],
    )
    tariffs: dict[str, Price] = Field(
        default={},
        title="Tariffs",
        description="What a m3 or a kWh of each kind of meter costs: water, district_inflow, gas, "
        "electricity, heat. Empty: the page says what waiting costs in m3 and kWh alone.",
        examples=[{"water": 4.2, "electricity": 0.31}],
    )
    currency: str = Field(
        default="EUR",
        pattern=r"^[A-Z]{3}$",
        title="Currency",
        description="Of the tariffs: three letters, as in ISO 4217.",
    )
    mqtt: Annotated[MqttOptions | None, BeforeValidator(for_room(METERS, MQTT))] = Field(
        default=None,
        title="Meters over MQTT",
        description="A broker at which meters publish; what they say is written into the folder. "
        "Empty: none.",
    )
    feeds: dict[FeedName, MeterFeed] = Field(
        default={},
        title="Feeds",
        description="Meters that are read by Streetlamp itself, by a name of your own, such as "
        "cellar: {kind: p1, port: /dev/ttyUSB0, electricity: E1}. docs/28-field-buses.md shows "
        "each kind; their readings are written into the folder.",
    )

    @field_validator("tariffs")
    @classmethod
    def _priced(cls, tariffs: dict[str, float]) -> dict[str, float]:
        for name in tariffs:
            if name not in KINDS or KINDS[name].quantity is None:
                counted = ", ".join(one.name for one in KINDS.values() if one.quantity is not None)
                raise ValueError(f"{name!r} has no price; there are: {counted}")
        return tariffs

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.all_feeds and self.folder is None:
            what = "mqtt needs" if self.mqtt is not None else "feeds need"
            raise ValueError(f"{what} a folder to write readings to: write `folder: meters`")
        if self.mqtt is not None and MQTT in self.feeds:
            raise ValueError("a feed beside mqtt: cannot be called mqtt; call it otherwise")
        return self

    @property
    def all_feeds(self) -> dict[str, FeedOptions]:
        """Every feed that is switched on, by its name."""
        given = {} if self.mqtt is None else {MQTT: self.mqtt}
        return {name: one for name, one in {**given, **self.feeds}.items() if one.enabled}
