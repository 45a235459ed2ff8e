"""RTSP against a real server: codecs, logins, and servers that misbehave."""

from __future__ import annotations

import contextlib
import socket
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

import support.rtsp
from streetlamp.health import Reason
from streetlamp.video.raw import RawFrame
from streetlamp.video.source import SourceError, SourceOptions, make_source
from support.check_source import rising
from support.clips import numbers
from support.rtsp import RtspServer


def play(url: str, **options: object) -> tuple[list[RawFrame], SourceError]:
    """All pictures until the server ends the stream, and how that was said."""
    source = make_source("yard", url, SourceOptions(url=url, **options), live=True)  # type: ignore[arg-type]
    frames: list[RawFrame] = []
    with pytest.raises(SourceError) as caught:
        frames.extend(source.frames())
    return frames, caught.value


@contextlib.contextmanager
def silent_port() -> Iterator[int]:
    """A port that accepts, and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        yield listener.getsockname()[1]


def test_every_codec_comes_whole_and_in_order(rtsp: RtspServer) -> None:
    paths = ("/h264", "/h265", "/mpeg4", "/mjpeg", "/resize")
    with ThreadPoolExecutor(len(paths)) as pool:
        results = list(pool.map(lambda path: play(rtsp.url(path)), paths))
    for path, (frames, error) in zip(paths, results, strict=True):
        assert numbers([frame.picture for frame in frames]) == list(range(30)), path
        assert rising([frame.pts for frame in frames]), path
        assert rising([frame.time for frame in frames]), path
        assert frames[-1].time - frames[0].time == pytest.approx(29 / 25, abs=0.5), path
        assert error.retry, path
        assert "the stream ended" in error.reason
    resized = results[-1][0]
    assert [frame.size for frame in resized] == [(160, 120)] * 15 + [(320, 240)] * 15


@pytest.mark.parametrize(
    ("login", "says", "trouble"),
    [
        ("operator:hunter2%2Fx", "the stream ended", Reason.NO_VIDEO),
        ("operator:wrong-one", "user name or password was refused", Reason.LOGIN_REFUSED),
        ("", "asks for a user name and password", Reason.LOGIN_REFUSED),
    ],
)
@pytest.mark.parametrize("method", ["digest", "basic"])
def test_logins(rtsp: RtspServer, login: str, says: str, trouble: Reason, method: str) -> None:
    mount = {"/cam": "videotestsrc num-buffers=5 ! jpegenc ! rtpjpegpay name=pay0 pt=26"}
    with RtspServer(mount, login="operator:hunter2/x", method=method) as server:
        frames, error = play(server.url("/cam", login), read_timeout=3)
    assert bool(frames) is (trouble is Reason.NO_VIDEO)
    assert error.retry
    assert error.trouble is trouble
    assert says in error.reason


def test_a_login_is_in_no_error_and_no_traceback(rtsp: RtspServer) -> None:
    for url in (
        rtsp.url("/nowhere", "operator:hunter2"),
        "rtsp://operator:hunter2@127.0.0.1:9/x",
        "rtsp://operator:hunter2@no.such.host.invalid/x",
    ):
        _, error = play(url, open_timeout=3)
        chain = "".join(traceback.format_exception(error))
        assert "hunter2" not in chain
        assert "operator" not in str(error)
        assert error.__context__ is None, "FFmpeg's exception holds the address"
        assert error.retry


def test_a_server_that_accepts_and_says_nothing() -> None:
    with silent_port() as port:
        _, error = play(f"rtsp://127.0.0.1:{port}/x", open_timeout=0.5)
    assert "did not answer in time" in error.reason
    assert error.retry


def test_a_probe_tells_what_a_camera_sends(rtsp: RtspServer) -> None:
    probe = make_source("yard", rtsp.url("/h265"), live=True).probe()
    assert (probe.codec, probe.width, probe.height) == ("hevc", 160, 120)
    assert probe.fps == pytest.approx(25, abs=1)
    with pytest.raises(SourceError, match="knows no such path"):
        make_source("yard", rtsp.url("/nowhere"), live=True).probe()


@pytest.mark.parametrize(
    ("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)]
)
def test_without_a_server_it_is_said_loudly(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setattr(support.rtsp, "_usable", lambda: False)
    monkeypatch.setattr(support.rtsp.shutil, "which", lambda _: None)
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="RTSP is NOT tested"):
        support.rtsp.require_gstreamer()
