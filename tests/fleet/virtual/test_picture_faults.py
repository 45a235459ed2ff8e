"""What the faults on pictures do to pictures, in numbers."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from streetlamp.fleet.virtual import Picture, faulted
from streetlamp.fleet.virtual.picture import noisy, with_clock
from support.check_fault import scene

SIZE = (320, 180)
FPS = 5


def frames(seconds: float) -> list[tuple[float, Picture]]:
    return [(number / FPS, scene(SIZE, number)) for number in range(round(seconds * FPS))]


def played(faults: str, seconds: float = 20, **more: float) -> dict[float, Picture]:
    return dict(faulted(frames(seconds), faults, **more))


def sharpness(picture: Picture) -> float:
    return float(cv2.Laplacian(picture.y, cv2.CV_64F).var())


def same(one: Picture, other: Picture) -> bool:
    return all(map(np.array_equal, one, other))


def test_before_and_after_nothing_is_touched() -> None:
    given = dict(frames(8))
    out = played("black@2s+2s", 8)
    assert list(out) == list(given)
    for time, picture in out.items():
        assert same(picture, given[time]) == (not 2 <= time < 4)


def test_frozen_is_frozen_bit_by_bit() -> None:
    out = played("freeze@2s+3s", 8)
    held = scene(SIZE, 10)
    assert all(same(picture, held) for time, picture in out.items() if 2 <= time < 5)
    assert not same(out[5.0], out[4.8])


def test_a_clock_goes_on_where_only_it_is_alive() -> None:
    out = played("freeze-clock@2s+6s", 8, clock=1_700_000_000.0)
    during = [picture for time, picture in out.items() if time >= 2]
    shape = with_clock(scene(SIZE), 0)
    box = np.argwhere(shape.y != scene(SIZE).y).max(axis=0) + 1
    for before, after in pairwise(during):
        assert np.array_equal(before.y[box[0] :], after.y[box[0] :])
        assert np.array_equal(before.y[:, box[1] :], after.y[:, box[1] :])
    assert len({picture.y[: box[0], : box[1]].tobytes() for picture in during}) == 6  # a second
    assert same(played("freeze@2s", 8, clock=0.0)[7.8], played("freeze@2s", 8, clock=0.0)[2.0])


@pytest.mark.parametrize(("name", "low", "high"), [("black", 14, 20), ("white", 230, 255)])
def test_exposure(name: str, low: float, high: float) -> None:
    picture = played(f"{name}@2s", 4)[3.0]
    assert low <= picture.y.mean() <= high
    assert abs(float(picture.u.mean()) - 128) < 4
    other = played(f"{name}@2s", 4)[3.2]
    assert not same(picture, other) or name == "white", "dark is not frozen"


def test_a_lens_slips_out_of_focus_slowly() -> None:
    out = played("defocus@2s", 16)
    course = [sharpness(out[time]) for time in (1.8, 3.0, 6.0, 12.0)]
    assert course == sorted(course, reverse=True)
    assert course[-1] < 0.05 * course[0]
    assert sharpness(out[15.0]) == pytest.approx(course[-1], rel=0.3)


@pytest.mark.parametrize("share", [0.3, 0.6, 1.0])
def test_a_cover_covers_as_much_as_is_asked(share: float) -> None:
    picture = played(f"cover@1s:{share}", 6)[5.0]
    columns = picture.y.mean(axis=0) < 70
    assert columns.mean() == pytest.approx(share * 1.15, abs=0.13) or share == columns.mean() == 1
    assert picture.y[:, :20].std() > 1.2, "it is textured"


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_paint_covers_as_much_as_is_asked(share: float) -> None:
    picture = played(f"spray@1s:{share}", 4)[3.0]
    painted = np.abs(picture.y.astype(int) - 70) < 8
    assert painted.mean() == pytest.approx(share, abs=0.12)
    assert same(played(f"spray@1s:{share}", 4)[3.0], picture)


def test_a_turned_camera_shows_the_scene_elsewhere() -> None:
    out = played("shift@1s:0.1", 6)
    before, after = out[0.8].y.astype(np.float32), out[5.0].y.astype(np.float32)
    (dx, _), certain = cv2.phaseCorrelate(before, after)
    assert abs(dx) == pytest.approx(0.1 * SIZE[0], abs=12) or certain < 0.1
    gone = played("shift@1s:1", 6)[5.0].y.astype(np.float32)
    assert abs(np.corrcoef(before.ravel(), gone.ravel())[0, 1]) < 0.3


def test_contrast_goes() -> None:
    own = scene(SIZE, 15)
    for name in ("fog", "dirt"):
        assert played(f"{name}@1s", 4)[3.0].y.std() < 0.35 * own.y.std()


def test_infrared_is_grey_and_sharp() -> None:
    picture = played("infrared@1s", 4)[3.0]
    assert np.all(picture.u == 128)
    assert np.all(picture.v == 128)
    assert sharpness(picture) > 0.2 * sharpness(scene(SIZE, 15)), "flatter, and not blurred"


def test_fewer_pictures() -> None:
    out = played("rate@10s:0.2", 20)
    assert sum(time < 10 for time in out) == 50
    assert sum(time >= 10 for time in out) == 10


def test_another_size() -> None:
    assert played("size@1s:0.5", 3)[2.0].size == (160, 90)


def test_noise_is_as_strong_as_asked_and_never_the_same() -> None:
    grey = Picture(*(np.full_like(plane, 128) for plane in scene(SIZE)))
    one, other = noisy(grey, 4.0, 1), noisy(grey, 4.0, 2)
    assert one.y.std() == pytest.approx(4.0, rel=0.05)
    assert one.y.mean() == pytest.approx(127.5, abs=0.6)
    assert not same(one, other)
    dark = noisy(Picture(np.full_like(grey.y, 16), grey.u, grey.v), 4.0, 1)
    assert dark.y.std() < 0.75 * one.y.std(), "less light, less noise"


def test_faults_of_the_stream_are_passed_over_and_repetitions_repeat() -> None:
    out = played("drop@1s,black@2s+1s,stall@4s+1s", 12, repeat=6)
    black = [time for time, picture in out.items() if picture.y.mean() < 30]
    assert black == pytest.approx([2, 2.2, 2.4, 2.6, 2.8, 8, 8.2, 8.4, 8.6, 8.8])


def test_the_same_seed_gives_the_same_pictures() -> None:
    text = "spray@1s+2s,cover@3s+2s,rain@5s+1s"
    one, again = played(text, 6, seed=4), played(text, 6, seed=4)
    assert all(same(one[time], again[time]) for time in one)
    assert not all(same(one[time], picture) for time, picture in played(text, 6, seed=5).items())
