"""How a vehicle that is new is likely to move: as those that drive around it.

On a road looked at seldom, the next car is often nearer to where a car was than the car itself is
by then. What drives beside it knows better than rest, a new filter's first guess: but only where
they agree. People go where they like: they start at rest.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streetlamp.values import Ints, Kind
from streetlamp.video.track.associate import Doubles
from streetlamp.video.track.book import Book
from streetlamp.video.track.kalman import to_centre

_DRIVES: Final = np.zeros(len(Kind), np.bool_)
_DRIVES[[Kind.CAR, Kind.TRUCK, Kind.BUS]] = True
_NEAR: Final = 8.0  # of its own size: farther ones are on another road
_LEAST, _MOST = 3, 5  # neighbours that are asked
_KNOWN: Final = 3  # looks in which one must have been found
_MOVES: Final = 0.3  # sizes a second
_AGREE: Final = 0.3  # of the speed by which one may differ from the middle of all


def flow(book: Book, box: NDArray[Any], kind: Ints) -> Doubles:
    """Velocity (n, 2) in pixels a second that new things with boxes (n, 4) most likely have."""
    found = np.zeros((len(box), 2))
    known = (_DRIVES[book.kind] & book.sure & (book.found >= _KNOWN)).nonzero()[0]
    new = _DRIVES[kind].nonzero()[0]
    if len(known) < _LEAST or not len(new):
        return found
    at, way = book.filter.position[known], book.filter.velocity[known, :2]
    size = np.sqrt(np.maximum(at[:, 2:], 1).prod(axis=1))
    for row, centre in zip(new.tolist(), to_centre(box[new]), strict=True):
        own = float(np.sqrt(centre[2] * centre[3]))
        far = np.linalg.norm(at[:, :2] - centre[:2], axis=1)
        asked = np.argsort(far, kind="stable")[:_MOST]
        asked = asked[far[asked] < _NEAR * own]
        if len(asked) < _LEAST:
            continue
        middle = np.median(way[asked], axis=0)
        speed = float(np.linalg.norm(middle))
        agrees = np.linalg.norm(way[asked] - middle, axis=1) < _AGREE * speed
        if speed > _MOVES * float(np.median(size[asked])) and agrees.sum() >= _LEAST:
            found[row] = middle
    return found
