"""Upright or lying: shapes of a box over time."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.values import Posture
from streetlamp.video.tag.posture import PostureVote

SIZE = (800, 600)


def play(shapes, every=0.125, lying=0.6, upright=1.0, top=200.0):
    """Postures after each box of width, height (None: not found)."""
    vote = PostureVote(lying, upright)
    result = []
    for k, shape in enumerate(shapes):
        if shape is not None:
            w, h = shape
            box = np.array([300 - w / 2, top, 300 + w / 2, top + h], np.float32)
            vote.add(box, SIZE, 100 + k * every)
        result.append(vote.posture)
    return result


STANDS, LIES, SITS, BENDS = (60, 150), (150, 75), (90, 120), (110, 125)

STORIES = [
    ("stands", [STANDS] * 10, Posture.UPRIGHT),
    ("falls and stays down", [STANDS] * 10 + [LIES] * 16, Posture.LYING),
    ("lies from the start", [LIES] * 16, Posture.LYING),
    ("sits down", [STANDS] * 10 + [SITS] * 30, Posture.UPRIGHT),
    ("bends down for long", [STANDS] * 10 + [BENDS] * 40, Posture.UPRIGHT),
    ("stretches the arms out in one look", [STANDS] * 10 + [LIES] + [STANDS] * 3, Posture.UPRIGHT),
    ("falls and gets up again", [STANDS] * 10 + [LIES] * 16 + [STANDS] * 20, Posture.UPRIGHT),
    ("lies, and one box goes wrong", [LIES] * 16 + [STANDS] + [LIES] * 5, Posture.LYING),
    ("is lost while lying", [LIES] * 16 + [None] * 10, Posture.LYING),
]


@pytest.mark.parametrize(("story", "shapes", "at_last"), STORIES, ids=[s[0] for s in STORIES])
def test_story(story, shapes, at_last):
    assert play(shapes)[-1] is at_last, story


def test_lying_needs_its_time():
    postures = play([STANDS] * 8 + [LIES] * 30)
    down = postures.index(Posture.LYING)
    assert 0.6 <= (down - 8) * 0.125 <= 1.2


def test_a_longer_time_can_be_asked_for():
    postures = play([STANDS] * 8 + [LIES] * 40, lying=3.0)
    assert (postures.index(Posture.LYING) - 8) * 0.125 >= 3.0


def test_half_a_person_at_the_border_says_nothing():
    assert play([LIES] * 20, top=0.0)[-1] is Posture.UNKNOWN
    assert play([LIES] * 20, top=SIZE[1] - 75.0)[-1] is Posture.UNKNOWN
