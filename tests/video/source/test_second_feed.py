"""A camera's second stream, fetched in a thread of its own beside the first."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from streetlamp.app import worker as workers
from streetlamp.app.status import Statuses
from streetlamp.app.worker import CameraWorker, Sinks
from streetlamp.site import parse_site
from streetlamp.values import Fragment, MaskedFrame
from streetlamp.video.second import NOT_H264, SecondStream
from streetlamp.video.second_feed import AWAY, SecondFeed
from streetlamp.video.source import make_source
from streetlamp.video.source.options import SourceOptions
from support.breaking import decoded
from support.rtsp import RtspServer, clip_pipeline, require_gstreamer
from support.yard import Sees, clip, visible, walk

PATIENCE = 20.0


def feed_of(url: str, stream: SecondStream) -> SecondFeed:
    options = SourceOptions(url=url, open_timeout=2.0, read_timeout=2.0)
    return SecondFeed("gate", lambda: make_source("gate", url, options, live=True), stream)


def until(what: Callable[[], object]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.05)
    return False


def threads(name: str) -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == name]


def test_keyframes_come_over_rtsp_and_the_thread_ends_on_stop(rtsp: RtspServer) -> None:
    stream = SecondStream(settle=0.0)
    feed = feed_of(rtsp.url("/h264"), stream)
    feed.start()
    assert until(lambda: stream.after(0.0))
    assert all(packet.keyframe for packet in stream.after(0.0))
    assert abs(stream.latest - time.time()) < 5.0
    assert stream.trouble == ""
    began = time.monotonic()
    feed.stop()
    feed.stop()
    assert time.monotonic() - began < 4.0
    assert not feed.alive
    assert stream.after(0.0) == []
    assert stream.trouble == AWAY


def test_it_can_be_started_again(rtsp: RtspServer) -> None:
    stream = SecondStream(settle=0.0)
    feed = feed_of(rtsp.url("/h264"), stream)
    for _ in range(2):
        feed.start()
        assert until(lambda: stream.after(0.0))
        feed.stop()
        assert not feed.alive
    assert threads("second-gate") == []


def test_one_that_is_not_h264_is_given_up_at_once(rtsp: RtspServer) -> None:
    stream = SecondStream(settle=0.0)
    feed = feed_of(rtsp.url("/mjpeg"), stream)
    feed.start()
    assert until(lambda: not feed.alive)
    assert stream.trouble == NOT_H264
    feed.stop()


def test_one_that_does_not_answer_is_tried_again_until_stop() -> None:
    stream = SecondStream()
    feed = feed_of("rtsp://127.0.0.1:9/none", stream)
    feed.start()
    assert until(lambda: stream.trouble == AWAY)
    assert feed.alive
    feed.stop()
    assert not feed.alive


def test_an_address_that_nothing_can_play_ends_the_thread_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stream = SecondStream()
    feed = feed_of("srtp://127.0.0.1/x", stream)
    feed.start()
    assert until(lambda: not feed.alive)
    assert "the second stream cannot be used" in caplog.text
    assert stream.trouble == AWAY


class Hub:
    """Keeps what a camera shows."""

    def __init__(self) -> None:
        self.fragments: list[Fragment] = []
        self.stills: list[MaskedFrame] = []

    def publish(self, fragment: Fragment) -> None:
        self.fragments.append(fragment)

    def publish_frame(self, frame: MaskedFrame) -> None:
        self.stills.append(frame)


def test_a_camera_with_two_streams_over_rtsp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In real time: it falls asleep, is judged by its second stream, and somebody walks in."""
    require_gstreamer()
    where = walk((230, 255))
    (tmp_path / "main.mp4").write_bytes(clip(280, where))
    (tmp_path / "small.mp4").write_bytes(clip(280, where, size=(288, 216)))
    mounts = {f"/{name}": clip_pipeline(tmp_path / f"{name}.mp4") for name in ("main", "small")}
    monkeypatch.setattr(workers, "SecondStream", lambda: SecondStream(settle=1.0))
    hub, said = Hub(), list[bool]()
    with RtspServer(mounts) as server:
        site = parse_site(
            f"cameras: {{gate: {{source: '{server.url('/main')}', "
            f"second_stream: '{server.url('/small')}', sleep: {{after_seconds: 1}}}}}}",
            tmp_path / "site.yaml",
        )
        sinks = Sinks(hub, lambda outcome: None, None, Statuses())  # type: ignore[arg-type]
        worker = CameraWorker("gate", site.cameras["gate"], site, Sees(), sinks)
        stopping = threading.Event()
        runs = threading.Thread(target=worker.run, args=(stopping,))
        runs.start()
        began = time.monotonic()
        while time.monotonic() - began < 27.0:
            said.append(worker._camera.figures.asleep)
            time.sleep(0.2)
        figures = worker._camera.figures
        stopping.set()
        worker.stop()
        runs.join(10.0)
        assert not runs.is_alive()
    assert threads("second-gate") == []
    assert any(said)
    assert figures.second_decoded > 4
    assert figures.second_trouble == ""
    shown = decoded(hub.fragments)
    assert len(shown) > 200
    assert not any(visible(luma) for luma in shown)
    assert not any(visible(frame.y) for frame in hub.stills)
    assert any(len(frame.hidden) for frame in hub.stills)
