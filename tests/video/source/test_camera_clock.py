"""A camera's own clock, heard in its sender reports: how far off, and how fast."""

from __future__ import annotations

import random
import time

import pytest

from streetlamp.video.source import Source, SourceOptions, make_source
from streetlamp.video.source.camera_clock import CameraClock
from support.feed_story import FeedStory
from support.raw_rtsp import Peer, RawServer, coded_pictures
from support.rtsp import RtspServer


def hear(clock: CameraClock, minutes: int, theirs: float, *, seed: int = 1) -> None:
    """So many minutes of reports, each 20 to 320 ms late, of a clock ``theirs`` too fast."""
    noise = random.Random(seed)
    for second in range(minutes * 60):
        ours = 1_750_000_000.0 + second
        late = 0.02 + min(0.3, noise.expovariate(20.0))
        clock.hear(ours + 5.0 + second * theirs, ours + late, 1000.0 + second + late)


@pytest.mark.parametrize("ppm", [-200, -30, 0, 15, 100, 2000])
def test_drift_is_told_in_parts_in_a_million(ppm: int) -> None:
    clock = CameraClock()
    hear(clock, 20, ppm * 1e-6)
    assert clock.reading is not None
    assert clock.reading.drift == pytest.approx(ppm, abs=3, rel=0.005)
    assert clock.reading.offset == pytest.approx(5.0 + 1200 * ppm * 1e-6, abs=0.04)


def test_no_drift_is_told_before_there_is_enough() -> None:
    clock = CameraClock()
    hear(clock, 4, 0.0)
    assert clock.reading is not None
    assert clock.reading.drift is None


def test_a_clock_that_is_set_begins_anew() -> None:
    clock = CameraClock()
    hear(clock, 10, 0.0)
    clock.hear(1_750_003_600.0, 1_750_000_600.0, 1600.0)
    assert clock.reading is not None
    assert clock.reading.offset == 3000.0, "at once, not after the last seconds have passed"
    for second in range(200):
        clock.hear(1_750_003_600.0 + second, 1_750_000_600.0 + second, 1600.0 + second)
    assert clock.reading.drift is None
    clock.lost()
    assert clock.reading is None


def make(url: str, transport: str = "tcp") -> Source:
    options = SourceOptions(url=url, transport=transport)  # type: ignore[arg-type]
    return make_source("yard", url, options, live=True)


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_servers_own_reports(rtsp: RtspServer, transport: str) -> None:
    mount = {
        "/cam": "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=25/1 ! "
        "openh264enc gop-size=5 ! h264parse ! rtph264pay name=pay0 pt=96"
    }
    with RtspServer(mount) as server, FeedStory(lambda: make(server.url("/cam"), transport)) as s:
        s.wait(lambda: s.feed.camera_clock.reading, "no report was heard")
        reading = s.feed.camera_clock.reading
        assert reading is not None
        assert -1.0 < reading.offset < 0.1, "one machine, one clock, less what passes on the way"


@pytest.mark.parametrize("ahead", [-86_400.0, -2.5, 120.0])
def test_a_clock_that_is_wrong(ahead: float) -> None:
    pictures = coded_pictures(20)

    def script(peer: Peer) -> None:
        peer.set_up()
        for number in range(400):
            stamp = number * 3600
            if number % 10 == 0:
                peer.report(time.time() + ahead, stamp)
            peer.picture(pictures[number % 20], stamp)
            time.sleep(0.02)

    with RawServer(script) as server, FeedStory(lambda: make(server.url())) as story:
        story.wait_live()
        story.wait(lambda: story.feed.camera_clock.reading, "no report was heard")
        reading = story.feed.camera_clock.reading
        assert reading is not None
        assert reading.offset == pytest.approx(ahead, abs=1.0)
        assert abs(story.units[-1].time - time.time()) < 2, "pictures keep our time"


def test_a_camera_that_says_nothing_of_the_time() -> None:
    pictures = coded_pictures(40)

    def script(peer: Peer) -> None:
        peer.set_up()
        for number, units in enumerate(pictures):
            peer.picture(units, number * 3600)
        peer.drain()

    with RawServer(script) as server, FeedStory(lambda: make(server.url())) as story:
        story.wait_live(units=30)
        assert story.feed.camera_clock.reading is None
