"""Keyframes of a sleeping camera: the same, restless, changed, or another scene."""

from __future__ import annotations

from functools import cache

import av
import cv2
import numpy as np
import pytest

from streetlamp.video.planes import halved_luma
from streetlamp.video.still import ENOUGH, StillScene, Verdict

H, W = 360, 640  # a 720p picture, halved
SAME, RESTLESS, CHANGED, JUMP = Verdict


@cache
def street(seed: int = 1) -> np.ndarray:
    """A place with edges, texture and a gradient of light, (H, W) float32."""
    rng = np.random.default_rng(seed)
    blocks = np.kron(rng.uniform(60, 170, (9, 16)), np.ones((40, 40)))
    texture = cv2.GaussianBlur(rng.normal(0, 25, (H, W)).astype(np.float32), (0, 0), 2)
    picture = (blocks + texture + np.linspace(-15, 15, W)).astype(np.float32)
    picture.flags.writeable = False
    return picture


@cache
def field() -> np.ndarray:
    """Noise that neighbours share a little, as a codec leaves it."""
    white = np.random.default_rng(5).standard_normal((H + 200, W + 200), np.float32)
    return cv2.GaussianBlur(white, (3, 3), 0.7) * 1.6


def taken(scene: np.ndarray, step: int, noise: float = 1.5) -> np.ndarray:
    """One noisy keyframe of it."""
    top, left = np.random.default_rng(step).integers(0, 200, 2)
    noisy = scene + noise * field()[top : top + H, left : left + W]
    return np.clip(noisy + 0.5, 0, 255).astype(np.uint8)


def known(scene: np.ndarray, noise: float = 1.5) -> StillScene:
    """A scene that was looked at, and some quiet keyframes of it."""
    still = StillScene()
    still.looked(taken(scene, 0, noise), 0.0)
    for step in range(1, 12):
        still.judge(taken(scene, step, noise), 2.0 * step)
    return still


