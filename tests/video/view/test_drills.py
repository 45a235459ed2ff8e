"""Drills through the real codec, and one through the real pipeline: a camera that sleeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import islice, pairwise
from typing import Any

import av
import cv2
import numpy as np
import pytest

from streetlamp.fleet.health import CameraHealth
from streetlamp.fleet.health_options import HealthOptions
from streetlamp.health import Reason
from streetlamp.values import Bytes
from streetlamp.video.raw import RawFrame
from streetlamp.video.source import SourceOptions, repeats
from streetlamp.video.view.meter import ViewMeter
from streetlamp.video.view.sample import ViewSample
from support.yard import FPS, H, Sees, W, film, run_through, walk, yard_camera

QUIET, LONG = 50, 110  # seconds before the drill, and in all
RATE, GOP = 2, 4  # pictures a second, and from keyframe to keyframe
AT = QUIET * RATE
STARVED = 16000 * RATE  # bits a second


@cache
def _place(seed: int = 5) -> Bytes:
    rng = np.random.default_rng(seed)
    y = np.full((H, W), 100, np.float32)
    for _ in range(70):
        x1, y1 = rng.integers((0, 0), (W - 14, H - 14))
        wide, tall = rng.integers(8, 60, 2)
        y[y1 : y1 + tall, x1 : x1 + wide] = rng.uniform(30, 170)
    return cv2.GaussianBlur(y, (0, 0), 0.6)


def sensor(y: Bytes, number: int) -> Bytes:
    grain = np.random.default_rng(number).standard_normal((H, W), np.float32)
    return np.clip(y + 1.6 * grain, 16, 180).astype(np.uint8)


def clocked(luma: Bytes, number: int) -> Bytes:
    """A clock that goes on whatever the sensor does."""
    luma[4:20, 4:110] = 40
    text = f"12:{number // RATE // 60:02}:{number // RATE % 60:02}"
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


def blurred(number: int) -> Bytes:
    """So much that nothing is sharp but the clock."""
    return sensor(_place() if number < AT else cv2.GaussianBlur(_place(), (0, 0), 6.0), number)


def foggy(number: int) -> Bytes:
    return sensor(_place() if number < AT else (_place() - 150) * 0.1 + 150, number)


def moved(number: int) -> Bytes:
    return sensor(_place() if number < AT else np.roll(_place(), (6, 50), (0, 1)), number)


def turned(number: int) -> Bytes:
    return sensor(_place() if number < AT else _place(6), number)


def bagged(number: int) -> Bytes:
    """A bright cloth, in the noise of a sensor that is short of light: edges of noise alone."""
    cloth = np.tile(np.linspace(90, 150, W), (H, 1))
    grain = np.random.default_rng(number).standard_normal((H, W), np.float32)
    return sensor(_place() if number < AT else cloth + 2.0 * grain, number)


def well(number: int) -> Bytes:
    return sensor(_place(), number)


def keyframes(draw: Callable[[int], Bytes], crf: int) -> Iterator[tuple[RawFrame, list[int]]]:
    """Each keyframe of the clip as a sleeping camera decodes it, without the loop filter, and the
    bytes of the pictures before it. crf: 0 is an encoder that has too few bits, and always as many.
    """
    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = W, H, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.thread_count = Fraction(1, RATE), RATE, 1
    encoder.gop_size = GOP
    quality = {"crf": str(crf)} if crf else {"maxrate": str(STARVED), "bufsize": str(STARVED)}
    encoder.bit_rate = 0 if crf else STARVED
    encoder.options = {"preset": "superfast", "tune": "zerolatency", "bf": "0", **quality,
                       "x264-params": f"scenecut=0:keyint={GOP}"}  # fmt: skip
    decoder: Any = av.CodecContext.create("h264", "r")
    decoder.options = {"skip_loop_filter": "all"}
    sizes: list[int] = []
    for number in range(LONG * RATE):
        luma = clocked(draw(number), number)
        tinted = np.full((H // 2, W), 137, np.uint8)
        frame = av.VideoFrame.from_ndarray(np.vstack([luma, tinted]), format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, RATE)
        for packet in encoder.encode(frame):
            if not packet.is_keyframe:
                sizes.append(packet.size)
                continue
            picture = (decoder.decode(av.Packet(bytes(packet))) + decoder.decode(None))[0]
            decoder.flush_buffers()
            time = 1000.0 + number / RATE
            yield RawFrame("yard", time, number + 1, picture, number, Fraction(1, RATE)), sizes
            sizes = []


@pytest.mark.parametrize(
    ("draw", "crf", "reason"),
    [
        (frozen, 23, Reason.FROZEN),
        (frozen, 34, Reason.FROZEN),
        (frozen, 0, Reason.FROZEN),
        (black, 34, Reason.BLACK),
        (covered, 23, Reason.COVERED),
        (bagged, 20, Reason.COVERED),
        (defocused, 34, Reason.DEFOCUSED),
        (blurred, 34, Reason.DEFOCUSED),
        (foggy, 34, Reason.LOW_CONTRAST),
        (moved, 28, Reason.MOVED),
        (turned, 28, Reason.MOVED),
        (well, 23, None),
        (well, 34, None),
        (well, 0, None),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_drill_is_recognised_by_its_name(
    draw: Callable[[int], Bytes], crf: int, reason: Reason | None
) -> None:
    health = CameraHealth("yard", HealthOptions.model_validate({}))
    meter = ViewMeter("yard", health.view)
    found: list[tuple[float, Reason]] = []
    for raw, sizes in keyframes(draw, crf):
        meter.coded(sizes, raw.size)
        meter.see(raw)
        found.extend((raw.time - 1000.0, j.reason) for j in health.judgements() if j.reason)
    if reason is None:
        assert not found
        return
    assert {one for _, one in found} == {reason}
    assert QUIET < found[0][0] <= QUIET + 60


def test_a_camera_that_sleeps_is_judged_by_its_keyframes() -> None:
    """The pipeline itself: what the sensor no longer sends is missed though packets keep coming."""
    seconds, stops = 90, 45 * FPS
    packets = film(
        seconds * FPS, walk(), start=1000.0,
        alter=lambda n, luma: clocked(sensor(_place(), min(n, stops)), n // 5),
    )  # fmt: skip
    health = CameraHealth("yard", HealthOptions.model_validate({}))
    samples: list[ViewSample] = []
    found: list[tuple[float, Reason]] = []

    def tell(sample: ViewSample) -> None:
        samples.append(sample)
        health.view(sample)
        found.extend((sample.time - 1000.0, j.reason) for j in health.judgements() if j.reason)

    camera = yard_camera(Sees(), meter=ViewMeter("yard", tell))
    run_through(camera, packets)
    assert camera.figures.decoded < len(packets) / 2  # it did sleep
    assert {reason for _, reason in found} == {Reason.FROZEN}
    assert 45 < found[0][0] <= 90
    assert any(sample.coded for sample in samples)
    apart = [b.time - a.time for a, b in pairwise(samples) if b.time < 1040]
    assert min(apart) >= 0.9
    assert max(apart) >= 3.9  # while nothing is unusual, not every keyframe is measured


def test_who_walks_through_is_no_trouble_and_in_no_reference() -> None:
    samples: list[ViewSample] = []
    health = CameraHealth("yard", HealthOptions.model_validate({}))
    meter = ViewMeter("yard", lambda sample: (samples.append(sample), health.view(sample))[0])
    spans = [(200, 260), (300, 360)]
    run_through(yard_camera(Sees(), meter=meter), film(500, walk(*spans), start=1000.0))
    assert not [one for one in health.judgements() if one.reason]
    assert min(sample.fit for sample in samples) > 0.9
    times = [sample.time for sample in samples]
    assert times == sorted(times)  # waking decodes pictures again: they are not measured again
    again = ViewMeter("yard", samples.append)
    again.restore(meter.state())
    del samples[:]
    run_through(yard_camera(Sees(), meter=again), film(60, walk(), start=5000.0))
    assert samples[0].known
    assert min(sample.fit for sample in samples) > 0.95


def test_a_sample_is_numbers_alone() -> None:
    samples: list[ViewSample] = []
    camera = yard_camera(Sees(), meter=ViewMeter("yard", samples.append))
    run_through(camera, film(60, walk(), start=1000.0))
    for name in ViewSample.__dataclass_fields__:
        value = getattr(samples[-1], name)
        parts = value if isinstance(value, tuple) else (value,)
        assert all(part is None or isinstance(part, (bool, int, float, str)) for part in parts)
        assert len(parts) <= 2


def test_an_accepted_view_is_the_reference_from_then_on() -> None:
    samples: list[ViewSample] = []
    meter = ViewMeter("yard", samples.append)
    for raw, _ in keyframes(moved, 23):
        if raw.time == 1000.0 + QUIET + 20:
            assert samples[-1].fit < 0.6
            meter.accept()
        meter.see(raw)
    assert samples[-1].known
    assert samples[-1].fit > 0.9


def test_a_camera_whose_view_is_accepted_is_well_again() -> None:
    health = CameraHealth("yard", HealthOptions.model_validate({}))
    meter = ViewMeter("yard", health.view)
    accepted: float | None = None
    for raw, sizes in keyframes(moved, 23):
        meter.coded(sizes, raw.size)
        meter.see(raw)
        if accepted is None and any(j.reason is Reason.MOVED for j in health.judgements()):
            accepted = raw.time
            health.forget_view()
            meter.accept()
    assert accepted is not None
    assert raw.time - accepted < 35
    assert [j.reason for j in health.judgements() if j.reason] == []


@pytest.mark.parametrize("known", [True, False])
def test_a_clip_that_begins_anew_is_not_called_frozen(*, known: bool) -> None:
    """Its keyframes are those of the round before, to the bit."""
    health = CameraHealth("yard", HealthOptions.model_validate({}))
    meter = ViewMeter("yard", health.view, repeats=known)
    told: set[Reason | None] = set()
    clip = list(islice(keyframes(well, 23), 25))
    for n in range(3 * len(clip)):
        raw, sizes = clip[n % len(clip)]
        meter.coded(sizes, raw.size)
        meter.see(replace(raw, time=clip[0][0].time + n * GOP / RATE))
        told.update(j.reason for j in health.judgements())
    assert told == ({None} if known else {None, Reason.FROZEN})


@pytest.mark.parametrize(
    ("away", "cut", "frozen"), [(10, False, True), (10, True, False), (150, False, False)]
)
def test_who_was_away_is_compared_with_nothing_before(
    *, away: int, cut: bool, frozen: bool
) -> None:
    """A virtual camera that was switched off may show again what it showed last."""
    health = CameraHealth("yard", HealthOptions.model_validate({}))
    meter = ViewMeter("yard", health.view)
    told: set[Reason | None] = set()
    clip = list(islice(keyframes(well, 23), 25))
    for n, (raw, sizes) in enumerate([*clip, *clip[-20:]]):
        if cut and n == len(clip):
            meter.interrupted()
        meter.coded(sizes, raw.size)
        time = clip[0][0].time + n * GOP / RATE + away * (n >= len(clip))
        meter.see(replace(raw, time=time))
        told.update(j.reason for j in health.judgements())
    assert (Reason.FROZEN in told) is frozen


def test_only_clips_begin_anew() -> None:
    assert repeats(SourceOptions(url="yard.mp4"))
    assert not repeats(SourceOptions(url="yard.mp4", loop=False))
    assert not repeats(SourceOptions(url="rtsp://camera/1"))
