"""Groups, shelves, checklists, notes, the shift and the month over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import httpx
import pytest

from streetlamp.alarms.options import AlarmOptions
from streetlamp.values import Severity
from support.alarms import event
from support.lamp import T0, Lamp

OPTIONS = AlarmOptions.model_validate(
    {"checklists": {"night": {"steps": ["look", "call"], "required": True}}}
)


@pytest.fixture
def lamp(make_lamp: Callable[..., Lamp]) -> Lamp:
    return make_lamp(alarms=OPTIONS)


@pytest.fixture
def ada(lamp: Lamp) -> Iterator[httpx.Client]:
    with lamp.login() as client:
        yield client


def storm(lamp: Lamp, n: int = 60) -> None:
    lamp.book.handle_all(
        [event(f"s{i}", T0 + i * 0.5, camera="dock", rule="rain", place=f"p{i}") for i in range(n)]
    )
    lamp.clock.now = T0 + n


def test_a_storm_is_one_row_of_the_queue(lamp: Lamp, ada: httpx.Client) -> None:
    storm(lamp)
    lamp.raise_alarm("grave", T0 + 5, kind="person_lying", rule="lying")
    queue = ada.get("/api/alarms/queue").json()
    assert [alarm["id"] for alarm in queue["alarms"]] == ["grave"]
    (group,) = queue["groups"]
    assert (group["id"], group["alarms"], group["raised"], group["worst"]) == (
        "s0", 60, 60, "warning",
    )  # fmt: skip
    assert group["reason"].startswith("1 camera, the same rule (intrusion)")
    page = ada.get("/api/alarms/groups/s0/alarms?limit=2&offset=1").json()["alarms"]
    assert [alarm["id"] for alarm in page] == ["s58", "s57"]
    assert ada.get("/api/alarms/groups/none").status_code == 404


def test_a_group_is_answered_at_once_and_audited_once(lamp: Lamp, ada: httpx.Client) -> None:
    storm(lamp)
    said = ada.post("/api/alarms/groups/s0/answer", json={"state": "acknowledged"})
    assert said.json()["answered"] == 60
    assert said.json()["group"]["raised"] == 0
    entry = lamp.audit.list(1)[0]
    assert (entry.actor, entry.action, entry.object) == ("ada", "acknowledge", "group:s0")
    assert json.loads(entry.detail) == {"alarms": 60.0}
    again = ada.post("/api/alarms/groups/s0/answer", json={"state": "acknowledged"})
    assert again.status_code == 409
    assert ada.post("/api/alarms/groups/s0/answer", json={"state": "raised"}).status_code == 422


def test_the_live_line_tells_of_a_group_as_one(lamp: Lamp, ada: httpx.Client) -> None:
    with lamp.socket("/api/live/events", ada) as socket:
        while json.loads(socket.recv(timeout=10))["type"] != "status":
            pass
        storm(lamp)
        lamp.raise_alarm("grave", T0 + 70, kind="person_lying", rule="lying")
        told: list[dict[str, object]] = []
        while not {"group", "alarm"} <= {str(one["type"]) for one in told} or len(told) < 2:
            told.append(json.loads(socket.recv(timeout=10)))
        alarms = [one["alarm"]["id"] for one in told if one["type"] == "alarm"]  # type: ignore[index]
        assert alarms == ["grave"]
        groups = [one["group"]["alarms"] for one in told if one["type"] == "group"]  # type: ignore[index]
        assert 1 <= len(groups) <= 2
        assert groups[-1] == 60


def test_shelving(lamp: Lamp, ada: httpx.Client) -> None:
    lamp.raise_alarm()
    body = {"alarm": "a1", "scope": "place", "seconds": 3600, "reason": "works at the gate"}
    made = ada.post("/api/alarms/shelves", json=body).json()
    assert (made["actor"], made["until"], made["place"]) == ("ada", T0 + 3600, "yard")
    assert ada.get("/api/alarms").json()["alarms"] == []
    assert ada.get("/api/alarms/queue").json() == {"groups": [], "alarms": [], "shelved": 1}
    (alarm,) = ada.get("/api/alarms?state=shelved").json()["alarms"]
    assert alarm["shelved"] == T0 + 3600
    assert ada.get("/api/status").json()["alarms_open"] == 0
    listed = ada.get("/api/alarms/shelves").json()
    assert [one["reason"] for one in listed["shelves"]] == ["works at the gate"]
    assert listed["longest_seconds"] == 8 * 3600
    assert ada.delete(f"/api/alarms/shelves/{made['seq']}").status_code == 204
    assert ada.delete(f"/api/alarms/shelves/{made['seq']}").status_code == 404
    assert [one["id"] for one in ada.get("/api/alarms").json()["alarms"]] == ["a1"]
    assert lamp.said()[-2:] == [("ada", "shelve", "alarm:a1"), ("ada", "unshelve", "shelf:1")]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"seconds": 9 * 3600}, 422), ({"reason": " "}, 422), ({"seconds": -1}, 422),
        ({"alarm": "none"}, 404), ({"scope": "site"}, 422),
    ],
)  # fmt: skip
def test_what_cannot_be_shelved(
    lamp: Lamp, ada: httpx.Client, wrong: dict[str, object], status: int
) -> None:
    lamp.raise_alarm()
    body = {"alarm": "a1", "scope": "place", "seconds": 60, "reason": "why", **wrong}
    assert ada.post("/api/alarms/shelves", json=body).status_code == status
    assert ada.get("/api/alarms/shelves").json()["shelves"] == []


def test_an_incident(lamp: Lamp, ada: httpx.Client) -> None:
    lamp.raise_alarm()
    lamp.raise_alarm("a2", T0 + 40, rule="day", place="yard", severity=Severity.INFO)
    refused = ada.post("/api/alarms/a1/resolve")
    assert refused.status_code == 409
    assert refused.json() == {
        "error": "This cannot be resolved yet: of its checklist this is left: look; call.",
        "hint": "Tick its steps first.",
    }
    ada.post("/api/alarms/a1/checklist", json={"step": "look", "done": True})
    ada.post("/api/alarms/a1/checklist", json={"step": "call", "done": True})
    ada.post("/api/alarms/a1/notes", json={"text": "  The guard is there. "})
    incident = ada.get("/api/alarms/a1/incident").json()
    assert [(item["step"], item["actor"]) for item in incident["checklist"]] == [
        ("look", "ada"), ("call", "ada"),
    ]  # fmt: skip
    assert [step["note"] for step in incident["alarm"]["steps"][1:]] == [
        "Done: look", "Done: call", "The guard is there.",
    ]  # fmt: skip
    assert [(one["id"], one["why"], one["seconds"]) for one in incident["near"]] == [
        ("a2", "the same place", 40)
    ]
    assert [one["id"] for one in incident["events"]] == ["a1"]
    assert ada.post("/api/alarms/a1/resolve").status_code == 200
    assert [action for _, action, _ in lamp.said()[-4:]] == ["tick", "tick", "note", "resolve"]
    wrong = ada.post("/api/alarms/a1/checklist", json={"step": "dance", "done": True})
    assert wrong.status_code == 404
    assert ada.get("/api/alarms/none/incident").status_code == 404


def test_the_handover(lamp: Lamp, ada: httpx.Client) -> None:
    storm(lamp)
    lamp.raise_alarm("old", T0 - 90_000, rule="old")
    lamp.raise_alarm("open", T0 + 1, rule="lying", kind="person_lying")
    lamp.raise_alarm("done", T0 + 2, rule="count", kind="crowding")
    lamp.book.mark_false("done", "bob", T0 + 9)
    ada.post("/api/alarms/handover", json={"text": "The lamp at the ramp is broken."})
    shift = ada.get("/api/alarms/handover?hours=8").json()
    assert [one["id"] for one in shift["open"]] == ["open", "old"]
    assert [one["id"] for one in shift["stale"]] == ["old"]
    assert [one["id"] for one in shift["happened"]] == ["done"]
    assert [one["id"] for one in shift["groups"]] == ["s0"]
    assert [(one["actor"], one["text"]) for one in shift["notes"]] == [
        ("ada", "The lamp at the ramp is broken.")
    ]
    numbers = shift["numbers"]
    assert (numbers["raised"], numbers["rows"], numbers["false"]) == (62, 3, 1)
    lamp.clock.now += 9 * 3600
    assert ada.get("/api/alarms/handover?hours=8").json()["notes"] == []


def test_the_report(lamp: Lamp, ada: httpx.Client) -> None:
    storm(lamp)
    lamp.raise_alarm("open", T0 + 1, rule="lying", kind="person_lying")
    report = ada.get("/api/alarms/report").json()
    assert (report["alarms"], report["rows"], report["budget"]) == (61, 2, 6)
    assert report["within_budget"] is True
    assert ada.get("/api/alarms/report?period=1999-13").status_code == 422
    assert ada.get("/api/alarms/report?period=2099-01").status_code == 422
    empty = ada.get("/api/alarms/report?period=2001-01").json()
    assert (empty["alarms"], empty["name"]) == (0, "January 2001")


def test_nothing_without_a_login(lamp: Lamp) -> None:
    with lamp.client() as nobody:
        for path in ("queue", "shelves", "handover", "report", "a1/incident", "groups/s0"):
            assert nobody.get(f"/api/alarms/{path}").status_code == 401
