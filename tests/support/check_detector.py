"""The contract battery of detectors: what every output layout must do."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import av
import numpy as np
import pytest

from streetlamp.values import Kind
from streetlamp.video.detect import DETECTORS, Detector
from streetlamp.video.raw import Detections

FORMATS = ("yuv420p", "yuvj420p", "nv12", "yuv422p", "gray", "bgr24", "yuv420p10le")


def same(a: Detections, b: Detections, pixels: float = 0.01, score: float = 1e-4) -> None:
    """Equal up to the rounding of another batch or runtime."""
    assert a.kind.tolist() == b.kind.tolist()
    np.testing.assert_allclose(a.box, b.box, atol=pixels)
    np.testing.assert_allclose(a.score, b.score, atol=score)


def check_described(kind: str) -> None:
    """It is in the registry under its name, and says what it is."""
    member = DETECTORS[kind]
    assert member.summary
    assert not member.summary.endswith(".")
    assert member.__doc__


def check_detector(
    detector: Detector,
    something: Callable[..., av.VideoFrame],
    nothing: Callable[..., av.VideoFrame],
) -> None:
    """``something(width, height, pixels)`` shows a person at least, ``nothing(…)`` nobody.

    Each shall work for any size and pixel format.
    """
    full = detector.look(something(128, 128, "yuv420p"))
    assert Kind.PERSON in full.kind
    _check_sound(detector, full, (128, 128))
    assert Kind.PERSON not in strong(detector.look(nothing(128, 128, "yuv420p"))).kind

    _check_pictures(detector, something)
    _check_batches(detector, something, nothing)
    _check_threads(detector, something, nothing)
    _check_keeps(detector, something, nothing)


def strong(found: Detections) -> Detections:
    return found.where(found.score >= 0.3)


def _check_sound(detector: Detector, found: Detections, size: tuple[int, int]) -> None:
    """Boxes lie in the picture, kinds are Streetlamp's, scores sorted and above the least."""
    assert (found.box >= 0).all()
    assert (found.box <= np.array([*size, *size]) + 1e-3).all()
    assert (found.box[:, 2:] - found.box[:, :2] >= 1 - 1e-3).all()
    assert set(found.kind.tolist()) <= {int(kind) for kind in Kind}
    assert (found.score >= detector.options.min_score).all()
    assert (found.score <= 1).all()
    assert (np.diff(found.score) <= 0).all()


def _check_pictures(detector: Detector, something: Callable[..., av.VideoFrame]) -> None:
    """Any pixel format, odd and tiny sizes; the picture itself is left alone."""
    for pixels in FORMATS:
        picture = something(128, 128, pixels)
        before = bytes(picture.planes[0])
        assert Kind.PERSON in detector.look(picture).kind, pixels
        assert bytes(picture.planes[0]) == before
    for width, height in ((127, 95), (641, 479), (33, 127), (2, 2), (1, 1), (2000, 16)):
        found = detector.look(something(width, height, "yuv420p"))
        _check_sound(detector, found, (width, height))


def _check_batches(
    detector: Detector,
    something: Callable[..., av.VideoFrame],
    nothing: Callable[..., av.VideoFrame],
) -> None:
    """A batch is its pictures, one by one; shapes cannot be mixed; an empty batch is nothing."""
    pictures = [make(128, 128, "yuv420p") for make in (something, nothing, something, nothing)]
    prepared = [detector.prepare(picture) for picture in pictures]
    together = detector.infer(prepared)
    assert len(together) == len(pictures)
    for one, found in zip(prepared, together, strict=True):
        same(found, detector.infer([one])[0])
    assert detector.infer([]) == []
    if detector.manifest.input.size is None:
        other = detector.prepare(something(128, 64, "yuv420p"))
        with pytest.raises(ValueError, match="one shape"):
            detector.infer([prepared[0], other])


def _check_threads(
    detector: Detector,
    something: Callable[..., av.VideoFrame],
    nothing: Callable[..., av.VideoFrame],
) -> None:
    """Used from several threads at once it gives the same, and everybody gets their own."""
    prepared = [detector.prepare(make(128, 128, "yuv420p")) for make in (something, nothing)]
    alone = [detector.infer([one])[0] for one in prepared]
    jobs = [[prepared[i % 2], prepared[(i + 1) % 2], prepared[i % 2]] for i in range(12)]
    with ThreadPoolExecutor(4) as pool:
        for i, found in enumerate(pool.map(detector.infer, jobs)):
            for k, each in enumerate(found):
                same(each, alone[(i + k) % 2])


def _check_keeps(
    detector: Detector,
    something: Callable[..., av.VideoFrame],
    nothing: Callable[..., av.VideoFrame],
) -> None:
    """What was found is no view of the model's memory: later looks leave it alone."""
    found = detector.look(something(128, 128, "yuv420p"))
    before = [column.copy() for column in (found.box, found.kind, found.score)]
    for _ in range(8):
        detector.look(nothing(128, 128, "yuv420p"))
    assert all(map(np.array_equal, before, (found.box, found.kind, found.score)))
