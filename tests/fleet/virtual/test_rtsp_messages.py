"""Requests from strangers, and the login."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from streetlamp.fleet.virtual import digest
from streetlamp.fleet.virtual.message import (
    MOST_HEAD,
    BadMessageError,
    Data,
    Request,
    Transport,
    parse_transport,
    receive,
)


def received(data: bytes) -> Request | Data | None:
    async def read() -> Request | Data | None:
        reader = asyncio.StreamReader(limit=MOST_HEAD)
        reader.feed_data(data)
        reader.feed_eof()
        return await receive(reader)

    return asyncio.run(read())


def test_a_request() -> None:
    found = received(
        b"\r\nplay rtsp://x:1/cam001/main/?a=b RTSP/1.0\r\nCSeq: 7\r\nX-Y : z \r\n\r\n"
    )
    assert found == Request("PLAY", "rtsp://x:1/cam001/main/?a=b", {"cseq": "7", "x-y": "z"})
    assert isinstance(found, Request)
    assert found.path == "/cam001/main"


def test_a_packet_between_requests() -> None:
    assert received(b"$\x01\x00\x03abc") == Data(1, b"abc")


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\n" + b"A: b\r\n" * 2000 + b"\r\n",
        b"A" * 100_000,
        b"OPTIONS rtsp://[::1 RTSP/1.0\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nContent-Length: 999999999\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\n" + b"A: b\r\n" * 100 + b"\r\n",
    ],
)
def test_what_is_no_request_is_refused(data: bytes) -> None:
    with pytest.raises(BadMessageError):
        received(data)


@pytest.mark.parametrize("data", [b"", b"\r\n\r\n", b"OPTIONS", b"$\x00\xff\xffabc"])
def test_what_breaks_off_is_an_end(data: bytes) -> None:
    assert received(data) is None


@pytest.mark.parametrize(
    ("offer", "chosen"),
    [
        ("RTP/AVP/TCP;unicast;interleaved=2-3", Transport(True, (2, 3), (0, 0))),
        ("RTP/AVP/TCP", Transport(True, (0, 1), (0, 0))),
        ("RTP/AVP;unicast;client_port=5000-5001", Transport(False, (0, 0), (5000, 5001))),
        ("RTP/AVP/UDP;unicast;client_port=5000", Transport(False, (0, 0), (5000, 5001))),
        ("RTP/AVP;multicast,RTP/AVP/TCP;interleaved=0-1", Transport(True, (0, 1), (0, 0))),
        ("RTP/AVP;unicast", None),
        ("RTP/AVP;unicast;client_port=80-81", None),
        ("RTP/AVP/TCP;interleaved=300-301", None),
        ("RTP/AVP/TCP;interleaved=x", None),
        ("RTP/SAVP;client_port=5000-5001", None),
        ("", None),
    ],
)
def test_transports(offer: str, chosen: Transport | None) -> None:
    assert parse_transport(offer) == chosen


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def authorization(password: str, method: str = "PLAY", qop: str = "") -> str:
    ha1 = md5(f"anna:{digest.REALM}:{password}")
    ha2 = md5(f"{method}:rtsp://x/")
    middle = f"n0nce:00000001:cn:{qop}" if qop else "n0nce"
    more = f', qop={qop}, nc=00000001, cnonce="cn"' if qop else ""
    return (
        f'Digest username="anna", realm="{digest.REALM}", nonce="n0nce", uri="rtsp://x/", '
        f'response="{md5(f"{ha1}:{middle}:{ha2}")}"{more}'
    )


@pytest.mark.parametrize("qop", ["", "auth"])
def test_who_knows_the_password_comes_in(qop: str) -> None:
    given = authorization("right", qop=qop)
    assert digest.accepts(given, "PLAY", "n0nce", "anna", "right")
    assert not digest.accepts(given, "PLAY", "n0nce", "anna", "wrong")
    assert not digest.accepts(given, "PLAY", "other", "anna", "right")
    assert not digest.accepts(given, "PLAY", "n0nce", "bert", "right")
    assert not digest.accepts(given, "TEARDOWN", "n0nce", "anna", "right")


@pytest.mark.parametrize(
    "given", ["", "Basic YW5uYTpyaWdodA==", "Digest", 'Digest username="anna"']
)
def test_anything_else_does_not(given: str) -> None:
    assert not digest.accepts(given, "PLAY", "n0nce", "anna", "right")
