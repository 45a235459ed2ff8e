"""The recorder never keeps a camera waiting, whatever its disk does."""

from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from streetlamp.record import recorder as recorder_module
from streetlamp.record.recorder import Recorder
from streetlamp.record.writer import SegmentWriter
from support.house import T0, fragments, house, numbers


def test_everything_pushed_is_written_at_close(tmp_path: Path) -> None:
    home = house(tmp_path, segment_seconds=4)
    recorder = Recorder("gate", tmp_path, home.segments, home.options)
    assert recorder.state.message == "waiting for the first keyframe"
    for piece in fragments(250):
        recorder.push(piece)
    recorder.close()
    recorder.close()
    found = home.recordings.list("gate", T0, T0 + 60)
    assert [n for segment in found for n in numbers(tmp_path / segment.path)] == [*range(250)]
    assert recorder.state.recording
    with pytest.raises(ValueError, match="closed"):
        recorder.push(fragments(250)[0])


def test_switched_off_it_writes_nothing(tmp_path: Path) -> None:
    home = house(tmp_path, enabled=False)
    recorder = Recorder("gate", tmp_path, home.segments, home.options)
    for piece in fragments(50):
        recorder.push(piece)
    recorder.drain()
    recorder.close()
    assert not recorder.state.recording
    assert recorder.state.message == "recording is switched off"
    assert not (tmp_path / "recordings").exists()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_ours_is_said_and_recording_starts_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = house(tmp_path, segment_seconds=60)
    real, faults = SegmentWriter.write, [KeyError("a fault of ours")]

    def write(self: SegmentWriter, fragment: Any) -> None:
        if faults and fragment.start > T0 + 2.0:
            raise faults.pop()
        real(self, fragment)

    monkeypatch.setattr(SegmentWriter, "write", write)
    recorder = Recorder("gate", tmp_path, home.segments, home.options)
    said = []
    for piece in fragments(250):
        recorder.push(piece)
        recorder.drain()
        recorder._thread.join(1.0 if "broke" in recorder.state.message else 0.0)
        said.append(recorder.state)
    recorder.close()
    broken = [state for state in said if "KeyError" in state.message]
    assert 2 <= len(broken) <= 6
    assert not any(state.recording for state in broken)
    assert not any("disk" in state.message for state in said)
    assert said[-1].recording
    assert 1.0 < said[-1].lost_seconds < 3.5, "with the one that was being written"
    segments = home.recordings.list("gate", T0, T0 + 60)
    assert len(segments) == 2
    assert numbers(tmp_path / segments[-1].path)[-1] == 249


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_recorder_that_always_breaks_tries_more_and_more_seldom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = house(tmp_path)
    tries: list[float] = []

    def write(self: SegmentWriter, fragment: Any) -> None:
        tries.append(fragment.start - T0)
        raise TypeError("always")

    monkeypatch.setattr(SegmentWriter, "write", write)
    recorder = Recorder("gate", tmp_path, home.segments, home.options)
    for piece in fragments(750):
        recorder.push(piece)
        recorder.drain()
        recorder._thread.join(1.0 if "broke" in recorder.state.message else 0.0)
    recorder.close()
    steps = [b - a for a, b in pairwise(tries)]
    assert 3 <= len(steps) <= 5
    assert steps == sorted(steps)
    assert "TypeError: always" in recorder.state.message


def test_a_disk_that_hangs_costs_video_but_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "_LONGEST_QUEUE", 6)
    home = house(tmp_path, segment_seconds=60)
    hangs, go_on = threading.Event(), threading.Event()
    real = SegmentWriter.write

    def write(self: SegmentWriter, fragment: Any) -> None:
        hangs.set()
        go_on.wait(30)
        real(self, fragment)

    monkeypatch.setattr(SegmentWriter, "write", write)
    recorder = Recorder("gate", tmp_path, home.segments, home.options)
    pieces = fragments(500)
    recorder.push(pieces[0])
    assert hangs.wait(30)
    for piece in pieces[1:21]:  # six fit, the others do not
        recorder.push(piece)
    assert not recorder.state.recording
    assert "too slow" in recorder.state.message
    assert recorder.state.lost_seconds == pytest.approx(pieces[20].end - pieces[7].start)
    go_on.set()
    recorder.drain()
    for piece in pieces[21:]:
        recorder.push(piece)
        recorder.drain()
    recorder.close()
    assert recorder.state.recording
    (gap,) = home.recordings.gaps("gate", T0, T0 + 20)
    assert gap == pytest.approx((pieces[7].start, T0 + 11))  # up to the next keyframe
    found = home.recordings.list("gate", T0, T0 + 60)
    shown = [n for segment in found for n in numbers(tmp_path / segment.path)]
    assert shown == [n % 256 for n in [*range(88), *range(275, 500)]]
