"""Who may see one of two cameras: what is about both is told with their own part alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from streetlamp.store import PostState
from streetlamp.values import AlarmState
from streetlamp.vault.roles import Role
from support.lamp import T0
from support.two_cameras import MIXED, OTHER, OWN, OWNER, TwoCameras, start_two_cameras


@pytest.fixture
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoCameras]:
    running = start_two_cameras(tmp_path_factory.mktemp("some") / "two")
    yield running
    running.lamp.stop()


@pytest.fixture
def operator(two: TwoCameras) -> Iterator[httpx.Client]:
    with two.lamp.login("operator") as client:
        yield client


@pytest.fixture
def owner(two: TwoCameras) -> Iterator[httpx.Client]:
    with two.lamp.login(OWNER) as client:
        yield client


def _group(client: httpx.Client, id_: str = MIXED) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/alarms/groups/{id_}").json()
    return found


def test_a_group_is_told_with_the_numbers_of_ones_own_cameras(
    operator: httpx.Client, owner: httpx.Client
) -> None:
    whole, own = _group(owner), _group(operator)
    assert (whole["alarms"], whole["cameras"], whole["key"]) == (2, 2, f"{OTHER} switch")
    assert own == whole | {
        "alarms": 1, "raised": 1, "cameras": 1, "key": "", "severity": "warning",
        "reason": "1 camera, within 1 s", "last": T0,
    }  # fmt: skip
    queue = operator.get("/api/alarms/queue").json()
    assert {one["id"] for one in queue["groups"]} == {MIXED, f"g-{OWN}"}
    assert [one["id"] for one in queue["alarms"]] == [f"a-{OWN}", f"q-{OWN}"]
    inside = operator.get(f"/api/alarms/groups/{MIXED}/alarms").json()["alarms"]
    assert [one["camera"] for one in inside] == [OWN]
    incident = operator.get(f"/api/alarms/{MIXED}-{OWN}/incident").json()
    assert incident["group"] == own
    assert {one["camera"] for one in incident["near"]} == {OWN}


def test_a_group_is_answered_for_ones_own_cameras(
    two: TwoCameras, operator: httpx.Client, owner: httpx.Client
) -> None:
    body = {"state": "acknowledged"}
    answer = operator.post(f"/api/alarms/groups/{MIXED}/answer", json=body).json()
    assert (answer["answered"], answer["group"]["acknowledged"]) == (1, 1)
    assert two.lamp.book.get(f"{MIXED}-{OTHER}").state is AlarmState.RAISED
    assert operator.post(f"/api/alarms/groups/{MIXED}/answer", json=body).status_code == 409
    assert owner.post(f"/api/alarms/groups/{MIXED}/answer", json=body).json()["answered"] == 1


def test_the_live_line_tells_of_a_group_when_ones_own_part_changes(
    two: TwoCameras, operator: httpx.Client
) -> None:
    with two.lamp.socket("/api/live/events", operator) as socket:
        while json.loads(socket.recv(timeout=10))["type"] != "status":
            pass
        two.lamp.book.acknowledge(f"{MIXED}-{OTHER}", OWNER, T0 + 1)
        two.lamp.book.acknowledge(f"a-{OTHER}", OWNER, T0 + 1)
        two.lamp.book.acknowledge(f"g-{OWN}-{OWN}", OWNER, T0 + 1)
        told: list[dict[str, Any]] = []
        while not told or told[-1]["type"] != "group":
            told.append(json.loads(socket.recv(timeout=10)))
        assert told[-1]["group"]["id"] == f"g-{OWN}"
        two.lamp.book.acknowledge(f"{MIXED}-{OWN}", OWNER, T0 + 2)
        told.append(json.loads(socket.recv(timeout=10)))
        assert (told[-1]["group"]["id"], told[-1]["group"]["acknowledged"]) == (MIXED, 1)
        assert OTHER not in json.dumps(told)


def test_the_handover_and_whose_notes_are_read(
    two: TwoCameras, operator: httpx.Client, owner: httpx.Client
) -> None:
    def notes(client: httpx.Client) -> list[str]:
        return [one["text"] for one in client.get("/api/alarms/handover").json()["notes"]]

    two.care.leave_note("The supervisor was here", "supervisor", T0)
    two.care.leave_note("Somebody who has left", "bob", T0)
    assert operator.post("/api/alarms/handover", json={"text": "All is well"}).status_code == 200
    assert notes(operator) == ["All is well", "The supervisor was here"]
    assert len(notes(owner)) == 4
    numbers = operator.get("/api/alarms/handover").json()["numbers"]
    assert (numbers["raised"], numbers["rows"]) == (4, 4)
    assert owner.get("/api/alarms/handover").json()["numbers"]["raised"] == 8


def test_shelves_are_of_ones_own_cameras(two: TwoCameras) -> None:
    for camera in (OWN, OTHER):
        two.shelf(camera)
    with two.lamp.login("supervisor") as boss:
        shelves = boss.get("/api/alarms/shelves").json()["shelves"]
        assert [one["camera"] for one in shelves] == [OWN]
        assert boss.get("/api/alarms/queue").json()["shelved"] == 1
        body = {"alarm": f"a-{OTHER}", "scope": "rule", "seconds": 60, "reason": "loud"}
        assert boss.post("/api/alarms/shelves", json=body).status_code == 404


def test_events_and_their_numbers(operator: httpx.Client, owner: httpx.Client) -> None:
    assert owner.get("/api/events/facets").json()["total"] == 4
    own = operator.get("/api/events/facets").json()
    assert own["total"] == 2
    assert own["camera"] == [{"value": OWN, "n": 2}]
    asked = operator.get("/api/events/facets", params={"camera": OTHER}).json()
    assert (asked["total"], asked["camera"]) == (0, [{"value": OWN, "n": 2}])


def test_tables_are_of_ones_own_cameras(two: TwoCameras) -> None:
    with two.lamp.login("supervisor") as boss:
        when = {"start": T0 - 3600, "end": T0 + 3600}
        events = boss.get("/api/events.csv").text
        counts = boss.get("/api/counts.csv", params=when).text
        assert OWN in events
        assert OWN in counts
        assert OTHER not in events + counts
        asked = boss.get("/api/counts.csv", params=when | {"camera": OTHER})
        assert asked.status_code == 404


def test_whoever_manages_messages_reads_those_of_their_cameras(
    two: TwoCameras, owner: httpx.Client
) -> None:
    assert len(owner.get("/api/notify").json()["letters"]) == 2
    with two.lamp.login("supervisor") as boss:
        found = boss.get("/api/notify").json()
        assert [one["key"] for one in found["letters"]] == [f"m-{OWN}"]
        assert [one["name"] for one in found["targets"]] == ["porter", "web_push"]
        assert boss.post(f"/api/notify/letters/m-{OTHER}/again").status_code == 404
        assert boss.post(f"/api/notify/letters/m-{OWN}/again").status_code == 204
    sent = two.keeper.letter(f"m-{OWN}")
    assert sent is not None
    assert sent.state is PostState.WAITING


def test_others_see_their_own_quiet_time_alone(two: TwoCameras, operator: httpx.Client) -> None:
    assert operator.post("/api/notify/me/mute", json={"minutes": 30}).status_code == 204
    found = operator.get("/api/notify").json()
    assert (found["targets"], found["letters"]) == ([], [])
    assert found["me_muted_until"] == T0 + 1800
    assert len(found["push_key"]) == 87
    with two.lamp.login(Role.PRIVACY.label) as officer:
        assert officer.get("/api/notify").json()["push_key"] == ""


def test_a_table_of_counts_needs_both_rights(two: TwoCameras) -> None:
    _, text = two.lamp.tokens.add(OWNER, "saver", ["export"], ("*",), T0)
    with two.lamp.client(Authorization=f"Bearer {text}") as program:
        answer = program.get("/api/counts.csv", params={"start": T0 - 60, "end": T0})
        assert (answer.status_code, answer.json()["error"]) == (
            403, "This needs the right view_counts.",
        )  # fmt: skip


def test_a_new_user_of_an_old_name_is_not_muted(
    two: TwoCameras, operator: httpx.Client, owner: httpx.Client
) -> None:
    operator.post("/api/notify/me/mute", json={"minutes": 30})
    assert [one.part for one in two.keeper.mutes()] == ["operator"]
    assert owner.delete("/api/users/operator").status_code == 204
    assert two.keeper.mutes() == []
