"""Whatever happens to a camera or its line, it comes back by itself; the log says so once."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

import pytest

from streetlamp.health import Reason
from streetlamp.values import CameraState
from streetlamp.video.decode import Decoder
from streetlamp.video.raw import Packet
from streetlamp.video.source import Source, SourceOptions, login, make_source
from support.check_source import rising
from support.feed_story import FeedStory
from support.line_faults import FaultyLine
from support.raw_rtsp import SDP, Peer, RawServer, coded_pictures
from support.rtsp import RtspServer, require_gstreamer

LIVE = {
    "/cam": "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=25/1 ! "
    "openh264enc gop-size=5 ! h264parse ! rtph264pay config-interval=-1 name=pay0 pt=96"
}


@pytest.fixture(scope="module", autouse=True)
def _gstreamer() -> None:
    require_gstreamer()


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO):
        yield caplog


def source(url: str, **options: object) -> Source:
    chosen = {"open_timeout": 3.0, "read_timeout": 1.5} | options
    return make_source("yard", url, SourceOptions(url=url, **chosen), live=True)  # type: ignore[arg-type]


def lines(log: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in log.records if one.name.startswith("streetlamp")]


def test_a_server_killed_and_started_again(log: pytest.LogCaptureFixture) -> None:
    with RtspServer(LIVE) as first:
        story = FeedStory(lambda: source(first.url("/cam")))
        with story:
            story.wait_live()
            first.kill()
            lost = story.wait_lost()
            assert lost.trouble is Reason.UNREACHABLE
            story.wait(lambda: story.statuses[-1].repeats >= 3, "it was not tried again")
            assert {one.trouble for one in story.statuses[3:]} == {Reason.UNREACHABLE}
            with RtspServer(LIVE, port=first.port):
                story.wait_live(after=1)
                assert story.statuses[-1].trouble is None
    said = lines(log)
    assert len(said) == 2, said
    assert "the camera closed the connection" in said[0] or "was cut" in said[0]
    assert "live after" in said[1]


def test_a_password_changed_and_changed_back(
    log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "PAUSES", (0.5,))
    with RtspServer(LIVE, login="operator:right-1") as first:
        story = FeedStory(lambda: source(first.url("/cam", "operator:right-1")))
        with story:
            story.wait_live()
            first.kill()
            with RtspServer(LIVE, login="operator:other-2", port=first.port):
                story.wait(
                    lambda: story.statuses[-1].trouble is Reason.LOGIN_REFUSED, "nothing refused"
                )
            with RtspServer(LIVE, login="operator:right-1", port=first.port):
                story.wait_live(after=1)
    said = lines(log)
    assert sum("password was refused" in one for one in said) == 1, said
    assert sum("live after" in one for one in said) == 1, said


def test_a_wrong_password_is_tried_once_by_all_together_and_a_new_one_at_once() -> None:
    given = ["wrong-pass"]
    with RtspServer(LIVE, login="operator:right-1") as server, FaultyLine(server.port) as line:

        def make() -> Source:
            return source(line.url("/cam", f"operator:{given[0]}"))

        with FeedStory(make) as story, FeedStory(make) as second:
            for one in (story, second):
                one.wait(lambda one=one: one.run >= 6, "it was not tried again")
            assert story.statuses[-1].trouble is Reason.LOGIN_REFUSED
            assert line.accepted <= 2, "one try each at most, when both begin at once"
            given[0] = "right-1"
            story.wait_live()
            second.wait_live()


def test_refused_logins_are_tried_ever_less_often() -> None:
    book, key, tries = login.Refusals(), ("cam", "joe", "pw"), []
    for now in range(3 * 3600):
        if book.may_try(*key, float(now)):
            tries.append(now)
            book.refused(*key, float(now))
    for begin in range(0, 3 * 3600, 60):
        assert sum(begin <= one < begin + 1800 for one in tries) <= 4
    assert tries[:4] == [0, 60, 360, 1260]
    assert book.may_try("cam", "joe", "other", 1.0)
    assert book.may_try("cam", "joe", "pw", 90_000.0)
    assert not book.may_try("cam", "joe", "pw", 90_001.0), "one at a time"
    book.accepted(*key)
    assert book.may_try("cam", "joe", "pw", 90_002.0)


def test_a_new_size_midway_needs_no_new_opening(
    rtsp: RtspServer, log: pytest.LogCaptureFixture
) -> None:
    with FeedStory(lambda: source(rtsp.url("/resize"))) as story:
        story.wait_lost()  # the clip is over
        assert story.statuses[-1].trouble is Reason.NO_VIDEO
        decoder, sizes = Decoder(), []
        for unit in [one for one in story.units if isinstance(one, Packet)][:30]:
            sizes += [raw.size for raw in decoder.decode(unit)]
    assert {(160, 120), (320, 240)} == set(sizes)
    assert sum("now 320x240 (was 160x120)" in one for one in lines(log)) == 1


def test_a_new_codec_midway(log: pytest.LogCaptureFixture) -> None:
    def script(peer: Peer) -> None:
        first = peer.number == 1
        peer.set_up(SDP.format(codec="H264" if first else "H265"))
        stamp = 0
        for _ in range(40):
            for units in h264 if first and stamp < 36_000 else h265:
                peer.picture(units, stamp, hevc=not first or stamp >= 36_000)
                stamp += 3600
                time.sleep(0.01)

    h264, h265 = coded_pictures(10), coded_pictures(20, codec="libx265")
    with RawServer(script) as server, FeedStory(lambda: source(server.url())) as story:
        story.wait_live()
        lost = story.wait_lost()
        assert lost.trouble is Reason.DAMAGED
        assert "may have changed its codec" in lost.message
        story.wait_live(after=1)
        assert not isinstance(story.units[-1], Packet), "H.265 comes as pictures"
    assert len(lines(log)) == 2, lines(log)


@pytest.mark.parametrize("fault", ["stall", "cut"])
def test_a_line_that_goes_dead(fault: str, log: pytest.LogCaptureFixture) -> None:
    with RtspServer(LIVE) as server, FaultyLine(server.port) as line:
        story = FeedStory(lambda: source(line.url("/cam")))
        with story:
            story.wait_live()
            if fault == "stall":
                line.stall()
            else:
                line.cut()
            lost = story.wait_lost()
            line.flow()
            story.wait_live(after=1)
    expected = Reason.NO_VIDEO if fault == "stall" else Reason.UNREACHABLE
    assert lost.trouble is expected
    said = lines(log)
    assert sum("live after" in one for one in said) == 1
    assert len(said) <= 3, said  # a dead line may then refuse to open as well


def test_bytes_bent_on_the_way() -> None:
    count = [0]

    def bend(data: bytes) -> bytes:
        count[0] += 1
        if count[0] < 20 or count[0] % 7:
            return data
        at = len(data) // 2
        return data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]

    with RtspServer(LIVE) as server, FaultyLine(server.port) as line:
        line.bend = bend
        with FeedStory(lambda: source(line.url("/cam"))) as story:
            story.wait_live(units=150)
            assert rising([one.frame for one in story.units if one.frame > 0][:20])


def test_a_tenth_of_the_udp_packets_lost() -> None:
    def script(peer: Peer) -> None:
        peer.lose = lambda number: number % 10 == 0
        peer.set_up()
        stamp = 0
        for _ in range(20):
            for units in pictures:
                peer.picture(units, stamp)
                stamp += 3600
                time.sleep(0.005)

    pictures = coded_pictures(20, size=(320, 240))
    with RawServer(script) as server:
        with FeedStory(lambda: source(server.url(), transport="udp")) as story:
            story.wait_live(units=120)
            decoder, decoded = Decoder(), 0
            for unit in story.units:
                assert isinstance(unit, Packet)
                decoded += len(list(decoder.decode(unit)))
            assert story.run == 1
        assert decoded > 60
        assert server.accepted == 1


@pytest.mark.parametrize(
    ("name", "stamps"),
    [
        ("wraps", [(1 << 32) - 90_000 + 3600 * n for n in range(100)]),
        ("jumps ahead", [3600 * n + (n > 50) * 90_000 * 36_000 % (1 << 32) for n in range(100)]),
        ("jumps back", [900_000_000 + 3600 * n - (n > 50) * 800_000_000 for n in range(100)]),
    ],
)
def test_a_count_that_jumps_or_wraps(name: str, stamps: list[int]) -> None:
    def script(peer: Peer) -> None:
        peer.set_up()
        for units, stamp in zip(pictures, stamps, strict=True):
            peer.picture(units, stamp)
            time.sleep(0.01)
        peer.drain()

    pictures = coded_pictures(100)
    with RawServer(script) as server, FeedStory(lambda: source(server.url())) as story:
        story.wait_live(units=90)
        times = [unit.time for unit in story.units]
        assert server.accepted == 1
    assert rising(times), name
    assert times[-1] - times[0] < 10, "no hole is made of a jump"


def test_a_server_that_accepts_and_says_nothing() -> None:
    with (
        RawServer(Peer.drain) as server,
        FeedStory(lambda: source(server.url(), open_timeout=0.5)) as story,
    ):
        lost = story.wait_lost()
    assert lost.trouble is Reason.UNREACHABLE
    assert "did not answer in time" in lost.message
    assert story.statuses[0].state is CameraState.CONNECTING
    assert story.statuses[0].trouble is None


def test_a_server_that_plays_and_sends_nothing() -> None:
    def script(peer: Peer) -> None:
        peer.set_up()
        peer.drain()

    with RawServer(script) as server:
        with FeedStory(lambda: source(server.url(), open_timeout=1.0)) as story:
            assert story.wait_lost().trouble is Reason.NO_VIDEO
        with FeedStory(lambda: source(server.url(), open_timeout=1.0, transport="udp")) as story:
            lost = story.wait_lost()
    assert lost.trouble is Reason.NO_VIDEO
    assert "try transport: tcp" in lost.message
