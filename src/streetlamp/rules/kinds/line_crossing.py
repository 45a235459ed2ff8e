"""How many pass a line, in which direction.

A thing passes when it was clearly on one side and then is clearly on the other ("clearly": further
from the line than a band that grows with the thing's size), and its path between went through the
line's own extent, not around an end. So a box that trembles on the line counts nothing, and one
that turns back counts in the other direction only after it was clearly across.

Not far beyond the band a thing must also stay for a moment: the lower edge of a box jumps up, and
down again, when somebody passes in front of the feet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from pydantic import Field

from streetlamp.geometry import Line, Point, overlap
from streetlamp.rules.base import RULES, Found, Moment, Rule, State
from streetlamp.rules.memory import Look, Sighting
from streetlamp.rules.options import KindName, RuleOptions
from streetlamp.values import Count, Kind

RECENT_SECONDS: Final = 5.0  # how long a passage is remembered to know its echo by
SETTLE_SECONDS: Final = 0.5  # how long it must be across before it has passed, unless it is
FAR: Final = 3.0  # bands from the line
ECHO_SECONDS: Final = 0.6  # two passages closer than this, at one spot, may be one thing seen twice
ECHO_GAP: Final = 0.35  # of the thing's size: "at one spot"
ECHO_OVERLAP: Final = 0.6  # two boxes that share this much (IoU) are one thing


class LineCrossingOptions(RuleOptions):
    kind: Literal["line_crossing"] = Field(
        "line_crossing", title="Kind", description="Which rule this is."
    )
    place: str = Field(
        min_length=1, title="Place", description="Name of the camera's line that is passed."
    )
    classes: tuple[KindName, ...] = Field(
        tuple(Kind),
        title="Classes",
        description="What is counted: person, bicycle, car, motorcycle, bus, truck.",
        min_length=1,
    )
    point: Literal["foot", "centre"] = Field(
        "foot",
        title="Point",
        description="Which point of the box passes: the middle of its lower edge, or its centre.",
    )
    band: float = Field(
        0.15,
        ge=0.02,
        le=2,
        title="Band",
        description="Distance from the line, as a share of the thing's size, within which its side"
        " is not clear.",
    )
    alarm_on: Literal["none", "in", "out", "both"] = Field(
        "none",
        title="Event on",
        description="Passages in this direction are also events (and alarms, if the rule raises"
        " them): none, in, out, both.",
    )


@dataclass(frozen=True, slots=True)
class Path:
    """Where one thing's way has led since it was last clearly on a side."""

    time: float
    point: Point  # at the last look, fractions
    side: int  # last clear side: 1 right, -1 left, 0 never yet
    across: float | None = None  # since when clearly on the other side, if it is not settled
    net: int = 0  # times over the line's extent since: to the right minus to the left
    over: tuple[float, Point] = (0.0, (0.0, 0.0))  # when and where it was last over
    waiting: tuple[tuple[int, float, Point], ...] = ()  # passages that still lack evidence


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage just counted, to recognise its echo under another number."""

    id: int
    time: float
    direction: int
    point: Point


Recent = tuple[Passage, ...]


@RULES.add("line_crossing")
class LineCrossing(Rule[Path, Recent]):
    """ "in" is from the line's left to its right, seen from its start towards its end."""

    kind = "line_crossing"
    summary = "Counts what passes a line, by class, in both directions."
    watches = Line
    Options = LineCrossingOptions
    options: LineCrossingOptions
    place: Line

    def blank(self) -> Recent:
        return ()

    def look(
        self, state: State[Path, Recent], things: Mapping[int, Sighting[Path]], look: Look
    ) -> Found[Path, Recent]:
        recent = tuple(one for one in state.notes if look.now - one.time <= RECENT_SECONDS)
        after = dict(things)
        counts: list[Count] = []
        moments: list[Moment] = []
        for number, (was, side) in self._sides(things, look).items():
            thing = things[number]
            path = self._walk(thing.note, thing, was, side, look)
            if path.waiting and self.sure(thing):
                for direction, when, spot in path.waiting:
                    passage = Passage(thing.latest.id, when, direction, spot)
                    if not self.watching(when) or self._echo(passage, thing, after, recent, look):
                        continue
                    recent += (passage,)
                    counts.append(self._count(look.camera, thing.kind, direction, when))
                    moments.extend(self._moments(thing, direction, when, look))
                path = replace(path, waiting=())
            after[number] = thing.noting(path)
        return Found(after, recent, moments=tuple(moments), counts=tuple(counts))

    def _point(self, thing: Sighting[Path]) -> Point:
        return thing.latest.foot if self.options.point == "foot" else thing.latest.centre

    def _sides(
        self, things: Mapping[int, Sighting[Path]], look: Look
    ) -> dict[int, tuple[float, float]]:
        """Pixels from the line (right positive) of all seen now: at their last look, and now."""
        here = {number: one for number, one in things.items() if one.last == look.now}
        if not here:
            return {}
        now = [self._point(one) for one in here.values()]
        before = [
            at if one.note is None else one.note.point
            for one, at in zip(here.values(), now, strict=True)
        ]
        sides = self.place.side(np.array(before + now) * look.size, look.size).tolist()
        return dict(
            zip(here, zip(sides[: len(here)], sides[len(here) :], strict=True), strict=True)
        )

    def _band(self, thing: Sighting[Path], look: Look) -> float:
        """Pixels from the line within which the thing's side is not clear."""
        return max(2.0, self.options.band * look.extent(thing.latest.box))

    def _walk(
        self, path: Path | None, thing: Sighting[Path], was: float, side: float, look: Look
    ) -> Path:
        """The path with this look's point added."""
        point = self._point(thing)
        band = self._band(thing, look)
        clear = 0 if abs(side) < band else 1 if side > 0 else -1
        if path is None:
            return Path(look.now, point, clear)
        net, over = path.net, path.over
        step = self._cross(path.point, point, was, side, look)
        if step is not None:
            direction, share, spot = step
            net, over = net + direction, (path.time + share * (look.now - path.time), spot)
        if clear == 0:
            return Path(look.now, point, path.side, None, net, over, path.waiting)
        waiting = path.waiting
        if path.side == -clear:
            across = look.now if path.across is None else path.across
            if abs(side) < FAR * band and look.now - across < SETTLE_SECONDS:
                return Path(look.now, point, path.side, across, net, over, waiting)
            if net * clear > 0:
                waiting = (*waiting, (clear, *over))
        return Path(look.now, point, clear, None, 0, over, waiting)

    def _cross(
        self, a: Point, b: Point, was: float, now: float, look: Look
    ) -> tuple[int, float, Point] | None:
        """A step from a to b over the line's extent: its direction, how far along, and where."""
        if (was >= 0) == (now >= 0):
            return None
        share = was / (was - now)
        spot = (a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]))
        along = float(self.place.along(np.array(spot) * look.size, look.size)[0])
        if not 0.0 <= along <= 1.0:
            return None
        return (1 if now >= 0 else -1), share, spot

    def _echo(
        self,
        passage: Passage,
        thing: Sighting[Path],
        things: Mapping[int, Sighting[Path]],
        recent: Recent,
        look: Look,
    ) -> bool:
        """Whether this is another thing's passage seen again: same way, same moment, same spot.

        Two people who walk close together are told apart by having been followed for longer, and
        by boxes that do not lie on each other.
        """
        size = look.extent(thing.latest.box)
        weak = thing.looks < 3 * self.options.min_looks
        for one in recent:
            if one.id == passage.id or one.direction != passage.direction:
                continue
            if abs(one.time - passage.time) > ECHO_SECONDS:
                continue
            if look.gap(one.point, passage.point) > max(ECHO_GAP * size, 2.0):
                continue
            other = things.get(one.id)
            twin = (
                other is not None
                and other.last == look.now
                and overlap(other.latest.box, thing.latest.box) >= ECHO_OVERLAP
            )
            if weak or twin:
                return True
        return False

    def _count(self, camera: str, kind: Kind, direction: int, when: float) -> Count:
        minute = int(when // 60) * 60
        return Count(camera, self.place.name, kind.label, _way(direction), minute, 1)

    def _moments(
        self, thing: Sighting[Path], direction: int, when: float, look: Look
    ) -> tuple[Moment, ...]:
        if self.options.alarm_on not in ("both", _way(direction)):
            return ()
        pixels = np.array(self._point(thing)) * look.size
        beyond = abs(float(self.place.side(pixels, look.size)[0]))
        limit = self._band(thing, look)
        numbers = {
            "distance_px": round(beyond, 1),
            "band_px": round(limit, 1),
            "margin_px": round(beyond - limit, 1),
        }
        text = f"A {thing.kind.label} passed {self.place.name} ({_way(direction)})"
        return (Moment(when, text, thing.latest.pixels, numbers),)


def _way(direction: int) -> str:
    return "in" if direction > 0 else "out"
