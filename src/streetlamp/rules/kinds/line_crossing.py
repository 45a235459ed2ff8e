"""How many pass a line, in which direction.

A thing passes when it was clearly on one side and then is clearly on the other ("clearly": further
from the line than a band that grows with the thing's size), and its path between went through the
line's own extent, not around an end. So a box that trembles on the line counts nothing, and one
that turns back counts in the other direction only after it was clearly across.

Not far beyond the band a thing must also stay for a moment: the lower edge of a box jumps up, and
down again, when somebody passes in front of the feet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal

import numpy as np
from pydantic import Field

from streetlamp.geometry import Line, Point, overlap
from streetlamp.rules.base import RULES, Found, Moment, Rule, State
from streetlamp.rules.columns import SURE, Columns, Doubles, sure
from streetlamp.rules.memory import Box, Look, Sighting
from streetlamp.rules.options import KindName, RuleOptions
from streetlamp.rules.scan import Scanned, only_moments
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

        def here(number: int) -> Box | None:
            other = after.get(number)
            return other.latest.box if other is not None and other.last == look.now else None

        for number, (was, side) in self._sides(things, look).items():
            thing = things[number]
            point, box = self._point(thing), thing.latest.box
            path = self._walk(thing.note, look.now, point, was, side, self._band(box, look), look)
            if path.waiting and self.sure(thing):
                for direction, when, spot in path.waiting:
                    passage = Passage(thing.latest.id, when, direction, spot)
                    if not self.watching(when):
                        continue
                    if self._echo(passage, box, thing.looks, here, recent, look):
                        continue
                    recent += (passage,)
                    counts.append(self._count(look.camera, thing.kind, direction, when))
                    moments.extend(
                        self._moments(thing.kind, side, box, thing.latest.pixels, passage, look)
                    )
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

    def _band(self, box: Box, look: Look) -> float:
        """Pixels from the line within which a thing's side is not clear."""
        return max(2.0, self.options.band * look.extent(box))

    def _walk(
        self,
        path: Path | None,
        now: float,
        point: Point,
        was: float,
        side: float,
        band: float,
        look: Look,
    ) -> Path:
        """The path with this point added; ``was`` and ``side``: pixels from the line, at the point
        before and at this."""
        clear = 0 if abs(side) < band else 1 if side > 0 else -1
        if path is None:
            return Path(now, point, clear)
        net, over = path.net, path.over
        step = self._cross(path.point, point, was, side, look)
        if step is not None:
            direction, share, spot = step
            net, over = net + direction, (path.time + share * (now - path.time), spot)
        if clear == 0:
            return Path(now, point, path.side, None, net, over, path.waiting)
        waiting = path.waiting
        if path.side == -clear:
            across = now if path.across is None else path.across
            if abs(side) < FAR * band and now - across < SETTLE_SECONDS:
                return Path(now, point, path.side, across, net, over, waiting)
            if net * clear > 0:
                waiting = (*waiting, (clear, *over))
        return Path(now, point, clear, None, 0, over, waiting)

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
        box: Box,
        looks: int,
        here: Callable[[int], Box | None],
        recent: Recent,
        look: Look,
    ) -> bool:
        """Whether this is another thing's passage seen again: same way, same moment, same spot.

        Two people who walk close together are told apart by having been followed for longer
        (``looks``), and by boxes that do not lie on each other; ``here`` gives the box of what is
        seen in this look under a number.
        """
        size = look.extent(box)
        weak = looks < 3 * self.options.min_looks
        for one in recent:
            if one.id == passage.id or one.direction != passage.direction:
                continue
            if abs(one.time - passage.time) > ECHO_SECONDS:
                continue
            if look.gap(one.point, passage.point) > max(ECHO_GAP * size, 2.0):
                continue
            other = here(one.id)
            if weak or (other is not None and overlap(other, box) >= ECHO_OVERLAP):
                return True
        return False

    def _count(self, camera: str, kind: Kind, direction: int, when: float) -> Count:
        minute = int(when // 60) * 60
        return Count(camera, self.place.name, kind.label, _way(direction), minute, 1)

    def _moments(
        self, kind: Kind, side: float, box: Box, pixels: Box, passage: Passage, look: Look
    ) -> tuple[Moment, ...]:
        way = _way(passage.direction)
        if self.options.alarm_on not in ("both", way):
            return ()
        beyond, limit = abs(side), self._band(box, look)
        numbers = {
            "distance_px": round(beyond, 1),
            "band_px": round(limit, 1),
            "margin_px": round(beyond - limit, 1),
        }
        text = f"A {kind.label} passed {self.place.name} ({way})"
        return (Moment(passage.time, text, pixels, numbers),)

    @property
    def scans(self) -> bool:
        return True

    def scan(self, state: State[Path, Recent], columns: Columns) -> Scanned[Recent]:
        """Walks only where a way leads from one side to the other, and there as `look` does."""
        recent, moments, counts = state.notes, list[tuple[int, Moment]](), list[Count]()
        points = columns.feet if self.options.point == "foot" else columns.centres
        side = self.place.side(points * columns.size, columns.size)
        place = np.empty(len(columns.row), np.int64)
        place[columns.row] = np.arange(len(columns.row))
        told = sorted(self._passings(columns, points, side), key=lambda one: place[one[0]])
        for row, passage in told:
            at = int(columns.look[row])
            look, box = columns.at(at), columns.fractions(row)
            if not self.watching(passage.time):
                continue
            recent = tuple(one for one in recent if look.now - one.time <= RECENT_SECONDS)
            here = partial(_box_of, columns, at)
            if self._echo(passage, box, int(columns.looks[row]), here, recent, look):
                continue
            recent += (passage,)
            kind = Kind(int(columns.voted[row]))
            counts.append(self._count(look.camera, kind, passage.direction, passage.time))
            pixels = columns.pixels(row)
            told_of = self._moments(kind, float(side[row]), box, pixels, passage, look)
            moments += [(at, one) for one in told_of]
        return only_moments(columns, recent, tuple(moments), tuple(counts))

    def _passings(
        self, columns: Columns, points: Doubles, side: Doubles
    ) -> Iterator[tuple[int, Passage]]:
        """Each passage, and the row with which there is evidence enough for it."""
        band = np.maximum(2.0, self.options.band * columns.extent)
        ways = np.where(np.abs(side) < band, 0, np.where(side > 0, 1, -1))
        may = np.bincount(columns.thing, self._over(columns, points, side)) > 0
        known = np.flatnonzero((ways != 0) & may[columns.thing])
        thing = columns.thing[known]
        turns = np.flatnonzero((np.diff(ways[known]) != 0) & (np.diff(thing) == 0))
        evidence, look = sure(self, columns), columns.at(0)
        waiting: tuple[tuple[int, float, Point], ...] = ()
        done, end = 0, 0  # rows walked; one behind the last of the thing
        for before, flip in zip(known[turns].tolist(), known[turns + 1].tolist(), strict=True):
            if flip < done:
                continue
            until = min(before + 1, end)
            if waiting and evidence[done:until].any():
                row = done + int(evidence[done:until].argmax())
                yield from ((row, self._passage(columns, row, one)) for one in waiting)
                waiting = ()
            if flip >= end:
                waiting, end = (), int(columns.ends[columns.thing[flip]])
            x, y = points[before].tolist()
            path = Path(float(columns.time[before]), (x, y), int(ways[before]), waiting=waiting)
            row = before
            while (row := row + 1) < end and (
                row <= flip or path.across is not None or not ways[row - 1]
            ):
                x, y = points[row].tolist()
                path = self._walk(
                    path, float(columns.time[row]), (x, y), float(side[row - 1]),
                    float(side[row]), float(band[row]), look,
                )  # fmt: skip
                if path.waiting and evidence[row]:
                    yield from ((row, self._passage(columns, row, one)) for one in path.waiting)
                    path = replace(path, waiting=())
            done, waiting = row, path.waiting
        if waiting and evidence[done:end].any():
            row = done + int(evidence[done:end].argmax())
            yield from ((row, self._passage(columns, row, one)) for one in waiting)

    @staticmethod
    def _passage(columns: Columns, row: int, waited: tuple[int, float, Point]) -> Passage:
        direction, when, spot = waited
        return Passage(int(columns.number[row]), when, direction, spot)

    def _over(self, columns: Columns, points: Doubles, side: Doubles) -> Doubles:
        """(n,) 1 where a step may lead over the line's extent, else 0."""
        was = np.roll(side, 1)
        steps = np.flatnonzero(((was >= 0) != (side >= 0)) & ~columns.start)
        share = (was[steps] / (was[steps] - side[steps]))[:, None]
        spots = points[steps - 1] + share * (points[steps] - points[steps - 1])
        along = self.place.along(spots * columns.size, columns.size)
        over = np.zeros(len(side))
        over[steps[(along >= -SURE) & (along <= 1.0 + SURE)]] = 1.0
        return over


def _way(direction: int) -> str:
    return "in" if direction > 0 else "out"


def _box_of(columns: Columns, look: int, number: int) -> Box | None:
    """The box of what is seen in a look under a number."""
    rows = [row for row in columns.seen(look) if columns.number[row] == number]
    return columns.fractions(rows[0]) if rows else None
