"""Live sockets: what comes, in which order, and what happens to whoever is slow or too many."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from streetlamp.desk.bell import Bell
from streetlamp.desk.wire import fragment_message
from streetlamp.health import Reason
from streetlamp.values import CameraState, Colour, Fragment, Kind, Posture, Tracks
from support.house import fragments
from support.lamp import T0, Lamp
from support.masked import film

Make = Callable[..., Lamp]


def told(socket: ClientConnection) -> dict[str, Any]:
    message = socket.recv(10)
    assert isinstance(message, str), "a JSON message was expected"
    found: dict[str, Any] = json.loads(message)
    return found


def sent(socket: ClientConnection) -> bytes:
    message = socket.recv(10)
    assert isinstance(message, bytes), "binary was expected"
    return message


def tracks(time: float = T0) -> Tracks:
    return Tracks.make(
        "gate",
        time,
        1,
        (192, 128),
        id=[2**31 - 1, 5],
        box=[[10, 20, 30, 80], [100, 40, 160, 80]],
        kind=[Kind.PERSON, Kind.CAR],
        score=[0.9, 0.5],
        seen=[True, False],
        age=[2.04, 10],
        velocity=[[0, 0], [30, 40]],
        posture=[Posture.LYING, Posture.UNKNOWN],
        colour=[Colour.UNKNOWN, Colour.RED],
        upper=[Colour.BLUE, Colour.UNKNOWN],
        lower=[Colour.UNKNOWN, Colour.UNKNOWN],
    )


def test_one_camera(lamp: Lamp, ada: httpx.Client) -> None:
    film_ = fragments(100)
    lamp.hub.publish(film_[0])
    with lamp.socket("/api/live/camera/gate", ada) as socket:
        init = told(socket)
        assert init == {
            "type": "init",
            "run": film_[0].run,
            "codec": film_[0].codec,
            "width": 192,
            "height": 128,
        }
        assert sent(socket) == film_[0].init
        first = told(socket)
        assert (first["type"], first["start"], first["keyframe"]) == ("fragment", T0, True)
        assert sent(socket) == film_[0].data
        lamp.hub.publish(replace(film_[1], tracks=(tracks(film_[1].start),)))
        second = told(socket)
        assert sent(socket) == film_[1].data
        assert second["start"] == first["end"]
        assert second["frames"][0]["media_t"] == pytest.approx(second["media_start"])
        assert [row["kind"] for row in second["frames"][0]["tracks"]] == ["person", "car"]
    assert lamp.said()[-1] == ("ada", "watch live", "camera:gate")


def test_a_new_run_begins_with_its_init(lamp: Lamp, ada: httpx.Client) -> None:
    one, two = fragments(25), fragments(25, size=(96, 64), start=T0 + 10)
    with lamp.socket("/api/live/camera/gate", ada) as socket:
        wait_for(lambda: lamp.hub.viewers("gate") == 1)
        lamp.hub.publish(one[0])
        assert [told(socket)["type"], sent(socket), told(socket)["type"], sent(socket)] == [
            "init",
            one[0].init,
            "fragment",
            one[0].data,
        ]
        lamp.hub.publish(two[0])
        again = told(socket)
        assert (again["type"], again["width"]) == ("init", 96)
        assert sent(socket) == two[0].init


def test_tags_as_they_go_over_the_wire() -> None:
    message = fragment_message(replace(fragments(25)[0], tracks=(tracks(T0 + 0.5),)))
    frame = message["frames"][0]
    assert frame["media_t"] - message["media_start"] == pytest.approx(0.5)
    assert frame["tracks"] == [
        {
            "id": 2**31 - 1,
            "kind": "person",
            "box": [10.0, 20.0, 30.0, 80.0],
            "score": 0.9,
            "seen": True,
            "age": 2.0,
            "speed": 0.0,
            "direction": 0.0,
            "pace": 0.0,
            "posture": "lying",
            "upper": "blue",
        },
        {
            "id": 5,
            "kind": "car",
            "box": [100.0, 40.0, 160.0, 80.0],
            "score": 0.5,
            "seen": False,
            "age": 10.0,
            "speed": 50.0,
            "direction": 53.1,
            "pace": 0.83,
            "heading": "towards",
            "colour": "red",
        },
    ]
    json.dumps(message, allow_nan=False)


def test_events(lamp: Lamp, ada: httpx.Client) -> None:
    with lamp.socket("/api/live/events", ada) as socket:
        assert told(socket) == {"type": "hello", "time": T0}
        state = told(socket)
        assert (state["type"], state["status"]["camera"]) == ("status", "gate")
        assert state["status"]["state"] == "live"
        lamp.raise_alarm()
        alarm = told(socket)
        assert (alarm["type"], alarm["alarm"]["id"]) == ("alarm", "a1")
        ada.post("/api/alarms/a1/acknowledge")
        assert told(socket)["alarm"]["state"] == "acknowledged"
        lamp.states["gate"] = replace(lamp.states["gate"], state=CameraState.WAITING)
        status = told(socket)["status"]
        assert (status["state"], status["trouble"], status["trouble_words"]) == (
            "waiting",
            None,
            "",
        )
        lost = replace(lamp.states["gate"], trouble=Reason.LOGIN_REFUSED)
        lamp.states["gate"] = lost
        status = told(socket)["status"]
        assert status["trouble"] == "login_refused"
        assert status["trouble_words"] == "refuses the login"


def test_the_wall(lamp: Lamp, ada: httpx.Client) -> None:
    for frame in (*film(1, camera="gate"), *film(1, camera="dock")):
        lamp.hub.publish_frame(frame)
    with lamp.socket("/api/live/wall?tile=150", ada) as socket:
        assert told(socket) == {"type": "wall", "cameras": ["gate", "dock"], "tile": [160, 90]}
        with pytest.raises(TimeoutError):
            socket.recv(0.4)  # nobody has said what is in sight
        socket.send(json.dumps({"show": [[1, 1], [0, 0]]}))
        sheet = told(socket)
        assert sheet["type"] == "sheet"
        assert [cell[:2] for cell in sheet["cells"]] == [[1, T0], [0, T0]]
        picture = cv2.imdecode(np.frombuffer(sent(socket), np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        for _, _, x, y, w, h in sheet["cells"]:
            assert picture[y : y + h, x : x + w].shape[:2] == (h, w) == (90, 120)
        lamp.hub.publish_frame(next(film(1, first=9, camera="gate", start=T0 + 1)))
        with pytest.raises(TimeoutError):
            socket.recv(0.4)  # the first sheet is not on the screen yet
        socket.send(json.dumps({"drawn": 1}))
        assert [cell[:2] for cell in told(socket)["cells"]] == [[0, T0 + 1]]
        assert sent(socket)[:2] == b"\xff\xd8"
    assert lamp.said()[-1] == ("ada", "watch live", "wall")


@pytest.mark.parametrize(
    "said",
    [
        "hello",
        "[]",
        '{"show": [[0, 2]]}',
        '{"show": [[-1, 0]]}',
        '{"show": [[1, 0]]}',
        '{"show": [[0, 1], [0, 1]]}',
        '{"show": "all"}',
        '{"drawn": "1"}',
        '{"else": 1}',
    ],
)
def test_what_a_wall_does_not_understand_ends_it(lamp: Lamp, ada: httpx.Client, said: str) -> None:
    with lamp.socket("/api/live/wall", ada) as socket:
        told(socket)
        socket.send(said)
        with pytest.raises(ConnectionClosed):
            socket.recv(10)
        assert socket.close_code == 1008


def test_a_camera_that_is_not_there(lamp: Lamp, ada: httpx.Client) -> None:
    with (
        pytest.raises(InvalidStatus) as refused,
        lamp.socket("/api/live/camera/none", ada),
    ):
        pass
    answer = refused.value.response
    assert answer.status_code == 404
    assert json.loads(answer.body or b"")["error"] == "There is no such camera."


def test_too_many_viewers_are_told_to_wait(make_lamp: Make) -> None:
    lamp = make_lamp(max_viewers=1)
    with lamp.login() as ada:
        with lamp.socket("/api/live/events", ada) as socket:
            told(socket)
            with (
                pytest.raises(InvalidStatus) as refused,
                lamp.socket("/api/live/events", ada),
            ):
                pass
            assert refused.value.response.status_code == 503
        wait_for(lambda: can_watch(lamp, ada))


def test_a_viewer_who_leaves_is_forgotten(lamp: Lamp, ada: httpx.Client) -> None:
    with lamp.socket("/api/live/camera/gate", ada):
        wait_for(lambda: lamp.hub.viewers("gate") == 1)
    wait_for(lambda: lamp.hub.viewers("gate") == 0)


def test_a_slow_viewer_loses_pictures_and_holds_no_memory(lamp: Lamp, ada: httpx.Client) -> None:
    """60 MB go to a viewer who reads nothing; what waits for them stays within the hub's bounds."""
    big = [replace(one, data=one.data + bytes(500_000)) for one in fragments(250)]
    with lamp.socket("/api/live/camera/gate", ada, max_queue=1) as slow:
        wait_for(lambda: lamp.hub.viewers("gate") == 1)
        viewer = lamp.hub._lanes["gate"].viewers[0]
        for number in range(120):
            lamp.hub.publish(retimed(big[number % len(big)], number))
            assert len(viewer._waiting) <= 8
        wait_for(lambda: viewer.skipped > 60)
        # Now they read, while more comes: they go on at a keyframe, much later.
        last, after_gap = -1.0, None
        for number in range(120, 300):
            lamp.hub.publish(retimed(big[number % len(big)], number))
            message = slow.recv(10)
            about = json.loads(message) if isinstance(message, str) else {"type": "binary"}
            if about["type"] != "fragment":
                continue
            if last >= 0 and about["start"] > last + 0.6:
                after_gap = about
                break
            last = about["start"]
        assert after_gap is not None, "nothing was skipped"
        assert after_gap["keyframe"] is True


