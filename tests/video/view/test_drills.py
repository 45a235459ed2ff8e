"""Drills through the real codec and the real pipeline: a camera that sleeps is judged, too."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
import pytest

from streetlamp.fleet.health import CameraHealth
from streetlamp.fleet.health_options import HealthOptions
from streetlamp.health import Reason
from streetlamp.values import Bytes
from streetlamp.video.raw import Packet
from streetlamp.video.view.meter import ViewMeter
from streetlamp.video.view.sample import ViewSample
from support.yard import FPS, H, Sees, W, film, run_through, walk, yard_camera

QUIET, LONG = 50, 110  # seconds before the drill, and in all
AT = QUIET * FPS


@cache
def _place() -> Bytes:
    rng = np.random.default_rng(5)
    y = np.full((H, W), 100, np.float32)
    for _ in range(70):
        x1, y1 = rng.integers((0, 0), (W - 14, H - 14))
        wide, tall = rng.integers(8, 60, 2)
        y[y1 : y1 + tall, x1 : x1 + wide] = rng.uniform(30, 170)
    return cv2.GaussianBlur(y, (0, 0), 0.6)


def sensor(y: Bytes, number: int) -> Bytes:
    grain = np.random.default_rng(number).normal(0.0, 1.6, (H, W))
    return np.clip(y + grain, 16, 180).astype(np.uint8)


def clocked(luma: Bytes, number: int) -> Bytes:
    """A clock that goes on whatever the sensor does."""
    luma[4:20, 4:110] = 40
    text = f"12:{number // FPS // 60:02}:{number // FPS % 60:02}"
    cv2.putText(luma, text, (6, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 170, 1)
    return luma


def frozen(number: int) -> Bytes:
    return sensor(_place(), min(number, AT))


def black(number: int) -> Bytes:
    return sensor(_place() if number < AT else np.full((H, W), 16.0), number)


def covered(number: int) -> Bytes:
    cloth = np.tile(np.linspace(60, 90, W), (H, 1))
    return sensor(_place() if number < AT else cloth, number)


def defocused(number: int) -> Bytes:
    return sensor(_place() if number < AT else cv2.GaussianBlur(_place(), (0, 0), 2.5), number)


def moved(number: int) -> Bytes:
    return sensor(_place() if number < AT else np.roll(_place(), (6, 50), (0, 1)), number)


def well(number: int) -> Bytes:
    return sensor(_place(), number)


def coded(draw: Callable[[int], Bytes], crf: int) -> list[Packet]:
    return film(
        LONG * FPS, walk(), alter=lambda number, luma: clocked(draw(number), number),
        start=1000.0, preset="ultrafast", crf=str(crf),
    )  # fmt: skip


@pytest.mark.parametrize("crf", [23, 34])
@pytest.mark.parametrize(
    ("draw", "reason"),
    [
        (frozen, Reason.FROZEN),
        (black, Reason.BLACK),
        (covered, Reason.COVERED),
        (defocused, Reason.DEFOCUSED),
        (moved, Reason.MOVED),
        (well, None),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_drill_is_recognised_by_its_name(
    draw: Callable[[int], Bytes], reason: Reason | None, crf: int
) -> None:
    """Asleep, where only keyframes are decoded, and those without the loop filter."""
    health = CameraHealth("yard", HealthOptions.model_validate({}))
    samples: list[ViewSample] = []
    found: list[tuple[float, Reason]] = []

    def tell(sample: ViewSample) -> None:
        samples.append(sample)
        health.view(sample)
        found.extend((sample.time - 1000.0, j.reason) for j in health.judgements() if j.reason)

    camera = yard_camera(Sees(), meter=ViewMeter("yard", tell))
    run_through(camera, coded(draw, crf))
    if reason is None:
        assert not found
        assert camera.figures.asleep or camera.figures.decoded < LONG * FPS / 2
    else:
        assert {one for _, one in found} == {reason}
        assert QUIET < found[0][0] <= QUIET + 60
    assert len(samples) <= LONG  # a second apart at least, mostly four


def test_who_walks_through_is_no_trouble_and_in_no_reference() -> None:
    samples: list[ViewSample] = []
    health = CameraHealth("yard", HealthOptions.model_validate({}))
    meter = ViewMeter("yard", lambda sample: (samples.append(sample), health.view(sample))[0])
    spans = [(200 + 150 * k, 260 + 150 * k) for k in range(5)]
    run_through(yard_camera(Sees(), meter=meter), film(1000, walk(*spans), start=1000.0))
    empty = ViewMeter("yard", lambda sample: None)
    run_through(yard_camera(Sees(), meter=empty), film(1000, walk(), start=1000.0))
    assert not [one for one in health.judgements() if one.reason]
    with_people, without = (one.state()["views"] for one in (meter, empty))
    assert set(with_people) == set(without)
    assert min(sample.fit for sample in samples) > 0.6


def test_a_sample_is_numbers_alone() -> None:
    samples: list[ViewSample] = []
    camera = yard_camera(Sees(), meter=ViewMeter("yard", samples.append))
    run_through(camera, film(60, walk(), start=1000.0))
    for name in ViewSample.__dataclass_fields__:
        value = getattr(samples[-1], name)
        parts = value if isinstance(value, tuple) else (value,)
        assert all(part is None or isinstance(part, (bool, int, float, str)) for part in parts)
        assert len(parts) <= 2


def test_a_new_size_begins_again_and_an_accepted_view_is_learnt() -> None:
    samples: list[ViewSample] = []
    meter = ViewMeter("yard", samples.append)
    run_through(yard_camera(Sees(), meter=meter), coded(moved, 23))
    assert samples[-1].fit < 0.6
    meter.accept()
    run_through(
        yard_camera(Sees(), meter=meter),
        film(400, walk(), alter=lambda n, y: clocked(moved(AT + n), n), start=2000.0),
    )
    assert samples[-1].known
    assert samples[-1].fit > 0.9
