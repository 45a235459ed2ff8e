"""What colour, what posture: the tags that stand beside a box.

Colours come from the thing's own pixels, a few hundred of them, a few times a second, and are a
vote over time; what cannot be told stays unknown. A bicycle gets no colour: there is too little of
it, and what stands out is its rider's clothing. Clothing colours are for the live picture alone
(CHARTER 5): they leave here in `Tracks` and are stored by nobody.
"""

from __future__ import annotations

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
from streetlamp.video.tag.swatch import LOWER, UPPER, VEHICLE, swatches

Doubles = NDArray[np.float64]

_SMALLEST_PERSON: Final = 40.0  # pixels high: below, clothes are a handful of mixed pixels
_SMALLEST_VEHICLE: Final = 20.0  # pixels, the shorter side
_VOTE_FADES: Final = 6.0  # s: how long a vote counts
_LEAST_VOTES: Final = 0.15  # sum of votes before a name is given
_LEAD: Final = 0.12  # share by which a name must lead the next
_STAY: Final = 0.1  # share by which another name must lead the one that stands
_FORGET: Final = 10.0  # s after which a track that is not seen any more is forgotten
_LIGHT_EVERY: Final = 2.0  # s between looks at the scene's light
_LIGHT_SHARE: Final = 0.25  # how far the known light moves to the one just seen
_TWO_WHEELED: Final = frozenset({Kind.BICYCLE, Kind.MOTORCYCLE})


@dataclass(slots=True)
class ColourVote:
    """Swatches of one thing over time, and the name they agree on."""

    votes: Doubles = field(default_factory=lambda: np.zeros(TERMS))
    time: float = 0.0
    name: Colour = Colour.UNKNOWN

    def add(self, shares: Doubles, clear: float, time: float, sure_share: float) -> None:
        self.votes = self.votes * np.exp(-max(time - self.time, 0.0) / _VOTE_FADES)
        self.votes = self.votes + clear * shares
        self.time = time
        total = float(self.votes.sum())
        if total < _LEAST_VOTES:
            self.name = Colour.UNKNOWN
            return
        share = self.votes / total
        order = np.argsort(-share)
        best, second = share[order[0]], share[order[1]]
        leader = Colour(int(order[0]) + 1)
        if best >= sure_share and best - second >= _LEAD:
            if self.name in (Colour.UNKNOWN, leader) or best - share[self.name - 1] >= _STAY:
                self.name = leader
        elif best < 0.8 * sure_share or self.name is not leader:
            self.name = Colour.UNKNOWN


