"""A feed against real servers: one that dies and comes back, one that never speaks."""

from __future__ import annotations

import socket
import threading

from streetlamp.values import CameraState
from streetlamp.video.decode import Decoder
from streetlamp.video.feed import Feed, FeedStatus
from streetlamp.video.raw import Packet, RawFrame
from streetlamp.video.source import Source, SourceOptions, make_source
from support.clips import numbers
from support.rtsp import RtspServer


def factory(url: str, **options: float) -> Source:
    return make_source("yard", url, SourceOptions(url=url, **options), live=True)  # type: ignore[arg-type]


def test_a_server_that_dies_is_found_again(rtsp: RtspServer) -> None:
    mount = {"/cam": "videotestsrc is-live=true ! jpegenc ! rtpjpegpay name=pay0 pt=26"}
    servers = [RtspServer(mount), RtspServer(mount)]
    with servers[0], servers[1]:
        # The second server is where a restarted one would be; what matters is the cut line.
        urls = iter([server.url("/cam", "operator:hunter2") for server in servers])
        feed = Feed(lambda: factory(next(urls), read_timeout=2), live=True, jitter=lambda: 0.0)
        states: list[CameraState] = []
        counts = {1: 0, 2: 0}
        for item in feed.items():
            if isinstance(item, FeedStatus):
                states.append(item.state)
                run = item.run
                assert "hunter2" not in item.message
                continue
            counts[run] += 1
            if counts == {1: 10, 2: 0}:
                servers[0].kill()
            if counts[2] == 10:
                feed.stop()
    connecting, live, waiting = CameraState.CONNECTING, CameraState.LIVE, CameraState.WAITING
    assert states == [connecting, live, waiting, connecting, live]
    assert counts[1] >= 10


def test_a_frozen_server_is_noticed_and_stop_does_not_wait_for_it(rtsp: RtspServer) -> None:
    mount = {"/cam": "videotestsrc is-live=true ! jpegenc ! rtpjpegpay name=pay0 pt=26"}
    with RtspServer(mount) as server:
        feed = Feed(lambda: factory(server.url("/cam"), read_timeout=0.7), live=True)
        said = ""
        for item in feed.items():
            if isinstance(item, Packet | RawFrame) and item.frame == 5:
                server.freeze()
            if isinstance(item, FeedStatus) and item.state is CameraState.WAITING:
                said = item.message
                feed.stop()
    assert "did not answer in time" in said


def test_a_port_that_accepts_and_says_nothing() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        port = listener.getsockname()[1]
        feed = Feed(
            lambda: factory(f"rtsp://operator:hunter2@127.0.0.1:{port}/x", open_timeout=0.4),
            live=True,
            jitter=lambda: 0.0,
        )
        messages = []
        for item in feed.items():
            assert isinstance(item, FeedStatus)
            messages.append(item.message)
            if len(messages) == 2:
                feed.stop()
    assert messages[0] == f"connecting to rtsp://127.0.0.1:{port}/x"
    assert "did not answer in time" in messages[1]


def test_many_cameras_of_one_server_each_get_their_own(rtsp: RtspServer) -> None:
    feeds = [Feed(lambda: factory(rtsp.url("/h264")), live=True) for _ in range(4)]
    results: list[list[int]] = [[] for _ in feeds]

    def consume(index: int) -> None:
        decoder = Decoder()
        for item in feeds[index].items():
            if isinstance(item, Packet):
                results[index] += numbers([raw.picture for raw in decoder.decode(item)])
            elif item.state is CameraState.WAITING:
                results[index] += numbers([raw.picture for raw in decoder.drain()])
                feeds[index].stop()

    threads = [threading.Thread(target=consume, args=(index,)) for index in range(len(feeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert results == [list(range(30))] * len(feeds)
