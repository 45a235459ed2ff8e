"""The ``test:`` source: the same on every run, numbered, with figures where it says."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.values import Kind
from streetlamp.video.source import make_source
from streetlamp.video.source.scene import Scene, number_in
from support.check_source import taken


@pytest.mark.parametrize("size", [(640, 360), (161, 121), (1280, 720), (48, 32)])
def test_every_picture_tells_its_number(size: tuple[int, int]) -> None:
    scene = Scene(size, 25, seed=1, people=3, cars=1)
    for number in (0, 1, 77, 65_535, 10_000_019):
        picture = scene.draw(number)
        assert (picture.width, picture.height) == size
        assert number_in(picture) == number
        assert number_in(picture.reformat(format="bgr24")) == number


def test_the_same_seed_the_same_pictures() -> None:
    def pixels(seed: int, number: int) -> np.ndarray:
        return Scene((320, 180), 25, seed, 4, 2).draw(number).to_ndarray()

    assert np.array_equal(pixels(1, 40), pixels(1, 40))
    assert not np.array_equal(pixels(1, 40), pixels(2, 40))
    assert not np.array_equal(pixels(1, 40)[10:], pixels(1, 41)[10:])


def test_figures_move_and_stand_where_they_are_said_to() -> None:
    scene = Scene((640, 360), 25, seed=4, people=4, cars=1)
    bare = Scene((640, 360), 25, seed=4, people=0, cars=0)
    assert [figure.kind for figure in bare.figures(10)] == []
    figures = scene.figures(10)
    assert sorted(figure.kind for figure in figures) == [Kind.PERSON] * 4 + [Kind.CAR]
    shown = [one for one in figures if one.box[0] > 20 and one.box[2] < 620]
    assert shown
    picture = scene.draw(10).to_ndarray(format="gray").astype(int)
    for x1, y1, x2, y2 in (figure.box for figure in shown):
        inside = picture[int(y1) : int(y2), int(x1) : int(x2)]
        assert inside.std() > 15, "something is drawn there"
    later = scene.figures(60)
    assert all(a.box != b.box for a, b in zip(figures, later, strict=True))


def test_its_length_and_rate_follow_the_address() -> None:
    source = make_source("yard", "test:?size=160x120&fps=12.5&seconds=2", live=False)
    frames = list(source.frames())
    assert len(frames) == 25
    assert frames[-1].time == pytest.approx(24 / 12.5)
    probe = source.probe()
    assert (probe.frames, probe.duration, probe.fps) == (25, 2.0, 12.5)
    assert make_source("yard", "test:", live=True).probe().frames is None
    assert make_source("yard", "test:", live=False).probe().frames == 250
    assert len(taken(make_source("yard", "test:?size=64x48", live=False), 5)) == 5
