"""Clips and servers the source tests share; made once a session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.clips import make_clip, make_resize
from support.rtsp import RtspServer, clip_pipeline, require_gstreamer
from support.web import WebServer


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one short clip a codec: h264.mp4, h265.mkv, mpeg4.mov, mjpeg.avi …."""
    folder = tmp_path_factory.mktemp("clips")
    for codec, ending in (("h264", "mp4"), ("h265", "mkv"), ("mpeg4", "mov"), ("mjpeg", "avi")):
        make_clip(folder / f"{codec}.{ending}", codec=codec, frames=30)
    make_clip(folder / "mjpeg.mjpeg", codec="mjpeg", frames=30)
    make_resize(folder / "resize.ts", [(160, 120), (320, 240)], frames=15)
    return folder


@pytest.fixture(scope="session")
def rtsp(clips: Path) -> Iterator[RtspServer]:
    """A real RTSP server with a path a codec (and /resize, and /endless)."""
    require_gstreamer()
    mounts = {
        f"/{clip.stem}": clip_pipeline(clip) for clip in clips.iterdir() if clip.suffix != ".mjpeg"
    }
    mounts["/endless"] = (
        "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=25/1 ! jpegenc ! "
        "rtpjpegpay name=pay0 pt=26"
    )
    with RtspServer(mounts) as server:
        yield server


@pytest.fixture(scope="session")
def web(clips: Path) -> Iterator[WebServer]:
    """A web server with the clips, an MJPEG camera, and pages that misbehave."""
    with WebServer(clips) as server:
        yield server