def with_person(scene: np.ndarray, height: int, contrast: float, left: int = 300) -> np.ndarray:
    """Somebody `height` pixels tall in 720p, so half of that here: legs apart, a head."""
    h = height // 2
    w = max(3, h * 2 // 5)
    person = np.zeros((h, w), np.float32)
    person[h // 5 : h * 3 // 5] = 1
    person[: h // 5, w // 3 : max(w // 3 + 1, 2 * w // 3)] = 1
    person[h * 3 // 5 :, : max(1, w // 3)] = person[h * 3 // 5 :, -max(1, w // 3) :] = 1
    out = scene.copy()
    top = 180 if h <= 180 else 60
    out[top : top + h, left : left + w] += contrast * person[:, : W - left]
    return out


def test_the_first_picture_is_another_scene() -> None:
    assert StillScene().judge(taken(street(), 0), 0.0) is JUMP


@pytest.mark.parametrize("noise", [0.3, 1.5, 4.0])
def test_noise_is_the_same_scene(noise: float) -> None:
    still = known(street(), noise)
    verdicts = [still.judge(taken(street(), step, noise), 2.0 * step) for step in range(20, 80)]
    assert verdicts.count(SAME) >= 57
    assert set(verdicts) <= {SAME, RESTLESS}


@pytest.mark.parametrize("contrast", [-25.0, 25.0])
@pytest.mark.parametrize("height", [24, 40, 80, 160, 480])
@pytest.mark.parametrize("noise", [0.3, 1.5, 3.0])
def test_a_person_changes_it(noise: float, height: int, contrast: float) -> None:
    still = known(street(), noise)
    verdicts = {
        still.judge(taken(with_person(street(), height, contrast, left), left, noise), 60.0)
        for left in (41, 201, 399, 602)
    }
    assert verdicts == {CHANGED}


def test_who_stands_before_a_saturated_wall_changes_it() -> None:
    scene = street().copy()
    scene[:, 250:420] = 300
    still = known(scene)
    assert still.judge(taken(np.minimum(scene, 300), 50), 60.0) is SAME
    assert still.judge(taken(with_person(np.minimum(scene, 255), 60, -60), 51), 62.0) is CHANGED


@pytest.mark.parametrize("factor", [0.8, 0.93, 1.07, 1.2])
def test_a_step_of_exposure_does_not_wake(factor: float) -> None:
    still = known(street())
    assert still.judge(taken(street() * factor, 50), 60.0) in (SAME, RESTLESS)


def test_clouds_do_not_wake_and_a_person_under_them_does() -> None:
    still = known(street())
    yy, xx = np.mgrid[:H, :W].astype(np.float32)
    verdicts = []
    for step in range(40):
        light = 1 + 0.10 * np.sin(xx / 450 + yy / 700 + step * 0.35)
        verdicts.append(still.judge(taken(street() * light, 100 + step), 100.0 + 2 * step))
        if step % 5 == 4:
            still.looked(taken(street() * light, 100 + step), 100.0 + 2 * step)
    assert CHANGED not in verdicts
    assert JUMP not in verdicts
    under = with_person(street() * light, 40, 30)
    assert still.judge(taken(under, 300), 300.0) is CHANGED


def swaying(step: int) -> np.ndarray:
    """A tree in the wind at the right, by up to six pixels."""
    scene = street().copy()
    yy, xx = np.mgrid[40:200, 420:600].astype(np.float32)
    sway = float(np.random.default_rng(step).normal(0, 3))
    scene[40:200, 420:600] = cv2.remap(
        street(), xx + sway * np.sin(yy / 12), yy + sway / 2, cv2.INTER_LINEAR
    )
    return scene


def test_a_tree_is_restless_and_who_walks_elsewhere_or_before_it_is_not_overlooked() -> None:
    still = StillScene()
    still.looked(taken(swaying(0), 0), 0.0)
    for step in range(1, 40):
        if still.judge(taken(swaying(step), step), 2.0 * step) is not SAME:
            still.looked(taken(swaying(step), step), 2.0 * step)
    verdicts = [still.judge(taken(swaying(step), step), 2.0 * step) for step in range(40, 70)]
    assert verdicts.count(RESTLESS) >= 27
    assert verdicts.count(CHANGED) <= 1
    elsewhere = [
        still.judge(taken(with_person(swaying(step), 40, 25, left=100), step), 200.0)
        for step in range(90, 96)
    ]
    assert set(elsewhere) == {CHANGED}
    before = [
        still.judge(taken(with_person(street(), 80, 40, left=500), step), 300.0)
        for step in range(100, 106)
    ]
    assert SAME not in before


@pytest.mark.parametrize(
    "after",
    [
        street(2),
        np.full((H, W), 16, np.float32),
        np.roll(street(), 90, axis=1),
        255 - street(),
    ],
    ids=["cut", "black", "turned away", "inverted"],
)
def test_another_scene_is_a_jump(after: np.ndarray) -> None:
    assert known(street()).judge(taken(after, 50), 60.0) is JUMP


def test_another_size_is_a_jump() -> None:
    assert known(street()).judge(taken(street(), 50)[::2, ::2].copy(), 60.0) is JUMP


def test_what_was_looked_at_is_what_the_next_keyframe_is_compared_with() -> None:
    still = known(street())
    moved = with_person(street(), 120, 40)  # somebody left a suitcase
    assert still.judge(taken(moved, 50), 60.0) is CHANGED
    still.looked(taken(moved, 50), 60.0)
    assert still.judge(taken(moved, 51), 62.0) is SAME
    assert still.judge(taken(street(), 52), 64.0) is CHANGED  # and somebody fetched it


def test_a_change_that_was_looked_at_once_does_not_make_its_place_blind() -> None:
    still = known(street())
    for step in range(4):
        scene = with_person(street(), 120, 40) if step % 2 == 0 else street()
        still.looked(taken(scene, 60 + step), 80.0 + step)
    assert still.judge(taken(with_person(street(), 120, 40), 70), 100.0) is not SAME


def test_somebody_there_teaches_nothing() -> None:
    still = known(street())
    for step in range(40):
        scene = with_person(street(), 120, 40, left=280 + 6 * (step % 5))
        still.looked(taken(scene, 60 + step), 80.0 + step, quiet=False)
    still.looked(taken(street(), 200), 160.0, quiet=False)
    assert still.judge(taken(with_person(street(), 40, 25), 201), 162.0) is CHANGED


def test_it_is_ready_once_usual_differences_are_known() -> None:
    still = StillScene()
    assert not still.ready
    for step in range(ENOUGH + 1):
        assert not still.ready
        still.looked(taken(street(), step), 2.0 * step)
    assert still.ready
    still.reset()
    assert not still.ready


@pytest.mark.parametrize(
    ("size", "half"),
    [
        ((1280, 720), (640, 360)),
        ((1920, 1080), (480, 270)),
        ((640, 480), (640, 480)),
        ((1282, 722), (320, 180)),
    ],
)
def test_luma_is_halved_to_at_most_640(size: tuple[int, int], half: tuple[int, int]) -> None:
    grey = np.full((size[1] * 3 // 2, size[0]), 90, np.uint8)
    picture = av.VideoFrame.from_ndarray(grey, format="yuv420p")
    luma = halved_luma(picture)
    assert luma.shape == half[::-1]
    assert np.all(luma == 90)


def test_a_restless_place_is_told_and_learnt_once_it_was_looked_at() -> None:
    """Something faint that was not there before: looked at where it is, then believed."""
    scene = StillScene()
    for step in range(8):
        scene.looked(taken(street(), step), float(step))
    stain = street().copy()
    stain[200:212, 320:340] += 4.0
    verdicts = []
    for step in range(8, 20):
        verdicts.append(scene.judge(taken(stain, step), float(step)))
        if verdicts[-1] is RESTLESS:
            x1, y1, x2, y2 = scene.place
            assert x1 * W < 330 < x2 * W
            assert y1 * H < 206 < y2 * H
            assert x2 - x1 < 0.3
            scene.looked_there()
        else:
            assert scene.place is None
    assert verdicts[0] is RESTLESS
    assert verdicts[-1] is SAME
    clear = stain.copy()
    clear[180:230, 320:340] += 40.0
    assert scene.judge(taken(clear, 30), 30.0) is CHANGED


def flicker(step: int, levels: float) -> np.ndarray:
    """The street with a small patch somewhere that is brighter, as sensors and codecs have it."""
    out = street().copy()
    top, left = np.random.default_rng(500 + step).integers((20, 20), (H - 40, W - 40))
    out[top : top + 14, left : left + 8] += levels
    return out


def test_what_flickers_for_nothing_is_seldom_looked_at_but_who_comes_is_not_overlooked() -> None:
    still, looks = known(street()), []
    for step in range(20, 100):
        verdict = still.judge(taken(flicker(step, 2.8), step), 2.0 * step)
        looks.append(verdict is RESTLESS)
        if verdict is RESTLESS:
            still.looked_there()
    assert 1 <= sum(looks) <= 9  # 17, if it did not learn how far its flicker goes
    for step, height in ((200, 60), (201, 100)):
        assert still.judge(taken(with_person(street(), height, 25), step), 400.0) is CHANGED


def test_it_tells_where_the_picture_is_the_same() -> None:
    still = known(street())
    still.judge(taken(with_person(street(), 100, 12, left=300), 30), 60.0)
    boxes = np.array([[300 / W, 0.5, 320 / W, 0.63], [0.1, 0.1, 0.3, 0.6]], np.float32)
    assert still.same(boxes).tolist() == [False, True]
    assert still.same(boxes[:0]).tolist() == []
    assert StillScene().same(boxes).tolist() == [False, False]


def test_a_change_that_was_nothing_is_soon_looked_at_only_but_somebody_there_still_wakes() -> None:
    """A shadow that falls on a wall each minute or so, and each time nobody was there."""
    still = known(street())
    shadow = street().copy()
    shadow[200:240, 320:340] -= 8.0
    verdicts = []
    for step in range(40, 60):
        verdicts.append(still.judge(taken(shadow, step), 2.0 * step))
        if verdicts[-1] is CHANGED:
            still.was_nothing()
        elif verdicts[-1] is RESTLESS:
            still.looked_there()
    assert verdicts[0] is CHANGED
    assert verdicts[-1] is SAME
    somebody = with_person(street(), 60, 25, left=322)
    assert still.judge(taken(somebody, 90), 200.0) in (RESTLESS, CHANGED), "somebody else there"
    assert still.judge(taken(with_person(street(), 60, 25), 91), 202.0) is CHANGED


def test_what_changed_is_told_once_and_only_of_the_picture_judged_last() -> None:
    still, bright = known(street()), street().copy()
    bright[200:240, 320:340] += 8.0
    for step in (40, 41):
        assert still.judge(taken(bright, step), 80.0) is CHANGED, "it is not learnt by itself"
    assert still.judge(taken(street(), 42), 84.0) is SAME
    still.was_nothing()
    assert still.judge(taken(bright, 43), 86.0) is CHANGED, "the last one judged was the same"
