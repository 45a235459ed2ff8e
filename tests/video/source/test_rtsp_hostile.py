"""Servers that mean harm: refused with a reason, in time, and within a bound of memory.

A child process plays the victim, so that its memory can be measured; the servers are real ones
on loopback. See ``design/rtsp.md``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from streetlamp.video.decode import Decoder
from streetlamp.video.raw import Packet, StreamInfo
from streetlamp.video.source.bounds import MOST_PIXELS, bound_allocations
from support.raw_rtsp import SDP, Peer, RawServer, coded_pictures

MOST_GROWTH = 96  # MiB: one bounded picture, and what FFmpeg holds of it twice
PATIENCE = 2.0
Script = Callable[[Peer], object]


class Victim:
    """The child that opens hostile addresses."""

    def __init__(self) -> None:
        source = Path(__file__).parents[3] / "src"
        script = Path(__file__).parents[2] / "support" / "watch_memory.py"
        self._child = subprocess.Popen(
            [sys.executable, str(script)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            # glibc gives large pieces back at once only while it does not move this threshold
            env={
                **os.environ,
                "PYTHONPATH": str(source),
                "MALLOC_MMAP_THRESHOLD_": "131072",
            },
        )  # fmt: skip

    def open(self, url: str, **more: Any) -> dict[str, Any]:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(json.dumps({"url": url, "seconds": PATIENCE, **more}) + "\n")
        self._child.stdin.flush()
        line = self._child.stdout.readline()
        assert line, f"the child died with {self._child.wait(5)}"
        return dict(json.loads(line))

    def close(self) -> None:
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()
        assert self._child.wait(10) == 0


@pytest.fixture(scope="module")
def victim() -> Iterator[Victim]:
    child = Victim()
    yield child
    child.close()


def garbage(peer: Peer) -> None:
    while True:
        peer.send(os.urandom(65536))


def other_protocol(peer: Peer) -> None:
    peer.send(b"SSH-2.0-OpenSSH_9.2\r\n")
    peer.drain()


def endless_headers(peer: Peer) -> None:
    peer.request()
    peer.send(f"RTSP/1.0 200 OK\r\nCSeq: {peer.cseq}\r\n".encode())
    while True:
        peer.send(b"X-More: and more\r\n" * 4000)


def endless_header(peer: Peer) -> None:
    peer.request()
    peer.send(b"RTSP/1.0 200 OK\r\nX-Long: ")
    while True:
        peer.send(b"A" * 65536)


def endless_first_line(peer: Peer) -> None:
    peer.request()
    while True:
        peer.send(b"RTSP/1.0 200 " + b"A" * 65536)


def gigabyte_sdp(peer: Peer) -> None:
    peer.set_up(stop_at="DESCRIBE")
    peer.send(
        f"RTSP/1.0 200 OK\r\nCSeq: {peer.cseq}\r\nContent-Type: application/sdp\r\n"
        "Content-Length: 1000000000\r\n\r\nv=0\r\n".encode()
    )
    while True:
        peer.send(b"a=more:and more\r\n" * 4000)


def negative_length(peer: Peer) -> None:
    peer.set_up(stop_at="DESCRIBE")
    peer.reply("Content-Type: application/sdp\nContent-Length: -1")
    peer.drain()


def many_tracks(peer: Peer) -> None:
    track = "m=video 0 RTP/AVP 96\r\n"
    peer.set_up("v=0\r\n" + track * 10_000)
    peer.drain()


def millions_of_tracks(peer: Peer) -> None:
    peer.set_up("v=0\r\n" + "m=video 0 RTP/AVP 96\r\n" * 2_000_000)
    peer.drain()


def sound_alone(peer: Peer) -> None:
    peer.set_up("v=0\r\nm=audio 0 RTP/AVP 0\r\na=control:a\r\n")
    peer.drain()


def redirect(where: str, at: str = "DESCRIBE") -> Script:
    def script(peer: Peer) -> None:
        peer.set_up(stop_at=at)
        peer.reply(f"Location: {where}", status="302 Moved")
        peer.drain()

    return script


def endless_picture(peer: Peer) -> None:
    peer.set_up()
    peer.send(peer.framed(b"\x7c\x85\x88\x84" + b"A" * 1000, 1000, last=False))
    while True:
        pieces = [peer.framed(b"\x7c\x05" + b"B" * 8000, 1000, last=False) for _ in range(64)]
        peer.send(b"".join(pieces))


def other_channels(peer: Peer) -> None:
    peer.set_up()
    while True:
        peer.send((b"$\x09\xff\xff" + b"C" * 65535) * 8)


def junk_in_the_media(peer: Peer) -> None:
    peer.set_up()
    while True:
        peer.send(b"\0" * 65536)


def random_media(peer: Peer) -> None:
    peer.set_up()
    for stamp in range(1_000):  # type 31 means nothing
        peer.send(peer.framed(b"\x7f" + os.urandom(900), stamp * 3600, last=True))
        time.sleep(0.01)


def late_gigabyte(peer: Peer) -> None:
    peer.set_up()
    peer.send(b"RTSP/1.0 200 OK\r\nCSeq: 99\r\nContent-Length: 1000000000\r\n\r\n")
    while True:
        peer.send(b"D" * 65536)


def endless_requests(peer: Peer) -> None:
    peer.set_up()
    while True:
        peer.send(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n" * 500)


def absurd_size(peer: Peer) -> None:
    """A picture of 16384x16384: a small one's, with another size in its parameter set."""
    peer.set_up()
    for stamp, units in enumerate(coded_pictures(10, gop=1)):
        peer.picture([resized(unit) for unit in units], stamp * 3600)
    peer.drain()


