"""A camera that was away comes back: it sleeps again where it was known, and nobody is seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from streetlamp.values import Bytes
from streetlamp.video.camera import Camera, Output, Shown
from streetlamp.video.raw import Packet
from support.yard import GOP, Late, Sees, Where, film, numbers, seen, walk, yard_camera

BEFORE, AFTER = 100, 50  # pictures, ten a second
AWAY = 150.0  # seconds
NOBODY = walk()


def stands(since: int = 0) -> Where:
    """Somebody who is there from this picture on and does not move."""
    return lambda number: (150, 90, 178, 190) if number >= since else None


def again(where: Where = NOBODY, *, away: float = AWAY, **how: Any) -> list[Packet]:
    """What the camera sends after its break; its pictures count from 1 again."""
    return film(AFTER, where, start=BEFORE / 10 + away, **how)


def known(looker: Sees, *, where: Where = NOBODY, wait: bool = True) -> Camera:
    """A camera that was watched, slept, and broke off."""
    camera = yard_camera(looker, wait=wait)
    for packet in film(BEFORE, where):
        camera.push(packet)
    camera.flush()
    for _ in range(3):  # tries to reach it
        assert camera.flush() == []
    return camera


def live_again(camera: Camera, packets: Sequence[Packet]) -> tuple[list[Output], list[bool]]:
    """What comes out, and whether it slept after each packet."""
    outputs: list[Output] = []
    asleep = []
    for packet in packets:
        outputs += camera.push(packet)
        asleep.append(camera.figures.asleep)
    return outputs + camera.flush(), asleep


@pytest.mark.parametrize("wait", [True, False], ids=["file", "live"])
def test_it_sleeps_from_its_first_keyframe_on(wait: bool) -> None:
    looker = Sees()
    camera = known(looker, wait=wait)
    looks, decoded = looker.looks, camera.figures.decoded
    outputs, asleep = live_again(camera, again())
    assert all(asleep)
    assert numbers(outputs) == list(range(1, AFTER + 1))
    # the keyframes, and the GOPs at both ends: the first is encoded, the last wakes it
    assert camera.figures.decoded - decoded <= AFTER // GOP + 2 * GOP + 1
    assert looker.looks - looks <= 1 + GOP + 1


@pytest.mark.parametrize("start", [None, 0, 4])
def test_what_comes_at_once_when_it_is_opened_waits_for_its_look(start: int | None) -> None:
    """FFmpeg reads some seconds of a stream before it gives any: no look is as quick as that."""
    looker = Late(0)
    camera = yard_camera(looker, wait=False)
    for packet in film(BEFORE, NOBODY):
        looker.now = packet.frame
        camera.push(packet)
        looker.answer()
    camera.flush()
    packets = again(NOBODY if start is None else walk((start, start + 30)))
    outputs: list[Output] = []
    for packet in packets:
        outputs += camera.push(packet)
        if packet.frame >= 25:
            looker.answer(all_of_them=True)
    outputs += camera.flush()
    assert seen(outputs, packets) == []
    assert numbers(outputs) == list(range(1, AFTER + 1))
    if start is None:
        shown = [one.frame for one in outputs if isinstance(one, Shown)]
        assert [one.frame for one in shown if one.whole and one.frame < AFTER - GOP] == []


@pytest.mark.parametrize("wait", [True, False], ids=["file", "live"])
@pytest.mark.parametrize("start", [None, 0, 1, 4, 12])
def test_whoever_is_there_when_it_comes_back_is_hidden_from_the_first_picture(
    start: int | None, wait: bool
) -> None:
    camera = known(Sees(), wait=wait)
    packets = again(stands() if start is None else walk((start, start + 30)))
    outputs, asleep = live_again(camera, packets)
    assert seen(outputs, packets) == []
    assert numbers(outputs) == list(range(1, AFTER + 1))
    assert not any(asleep[start or 0 :][2 * GOP : 25])


def test_who_stood_there_when_it_went_and_stands_there_still_is_hidden() -> None:
    camera = known(Sees(), where=stands(85))
    packets = again(stands())
    outputs, asleep = live_again(camera, packets)
    assert seen(outputs, packets) == []
    assert not any(asleep[GOP + 1 :])


def test_a_detector_that_is_gone_when_it_comes_back_shows_nothing() -> None:
    looker = Sees()
    camera = known(looker)
    looker.broken = True
    packets = again(stands())
    outputs, _ = live_again(camera, packets)
    assert seen(outputs, packets) == []
    assert all(one.frame.whole for one in outputs if isinstance(one, Shown))


def turned(number: int, luma: Bytes) -> Bytes:
    """The camera looks elsewhere."""
    return np.ascontiguousarray(luma[::-1, ::-1])


def parked(number: int, luma: Bytes) -> Bytes:
    """Something stands there that did not before, and is nobody."""
    luma = luma.copy()
    luma[100:160, 40:120] = 30
    return luma


@pytest.mark.parametrize(
    ("why", "how"),
    [
        ("turned", {"alter": turned}),
        ("parked", {"alter": parked}),
        ("another size", {"size": (240, 160)}),
        ("encoded otherwise", {"profile": "baseline"}),
        ("away too long", {"away": 1000.0}),
        ("its clock went back", {"away": -200.0}),
    ],
)
def test_it_is_looked_at_awake_where_anything_is_not_as_it_was(
    why: str, how: dict[str, Any]
) -> None:
    camera = known(Sees())
    packets = again(**how)
    outputs, asleep = live_again(camera, packets)
    assert not any(asleep[:GOP]), why
    assert numbers(outputs) == list(range(1, AFTER + 1))


def test_a_stream_that_begins_between_keyframes_is_known_at_the_first_one() -> None:
    camera = known(Sees())
    packets = again()[3:]
    _, asleep = live_again(camera, packets)
    first = next(number for number, packet in enumerate(packets) if packet.keyframe)
    assert not any(asleep[:first])
    assert all(asleep[first:])


def test_one_that_was_hardly_known_is_got_to_know() -> None:
    camera = yard_camera(Sees())
    for packet in film(3 * GOP, walk()):
        camera.push(packet)
    camera.flush()
    _, asleep = live_again(camera, again())
    assert not any(asleep[:GOP])
