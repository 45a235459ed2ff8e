"""Somebody or something is in a zone where nobody should be (now)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from streetlamp.rules.base import RULES
from streetlamp.rules.options import KindName
from streetlamp.rules.presence import PresenceRule
from streetlamp.rules.zone import Verb, ZoneOptions, least_time, time_to_clear
from streetlamp.values import Kind


class IntrusionOptions(ZoneOptions):
    kind: Literal["intrusion"] = Field("intrusion", title="Kind", description="Which rule this is.")
    classes: tuple[KindName, ...] = Field(
        (Kind.PERSON,),
        title="Classes",
        description="What must not be there: person, bicycle, car, motorcycle, bus, truck.",
        min_length=1,
    )
    min_seconds: float = least_time(
        1.0, "Seconds one of them must be inside before it is an incident.", ge=0
    )
    clear_seconds: float = time_to_clear(
        5.0, "Seconds the zone must be empty before the incident has ended."
    )
    count: bool = Field(
        False,
        title="Count occupancy",
        description="Also note, for each minute and class, how many were inside at most.",
    )


@RULES.add("intrusion")
class Intrusion(PresenceRule):
    """Stands by the middle of the box's lower edge. Many in the zone are one incident."""

    kind = "intrusion"
    summary = "Somebody or something is in a zone where nobody should be."
    Options = IntrusionOptions
    verb = Verb("is", "are", "was", "were")
    options: IntrusionOptions

    @property
    def counting(self) -> bool:
        return self.options.count
