"""Notification at the desk: what it shows, quiet for a while, once more, and a browser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from streetlamp.notify.base import Notifier
from streetlamp.notify.errors import NotifyError
from streetlamp.notify.keeper import NotifyKeeper
from streetlamp.store import Database, PostState
from support.check_notifier import make
from support.lamp import T0, Lamp
from support.notify import ABOUT, Recorder, a_browser, alarm

Kept = tuple[Lamp, NotifyKeeper, Recorder]


@pytest.fixture
def kept(make_lamp: Callable[..., Lamp], tmp_path: Path) -> Iterator[Kept]:
    """A desk whose alarms are told to a porter, and to browsers."""
    (tmp_path / "notify").mkdir()
    porter = Recorder(gather_seconds=0)
    phones = make("web_push", tmp_path / "notify")
    targets: dict[str, Notifier] = {"porter": porter, "web_push": phones}
    keeper = NotifyKeeper(
        Database(tmp_path / "notify" / "n.db"), targets, ABOUT, lambda: T0, chance=lambda: 0.0
    )
    lamp = make_lamp(notify=keeper)
    stopping = threading.Event()
    thread = threading.Thread(target=keeper.run, args=(stopping,))
    thread.start()
    yield lamp, keeper, porter
    stopping.set()
    keeper.wake()
    thread.join()


@pytest.fixture
def ada(kept: Kept) -> Iterator[httpx.Client]:
    with kept[0].login() as client:
        yield client


def test_the_targets(kept: Kept, ada: httpx.Client) -> None:
    lamp, keeper, porter = kept
    told = ada.get("/api/notify").json()
    assert [one["name"] for one in told["targets"]] == ["porter", "web_push"]
    assert told["targets"][0] | {"muted_until": None} == {
        "name": "porter", "kind": "recorder", "where": "nowhere", "ready": True, "trouble": "",
        "waiting": 0, "sent": 0, "dead": 0, "last_sent": None, "muted_until": None, "muted_by": "",
        "quiet_until": None, "parts": [""],
    }  # fmt: skip
    assert len(told["push_key"]) == 87
    assert told["letters"] == []
    metrics = ada.get("/metrics").text
    assert 'streetlamp_notify_dead{target="porter"} 0' in metrics
    del lamp, keeper, porter


def test_what_was_given_up_is_shown_and_sent_again(kept: Kept, ada: httpx.Client) -> None:
    lamp, keeper, porter = kept
    refused = threading.Event()

    def answer(message: Any, now: float) -> NotifyError | None:
        del message, now
        if refused.is_set():
            return None
        refused.set()
        return NotifyError("it answered 410", retry=False)

    porter.answer = answer
    from streetlamp.store import Alarms  # noqa: PLC0415

    one = alarm()
    Alarms(keeper._outbox._db).save(one, one.steps)
    keeper.hear(one)
    assert refused.wait(20)
    letters: list[dict[str, Any]] = []
    while not (letters and letters[0]["state"] == "dead"):
        letters = ada.get("/api/notify").json()["letters"]
    assert letters[0]["error"] == "it answered 410"
    assert letters[0]["title"].startswith("Warning: 1 person is in yard")
    key = letters[0]["key"]
    assert ada.post(f"/api/notify/letters/{key}/again").status_code == 204
    while not porter.took:
        keeper.wake()
    assert porter.took[0].key == key
    while ada.get("/api/notify").json()["targets"][0]["sent"] == 0:
        pass
    assert ada.post(f"/api/notify/letters/{key}/again").status_code == 409
    assert ada.post("/api/notify/letters/none/again").status_code == 404
    assert ("ada", "send again", f"message:{key}") in lamp.said()
    assert not keeper.letters([PostState.DEAD])


def test_a_test(kept: Kept, ada: httpx.Client) -> None:
    lamp, _, porter = kept
    outcomes = ada.post("/api/notify/targets/porter/test").json()["outcomes"]
    assert outcomes == [{"target": "porter", "part": "", "taken": True, "said": "taken"}]
    assert porter.took[0].title == "A test of Streetlamp (Riverside)"
    assert ada.post("/api/notify/targets/nobody/test").status_code == 404
    (mine,) = ada.post("/api/notify/targets/web_push/test").json()["outcomes"]
    assert (mine["part"], mine["taken"]) == ("ada", False)
    assert ("ada", "test target", "target:porter") in lamp.said()


def test_quiet_for_a_while(kept: Kept, ada: httpx.Client) -> None:
    lamp, keeper, _ = kept
    mute = "/api/notify/targets/porter/mute"
    assert ada.post(mute, json={"minutes": 30}).status_code == 204
    told = ada.get("/api/notify").json()
    assert told["targets"][0]["muted_until"] == T0 + 1800
    assert told["targets"][0]["muted_by"] == "ada"
    assert ada.post("/api/notify/me/mute", json={"minutes": 60}).status_code == 204
    assert ada.get("/api/notify").json()["me_muted_until"] == T0 + 3600
    assert ada.delete("/api/notify/me/mute").status_code == 204
    assert ada.delete(mute).status_code == 204
    assert ada.get("/api/notify").json()["me_muted_until"] is None
    assert not keeper.mutes()
    for minutes in (0, -1, 721, "x"):
        assert ada.post(mute, json={"minutes": minutes}).status_code == 422
    assert ada.post("/api/notify/targets/nobody/mute", json={"minutes": 1}).status_code == 404
    said = lamp.said()
    assert ("ada", "mute", "target:porter") in said
    assert ("ada", "unmute", "user:ada") in said


def test_a_browser_says_yes_and_no(kept: Kept, ada: httpx.Client) -> None:
    lamp, keeper, _ = kept
    body = a_browser("http://127.0.0.1:9/push/1")
    assert ada.post("/api/notify/me/browsers", json=body).status_code == 204
    assert keeper.targets()[1].parts == ("ada",)
    wrong = {**body, "endpoint": "https://evil.example/"}
    assert ada.post("/api/notify/me/browsers", json=wrong).status_code == 422
    leave = {"endpoint": body["endpoint"]}
    assert ada.post("/api/notify/me/browsers/leave", json=leave).status_code == 204
    assert keeper.targets()[1].parts == ()
    assert ("ada", "register browser", "user:ada") in lamp.said()


def test_a_site_that_notifies_nobody(lamp: Lamp) -> None:
    with lamp.login() as client:
        assert client.get("/api/notify").status_code == 404
        assert client.post("/api/notify/me/mute", json={"minutes": 5}).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("POST", "/letters/x/again"),
        ("POST", "/targets/porter/test"),
        ("POST", "/targets/porter/mute"),
        ("DELETE", "/targets/porter/mute"),
        ("POST", "/me/mute"),
        ("DELETE", "/me/mute"),
        ("POST", "/me/browsers"),
        ("POST", "/me/browsers/leave"),
    ],
)
def test_nothing_without_a_login(lamp: Lamp, method: str, path: str) -> None:
    with lamp.client() as client:
        assert client.request(method, f"/api/notify{path}").status_code == 401
