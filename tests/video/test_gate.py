"""How finely a picture is looked at: rough looks only where everybody known is large."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.values import Tracks
from streetlamp.video.coverage import Look
from streetlamp.video.gate import FINE_SECONDS, SCENE_LOOKS, Gate
from streetlamp.video.load import CALM, Load
from streetlamp.video.motion import Motion
from streetlamp.video.options import LookOptions
from streetlamp.video.raw import WHOLE, View

SIZE = (1280, 720)
NOBODY = np.zeros((0, 4), np.float32)
CELLS = np.zeros((4, 4), np.bool_)
MOVES, IS_NEW = Motion(False, True, CELLS, CELLS), Motion(True, True, CELLS, CELLS)
BUSY = Load(1, "too many cameras")


def high(*heights: float) -> np.ndarray:
    """Boxes of people so many pixels high."""
    boxes = [[100 * i, 10, 100 * i + 30, 10 + height] for i, height in enumerate(heights)]
    return np.array(boxes, np.float32).reshape(-1, 4)


def views(
    tracks: np.ndarray, faint: np.ndarray = NOBODY, *, load: Load = CALM, motion: Motion = MOVES
) -> list[tuple[float, View]]:
    """The looks at ten seconds of a camera with 15 pictures a second that sees just these."""
    gate, looks = Gate(LookOptions()), []
    for step in range(150):
        time = step / 15
        view = gate.look(time, motion if step == 75 else MOVES, load)
        if view is None:
            continue
        looks.append((time, view))
        found = Tracks.make(
            "gate", time, step, SIZE, id=list(range(len(tracks))), box=tracks
        )  # fmt: skip
        none = Tracks.make("gate", time, step, SIZE)
        gate.report(Look(time, step, found, none, NOBODY, np.zeros(0, np.float32)), faint)
    return looks


@pytest.mark.parametrize(
    ("tracks", "faint", "load", "rough"),
    [
        (high(200, 140), NOBODY, CALM, False),
        (high(200, 100), NOBODY, BUSY, True),
        (high(200, 60), NOBODY, BUSY, False),
        (high(200), high(40), BUSY, False),
    ],
    ids=["time for all", "under load", "a small one", "a ghost"],
)
def test_looks_are_rough_only_where_everybody_is_large(tracks, faint, load, rough: bool) -> None:
    looks = views(tracks, faint, load=load)
    settled = [view for time, view in looks if time > 1.0]
    assert (sum(view.fine < 1.0 for view in settled) > len(settled) / 2) == rough
    if not rough:
        assert {view for _, view in looks} == {WHOLE}


def test_a_fine_look_comes_every_second_and_at_all_that_is_new() -> None:
    looks = views(high(200), load=BUSY, motion=IS_NEW)
    fine = [time for time, view in looks if view == WHOLE]
    assert np.diff([*fine, 10.0]).max() <= FINE_SECONDS + 0.1
    assert all(view == WHOLE for _, view in looks[:SCENE_LOOKS])
    again = [view for time, view in looks if time >= 5.0]
    assert again[:SCENE_LOOKS] == [WHOLE] * SCENE_LOOKS
