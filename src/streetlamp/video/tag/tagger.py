"""What colour, what posture: the tags that stand beside a box.

Colours come from the thing's own pixels, a few hundred of them, a few times a second, and are a
vote over time; what cannot be told stays unknown. A bicycle gets no colour: there is too little of
it, and what stands out is its rider's clothing. Clothing colours are for the live picture alone
(CHARTER 5): they leave here in `Tracks` and are stored by nobody.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from streetlamp.values import Colour, Kind, Posture, Tracks
from streetlamp.video.tag.colour import TERMS
from streetlamp.video.tag.options import TagOptions
from streetlamp.video.tag.pixels import Light, Pixels
from streetlamp.video.tag.posture import PostureVote
from streetlamp.video.tag.swatch import PERSON, VEHICLE, Regions, Swatches, swatches

Doubles = NDArray[np.float64]

_SMALLEST_PERSON: Final = 40.0  # pixels high: below, clothes are a handful of mixed pixels
_SMALLEST_VEHICLE: Final = 20.0  # pixels, the shorter side
_VOTE_FADES: Final = 6.0  # s: how long a vote counts
_LEAST_VOTES: Final = 0.15  # sum of votes before a name is given
_LEAD: Final = 0.12  # share by which a name must lead the next
_STAY: Final = 0.1  # share by which another name must lead the one that stands
_FORGET: Final = 10.0  # s after which a track that is not seen any more is forgotten
_SETTLED: Final = 6  # votes after which a thing's name hardly changes any more …
_SETTLED_WAIT: Final = 4.0  # … and how many times longer it waits for the next vote then
_FEW: Final = 4  # things whose pixels are looked at in one go at least …
_WAIT_FOR_OTHERS: Final = 0.5  # … unless one of them is so many seconds late
_LIGHT_EVERY: Final = 2.0  # s between looks at the scene's light
_LIGHT_SHARE: Final = 0.25  # how far the known light moves to the one just seen
_PERSON: Final = int(Kind.PERSON)
_BICYCLE: Final = int(Kind.BICYCLE)
_TWO_WHEELED: Final = np.isin(np.arange(len(Kind)), (Kind.BICYCLE, Kind.MOTORCYCLE))  # by Kind


@dataclass(slots=True)
class ColourVote:
    """Swatches of one thing over time, and the name they agree on."""

    votes: Doubles = field(default_factory=lambda: np.zeros(TERMS))
    time: float = 0.0
    name: Colour = Colour.UNKNOWN

    def add(self, shares: Doubles, clear: float, time: float, sure_share: float) -> None:
        """Takes in shares (11,), as clear as 0–1, seen at ``time`` (POSIX seconds)."""
        self.votes = self.votes * math.exp(-max(time - self.time, 0.0) / _VOTE_FADES)
        self.votes += clear * shares
        self.time = time
        votes = self.votes.tolist()
        total = sum(votes)
        if total < _LEAST_VOTES:
            self.name = Colour.UNKNOWN
            return
        second, best = (vote / total for vote in sorted(votes)[-2:])
        leader = Colour(votes.index(max(votes)) + 1)
        if best >= sure_share and best - second >= _LEAD:
            standing = votes[self.name - 1] / total
            if self.name in (Colour.UNKNOWN, leader) or best - standing >= _STAY:
                self.name = leader
        elif best < 0.8 * sure_share or self.name is not leader:
            self.name = Colour.UNKNOWN


@dataclass(slots=True)
class _Known:
    """What is known of one track."""

    posture: PostureVote
    seen: float  # POSIX seconds it was last seen
    looked: float = -np.inf  # POSIX seconds its pixels were last looked at
    looks: int = 0  # how often that was
    colour: ColourVote = field(default_factory=ColourVote)
    upper: ColourVote = field(default_factory=ColourVote)
    lower: ColourVote = field(default_factory=ColourVote)

    def of(self, person: bool) -> tuple[Posture, Colour, Colour, Colour]:
        """Posture, colour, and colour of upper and lower clothing, as far as it can have them."""
        if person:
            return self.posture.posture, Colour.UNKNOWN, self.upper.name, self.lower.name
        return Posture.UNKNOWN, self.colour.name, Colour.UNKNOWN, Colour.UNKNOWN


class Tagger:
    """Fills the posture and colour columns of one camera's tracks."""

    def __init__(self, options: TagOptions) -> None:
        self._options = options
        self._known: dict[int, _Known] = {}
        self._light = Light()
        self._light_time = -np.inf
        self._time = -np.inf

    def reset(self) -> None:
        """Forgets everything: the scene is another."""
        self._known.clear()
        self._light_time = -np.inf

    def update(self, picture: av.VideoFrame, tracks: Tracks) -> Tracks:
        """``tracks`` of the look at ``picture`` with their tags; pixels of few tracks are read."""
        if tracks.time < self._time:
            self.reset()
        self._time = tracks.time
        seen, person = tracks.seen.tolist(), (tracks.kind == _PERSON).tolist()
        rows = zip(tracks.id.tolist(), seen, strict=True)
        known = [self._of(number, is_seen, tracks.time) for number, is_seen in rows]
        boxes = tracks.box.tolist()
        for row, thing in enumerate(known):
            if person[row] and seen[row]:
                thing.posture.add(boxes[row], tracks.size, tracks.time)
        if self._options.colours:
            self._look(picture, tracks, known)
        self._forget(tracks.time)
        tags = [thing.of(is_person) for thing, is_person in zip(known, person, strict=True)]
        posture, colour, upper, lower = np.array(tags, np.int64).reshape(-1, 4).T
        return replace(tracks, posture=posture, colour=colour, upper=upper, lower=lower)

    def _of(self, number: int, seen: bool, time: float) -> _Known:
        thing = self._known.get(number)
        if thing is None:
            vote = PostureVote(self._options.lying_seconds, self._options.upright_seconds)
            thing = self._known[number] = _Known(vote, time)
        if seen:
            thing.seen = time
        return thing

    def _forget(self, time: float) -> None:
        gone = [number for number, thing in self._known.items() if time - thing.seen > _FORGET]
        for number in gone:
            del self._known[number]

    def _look(self, picture: av.VideoFrame, tracks: Tracks, known: list[_Known]) -> None:
        """Adds colour votes for the tracks whose turn it is, those not looked at longest first."""
        boxes, kinds = tracks.box.tolist(), tracks.kind.tolist()
        fits = [row for row in tracks.seen.nonzero()[0].tolist() if _fits(boxes[row], kinds[row])]
        late = {row: tracks.time - known[row].looked - self._wait(known[row]) for row in fits}
        due = [row for row in fits if late[row] >= 0]
        # A pass costs nearly as much for one as for a few: who is a little late waits for others.
        if not due or (len(due) < _FEW and max(late.values()) < _WAIT_FOR_OTHERS):
            return
        due.sort(key=lambda row: known[row].looked)
        pixels = Pixels.of(picture)
        if tracks.time - self._light_time >= _LIGHT_EVERY:
            first = not np.isfinite(self._light_time)
            self._light = self._light.blend(Light.of(pixels), 1.0 if first else _LIGHT_SHARE)
            self._light_time = tracks.time
        if self._light.colourless:
            return
        due = due[: self._options.tracks_per_look]
        for row in due:
            known[row].looked = tracks.time
            known[row].looks += 1
        people = [row for row in due if kinds[row] == _PERSON]
        vehicles = [row for row in due if kinds[row] != _PERSON]
        # What is up and what is down in the box of somebody lying is not known.
        people = [row for row in people if not _lies(known[row], boxes[row])]
        sure, time = self._options.sure_share, tracks.time
        if vehicles:
            found = self._seen(pixels, tracks, vehicles, VEHICLE)
            for row, (body,), (clear,) in zip(
                vehicles, found.shares, found.clear.tolist(), strict=True
            ):
                known[row].colour.add(body, clear, time, sure)
        if people:
            found = self._seen(pixels, tracks, people, PERSON)
            for row, (upper, lower), (clear, clear_lower) in zip(
                people, found.shares, found.clear.tolist(), strict=True
            ):
                known[row].upper.add(upper, clear, time, sure)
                if _shows_legs(boxes[row], tracks.size):
                    known[row].lower.add(lower, clear_lower, time, sure)

    def _wait(self, thing: _Known) -> float:
        """Seconds from one look at a thing's pixels to the next."""
        wait = self._options.colour_interval_seconds
        return wait if thing.looks < _SETTLED else _SETTLED_WAIT * wait

    def _seen(self, pixels: Pixels, tracks: Tracks, rows: list[int], regions: Regions) -> Swatches:
        nearer = [_nearer(tracks, row) for row in rows]
        return swatches(pixels, self._light, tracks.box[rows], regions, nearer)


