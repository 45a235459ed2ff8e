"""Things that look like people: what stands there unchanged at other times of the day is none.

A stone bollard is taken for a person in every picture; a person is not in the same place, in the
same posture, hours before and after. So what the judge sees is compared with the same place in
pictures from other times. In those a person is elsewhere, or hidden by a mosaic, and so is a person
whose mask fails in a few pictures of a hundred.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.inspection.footage import Cell, Footage, Still
from streetlamp.values import Bytes, Floats
from streetlamp.video.planes import view_planes

PICTURES: Final = 16
APART: Final = 600.0  # seconds from the look, at least
ALIKE: Final = 0.85  # correlation of the luma: the light may change, the thing may not
ENOUGH: Final = 2  # pictures that show the same


@dataclass(frozen=True, slots=True, eq=False)
class _Witness:
    time: float
    luma: Bytes


class Witnesses:
    """Pictures of one camera from other times, held in memory for one round."""

    def __init__(self, stills: Sequence[Still], apart: float = APART) -> None:
        self._apart = apart
        self._pictures = [
            _Witness(still.time, view_planes(still.picture).y.copy()) for still in stills
        ]

    @classmethod
    def draw(
        cls,
        footage: Footage,
        cells: Sequence[Cell],
        random: np.random.Generator,
        apart: float = APART,
    ) -> Witnesses:
        """Keyframes of cells drawn at random, one in each of as many equal parts of `cells`."""
        parts = np.array_split(np.arange(len(cells)), min(PICTURES, len(cells)) or 1)
        drawn = [cells[int(random.choice(part))] for part in parts if len(part)]
        stills = [still for cell in drawn if (still := footage.keyframe(cell)) is not None]
        return cls(stills, apart)

    def know(self, still: Still, box: Floats) -> bool:
        """Whether the same stands in this box (4,) at other times: then it is a thing."""
        mine = view_planes(still.picture).y
        alike = 0
        for witness in self._pictures:
            if abs(witness.time - still.time) < self._apart or witness.luma.shape != mine.shape:
                continue
            if _correlation(_crop(mine, box), _crop(witness.luma, box)) >= ALIKE:
                alike += 1
        return alike >= ENOUGH


def _crop(luma: Bytes, box: Floats) -> Floats:
    x1, y1, x2, y2 = (max(0, round(float(value))) for value in box)
    return luma[y1:y2, x1:x2].astype(np.float32)


def _correlation(a: Floats, b: Floats) -> float:
    """Pearson's, −1 to 1; 0 where one of them is flat."""
    if a.size == 0:
        return 0.0
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt(np.square(a).sum() * np.square(b).sum()))
    return float((a * b).sum()) / scale if scale > 1e-6 else 0.0
