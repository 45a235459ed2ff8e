"""What an owner may write of any feed: what is read, how often, and for which room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, ValidationInfo, model_validator

from streetlamp.options import Options


@dataclass(frozen=True, slots=True)
class Room:
    """For whom a feed reads: `meters` or `stock`. It says what makes sense there."""

    name: str
    noun: str  # what a reading belongs to, as a topic names it: meter_id, store
    instruments: bool  # readings name their instrument
    wrong: Callable[[WhatOptions, bool], str]
    """What is wrong with such a reading, "" for nothing; bool: does it bring its own time?"""


def room_of(info: ValidationInfo) -> Room:
    """The room in whose part of the site file this stands."""
    room = info.context
    if not isinstance(room, Room):
        raise TypeError("options of a feed are read with parse_feed, for a room")
    return room


class WhatOptions(Options):
    """What a reading is."""

    kind: str = Field(
        title="Kind",
        description="Of meters: water, electricity, district_inflow, pressure … (docs/19). Of "
        "stores: level, water_level, temperature, meter_total, stock_take (docs/25).",
        examples=["water"],
    )
    counts: Literal["register", "interval"] = Field(
        "register",
        title="Counts",
        description="register: what the meter's counter shows. interval: what was used since the "
        "reading before (it needs a time), or a mean flow or power. Of stores: left out.",
    )
    unit: str = Field(title="Unit", description="L, m3, kWh, W, bar, mm …", examples=["m3"])
    instrument: str = Field(
        "",
        max_length=80,
        title="Instrument",
        description="Of stores: what reads it, such as gauge, or the name of a dispenser whose "
        "total this is. Empty: gauge, thermometer.",
    )

    @model_validator(mode="after")
    def _makes_sense(self, info: ValidationInfo) -> Self:
        if wrong := room_of(info).wrong(self, self._timed):
            raise ValueError(wrong)
        return self

    @property
    def _timed(self) -> bool:
        """Whether each reading says itself when it was."""
        return False


class PointOptions(WhatOptions):
    """A reading that is asked for."""

    id: str = Field(
        min_length=1,
        max_length=120,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        title="Of",
        description="The meter, or the store, as it is called in all other readings.",
        examples=["W17"],
    )


class ScaledOptions(PointOptions):
    """A reading that is a bare number."""

    scale: float = Field(
        1.0,
        allow_inf_nan=False,
        title="Scale",
        description="What the number is multiplied by to be in the unit, such as 0.001.",
    )
    missing: tuple[float, ...] = Field(
        (),
        title="Missing",
        description="Numbers (before the scale) that mean there is no reading, such as 65535.",
    )


class FeedOptions(Options):
    """Common to all feeds."""

    model_config = ConfigDict(hide_input_in_errors=True)

    kind: str = Field(title="Kind", description="Which kind of feed this is.")
    enabled: bool = Field(True, title="On", description="false: nothing is read.")


class AskedOptions(FeedOptions):
    """Common to feeds that ask."""

    every: float = Field(
        900.0,
        ge=0.1,
        le=86_400,
        title="Every",
        description="How often readings are asked for and kept, in seconds: the first at once, "
        "then on full multiples.",
    )
    timeout: float = Field(
        10.0,
        gt=0,
        le=300,
        title="Timeout",
        description="How long an answer may take, in seconds. After it the device counts as away.",
    )


Raw = dict[str, Any]
