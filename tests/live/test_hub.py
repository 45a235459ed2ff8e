"""Viewers come late, read slowly, and leave; camera threads never wait for any of them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from streetlamp.live import hub as hub_module
from streetlamp.live.hub import LiveHub
from streetlamp.live.options import LiveOptions
from streetlamp.values import Fragment
from support.house import fragments
from support.masked import masked, number_in


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 30))


def from_a_thread(hub: LiveHub, pieces: tuple[Fragment, ...]) -> threading.Thread:
    thread = threading.Thread(target=lambda: [hub.publish(piece) for piece in pieces])
    thread.start()
    return thread


def test_a_viewer_gets_everything_in_order() -> None:
    async def story() -> None:
        hub = LiveHub(["gate"])
        viewer = hub.subscribe("gate")
        pieces = fragments(250)
        got = []
        for start in range(0, len(pieces), 4):  # a viewer that keeps up
            thread = from_a_thread(hub, pieces[start : start + 4])
            for _ in pieces[start : start + 4]:
                got.append(await viewer.get())  # noqa: PERF401
            thread.join()
        assert got == list(pieces)
        assert viewer.skipped == 0
        viewer.close()

    run(story())


def test_who_joins_late_begins_at_the_latest_keyframe() -> None:
    async def story() -> None:
        hub = LiveHub(["gate"])
        pieces = fragments(250)
        from_a_thread(hub, pieces[:6]).join()
        assert [piece.keyframe for piece in pieces[:6]] == [True, False] * 3
        viewer = hub.subscribe("gate")
        from_a_thread(hub, pieces[6:8]).join()
        assert [await viewer.get() for _ in range(4)] == list(pieces[4:8])
        viewer.close()

    run(story())


def test_who_joins_before_the_camera_waits_for_its_first_keyframe() -> None:
    async def story() -> None:
        hub = LiveHub(["gate"])
        pieces = fragments(250)
        hub.publish(pieces[1])  # no keyframe was ever seen: nobody could decode this
        viewer = hub.subscribe("gate")
        from_a_thread(hub, pieces[2:3])
        assert await viewer.get() is pieces[2]
        viewer.close()

    run(story())


@pytest.mark.parametrize("behind", [9, 10, 40])
def test_a_slow_viewer_jumps_to_a_keyframe_and_never_grows(behind: int) -> None:
    async def story() -> None:
        hub = LiveHub(["gate"])
        slow, quick = hub.subscribe("gate"), hub.subscribe("gate")
        pieces = fragments(1000)
        quick_got = []
        for piece in pieces[:behind]:
            hub.publish(piece)
            quick_got.append(await quick.get())
            with slow.change() as waiting:
                assert len(waiting) <= 8
        assert quick_got == list(pieces[:behind])
        hub.publish(pieces[behind])
        hub.publish(pieces[behind + 1])
        first = await slow.get()
        assert first is not None
        assert first.keyframe
        at = pieces.index(first)
        assert behind + 1 - at <= 9, "still behind after the jump"
        assert slow.skipped == at
        assert await slow.get() is pieces[at + 1]
        slow.close()
        quick.close()

    run(story())


def test_a_new_run_replaces_what_late_joiners_get() -> None:
    async def story() -> None:
        hub = LiveHub(["gate"])
        old, new = fragments(50), fragments(50, (256, 144))
        from_a_thread(hub, (*old, *new[:2])).join()
        viewer = hub.subscribe("gate")
        assert [await viewer.get() for _ in range(2)] == list(new[:2])
        viewer.close()

    run(story())


def test_closing_ends_a_viewer_after_what_was_waiting() -> None:
    async def story() -> None:
        hub = LiveHub(["gate"])
        viewer = hub.subscribe("gate")
        piece = fragments(50)[0]
        hub.publish(piece)
        assert hub.viewers("gate") == 1
        hub.close()
        assert hub.viewers("gate") == 0
        assert await viewer.get() is piece
        assert await viewer.get() is None

    run(story())


def test_a_viewer_whose_event_loop_died_is_forgotten() -> None:
    hub = LiveHub(["gate"])

    async def join() -> None:
        hub.subscribe("gate")

    asyncio.run(join())
    assert hub.viewers("gate") == 1
    for piece in fragments(50):
        hub.publish(piece)
    assert hub.viewers("gate") == 0


def test_many_viewers_from_many_threads() -> None:
    async def story() -> None:
        cameras = [f"c{n}" for n in range(4)]
        hub = LiveHub(cameras)
        made = {camera: fragments(75, camera=camera) for camera in cameras}
        viewers = {camera: [hub.subscribe(camera) for _ in range(5)] for camera in cameras}
        threads = [from_a_thread(hub, made[camera]) for camera in cameras]
        for camera in cameras:
            for viewer in viewers[camera]:
                got = [await viewer.get() for _ in made[camera]]
                assert got == list(made[camera])
        for thread in threads:
            thread.join()

    run(story())


def test_an_unknown_camera() -> None:
    with pytest.raises(KeyError):
        LiveHub(["gate"]).still("yard")


def decode(jpeg: bytes) -> np.ndarray[Any, Any]:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture


def test_a_still_is_the_latest_picture_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    real = hub_module.jpeg
    monkeypatch.setattr(hub_module, "jpeg", lambda *a: made.append(1) or real(*a))
    hub = LiveHub(["gate"])
    assert hub.still("gate") is None
    for number in range(7):
        hub.publish_frame(masked(number))
    assert made == []  # nobody asked
    first, second = hub.still("gate"), hub.still("gate")
    assert first is not None
    assert first is second
    assert made == [1]
    picture = decode(first)
    assert picture.shape == (240, 320, 3)
    assert number_in(picture[:, :, 1]) == 6


def test_a_large_still_is_made_smaller() -> None:
    hub = LiveHub(["gate"], LiveOptions(still_width=640))
    hub.publish_frame(masked(1, (1921, 1081)))
    still = hub.still("gate")
    assert still is not None
    assert decode(still).shape == (360, 640, 3)


@pytest.mark.parametrize("full_range", [False, True])
def test_a_still_has_the_right_brightness(full_range: bool) -> None:
    hub = LiveHub(["gate"])
    frame = masked(0, full_range=full_range)
    black, white = (0, 255) if full_range else (16, 235)
    y = frame.y.copy()
    y[:, :160], y[:, 160:] = black, white
    u, v = np.full_like(frame.u, 128), np.full_like(frame.v, 128)
    hub.publish_frame(replace(frame, y=y, u=u, v=v))
    still = hub.still("gate")
    assert still is not None
    picture = decode(still)
    assert picture[:, :150].max() <= 3
    assert picture[:, 170:].min() >= 252
