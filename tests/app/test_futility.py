"""A camera whose packets make no picture is noticed; one that hiccups is left alone."""

from __future__ import annotations

from streetlamp.app.futility import Futility
from streetlamp.video.camera import Figures


class Camera:
    def __init__(self) -> None:
        self.figures = Figures()


def fates(camera: Camera, futility: Futility, fate: str) -> list[int]:
    """Feeds one packet a letter: p becomes a picture, x is refused, - is not decoded."""
    noticed = []
    for number, one in enumerate(fate):
        camera.figures.decoded += one == "p"
        camera.figures.damaged += one == "x"
        if futility.looked_in_vain(camera):
            noticed.append(number)
    return noticed


def test_only_a_stretch_without_any_picture_counts() -> None:
    camera, futility = Camera(), Futility()
    assert fates(camera, futility, "p" * 300) == []
    assert fates(camera, futility, ("x" * 20 + "p") * 30) == [], "it hiccups"
    assert fates(camera, futility, "-" * 5000) == [], "it sleeps"
    assert len(fates(camera, futility, "x" * 100)) >= 1
    assert fates(camera, futility, "p" * 300) == []
