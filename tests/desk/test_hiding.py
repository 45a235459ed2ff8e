"""The audit of the hiding at the desk: figures, stills that show nobody, verdicts, removal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from streetlamp.alarms.clips import ClipCutter
from streetlamp.alarms.options import AlarmOptions
from streetlamp.app.inspector import Keeper
from streetlamp.desk.app import make_app
from streetlamp.desk.options import DeskOptions
from streetlamp.desk.server import DeskServer
from streetlamp.store import Database, Inspection, Inspections, Sighting, Verdict
from support.house import fragments
from support.lamp import T0, Lamp, start_lamp

SEEN = Sighting("s1", "gate", T0 + 4.4, (192, 128), (40.0, 30.0, 80.0, 110.0), 0.9, Verdict.OPEN)


@pytest.fixture
def lamp(tmp_path: Path) -> Iterator[Lamp]:
    """A desk with ten recorded seconds of the gate, audited, one leak in them."""
    base = start_lamp(tmp_path / "lamp")
    base.server.stop()
    db = Database(tmp_path / "audit.db")
    table = Inspections(db)
    data = base.services.data
    clips = ClipCutter(db, base.book, base.house.recordings, data, AlarmOptions())
    keeper = Keeper(
        ["gate", "dock"], data, base.house.recordings, base.house.segments, table, clips
    )
    base.house.record(fragments(250, start=T0))
    table.add(Inspection("gate", T0, T0 + 10, T0 + 50, "people", 10.0, 200, "movenet"), [SEEN])
    base.clock.now = T0 + 100
    services = replace(base.services, hiding=keeper)
    options = DeskOptions(port=0)
    server = DeskServer(make_app(services, options, tmp_path / "none"), options)
    server.start()
    running = replace(base, server=server, services=services)
    yield running
    running.stop()


@pytest.fixture
def ada(lamp: Lamp) -> Iterator[httpx.Client]:
    with lamp.login() as client:
        yield client


def test_figures_by_camera(ada: httpx.Client) -> None:
    told = ada.get("/api/hiding").json()
    gate, dock = told["cameras"]
    assert (gate["camera"], gate["inspected"]) == ("gate", T0 + 50)
    assert (gate["people"]["looks"], gate["people"]["leaking"]) == (200, 1)
    assert 0 <= gate["people"]["low"] < gate["people"]["best"] < gate["people"]["high"] < 0.04
    assert gate["words"].startswith("200 looks at 0 minutes of people: somebody can be seen in")
    assert 0.8 < gate["chance"] < 0.9
    assert (dock["words"], dock["inspected"]) == ("Not audited yet.", 0.0)
    assert [s["id"] for s in told["sightings"]] == ["s1"]
    assert told["sightings"][0]["box"] == list(SEEN.box)


def test_the_still_is_a_picture_and_the_look_is_noted(lamp: Lamp, ada: httpx.Client) -> None:
    answer = ada.get("/api/hiding/sightings/s1/still.jpg")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.content[:2] == b"\xff\xd8"
    assert ("ada", "look at sighting", "sighting:s1") in lamp.said()


def test_a_person_judges(lamp: Lamp, ada: httpx.Client) -> None:
    answer = ada.post("/api/hiding/sightings/s1", json={"verdict": "false"})
    assert (answer.status_code, answer.json()["verdict"]) == (200, "false")
    assert answer.json()["judge"] == "ada"
    told = ada.get("/api/hiding").json()
    assert told["sightings"] == []
    assert told["cameras"][0]["people"]["leaking"] == 0
    assert ("ada", "call false", "sighting:s1") in lamp.said()


def test_a_person_removes_the_stretch(lamp: Lamp, ada: httpx.Client) -> None:
    answer = ada.post("/api/hiding/sightings/s1/remove")
    assert (answer.status_code, answer.json()["verdict"]) == (200, "removed")
    spans = [(s.start - T0, (s.end or 0) - T0) for s in lamp.house.recordings.list("gate", 0, 1e11)]
    assert spans == [(0.0, 2.0), (7.0, 10.0)]
    assert ada.get("/api/hiding/sightings/s1/still.jpg").status_code == 404
    assert ada.post("/api/hiding/sightings/s1", json={"verdict": "leak"}).status_code == 409
    assert ("ada", "remove recording", "sighting:s1") in lamp.said()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/hiding/sightings/none/still.jpg", None, 404),
        ("POST", "/api/hiding/sightings/none/remove", None, 404),
        ("POST", "/api/hiding/sightings/none", {"verdict": "leak"}, 404),
        ("POST", "/api/hiding/sightings/s1", {"verdict": "removed"}, 422),
        ("POST", "/api/hiding/sightings/s1", {"verdict": "leak", "judge": "eve"}, 422),
        ("POST", "/api/hiding/sightings/a.b", {"verdict": "leak"}, 422),
    ],
)
def test_what_is_refused(
    ada: httpx.Client, method: str, path: str, body: dict[str, str] | None, status: int
) -> None:
    answer = ada.request(method, path, json=body)
    assert answer.status_code == status
    assert "error" in answer.json()


@pytest.mark.parametrize("path", ["", "/sightings/s1/still.jpg"])
def test_nobody_who_is_not_logged_in(lamp: Lamp, path: str) -> None:
    with lamp.client() as client:
        assert client.get("/api/hiding" + path).status_code == 401
        assert client.post("/api/hiding/sightings/s1/remove").status_code == 401
    assert len(lamp.house.recordings.list("gate", 0, 1e11)) == 1
