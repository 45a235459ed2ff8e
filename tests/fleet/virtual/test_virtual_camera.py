"""A virtual camera as its clients see it: FFmpeg (through PyAV), GStreamer, and a plain socket."""

from __future__ import annotations

import re
import socket
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice, pairwise, takewhile
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
import pytest
from av.packet import PacketSideData

from streetlamp.errors import UserError
from streetlamp.fleet.virtual import (
    Picture,
    VirtualCamera,
    VirtualCameras,
    connection,
    viewer,
)
from support.clips import Clip, make_clip, numbers
from support.rtp_client import Rtp, RtspClient, SenderReport, unpacked
from support.rtsp import PYTHON, require_gstreamer

STEP = 0.02  # seconds from picture to picture of the clip
WALL = 1_800_000_000.0  # what the cameras take for the time


class Lines(list[str]):
    """What was told, and a wait for it."""

    def wait(self, text: str, seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while not any(text in line for line in self):
            assert time.monotonic() < end, f"{text!r} is not in {self}"
            time.sleep(0.01)


def opened(url: str, transport: str = "tcp", login: str = "") -> Any:
    options = {"rtsp_transport": transport, "fpsprobesize": "0", "analyzeduration": "1000000"}
    return av.open(url.replace("//", f"//{login}", 1), options=options, timeout=(5, 5))


def watched(url: str, count: int, **more: str) -> list[Any]:
    with opened(url, **more) as container:
        return list(islice(container.decode(video=0), count))


def ascending(found: Sequence[int], length: int = 100) -> bool:
    return all((after - before) % length == 1 for before, after in pairwise(found))


@pytest.fixture(scope="module")
def camera(clip: Clip) -> Iterator[VirtualCamera]:
    with VirtualCamera(clip.path, seed=1) as one:
        yield one


@pytest.fixture
def fault(camera: VirtualCamera) -> Iterator[Callable[..., None]]:
    """Starts a fault that is over when the test is."""
    begun: list[str] = []

    def start(name: str, strength: float | None = None) -> None:
        begun.append(name)
        camera.start(name, strength)

    yield start
    for name in begun:
        camera.stop(name)


# --- without faults ------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_every_picture_arrives_in_order(camera: VirtualCamera, transport: str) -> None:
    found = numbers(watched(camera.url, 30, transport=transport))
    assert ascending(found)


def test_it_goes_round_without_a_gap(clip: Clip) -> None:
    with VirtualCamera(clip.path, sub=False, longest=0.3) as short, opened(short.url) as container:
        frames = list(islice(container.decode(video=0), 40))
        length = len(short.server.reels[0][0].units)
    assert length == 20
    assert ascending(numbers(frames), length)
    steps = np.diff([frame.pts * frame.time_base for frame in frames[1:]])
    assert np.allclose(steps.astype(float), STEP, atol=0.002)


def test_the_second_stream_is_smaller(camera: VirtualCamera) -> None:
    (frame,) = watched(camera.sub_url, 1)
    assert (frame.width, frame.height) == (80, 60)


def test_gstreamer_plays_it(camera: VirtualCamera) -> None:
    require_gstreamer()
    script = (
        "import gi, sys; gi.require_version('Gst', '1.0'); from gi.repository import Gst;"
        "Gst.init(None); p = Gst.parse_launch(sys.argv[1]); p.set_state(Gst.State.PLAYING);"
        "m = p.get_bus().timed_pop_filtered(20 * Gst.SECOND,"
        " Gst.MessageType.EOS | Gst.MessageType.ERROR);"
        "p.set_state(Gst.State.NULL);"
        "sys.exit(0 if m and m.type == Gst.MessageType.EOS else str(m and m.parse_error()))"
    )
    for protocol in ("tcp", "udp"):
        pipeline = (
            f"rtspsrc location={camera.url} protocols={protocol} latency=50 ! rtph264depay ! "
            "h264parse ! fakesink num-buffers=20"
        )
        done = subprocess.run(
            [PYTHON, "-c", script, pipeline],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_many_watch_at_once(camera: VirtualCamera) -> None:
    with opened(camera.url) as one, opened(camera.url) as two, opened(camera.url, "udp") as three:
        for container in (one, two, three):
            assert ascending(numbers(list(islice(container.decode(video=0), 10))))
        assert camera.server.viewers() == 3


def test_packets_on_the_wire(clip: Clip) -> None:
    """Sequence, stamps, marker and reports as RFC 3550 wants them; payloads are the clip's."""
    with (
        VirtualCamera(clip.path, sub=False, wall=lambda: WALL) as camera,
        RtspClient(camera.port) as client,
    ):
        client.play("/main")
        packets: list[Rtp] = []
        reports: list[SenderReport] = []
        for channel, packet in client.stream():
            if channel == 1:
                reports.append(SenderReport.read(packet))
            else:
                packets.append(Rtp.read(packet))
            if sum(one.marker for one in packets) == 12:
                break
        reel = camera.server.reels[0][0]
    assert len({one.ssrc for one in packets}) == 1
    assert reports[0].ssrc == packets[0].ssrc
    assert np.all(np.diff([one.sequence for one in packets]) % 65_536 == 1)
    pictures: list[list[Rtp]] = [[]]
    for one in packets:
        pictures[-1].append(one)
        if one.marker:
            pictures.append([])
    stamps = [picture[0].stamp for picture in pictures[:-1]]
    assert all(len({one.stamp for one in picture}) == 1 for picture in pictures[:-1])
    assert np.all(np.diff(stamps) % 2**32 == 1800)
    units = [tuple(unpacked([one.payload for one in picture])) for picture in pictures[:-1]]
    places = [[unit.nals for unit in reel.units].index(each) for each in units]
    assert ascending(places)
    assert reel.units[places[0]].keyframe
    # the camera's clock stands in this test, but for how late a picture was: so the reports' time
    # is that of their stamps, which come before the first keyframe
    assert abs(reports[0].wall - WALL) < 0.5
    assert (stamps[0] - reports[0].stamp) % 2**32 % 1800 == 0
    assert (stamps[0] - reports[0].stamp) % 2**32 <= 10 * 1800


# --- logins and strangers ------------------------------------------------------------------------


def test_a_login(clip: Clip) -> None:
    with VirtualCamera(clip.path, sub=False, user="anna", password="se:cret/ö") as camera:
        assert watched(camera.url, 1, login="anna:se%3Acret%2F%C3%B6@")
        for login in ("", "anna:wrong@", "bert:se%3Acret%2F%C3%B6@"):
            with pytest.raises(av.error.HTTPUnauthorizedError):
                opened(camera.url, login=login)
        assert watched(camera.url, 1, transport="udp", login="anna:se%3Acret%2F%C3%B6@")
        assert "se:cret" not in repr(camera.server._plan)


def test_wrong_paths_and_methods(camera: VirtualCamera) -> None:
    with RtspClient(camera.port) as client:
        assert client.ask("OPTIONS", "*").code == 200
        assert client.ask("DESCRIBE", "/nothing").code == 404
        assert client.ask("PLAY", "/main").code == 455
        assert client.ask("RECORD", "/main").code == 501
        assert client.ask("SETUP", "/main/track1", Transport="RAW/RAW/UDP").code == 461
        setup = client.ask("SETUP", "/main/track1", Transport="RTP/AVP/TCP;interleaved=0-1")
        session = setup.headers["session"].partition(";")[0]
        assert client.ask("PLAY", "/main", Session="another").code == 454
        assert client.ask("PLAY", "/main", Session=session).code == 200
        assert client.ask("GET_PARAMETER", "/main", Session=session).code == 200
        assert client.ask("PAUSE", "/main", Session=session).code == 200
        assert client.ask("TEARDOWN", "/main", Session=session).code == 200


def test_it_sends_to_nobody_else(camera: VirtualCamera) -> None:
    """A `destination` in the Transport header would make it a cannon."""
    with RtspClient(camera.port) as client:
        setup = client.ask(
            "SETUP", "/main/track1",
            Transport="RTP/AVP;unicast;destination=192.0.2.1;client_port=40000-40001",
        )  # fmt: skip
        assert setup.code == 200
        (viewer,) = [one for each in camera.server._outlets for one in each.viewers]
        assert viewer.rtcp_address == ("127.0.0.1", 40001)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "data",
    [b"GET / HTTP/1.1\r\n\r\n", b"\0" * 100_000, b"OPTIONS * RTSP/1.0\r\n" + b"a:b\r\n" * 9999],
)
def test_garbage_gets_an_answer_and_a_closed_door(camera: VirtualCamera, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", camera.port), 10) as client:
        try:
            client.sendall(data)
            while client.recv(4096):
                pass
        except ConnectionError:
            pass
    assert watched(camera.url, 1), "it serves others as before"


def test_only_those_who_watch_are_heard(camera: VirtualCamera, monkeypatch: Any) -> None:
    """A UDP session lives by its receiver reports, and reports of strangers are nothing to it."""
    monkeypatch.setattr(connection, "TIMEOUT", 1.5)
    with RtspClient(camera.port) as client, socket.socket(type=socket.SOCK_DGRAM) as rtcp:
        rtcp.bind(("127.0.0.1", 0))
        port = rtcp.getsockname()[1]
        setup = client.play("/main", f"RTP/AVP;unicast;client_port={port - 1}-{port}")
        found = re.search(r"server_port=\d+-(\d+)", setup.headers["transport"])
        assert found
        address = ("127.0.0.1", int(found[1]))
        with socket.socket(type=socket.SOCK_DGRAM) as stranger:
            stranger.sendto(b"x", address)
        for _ in range(40):
            rtcp.sendto(b"\x80\xc9\x00\x01\0\0\0\0", address)
            time.sleep(0.05)
        assert list(camera.server._heard) == [("127.0.0.1", port)]
        with pytest.raises(ConnectionError):  # no report for too long: the session ends
            client.answer()
    assert not camera.server._heard


def test_who_asks_and_never_listens_is_not_remembered(camera: VirtualCamera) -> None:
    question = b"OPTIONS rtsp://x/main RTSP/1.0\r\nCSeq: 1\r\n\r\n"
    with socket.create_connection(("127.0.0.1", camera.port), 10) as client:
        client.settimeout(1.0)
        flood = (client.sendall(question * 1000) for _ in range(10_000))
        with pytest.raises(TimeoutError):
            deque(flood, maxlen=0)
        (link,) = [one for one in camera.server._connections if one.viewer is None]
        assert link._writer.transport.get_write_buffer_size() < 200_000
    assert watched(camera.url, 1)


def test_a_slow_client_costs_no_memory_and_starts_again_at_a_keyframe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is sent nothing while much waits for it, and what it gets can be decoded."""
    random = np.random.default_rng(1)

    def noise(_: int, size: tuple[int, int]) -> av.VideoFrame:
        shape = size[1] * 3 // 2, size[0]
        return av.VideoFrame.from_ndarray(random.integers(0, 255, shape, np.uint8), "yuv420p")

    fat = make_clip(tmp_path / "fat.mp4", frames=30, fps=50, gop=10, draw=noise)
    monkeypatch.setattr(viewer, "MOST_WAITING", 60_000)
    with VirtualCamera(fat.path, sub=False) as camera, RtspClient(camera.port) as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.play("/main")
        (outlet,) = camera.server._outlets
        (slow,) = outlet.viewers
        slow._transport.get_extra_info("socket").setsockopt(  # type: ignore[attr-defined]
            socket.SOL_SOCKET, socket.SO_SNDBUF, 4096
        )
        left_out = slow.left_out
        end = time.monotonic() + 60
        while slow.left_out < left_out + 30:
            assert time.monotonic() < end
            assert slow.backlog() < 60_000 + max(
                2 * sum(map(len, unit.nals)) for unit in outlet.reel.units
            )
            time.sleep(0.01)
        picture: list[bytes] = []
        last, kinds = None, []
        for channel, packet in client.stream():
            if channel:
                continue
            one = Rtp.read(packet)
            picture.append(one.payload)
            if one.marker:
                if last is not None and (one.stamp - last) % 2**32 > 1800:
                    kinds.append({unit[0] & 31 for unit in unpacked(picture)})
                    break
                last, picture = one.stamp, []
    assert kinds[0] >= {5, 7, 8}, "after the gap comes a keyframe"


# --- faults by call ------------------------------------------------------------------------------


def darkness(frames: Sequence[Any]) -> float:
    return float(Picture.of(frames[-1]).y.mean())


def test_a_picture_fault_begins_and_ends_while_somebody_watches(
    camera: VirtualCamera, fault: Callable[..., None]
) -> None:
    with opened(camera.url) as container:
        pictures = container.decode(video=0)
        assert darkness([next(pictures)]) > 60
        fault("black")
        frames = list(islice(takewhile(lambda one: darkness([one]) > 25, pictures), 200))
        assert len(frames) < 200
        assert ascending(numbers(frames[:-1])), "until then nothing was missing"
        camera.stop("black")
        list(islice(takewhile(lambda one: darkness([one]) < 60, pictures), 200))
        after = list(islice(pictures, 30))
        assert ascending(numbers(after)), "and goes on where the clip is by then"


def test_frozen(camera: VirtualCamera, fault: Callable[..., None]) -> None:
    fault("freeze")
    frames = watched(camera.url, 30)
    assert len(set(numbers(frames))) == 1
    stamps = np.diff([float(frame.time) for frame in frames[1:]])
    assert np.allclose(stamps, STEP, atol=0.002), "the stream goes on"
    camera.stop("freeze")
    assert len(set(numbers(watched(camera.url, 5)))) == 5


def test_frozen_stays_the_same_for_who_comes_later(
    camera: VirtualCamera, fault: Callable[..., None]
) -> None:
    fault("freeze")
    assert numbers(watched(camera.url, 2))[-1] == numbers(watched(camera.url, 2))[-1]


def test_the_size_changes_midway(camera: VirtualCamera, fault: Callable[..., None]) -> None:
    with opened(camera.url) as container:
        pictures = container.decode(video=0)
        assert next(pictures).width == 160
        fault("size", 2.0)
        assert any(frame.width == 320 for frame in islice(pictures, 200))


def test_another_codec(camera: VirtualCamera, fault: Callable[..., None]) -> None:
    with opened(camera.url) as container:
        fault("codec")
        with suppress(av.error.FFmpegError):
            assert sum(1 for _ in islice(container.demux(video=0), 500)) < 500, "the old one ends"
    with opened(camera.url) as container:
        assert container.streams.video[0].codec_context.name == "hevc"
        found = numbers(list(islice(container.decode(video=0), 10)))
    assert ascending(found)


def clock_error(url: str) -> tuple[float, float]:
    """How far a camera's clock is ahead by its reports, and the stamp of its newest picture."""
    with opened(url) as container:
        for packet in container.demux(video=0):
            told = PacketSideData.from_packet(packet, "prft")
            if told is not None and packet.pts is not None:
                wall = int.from_bytes(bytes(told)[:8], "little") / 1e6
                return wall - WALL, float(packet.pts * packet.time_base)
    raise AssertionError


@pytest.mark.parametrize(("name", "by"), [("clock-jump", -7200.0), ("clock-wrong", 90.0)])
def test_the_clock_is_wrong_by_as_much_as_asked(clip: Clip, name: str, by: float) -> None:
    with VirtualCamera(clip.path, sub=False, wall=lambda: WALL) as camera:
        assert abs(clock_error(camera.url)[0]) < 2
        camera.start(name, by)
        assert abs(clock_error(camera.url)[0] - by) < 2
        camera.stop(name)
        assert abs(clock_error(camera.url)[0]) < 2


@pytest.mark.parametrize(("name", "jumps"), [("clock-jump", 3600.0), ("clock-wrong", 0.0)])
def test_stamps_jump_in_the_running_stream(
    camera: VirtualCamera, fault: Callable[..., None], name: str, jumps: float
) -> None:
    with RtspClient(camera.port) as client:
        client.play("/main")
        stamps: list[int] = []
        for channel, packet in client.stream():
            if channel == 0:
                stamps.append(Rtp.read(packet).stamp)
                if len(stamps) == 5:
                    fault(name, 3600.0)
            if len(stamps) == 100:
                break
    steps = (np.diff(np.array(stamps, np.int64)) % 2**32) / 90_000
    assert steps.max() == pytest.approx(jumps + STEP, abs=0.01)


def test_packets_are_lost_and_counted_on(camera: VirtualCamera, fault: Callable[..., None]) -> None:
    fault("loss", 0.5)
    with RtspClient(camera.port) as client:
        client.play("/main")
        media = (packet for channel, packet in client.stream() if channel == 0)
        sequence = [Rtp.read(packet).sequence for packet in islice(media, 80)]
    sent = (sequence[-1] - sequence[0]) % 65_536 + 1
    assert 1 - 80 / sent == pytest.approx(0.5, abs=0.2)


def test_garbage_is_no_video(camera: VirtualCamera, fault: Callable[..., None]) -> None:
    fault("garbage")
    with RtspClient(camera.port) as client:
        client.play("/main")
        media = (packet for channel, packet in client.stream() if channel == 0)
        kinds = {Rtp.read(packet).payload[0] & 0x9F for packet in islice(media, 40)}
    assert len(kinds) > 15


@pytest.mark.parametrize(
    ("name", "error"),
    [("drop", ConnectionError), ("unplug", ConnectionRefusedError), ("login", None)],
)
def test_who_watches_is_cut_off_and_nobody_comes_in(
    camera: VirtualCamera, fault: Callable[..., None], name: str, error: type[Exception] | None
) -> None:
    with RtspClient(camera.port) as client:
        client.play("/main")
        fault(name)
        with pytest.raises(ConnectionError):
            for _ in client.stream():
                pass
    if error is None:
        with pytest.raises(av.error.HTTPUnauthorizedError):
            opened(camera.url)
    else:
        with pytest.raises(error), RtspClient(camera.port) as client:
            client.ask("DESCRIBE", "/main")
    camera.stop(name)
    assert watched(camera.url, 1)


@pytest.mark.parametrize(("name", "answers"), [("stall", True), ("mute", False)])
def test_nothing_flows(
    camera: VirtualCamera, fault: Callable[..., None], name: str, answers: bool
) -> None:
    with RtspClient(camera.port) as client:
        client.play("/main")
        next(client.stream())
        fault(name)
        client.socket.settimeout(0.6)
        with pytest.raises(TimeoutError):
            for _ in client.stream():
                pass
        if answers:
            client.socket.settimeout(10)
            assert client.ask("OPTIONS", "/main").code == 200
        else:
            with pytest.raises(TimeoutError):
                client.ask("OPTIONS", "/main")
        camera.stop(name)
        client.socket.settimeout(10)
        assert client.ask("OPTIONS", "/main").code == 200
        next(client.stream())


def test_unknown_faults_and_cameras(camera: VirtualCamera) -> None:
    with pytest.raises(UserError, match="no fault is called 'frieze'"):
        camera.start("frieze")
    with pytest.raises(UserError, match="no camera is called 'cam9'"):
        camera.start("freeze", camera="cam9")


# --- drills, and many cameras --------------------------------------------------------------------


def test_drills_happen_by_themselves(clip: Clip) -> None:
    told = Lines()
    faults = "size@0.1s+0.1s,drop@0.3s,black@0.4s"
    with VirtualCamera(clip.path, faults, sub=False, tell=told.append) as camera:
        told.wait("black begins")
        assert darkness(watched(camera.url, 2)) < 25
    assert told == [
        "cam001: size begins", "cam001: size ends", "cam001: drop", "cam001: black begins",
    ]  # fmt: skip


def test_a_fault_of_all_may_end_sooner_for_one(clip: Clip) -> None:
    told = Lines()
    with VirtualCameras(
        [clip.path], "stall@0.1s:all,mute@0.2s+0.1s", count=3, repeat=0.4, sub=False,
        tell=told.append,
    ) as cameras:  # fmt: skip
        for _ in range(3):
            told.wait("cam002, cam003: stall ends")
            told.remove("cam002, cam003: stall ends")
        assert all(not task.done() for task in cameras.server._tasks)
    assert told[:3] == ["all 3 cameras: stall begins", "cam001: stall ends", "cam001: mute begins"]


def test_a_common_feed_fails_and_comes_back(clip: Clip) -> None:
    told = Lines()
    with VirtualCameras([clip.path], count=5, sub=False, tell=told.append) as cameras:
        assert cameras.names == ["cam001", "cam002", "cam003", "cam004", "cam005"]
        clients = [RtspClient(cameras.port) for _ in cameras.names]
        for name, client in zip(cameras.names, clients, strict=True):
            client.__enter__().play(f"/{name}")
        port = cameras.port
        cameras.start("unplug")
        for client in clients:
            with pytest.raises(ConnectionError):
                for _ in client.stream():
                    pass
            client.socket.close()
        with pytest.raises(ConnectionRefusedError):
            RtspClient(port).__enter__()
        cameras.stop("unplug")
        assert cameras.port == port
        for name in cameras.names:
            assert watched(cameras.url_of(name), 1)
    assert told == ["all 5 cameras: unplug begins", "all 5 cameras: unplug ends"]


def test_one_of_several_is_ill_and_the_others_are_not(clip: Clip) -> None:
    with VirtualCameras([clip.path], count=3, sub=False) as cameras:
        cameras.start("black", camera="cam002")
        cameras.start("unplug", camera="cam003")
        assert darkness(watched(cameras.url_of("cam001"), 1)) > 60
        assert darkness(watched(cameras.url_of("cam002"), 1)) < 25
        with pytest.raises(ConnectionError), RtspClient(cameras.port) as client:
            client.ask("DESCRIBE", "/cam003/main")


def test_cameras_with_the_same_faults_share_one_encoder(clip: Clip) -> None:
    with VirtualCameras([clip.path], count=4, sub=False) as cameras:
        cameras.start("cover")
        containers = [opened(cameras.url_of(name)) for name in cameras.names]
        for container in containers:
            assert len(list(islice(container.decode(video=0), 5))) == 5
        (studio,) = cameras.server.studios
        assert len(studio._altered) == 1
        for container in containers:
            container.close()


def test_clips_go_round(clip: Clip, tmp_path: Path) -> None:
    other = make_clip(tmp_path / "other.mp4", size=(96, 64), frames=30, gop=5)
    with VirtualCameras([clip.path, other.path], count=3, sub=False) as cameras:
        sizes = [watched(cameras.url_of(name), 1)[0].width for name in cameras.names]
    assert sizes == [160, 96, 160]


def test_a_taken_port_is_said(camera: VirtualCamera, clip: Clip) -> None:
    with (
        pytest.raises(UserError, match=r"cannot listen on 127\.0\.0\.1 port"),
        VirtualCamera(clip.path, sub=False, port=camera.port),
    ):
        pass


def test_nothing_is_left_behind(clip: Clip) -> None:
    """It ends while clients watch, with no thread and no socket of its own left over."""
    before = threading.active_count()
    with (
        VirtualCamera(clip.path, "freeze@0s", sub=False) as camera,
        RtspClient(camera.port) as client,
    ):
        client.play("/main")
        camera.close()
        said = []
        with pytest.raises(ConnectionError):
            said += [packet for channel, packet in client.stream() if channel == 1]
        assert threading.active_count() == before
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", camera.port), 5)
