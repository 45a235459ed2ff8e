"""Files played as if they were cameras: paced by a clock the test turns."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path

import numpy as np
import pytest

from streetlamp.video.source import SourceError, SourceOptions, make_source
from streetlamp.video.source.clock import Clock
from support.clips import make_clip, numbers

NOON = 1_750_000_000.0


class Hands:
    """A clock that moves only when somebody waits (or the test pushes it)."""

    def __init__(self) -> None:
        self.now = 0.0
        self.set_by = 0.0
        self.waits: list[float] = []

    def wait(self, _event: threading.Event, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def clock(self) -> Clock:
        return Clock(lambda: NOON + self.now + self.set_by, lambda: self.now, self.wait)


def test_pictures_come_at_their_moment_round_after_round(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=10)
    source, hands = make_source("yard", str(clip.path), live=True), Hands()
    source.clock = hands.clock()
    frames = list(itertools.islice(source.frames(), 25))
    moments = np.arange(25) / 25
    np.testing.assert_allclose([frame.time - NOON for frame in frames], moments, atol=1e-6)
    assert sum(hands.waits) == pytest.approx(moments[-1])
    assert hands.now == pytest.approx(moments[-1])


def test_a_slow_machine_skips_to_a_keyframe_and_keeps_the_time(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=200, gop=10)
    source, hands = make_source("yard", str(clip.path), live=True), Hands()
    source.clock = hands.clock()
    frames = []
    for frame in itertools.islice(source.frames(), 60):
        frames.append(frame)
        hands.now += 0.1  # what comes after takes 2.5 times as long as it may
    seen = numbers([frame.picture for frame in frames])
    lags = np.arange(60) * 0.1 - [frame.time - NOON for frame in frames]
    assert lags.max() < 2.0, "it does not fall behind further and further"
    jumps = [b for a, b in itertools.pairwise(seen) if b != a + 1]
    assert jumps, "pictures were skipped"
    assert all(number % 10 == 0 for number in jumps), "and each stretch ends at a keyframe"
    for frame, number in zip(frames, seen, strict=True):
        assert frame.time - NOON == pytest.approx(number / 25, abs=1e-3)


def test_our_clock_being_set_ends_the_run(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=50)
    source, hands = make_source("yard", str(clip.path), live=True), Hands()
    source.clock = hands.clock()
    frames = source.frames()
    for _ in range(5):
        next(frames)
    hands.set_by = 0.5  # a correction, not a step
    next(frames)
    hands.set_by = 3600.0
    with pytest.raises(SourceError, match=r"clock was set by \+36\d\d s") as caught:
        next(frames)
    assert caught.value.retry


def test_once_means_once(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=8)
    options = SourceOptions(url=str(clip.path), loop=False)
    source = make_source("yard", str(clip.path), options, live=True)
    source.clock = Hands().clock()
    assert len(list(source.frames())) == 8
