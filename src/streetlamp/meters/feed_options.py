"""What an owner may write under ``meters: mqtt:``: where readings come from, and what they are."""

from __future__ import annotations

import re
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from streetlamp.broker import BrokerOptions
from streetlamp.meters.kinds import KINDS
from streetlamp.meters.units import unit_of
from streetlamp.options import Options

METER: Final = "{meter_id}"
_PATH: Final = r"^$|^[^.\s]+(\.[^.\s]+)*$"


class TopicOptions(Options):
    """Readings of one sort."""

    topic: str = Field(
        min_length=1,
        max_length=200,
        title="Topic",
        description="Where they are published. One level is {meter_id}, the meter's name; `+` "
        "stands for any level, `#` at the end for all that follow.",
        examples=["water/{meter_id}/state"],
    )
    kind: str = Field(
        title="Kind", description="water, electricity, district_inflow, pressure … (docs/19).",
        examples=["water"],
    )  # fmt: skip
    counts: Literal["register", "interval"] = Field(
        "register",
        title="Counts",
        description="register: what the meter's counter shows. interval: what was used since the "
        "reading before; it needs a time.",
    )
    unit: str = Field(title="Unit", description="L, m3, kWh, W, bar …", examples=["m3"])
    value: str = Field(
        "",
        pattern=_PATH,
        title="Value",
        description="Where in the JSON the value stands, with dots: ENERGY.Total. Empty: the whole "
        "message is the number.",
    )
    time: str = Field(
        "",
        pattern=_PATH,
        title="Time",
        description="Where the time of the reading stands: ISO 8601, or seconds or milliseconds "
        "since 1970. Empty: when it comes in.",
    )
    quality: str = Field(
        "",
        pattern=_PATH,
        title="Quality",
        description="Where a mark of quality stands; what is estimated is not believed.",
    )

    @model_validator(mode="after")
    def _sense(self) -> Self:
        kind = KINDS.get(self.kind)
        if kind is None:
            raise ValueError(f"there is no kind {self.kind!r}; there are: {', '.join(KINDS)}")
        unit = unit_of(self.unit)
        if unit is None or kind.factor(unit, self.counts) is None:
            raise ValueError(f"{self.unit!r} is no unit that {self.kind} is counted in")
        levels = self.topic.split("/")
        if levels.count(METER) != 1:
            raise ValueError("exactly one level of the topic must be {meter_id}")
        others = [one for one in levels if one != METER]
        if any(
            re.search(r"[{}]", one) or (len(one) > 1 and re.search("[+#]", one)) for one in others
        ):
            raise ValueError("a level of the topic is a name, + or {meter_id}, whole")
        if "#" in levels[:-1]:
            raise ValueError("# may only be the topic's last level")
        if self.counts == "interval" and not self.time and kind.level is None:
            raise ValueError(
                "an interval needs its time: a message that comes twice would count twice"
            )
        return self

    @property
    def filter(self) -> str:
        """What to subscribe to."""
        return self.topic.replace(METER, "+")

    def meter_of(self, topic: str) -> str | None:
        """The meter whose topic this is; None: it is not of this sort."""
        meter = None
        names = topic.split("/")
        levels = self.topic.split("/")
        if levels[-1] == "#":
            levels = levels[:-1]
            names = names[: len(levels)]
        if len(names) != len(levels):
            return None
        for level, name in zip(levels, names, strict=True):
            if level == METER:
                meter = name
            elif level not in ("+", name):
                return None
        return meter or None


class FeedOptions(BrokerOptions):
    """A broker at which meters publish."""

    client_id: str = Field(
        "streetlamp-meters",
        pattern=r"^[A-Za-z0-9_-]{1,23}$",
        title="Client id",
        description="The name the broker knows Streetlamp by, and under which it keeps readings "
        "while Streetlamp is away. No two may have the same.",
    )
    topics: tuple[TopicOptions, ...] = Field(
        min_length=1, title="Topics", description="What is published where."
    )
