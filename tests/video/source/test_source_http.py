"""HTTP: files, an MJPEG camera, logins, and pages that are no video."""

from __future__ import annotations

import time
import traceback

import numpy as np
import pytest

from streetlamp.health import Reason
from streetlamp.video.source import SourceError, SourceOptions, make_source
from support.check_source import rising, taken
from support.clips import numbers
from support.web import WebServer


@pytest.mark.parametrize("path", ["/h264.mp4", "/h265.mkv", "/mjpeg.avi", "/resize.ts"])
def test_a_file_on_a_server_is_as_good_as_one_here(web: WebServer, path: str) -> None:
    source = make_source("yard", web.url(path), live=False)
    frames = list(source.frames())
    assert numbers([frame.picture for frame in frames]) == list(range(30))
    np.testing.assert_allclose([frame.time for frame in frames], np.arange(30) / 25, atol=1e-3)
    assert source.warnings == []


def test_an_mjpeg_camera_is_timed_by_arrival(web: WebServer) -> None:
    frames = taken(make_source("yard", web.url("/camera"), live=True), 30)
    seen = numbers([frame.picture for frame in frames])
    assert seen == list(range(seen[0], seen[0] + 30))
    assert rising([frame.time for frame in frames])
    assert abs(frames[-1].time - time.time()) < 2
    # It sends every 20 ms or later: FFmpeg's made-up 25 a second would say 1.16 s.
    assert frames[-1].time - frames[0].time >= 0.4


@pytest.mark.parametrize(
    ("path", "login", "says", "trouble"),
    [
        ("/secret/h264.mp4", "operator:hunter3", "was refused", Reason.LOGIN_REFUSED),
        ("/nowhere.mp4", "operator:hunter2", "no such path", Reason.NO_VIDEO),
        ("/page", "operator:hunter2", "not a video stream", Reason.DAMAGED),
        ("/silent", "operator:hunter2", "did not answer in time", Reason.NO_VIDEO),
    ],
)
def test_what_goes_wrong_is_said_without_the_login(
    web: WebServer, path: str, login: str, says: str, trouble: Reason
) -> None:
    url = web.url(path, login)
    source = make_source("yard", url, SourceOptions(url=url, open_timeout=0.6), live=True)
    with pytest.raises(SourceError, match=says) as caught:
        list(source.frames())
    assert caught.value.retry
    assert caught.value.trouble is trouble
    told = "".join(traceback.format_exception(caught.value))
    assert login.partition(":")[2] not in told
    assert caught.value.__context__ is None


def test_a_raw_file_is_a_file_not_a_camera(web: WebServer) -> None:
    source = make_source("yard", web.url("/mjpeg.mjpeg"), live=True)
    frames = taken(source, 10)
    times = np.array([frame.time for frame in frames]) - frames[0].time
    np.testing.assert_allclose(times, np.arange(10) / 25, atol=1e-4)


def test_the_right_login_opens(web: WebServer) -> None:
    source = make_source("yard", web.url("/secret/h264.mp4", "operator:hunter2"), live=False)
    assert len(list(source.frames())) == 30
