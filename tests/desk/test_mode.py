"""The mode of the site over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx

from streetlamp.app.mode_keeper import ModeKeeper
from streetlamp.site import parse_site
from support.lamp import T0, Lamp

TEXT = 'modes: [day, night]\ncameras: {gate: {source: "test:"}}\n'


def test_a_site_without_modes(ada: httpx.Client) -> None:
    assert ada.get("/api/mode").json()["modes"] == []
    assert ada.put("/api/mode", json={"mode": "night"}).status_code == 404


def test_a_person_changes_it(make_lamp: Callable[..., Lamp], tmp_path: Path) -> None:
    site = parse_site(TEXT, tmp_path / "site.yaml")
    lamp = make_lamp(modes=partial(ModeKeeper, site))
    with lamp.client() as nobody:
        assert nobody.get("/api/mode").status_code == 401
        assert nobody.put("/api/mode", json={"mode": "night"}).status_code == 401
    with lamp.login() as ada:
        assert ada.get("/api/mode").json()["mode"] == "day"
        lamp.clock.now += 1
        made = ada.put("/api/mode", json={"mode": "night", "hold": True})
        assert made.status_code == 200
        found = ada.get("/api/mode").json()
        assert found == {
            "mode": "night", "modes": ["day", "night"], "scheduled": "day",
            "chosen_by": "ada", "since": T0 + 1, "until": None,
            "timed": False,
        }  # fmt: skip
        refused = ada.put("/api/mode", json={"mode": "nigt"})
        assert refused.status_code == 422
        assert "did you mean 'night'" in refused.json()["error"]
        lamp.clock.now += 1
        assert ada.put("/api/mode", json={"mode": "auto"}).json()["mode"] == "day"
        assert ada.put("/api/mode", json={"mode": "day", "actor": "bob"}).status_code == 422
    actions = [(one.actor, one.object) for one in lamp.audit.list() if one.action == "choose mode"]
    assert actions == [("ada", "mode:auto"), ("ada", "mode:night")]


def test_pages_that_are_open_hear_of_it(make_lamp: Callable[..., Lamp], tmp_path: Path) -> None:
    lamp = make_lamp(modes=partial(ModeKeeper, parse_site(TEXT, tmp_path / "site.yaml")))
    with lamp.login() as ada, lamp.socket("/api/live/events", ada) as socket:
        said = (json.loads(socket.recv(10)) for _ in range(100))
        told = (one["mode"]["mode"] for one in said if one["type"] == "mode")
        assert next(told) == "day"
        lamp.clock.now += 1
        assert ada.put("/api/mode", json={"mode": "night"}).status_code == 200
        assert next(told) == "night"
