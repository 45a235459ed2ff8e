"""Somebody is where it is deadly: on the tracks, in the water, under the crane (now).

It asks what `intrusion` asks and shares its code, but weighs otherwise: it speaks within half a
second, and it also takes somebody for inside whose feet cannot be seen, because a platform's edge,
the water or a machine hides them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Any, Final, Literal

import numpy as np
from pydantic import Field

from streetlamp.geometry import Zone
from streetlamp.ground import Plane
from streetlamp.rules import words
from streetlamp.rules.base import RULES
from streetlamp.rules.columns import Columns, Doubles, swings, watching
from streetlamp.rules.incident import Incident
from streetlamp.rules.memory import Box, Look, Sighting
from streetlamp.rules.options import KindName
from streetlamp.rules.presence import Inside, PresenceRule
from streetlamp.rules.zone import EDGE, Verb, ZoneOptions, is_inside, least_time, time_to_clear
from streetlamp.values import VEHICLES, Bools, Kind, Severity

GRID: Final = np.stack(
    np.meshgrid((np.arange(5) + 0.5) / 5, (np.arange(10) + 0.5) / 10), axis=-1
).reshape(-1, 2)
"""Points spread over a box, as fractions of it: what share of them is in the zone is the box's."""

PIECE: Final = 5000  # boxes judged at once: memory stays small
ABOARD: Final = 0.6  # of a person's box that lies in a vehicle's: that person rides it


class DangerZoneOptions(ZoneOptions):
    kind: Literal["danger_zone"] = Field(
        "danger_zone", title="Kind", description="Which rule this is."
    )
    classes: tuple[KindName, ...] = Field(
        (Kind.PERSON,),
        title="Classes",
        description="Who is in danger there: person, bicycle, car, motorcycle, bus, truck.",
        min_length=1,
    )
    severity: Severity = Field(
        Severity.CRITICAL,
        title="Severity",
        description="How urgent: info, warning, high or critical.",
    )
    min_looks: int = Field(
        2,
        ge=1,
        le=100,
        title="Looks needed",
        description="How often a thing must have been seen, and seen inside, before it counts.",
    )
    min_seconds: float = least_time(
        0.4, "Seconds one of them must be inside before it is an incident.", ge=0.3, le=60
    )
    clear_seconds: float = time_to_clear(
        5.0, "Seconds the zone must be empty before the incident has ended."
    )
    share: float = Field(
        0.6,
        gt=0,
        le=1,
        title="Share inside",
        description="Whose feet are outside is in the zone all the same when this share of the box"
        " lies in it and the feet are near it (`reach`): a platform's edge or the water hides"
        " them. 1: only who is wholly inside.",
    )
    reach: float = Field(
        0.25,
        ge=0,
        le=1,
        title="Reach",
        description="How far outside the zone the box's lower edge may then be, as a share of the"
        " box's height; 0: the feet must be inside.",
    )
    ignore_riders: bool = Field(
        False,
        title="Ignore riders",
        description="Who sits in or on a vehicle is not meant. Somebody who stands in front of a"
        " vehicle can look the same, so leave it off where vehicles hit people.",
    )


@RULES.add("danger_zone")
class DangerZone(PresenceRule):
    """Differs from `intrusion`: critical, told after 0.4 s, and whose feet are hidden counts too.

    Stands by the middle of the box's lower edge, or by how much of the box is inside. Draw the zone
    over the tracks or the water alone. Of vehicles it knows the classes there are: no boats or
    trains.
    """

    kind = "danger_zone"
    summary = "Somebody is where it is deadly to be: on the tracks, in the water."
    Options = DangerZoneOptions
    verb = Verb("is", "are", "was", "were")
    options: DangerZoneOptions

    def __init__(
        self, options: Any, place: Zone, timezone: tzinfo = UTC, ground: Plane | None = None
    ) -> None:
        super().__init__(options, place, timezone, ground)
        if self.options.ignore_riders:
            self._families = frozenset((True, False))  # vehicles must be seen to know who rides

    def within(self, things: Mapping[int, Sighting[Inside]], look: Look) -> dict[int, bool]:
        gaps = self.gaps(things, look)
        shares = self._shares({number: things[number].latest.box for number in gaps}, look)
        vehicles = [things[number].latest.box for number in gaps if things[number].kind in VEHICLES]
        within = {}
        for number, gap in gaps.items():
            thing = things[number]
            was = thing.note is not None
            height = look.scale(thing.latest.box)[1]
            inside = is_inside(gap, height, was) or (
                gap >= -self.options.reach * height
                and shares[number] >= self.options.share * (0.9 if was else 1.0)
            )
            if inside and self.options.ignore_riders and thing.kind is Kind.PERSON:
                inside = not any(_covered(thing.latest.box, one) >= ABOARD for one in vehicles)
            within[number] = inside
        return within

    @property
    def scans(self) -> bool:
        return not self.options.ignore_riders

    def within_rows(self, columns: Columns) -> Bools:
        tall, share = columns.tall, self.options.share
        leaves, reach = np.maximum(2.0, EDGE * tall), self.options.reach * tall
        gaps = self.gap_rows(columns, np.maximum(leaves, reach))
        shares = np.zeros(len(gaps))
        near = np.flatnonzero((gaps < 0) & (gaps >= -reach))
        for start in range(0, len(near), PIECE):
            some = near[start : start + PIECE]
            shares[some] = self._share_of(columns.box[some], columns.size)
        enters = (gaps >= 0) | ((gaps >= -reach) & (shares >= share))
        stays = (gaps >= -leaves) | ((gaps >= -reach) & (shares >= share * 0.9))
        watched = watching(self, columns)[columns.look]
        return swings(enters & watched, ~(stays | enters) | ~watched, columns.start)

    def _shares(self, boxes: Mapping[int, Box], look: Look) -> dict[int, float]:
        """How much of each box lies in the zone, 0–1, to the nearest fiftieth."""
        if not boxes:
            return {}
        shares = self._share_of(np.array(list(boxes.values())), look.size)
        return dict(zip(boxes, shares.tolist(), strict=True))

    def _share_of(self, boxes: Doubles, size: tuple[int, int]) -> Doubles:
        """(n,) the same of (n, 4) boxes."""
        box = boxes[:, None, :] * np.tile(size, 2)
        points = box[..., :2] + GRID * (box[..., 2:] - box[..., :2])
        inside = self.place.contains(points, size).reshape(len(boxes), len(GRID))
        return np.asarray(inside.mean(axis=1))

    def tell(self, incident: Incident, ended: bool) -> tuple[str, dict[str, float]]:
        text, numbers = super().tell(incident, ended)
        if not ended and incident.measured < 1.0:
            verb = self.verb.form(single=len(incident.most) == 1, ended=False)
            text = f"{words.things(incident.most)} {verb} in {words.place(self.place)}"
        return text, numbers


def _covered(box: Box, other: Box) -> float:
    """The share of a box that lies in the other."""
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / ((box[2] - box[0]) * (box[3] - box[1]))
