"""Two people whom the detector takes for one come apart between looks that are half a second apart.

Judged on the decoded output: neither head nor feet of either may be seen, in whichever picture
they part, whichever of the two the one box was drawn around.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from streetlamp.values import Kind
from streetlamp.video.load import LOOK_STEPS, Load
from streetlamp.video.raw import Detections
from support.breaking import VISIBLE, Box, Oracle, Still, drawn, play, seen, walker

COUNT = 66
SELDOM = Load(len(LOOK_STEPS) - 1, "too many cameras")  # two looks a second
CLOSE = 0.45  # share of the narrower one's width from which two are taken for one
People = Callable[[int], list[tuple[int, Box]]]


@dataclass(eq=False)
class TakesTwoForOne(Oracle):
    """Of two people close together it sees one: the nearer, whose feet are lower, or the other.

    overlooks: the share of looks at which it misses one of two who are apart.
    """

    nearer: bool = True
    overlooks: float = 0.0

    def truth(self, number: int) -> Detections:
        whole = super().truth(number)
        boxes = sorted(whole.box.tolist(), key=lambda box: -box[3] if self.nearer else box[3])
        kept: list[list[float]] = []
        for box in boxes:
            if not any(_shared(box, other) > CLOSE for other in kept):
                kept.append(box)
        if len(kept) == 2 and np.random.default_rng(number).random() < self.overlooks:
            del kept[number // 5 % 2]
        n = len(kept)
        found = np.array(kept, np.float32).reshape(n, 4)
        return Detections(found, np.full(n, int(Kind.PERSON)), np.full(n, 0.8, np.float32))


def _shared(a: Sequence[float], b: Sequence[float]) -> float:
    over = min(a[2], b[2]) - max(a[0], b[0])
    return over / min(a[2] - a[0], b[2] - b[0])


def parting(at: int, ways: tuple[float, float], lower: int) -> People:
    """They join, walk side by side and from a picture on go their own ways, pixels a picture.

    lower: by how much the feet of the second one are lower.
    """

    def people(i: int) -> list[tuple[int, Box]]:
        x = 60 + 3.0 * min(i, at)
        beside = 12 + 4.0 * max(0, at - 12 - i)
        one, two = (way * min(12, max(0, i - at)) for way in ways)
        return [walker(7, x + one, 70), walker(8, x + beside + two, 70 + lower)]

    return people


def meeting(at: int, lower: int) -> People:
    """They come from both sides, meet, and go back where they came from; lower: as above."""

    def people(i: int) -> list[tuple[int, Box]]:
        apart = min(90.0, 10.0 * abs(i - at))
        return [walker(7, 130 - apart, 70), walker(8, 142 + apart, 70 + lower)]

    return people


FILMS: dict[str, Callable[[int, int], People]] = {
    "one stays, one goes ahead": lambda at, lower: parting(at, (0.0, 8.0), lower),
    "one goes on, one turns": lambda at, lower: parting(at, (-6.0, 5.0), lower),
    "they meet and turn": meeting,
}
OVERLOOKS = {"they meet and turn": 0.4}
PARTING = (30, 33)  # pictures: looks come at every fifth or so


def shown(one: Still, luma: Any) -> list[str]:
    """What can be seen of anybody in one picture."""
    found = []
    for number, ((x1, _, x2, y2), head) in enumerate(zip(one.people, one.heads, strict=True)):
        parts = {"head": head, "feet": (x1, y2 - 16.0, x2, y2)}
        found += [
            f"{part} of {number}"
            for part, box in parts.items()
            if seen(one.luma, luma, box) > VISIBLE
        ]
    return found


@pytest.mark.parametrize("nearer", [True, False], ids=["the nearer", "the other"])
@pytest.mark.parametrize("name", FILMS)
def test_two_taken_for_one_part_and_neither_is_seen(
    monkeypatch: pytest.MonkeyPatch, name: str, nearer: bool
) -> None:
    for at in PARTING:
        film = drawn(COUNT, FILMS[name](at, 10))
        detector = TakesTwoForOne(film, nearer=nearer, overlooks=OVERLOOKS.get(name, 0.0))
        played = play(monkeypatch, film, detector=detector, load=lambda: SELDOM)
        assert len(played.stored) == COUNT
        assert played.asked <= COUNT / 3
        pictures = zip(film, played.stored, strict=True)
        visible = {i: shown(one, luma) for i, (one, luma) in enumerate(pictures)}
        assert {i: what for i, what in visible.items() if what} == {}, at
        assert played.clear(25, 60) > 0.7, "it is not hidden whole"