@dataclass(slots=True)
class _Known:
    """What is known of one track."""

    posture: PostureVote
    seen: float  # POSIX seconds it was last seen
    looked: float = -np.inf  # POSIX seconds its pixels were last looked at
    colour: ColourVote = field(default_factory=ColourVote)
    upper: ColourVote = field(default_factory=ColourVote)
    lower: ColourVote = field(default_factory=ColourVote)


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
        known = [self._of(tracks, row) for row in range(len(tracks))]
        for row, thing in enumerate(known):
            if tracks.kind[row] == Kind.PERSON and tracks.seen[row]:
                thing.posture.add(tracks.box[row], tracks.size, tracks.time)
        if self._options.colours:
            self._look(picture, tracks, known)
        self._forget(tracks.time)
        person = tracks.kind == Kind.PERSON

        def column(values: list[int], where: NDArray[np.bool_]) -> NDArray[np.int64]:
            return np.where(where, np.array(values, np.int64).reshape(-1), 0)

        return replace(
            tracks,
            posture=column([int(thing.posture.posture) for thing in known], person),
            colour=column([int(thing.colour.name) for thing in known], ~person),
            upper=column([int(thing.upper.name) for thing in known], person),
            lower=column([int(thing.lower.name) for thing in known], person),
        )

    def _of(self, tracks: Tracks, row: int) -> _Known:
        number = int(tracks.id[row])
        if number not in self._known:
            vote = PostureVote(self._options.lying_seconds, self._options.upright_seconds)
            self._known[number] = _Known(vote, tracks.time)
        thing = self._known[number]
        if tracks.seen[row]:
            thing.seen = tracks.time
        return thing

    def _forget(self, time: float) -> None:
        gone = [number for number, thing in self._known.items() if time - thing.seen > _FORGET]
        for number in gone:
            del self._known[number]

    def _look(self, picture: av.VideoFrame, tracks: Tracks, known: list[_Known]) -> None:
        """Adds colour votes for the tracks whose turn it is, those not looked at longest first."""
        due = [
            row
            for row, thing in enumerate(known)
            if tracks.seen[row]
            and tracks.time - thing.looked >= self._options.colour_interval_seconds
            and _large_enough(tracks, row)
        ]
        if not due:
            return
        due.sort(key=lambda row: known[row].looked)
        pixels = Pixels.of(picture)
        if tracks.time - self._light_time >= _LIGHT_EVERY:
            first = not np.isfinite(self._light_time)
            self._light = self._light.blend(Light.of(pixels), 1.0 if first else _LIGHT_SHARE)
            self._light_time = tracks.time
        if self._light.colourless:
            return
        for row in due[: self._options.tracks_per_look]:
            thing = known[row]
            thing.looked = tracks.time
            self._vote(pixels, tracks, row, thing)

    def _vote(self, pixels: Pixels, tracks: Tracks, row: int, thing: _Known) -> None:
        box, nearer = tracks.box[row], _nearer(tracks, row)
        sure = self._options.sure_share
        if tracks.kind[row] != Kind.PERSON:
            (body,) = swatches(pixels, self._light, box, (VEHICLE,), nearer)
            thing.colour.add(body.shares, body.clear, tracks.time, sure)
            return
        if thing.posture.posture is Posture.LYING or _is_wide(box):
            return  # what is up and what is down in the box is not known
        upper, lower = swatches(pixels, self._light, box, (UPPER, LOWER), nearer)
        thing.upper.add(upper.shares, upper.clear, tracks.time, sure)
        if _shows_legs(box, tracks.size):
            thing.lower.add(lower.shares, lower.clear, tracks.time, sure)


def _large_enough(tracks: Tracks, row: int) -> bool:
    x1, y1, x2, y2 = (float(v) for v in tracks.box[row])
    if tracks.kind[row] == Kind.PERSON:
        return y2 - y1 >= _SMALLEST_PERSON
    return tracks.kind[row] != Kind.BICYCLE and min(x2 - x1, y2 - y1) >= _SMALLEST_VEHICLE


def _is_wide(box: NDArray[np.float32]) -> bool:
    return bool(box[2] - box[0] > 0.85 * (box[3] - box[1]))


def _shows_legs(box: NDArray[np.float32], size: tuple[int, int]) -> bool:
    """Whether the box shows a whole person: it ends within the picture, or is slim enough."""
    cut = box[3] >= size[1] - 2
    return not cut or bool(box[2] - box[0] < 0.45 * (box[3] - box[1]))


def _nearer(tracks: Tracks, row: int) -> NDArray[np.float32]:
    """(k, 4) boxes that may stand before this one: their feet are lower, or they ride on it."""
    box = tracks.box[row]
    others = np.arange(len(tracks)) != row
    meets = (tracks.box[:, 0] < box[2]) & (tracks.box[:, 2] > box[0])
    meets &= (tracks.box[:, 1] < box[3]) & (tracks.box[:, 3] > box[1])
    before = tracks.box[:, 3] > box[3]
    person = tracks.kind == Kind.PERSON
    if tracks.kind[row] in _TWO_WHEELED:
        before |= person
    elif tracks.kind[row] == Kind.PERSON:
        # The rider's own cycle reaches lower and would hide the rider's legs.
        before &= person | ~np.isin(tracks.kind, [int(kind) for kind in _TWO_WHEELED])
    return np.asarray(tracks.box[others & meets & before])
