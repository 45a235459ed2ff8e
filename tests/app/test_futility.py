"""A camera whose packets make no picture is noticed; one that hiccups is left alone."""

from __future__ import annotations

import pytest

from streetlamp.app.futility import Futility
from streetlamp.video.camera import Figures

FPS = 15


class Camera:
    """Gets one packet a letter: p becomes a picture, s wakes its second stream's decoder, x is
    refused, - is not decoded (it sleeps, or the decoder takes it and gives nothing)."""

    def __init__(self) -> None:
        self.figures = Figures()
        self.futility = Futility()
        self.time = 1_700_000_000.0

    def noticed(self, fate: str) -> list[int]:
        found = []
        for number, one in enumerate(fate):
            self.time += 1 / FPS
            self.figures.decoded += one == "p"
            self.figures.second_decoded += one == "s"
            self.figures.damaged += one == "x"
            if self.futility.looked_in_vain(self, self.time):
                found.append(number)
        return found


@pytest.mark.parametrize(
    ("fate", "what"),
    [
        ("p" * 3000, "all is well"),
        (("x" * 20 + "p") * 30, "it hiccups"),
        (("p" + "-" * 149) * 40, "it sleeps, with a keyframe every ten seconds"),
        (("s" + "-" * 149) * 40, "it sleeps, and its second stream is looked at"),
    ],
)
def test_who_gives_pictures_is_left_alone(fate: str, what: str) -> None:
    assert Camera().noticed("p" * 100 + fate) == [], what


@pytest.mark.parametrize("before", ["", "p" * 100])
def test_refused_packets_are_noticed_soon(before: str) -> None:
    camera = Camera()
    found = camera.noticed(before + "x" * 200)
    assert found
    assert found[0] < len(before) + 100
    assert camera.noticed("p" * 300) == []


@pytest.mark.parametrize("before", ["", "p" * 100])
def test_packets_that_vanish_are_noticed_after_half_a_minute(before: str) -> None:
    camera = Camera()
    found = camera.noticed(before + "-" * FPS * 100)
    assert len(found) in (2, 3), "once for each stretch"
    assert 30 <= (found[0] - len(before)) / FPS < 36


def test_a_clock_set_back_begins_anew() -> None:
    camera = Camera()
    camera.noticed("p" * 100 + "-" * 100)
    camera.time -= 3600
    assert camera.noticed("-" * 100) == []
    assert camera.noticed("-" * FPS * 40)
