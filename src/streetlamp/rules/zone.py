"""What rules that watch a zone have in common: incidents that must last, told in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, Generic, Literal, NamedTuple, TypeVar

import numpy as np
from pydantic import Field

from streetlamp.geometry import Zone
from streetlamp.rules import words
from streetlamp.rules.base import Rule
from streetlamp.rules.columns import Columns, Doubles, swings, watching
from streetlamp.rules.incident import Held, Incident, numbers
from streetlamp.rules.memory import Look, Sighting
from streetlamp.rules.options import RuleOptions
from streetlamp.values import Bools

R = TypeVar("R")
N = TypeVar("N")

EDGE: Final = 0.1  # of a thing's size: how far outside the border it must be to have left
DAY: Final = 86400.0
WHOLE: Final = Zone.whole().points
PIECE: Final = 20_000  # distances worked out at once: memory stays small


def least_time(default: float, description: str, *, ge: float = 1, le: float = DAY) -> Any:
    """The option ``min_seconds``, with a rule's own default and words."""
    return Field(default, ge=ge, le=le, title="Least time", description=description)


def time_to_clear(default: float, description: str) -> Any:
    """The option ``clear_seconds``, with a rule's own default and words."""
    return Field(default, ge=0.5, le=3600, title="Time to clear", description=description)


class ZoneOptions(RuleOptions):
    """How long it must last to be an incident, and how long not to have ended."""

    min_seconds: float = least_time(10.0, "Seconds it must last before it is an incident.")
    clear_seconds: float = time_to_clear(10.0, "Seconds without it before the incident has ended.")


class Verb(NamedTuple):
    """What things do in the zone: "is", "are", "was", "were"."""

    one: str
    many: str
    one_did: str
    many_did: str

    def form(self, *, single: bool, ended: bool) -> str:
        """The one of the four for one thing or several, now or over."""
        if ended:
            return self.one_did if single else self.many_did
        return self.one if single else self.many


class ZoneRule(Rule[R, N], Generic[R, N]):
    """The base of rules whose incident is that something goes on in a zone for long enough."""

    watches = Zone
    verb: ClassVar[Verb]
    stands_by: ClassVar[Literal["foot", "centre"]] = "foot"  # which point of a box is where it is

    options: ZoneOptions
    place: Zone

    @property
    def clear_seconds(self) -> float:
        return self.options.clear_seconds

    def gaps(self, things: Mapping[int, Sighting[R]], look: Look) -> dict[int, float]:
        """Pixels to the zone's border (positive: inside) of all things seen in this look."""
        here = {number: one.latest for number, one in things.items() if one.last == look.now}
        if not here:
            return {}
        foot = self.stands_by == "foot"
        points = np.array([one.foot if foot else one.centre for one in here.values()])
        gaps = self.place.distance(points * look.size, look.size)
        return dict(zip(here, gaps.tolist(), strict=True))

    def gap_rows(self, columns: Columns, reach: Doubles) -> Doubles:
        """(n,) `gaps` of all rows. What is inside has inf; what is further outside than ``reach``
        (n,), pixels, may have -inf."""
        points = columns.feet if self.stands_by == "foot" else columns.centres
        return distances(self.place, points * columns.size, columns.size, reach)

    def inside_rows(self, columns: Columns, sizes: Doubles) -> Bools:
        """(n,) whether each is in the zone while it is watched, or has not clearly left it:
        `is_inside`, with the sizes it is given."""
        leaves = np.maximum(2.0, EDGE * sizes)
        gaps = self.gap_rows(columns, leaves)
        watched = watching(self, columns)[columns.look]
        return swings((gaps >= 0.0) & watched, (gaps < -leaves) | ~watched, columns.start)

    def still_sure(self, thing: Sighting[R]) -> bool:
        """Whether it is sure, and the last seconds alone say so too: for what counts or lasts.

        A track may cling to a post for a while, with a poor score, when somebody has left there.
        """
        return self.sure(thing) and thing.recent >= self.options.min_score

    def hold(self, thing: Sighting[R], since: float, look: Look) -> Held:
        """This thing, which has met the condition since then, as part of the incident."""
        return Held(since, thing.kind, thing.latest.pixels, look.now - since)

    def tell(self, incident: Incident, ended: bool) -> tuple[str, dict[str, float]]:
        single = len(incident.most) == 1
        what, place = words.things(incident.most), words.place(self.place)
        verb = self.verb.form(single=single, ended=ended)
        if ended:
            lasted = words.lasting(incident.last - incident.start)
        else:
            lasted = f"at least {words.lasting(incident.measured)}"  # stays true as it goes on
        text = f"{what} {verb} in {place} for {lasted}"
        return text, numbers(incident, self.options.min_seconds, ended)


def is_inside(gap: float, size: float, was_inside: bool) -> bool:
    """Whether a thing of this size is in, by its `gaps`: in at the border, out well beyond it."""
    return gap >= (-max(2.0, EDGE * size) if was_inside else 0.0)


def distances(zone: Zone, points: Doubles, size: tuple[int, int], reach: Doubles) -> Doubles:
    """(n,) `Zone.distance` of (n, 2) pixel points, where it is asked: inf inside, and perhaps -inf
    where it is further outside than ``reach`` (n,)."""
    inf = np.inf
    if zone.points == WHOLE:
        return np.full(len(points), inf)
    found = np.full(len(points), -inf)
    corners = np.asarray(zone.points) * size
    low, high = corners.min(axis=0), corners.max(axis=0)
    close = np.ones(len(points), np.bool_)
    for axis in (0, 1):
        at = np.clip(points[:, axis], 0.5, size[axis] - 0.5)  # as `Zone.distance` has them
        close &= np.maximum(low[axis] - at, at - high[axis]) <= reach + 1.0
    near = np.flatnonzero(close)
    inside = zone.contains(points[near], size)
    found[near[inside]] = inf
    outside = near[~inside]
    for start in range(0, len(outside), PIECE):
        some = outside[start : start + PIECE]
        found[some] = zone.distance(points[some], size)
    return found
