"""What comes over an RTSP line, cut into messages and frames however it arrives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streetlamp.video.source.rtsp_wire import (
    MOST_BODY,
    MOST_HEAD,
    MOST_JUNK,
    Frame,
    Message,
    Splitter,
    WireError,
)

REPLY = b"RTSP/1.0 200 OK\r\nCSeq: 4\r\nContent-Length: 5\r\n\r\nv=0\r\n"
FRAME = b"$\x00\x00\x04abcd"
REQUEST = b"OPTIONS rtsp://cam/ RTSP/1.0\nCSeq: 1\n\n"
EXPECTED = [
    Message("RTSP/1.0 200 OK", (("CSeq", "4"), ("Content-Length", "5")), b"v=0\r\n"),
    Frame(0, FRAME),
    Frame(0, FRAME),
    Message("OPTIONS rtsp://cam/ RTSP/1.0", (("CSeq", "1"),)),
]


@given(st.lists(st.integers(1, 200), max_size=20))
def test_it_does_not_matter_how_it_is_cut(cuts: list[int]) -> None:
    splitter, found = Splitter(), []
    rest = REPLY + FRAME + FRAME + REQUEST
    for cut in [*cuts, len(rest)]:
        found += list(splitter.feed(rest[:cut]))
        rest = rest[cut:]
    assert found == EXPECTED


def test_a_message_is_read_and_written() -> None:
    message = Message("RTSP/1.0 302 Moved", (("location", "a"), ("X", "1"), ("x", "2")), b"body")
    assert message.status == 302
    assert message.get("Location") == "a"
    assert message.all("X") == ["1", "2"]
    assert next(Splitter().feed(message.encode())).body == b"body"
    request = Message("PLAY rtsp://cam/1 RTSP/1.0", ())
    assert (request.method, request.target, request.status) == ("PLAY", "rtsp://cam/1", 0)


@given(st.binary(max_size=2000), st.booleans())
def test_anything_is_taken_or_refused(data: bytes, lenient: bool) -> None:
    splitter = Splitter()
    splitter.lenient = lenient
    try:
        list(splitter.feed(data))
    except WireError:
        assert not lenient or b"ontent-" in data.lower()


@pytest.mark.parametrize(
    "data",
    [
        b"RTSP/1.0 200 OK\r\n" + b"a: b\r\n" * (MOST_HEAD // 6),
        b"RTSP/1.0 200 OK\r\na: " + b"b" * MOST_HEAD,
        b"RTSP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % (MOST_BODY + 1),
        b"RTSP/1.0 200 OK\r\nContent-Length: 1e3\r\n\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\0",
    ],
)
def test_what_is_too_much_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        list(Splitter().feed(data))


def test_junk_between_frames_is_stepped_over_up_to_a_bound() -> None:
    splitter = Splitter()
    splitter.lenient = True
    for _ in range(10):
        assert list(splitter.feed(b"\0" * (MOST_JUNK // 2) + FRAME)) == [Frame(0, FRAME)]
    assert list(splitter.feed(b"\0" * MOST_JUNK)) == []
    with pytest.raises(WireError):
        list(splitter.feed(b"\0"))
