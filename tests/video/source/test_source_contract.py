"""Every registered scheme passes the same battery."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from streetlamp.video.source import SOURCES
from streetlamp.video.source.webcam import WebcamSource
from support.check_source import check_described, check_source


@pytest.mark.parametrize("scheme", list(SOURCES))
def test_a_scheme_describes_itself(scheme: str) -> None:
    check_described(SOURCES[scheme])


@pytest.mark.parametrize("scheme", list(SOURCES))
def test_a_scheme_keeps_the_contract(
    scheme: str, clips: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = "operator:hunter2"
    if scheme == "file":
        check_source(str(clips / "h264.mp4"), login=False)
    elif scheme == "test":
        check_source("test:?size=161x121&seed=3", login=False)
    elif scheme == "webcam":
        # A drawn camera of FFmpeg's stands in for the device; all else is the real path.
        drawn = "testsrc2=size=160x120:rate=25,realtime"
        monkeypatch.setattr(WebcamSource, "drivers", {sys.platform: ("lavfi", drawn)})
        check_source("0", login=False)
    elif scheme == "rtsp":
        check_source(request.getfixturevalue("rtsp").url("/h264", login), login=True)
    elif scheme == "http":
        check_source(request.getfixturevalue("web").url("/h264.mp4", login), login=True)
    else:
        # The same class as a scheme that is tested here, over TLS.
        assert scheme in ("rtsps", "https")
        assert SOURCES[scheme] is SOURCES[scheme.removesuffix("s")]