def test_a_stalled_viewer_is_let_go(make_lamp: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streetlamp.desk.line._STALLED", 0.3)
    lamp = make_lamp(max_viewers=1)
    big = [replace(one, data=one.data + bytes(2_000_000)) for one in fragments(250)]
    with (
        lamp.login() as ada,
        lamp.socket("/api/live/camera/gate", ada, max_queue=1, close_timeout=0.1),
    ):
        wait_for(lambda: lamp.hub.viewers("gate") == 1)
        number = iter(range(10_000))

        def gone() -> bool:
            """Whether nobody watches any more; if somebody does, they get one more fragment."""
            at = next(number)
            lamp.hub.publish(retimed(big[at % len(big)], at))
            return lamp.hub.viewers("gate") == 0

        wait_for(gone)
        wait_for(lambda: can_watch(lamp, ada))  # the place was given back


def test_stopping_the_desk_ends_live_views(make_lamp: Make) -> None:
    lamp = make_lamp()
    with lamp.login() as ada, lamp.socket("/api/live/events", ada) as socket:
        told(socket)
        lamp.server.stop()
        with pytest.raises(ConnectionClosed):  # noqa: PT012
            while True:
                socket.recv(5)
    assert not any(thread.name == "desk" for thread in threading.enumerate())


def test_no_more_to_see(lamp: Lamp, ada: httpx.Client) -> None:
    with lamp.socket("/api/live/camera/gate", ada) as socket:
        wait_for(lambda: lamp.hub.viewers("gate") == 1)
        lamp.hub.close()
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001


def test_a_still(lamp: Lamp, ada: httpx.Client) -> None:
    assert ada.get("/api/cameras/gate/still.jpg").status_code == 404
    lamp.hub.publish_frame(next(film(1)))
    for _ in range(3):
        still = ada.get("/api/cameras/gate/still.jpg")
        assert still.headers["content-type"] == "image/jpeg"
        assert cv2.imdecode(np.frombuffer(still.content, np.uint8), cv2.IMREAD_COLOR) is not None
    assert lamp.said().count(("ada", "watch live", "camera:gate")) == 1


def test_the_bell_keeps_the_newest_word_on_each_alarm(lamp: Lamp) -> None:
    async def story() -> list[str]:
        bell = Bell()
        ear = bell.listen()
        lamp.raise_alarm("a1")
        for id_ in ("a1", "a2", "a1"):
            alarm = replace(lamp.book.get("a1"), id=id_)
            await asyncio.to_thread(bell.ring, alarm)
        heard = [alarm.id for alarm in await ear.get()]
        for number in range(2000):
            bell.ring(replace(alarm, id=f"n{number}"))
        assert len(ear._waiting) == 500
        ear.close()
        bell.ring(alarm)
        assert len(ear._waiting) == 500
        return heard

    assert asyncio.run(story()) == ["a2", "a1"]


def retimed(fragment: Fragment, number: int) -> Fragment:
    """The fragment as the `number`th of an endless stream: half a second each, keyframes first."""
    return replace(
        fragment, start=T0 + number / 2, end=T0 + number / 2 + 0.5, keyframe=number % 2 == 0
    )


def can_watch(lamp: Lamp, client: httpx.Client) -> bool:
    try:
        with lamp.socket("/api/live/events", client):
            return True
    except InvalidStatus:
        return False


def wait_for(true: Callable[[], bool], seconds: float = 15.0) -> None:
    """Waits until something has come about; fails when it does not."""
    for _ in range(int(seconds / 0.02)):
        if true():
            return
        time.sleep(0.02)
    pytest.fail("it did not come about")
