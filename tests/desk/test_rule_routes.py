"""Zones, lines and rules over the API: shown, checked, changed, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from streetlamp.app.desk_rules import DeskRules
from streetlamp.rules.base import RULES
from streetlamp.site import parse_site
from streetlamp.store import Database, RuleSets
from support.lamp import Lamp, start_lamp

SITE = """\
cameras:
  gate:
    source: 'test:'
    zones: {yard: [[0.1, 0.2], [0.5, 0.2], [0.5, 0.9]]}
    ground: {rectangle: [[0.3, 0.5], [0.7, 0.5], [0.9, 0.9], [0.1, 0.9]], sides_m: [8, 20]}
    rules: [{rule: intrusion, name: night, zone: yard}]
"""
SET: dict[str, Any] = {
    "zones": {"lawn": [[0, 0.5], [1, 0.5], [1, 1]]},
    "rules": [{"rule": "dwell", "name": "too long", "zone": "lawn"}],
}


@pytest.fixture
def lamp(tmp_path: Path) -> Iterator[Lamp]:
    lamp = start_lamp(tmp_path / "lamp")
    db = Database(tmp_path / "rules.db")
    site = parse_site(SITE, tmp_path / "site.yaml")
    rules = DeskRules(site, RuleSets(db), lamp.audit)
    desk = lamp.app.state.desk
    desk.services = replace(desk.services, rules=rules, site=rules.site_view())
    rules.on_change(desk.show)
    yield lamp
    lamp.stop()
    db.close()


@pytest.fixture
def ada(lamp: Lamp) -> Iterator[httpx.Client]:
    with lamp.login() as client:
        yield client


def test_nobody_else_may(lamp: Lamp) -> None:
    with lamp.client() as client:
        for verb, path in (
            ("GET", "/api/rules/kinds"),
            ("GET", "/api/cameras/gate/rules"),
            ("PUT", "/api/cameras/gate/rules"),
            ("POST", "/api/cameras/gate/rules/check"),
            ("POST", "/api/cameras/gate/rules/revert"),
            ("GET", "/api/cameras/gate/rules/yaml"),
        ):
            assert client.request(verb, path, json={}).status_code == 401


def test_kinds_come_with_their_forms(ada: httpx.Client) -> None:
    kinds = {one["kind"]: one for one in ada.get("/api/rules/kinds").json()["kinds"]}
    assert set(kinds) == set(RULES)
    for kind in kinds.values():
        properties = kind["form"]["properties"]
        assert set(kind["first"]) <= set(properties)
        assert "kind" not in properties
        assert all("description" in one for one in properties.values())
    assert kinds["line_crossing"]["watches"] == "line"
    assert kinds["intrusion"]["form"]["properties"]["classes"]["default"] == ["person"]
    assert kinds["wrong_way"]["first"][3] == "arrow", "what must be given is shown"


def test_a_set_is_saved_and_everybody_sees_it(lamp: Lamp, ada: httpx.Client) -> None:
    before = ada.get("/api/cameras/gate/rules").json()
    assert (before["origin"], before["version"], before["set"]["lines"]) == ("file", 0, {})
    assert len(before["plane"]) == 3
    answer = ada.put("/api/cameras/gate/rules", json={"set": SET, "based_on": 0, "note": " why "})
    assert answer.status_code == 200, answer.text
    saved = answer.json()
    assert (saved["origin"], saved["version"], saved["plane"]) == ("desk", 1, None)
    assert saved["versions"] == [
        {"version": 1, "origin": "desk", "author": "ada", "time": lamp.clock.now, "note": "why"}
    ]
    (camera,) = ada.get("/api/site").json()["cameras"]
    assert camera["zones"][0]["name"] == "lawn"
    assert lamp.said()[-1] == ("ada", "change rules", "camera:gate")
    assert "name: too long" in ada.get("/api/cameras/gate/rules/yaml").json()["text"]


def test_open_pages_are_told(lamp: Lamp, ada: httpx.Client) -> None:
    with lamp.socket("/api/live/events", ada) as socket:
        assert "hello" in str(socket.recv(timeout=10))
        ada.put("/api/cameras/gate/rules", json={"set": SET, "based_on": 0})
        assert any('"site"' in str(socket.recv(timeout=10)) for _ in range(3))


def test_a_check_changes_nothing(lamp: Lamp, ada: httpx.Client) -> None:
    wrong = {**SET, "zones": {}}
    said = ada.post("/api/cameras/gate/rules/check", json={"set": wrong}).json()
    assert said["mistakes"][0]["path"] == ["rules", 0, "zone"]
    good = ada.post("/api/cameras/gate/rules/check", json={"set": SET}).json()
    assert good["mistakes"] == []
    assert {"what": "zone", "name": "lawn", "change": "added"} in good["changes"]
    assert {"what": "ground", "name": "", "change": "removed"} in good["changes"]
    assert ada.get("/api/cameras/gate/rules").json()["version"] == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"set": SET, "based_on": 3}, 409),
        ({"set": {**SET, "zones": {}}, "based_on": 0}, 422),
        ({"set": {"zones": []}, "based_on": 0}, 422),
        ({"set": {"more": 1}, "based_on": 0}, 422),
        ({"set": SET}, 422),
    ],
)
def test_what_is_refused(ada: httpx.Client, body: dict[str, Any], status: int) -> None:
    answer = ada.put("/api/cameras/gate/rules", json=body)
    assert answer.status_code == status
    assert answer.json()["error"]
    assert ada.get("/api/cameras/gate/rules").json()["version"] == 0


def test_infinity_is_no_number(ada: httpx.Client) -> None:
    text = '{"set": {"zones": {"a": [[0, NaN], [1, 1], [0, 1]]}}, "based_on": 0}'
    headers = {"Content-Type": "application/json"}
    answer = ada.put("/api/cameras/gate/rules", content=text, headers=headers)
    assert answer.status_code == 422


def test_going_back(ada: httpx.Client) -> None:
    ada.put("/api/cameras/gate/rules", json={"set": SET, "based_on": 0})
    back = ada.post("/api/cameras/gate/rules/revert", json={"version": 0, "based_on": 1}).json()
    assert (back["origin"], back["version"]) == ("file", 2)
    gone = ada.post("/api/cameras/gate/rules/revert", json={"version": 9, "based_on": 2})
    assert gone.status_code == 404
    late = ada.post("/api/cameras/gate/rules/revert", json={"version": 1, "based_on": 1})
    assert late.status_code == 409


def test_a_desk_without_rules_to_change(tmp_path: Path) -> None:
    lamp = start_lamp(tmp_path / "bare")
    with lamp.login() as client:
        assert client.get("/api/cameras/gate/rules").status_code == 404
    lamp.stop()