def resized(unit: bytes) -> bytes:
    """An SPS of 160x120 that says 1024 by 1024 macroblocks; any other unit as it is."""
    if unit[0] & 31 != 7:
        return unit
    bits = "".join(f"{byte:08b}" for byte in unit)
    small = "0001010" + "0001000"  # ue(9), ue(7): 10 by 8 macroblocks
    assert bits.count(small) == 1, "the parameter set looks otherwise than expected"
    large = f"{1024:021b}"  # ue(1023)
    bits = bits.replace(small, large * 2)
    bits = bits.rstrip("0")
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


CASES: list[tuple[Script, str, str]] = [
    (garbage, "damaged", "does not speak RTSP"),
    (other_protocol, "damaged", "does not speak RTSP"),
    (endless_headers, "damaged", "headers without end"),
    (endless_header, "damaged", "headers without end"),
    (endless_first_line, "damaged", "headers without end"),
    (gigabyte_sdp, "damaged", "a description of 1,000,000,000 bytes"),
    (negative_length, "damaged", "no sensible length"),
    (many_tracks, "damaged", "it announces 10,000 streams"),
    (millions_of_tracks, "damaged", "a description of 44,"),
    (sound_alone, "no_video", "it offers only audio"),
    (redirect("file:///etc/passwd"), "no_video", "not followed: file:///etc/passwd"),
    (redirect("rtsp://10.0.0.1/secret"), "no_video", "not followed: rtsp://10.0.0.1/secret"),
    (redirect("rtsp://joe:hunter2@h/" + "x" * 9000), "no_video", "not followed: rtsp://h/xxx"),
    (redirect("rtsp://10.0.0.1/\x1b[31mred"), "no_video", "10.0.0.1/?[31mred"),
    (redirect("rtsp://10.0.0.1/", "SETUP"), "no_video", "not followed: rtsp://10.0.0.1/"),
    (redirect("rtsp://10.0.0.1/", "OPTIONS"), "no_video", "not followed: rtsp://10.0.0.1/"),
    (endless_picture, "damaged", "a picture without end"),
    (other_channels, "no_video", "did not answer in time"),
    (junk_in_the_media, "damaged", "neither RTSP nor video"),
    (random_media, "damaged", "no picture can be made of it"),
    (late_gigabyte, "damaged", "a description of 1,000,000,000 bytes"),
    (endless_requests, "no_video", "did not answer in time"),
    (absurd_size, "damaged", "larger than H.264 allows"),
]


@pytest.mark.parametrize(
    ("script", "trouble", "says"), CASES, ids=[f"{n}-{c[0].__name__}" for n, c in enumerate(CASES)]
)
def test_a_hostile_server_is_refused(
    victim: Victim, script: Script, trouble: str, says: str
) -> None:
    with RawServer(script) as server:
        found = victim.open(server.url())
    assert says in found["said"]
    assert found["trouble"] == trouble
    assert len(found["said"]) < 400
    assert found["pictures"] == 0
    assert found["grown"] < MOST_GROWTH
    assert found["seconds"] < 10 * PATIENCE


def test_no_redirect_reaches_another_place(victim: Victim) -> None:
    with RawServer(Peer.drain) as inside:
        for at in ("OPTIONS", "DESCRIBE", "SETUP", "PLAY"):
            with RawServer(redirect(inside.url("/secret"), at)) as server:
                assert "not followed" in victim.open(server.url())["said"], at
                assert server.accepted == 1, at
        assert inside.accepted == 0


def test_a_control_address_elsewhere_goes_to_the_same_camera(victim: Victim) -> None:
    asked: list[str] = []

    def script(peer: Peer) -> None:
        sdp = SDP.format(codec="H264").replace("track1", inside.url("/secret"))
        peer.set_up(sdp, stop_at="SETUP")
        asked.append(peer.uri)
        peer.reply(status="404 Not Found")
        peer.drain()

    with RawServer(Peer.drain) as inside, RawServer(script) as server:
        victim.open(server.url())
        assert asked == [inside.url("/secret")]
        assert inside.accepted == 0


def test_the_victim_still_sees_honest_cameras(victim: Victim) -> None:
    def honest(peer: Peer) -> None:
        peer.set_up()
        for stamp, units in enumerate(coded_pictures(30)):
            peer.picture(units, stamp * 3600)
        peer.bye()
        peer.drain()

    with RawServer(honest) as server:
        found = victim.open(server.url())
    assert found["pictures"] >= 28  # the last one or two wait for what never comes
    assert "the stream ended" in found["said"]
    assert 7680 * 4320 <= MOST_PIXELS < 8192 * 8192


def test_nothing_is_kept_of_one_attack_after_another(victim: Victim) -> None:
    left = []
    for _ in range(6):
        with RawServer(endless_picture) as server:
            left.append(victim.open(server.url())["resident"])
    assert max(left[1:]) < left[0] + 16, left


def test_decoders_refuse_absurd_sizes_by_themselves() -> None:
    assert bound_allocations()
    info = StreamInfo("h264", b"", (160, 120), Fraction(25), 1)
    for change, expected in ((lambda unit: unit, 10), (resized, 0)):
        decoder, pictures = Decoder(), 0
        for number, units in enumerate(coded_pictures(10, gop=1), 1):
            data = b"".join(b"\0\0\0\1" + change(unit) for unit in units)
            packet = Packet("yard", info, data, True, float(number), number, number, Fraction(1))
            pictures += len(list(decoder.decode(packet)))
        pictures += len(list(decoder.drain()))
        assert pictures == expected