def _fits(box: list[float], kind: int) -> bool:
    """Whether a track shows enough pixels of what has a colour."""
    width, height = box[2] - box[0], box[3] - box[1]
    if kind == _PERSON:
        return height >= _SMALLEST_PERSON
    return kind != _BICYCLE and min(width, height) >= _SMALLEST_VEHICLE


def _lies(thing: _Known, box: list[float]) -> bool:
    wide = box[2] - box[0] > 0.85 * (box[3] - box[1])
    return thing.posture.posture is Posture.LYING or wide


def _shows_legs(box: list[float], size: tuple[int, int]) -> bool:
    """Whether the box shows a whole person: it ends within the picture, or is slim enough."""
    cut = box[3] >= size[1] - 2
    return not cut or box[2] - box[0] < 0.45 * (box[3] - box[1])


def _nearer(tracks: Tracks, row: int) -> NDArray[np.float32]:
    """(k, 4) boxes that may stand before this one: their feet are lower, or they ride on it."""
    box, kind = tracks.box[row], tracks.kind[row]
    x1, y1, x2, y2 = tracks.box.T
    meets = (x1 < box[2]) & (x2 > box[0]) & (y1 < box[3]) & (y2 > box[1])
    meets[row] = False
    if not meets.any():
        return tracks.box[:0]
    before = y2 > box[3]
    if _TWO_WHEELED[kind]:
        before |= tracks.kind == _PERSON
    elif kind == _PERSON:
        # The rider's own cycle reaches lower and would hide the rider's legs.
        before &= ~_TWO_WHEELED[tracks.kind]
    return np.asarray(tracks.box[meets & before])
