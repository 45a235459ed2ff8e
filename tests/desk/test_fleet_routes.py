"""What the desk says of the fleet, and the plans it stands on."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from streetlamp.desk.fleet_services import CameraNow, Figures, Standing, Stretch
from streetlamp.desk.services import AtView, PlanView
from streetlamp.health import Check, Judgement, MinuteState, Reason
from streetlamp.store import StoreFullError
from support.fleet import START, SmallFleet
from support.lamp import SITE, Lamp

Make = Callable[..., Lamp]
LOST = CameraNow(
    "gate",
    Standing.LOST,
    START + 0.0,
    (Reason.DEFOCUSED, Reason.NOT_RECORDED),
    "sharpness 12, usually 80 at this hour",
    (Judgement(Check.FOCUS, START + 5.0, Reason.DEFOCUSED, 12.0, 80.0, "", "sharpness 12"),),
    Figures(50, {Reason.DEFOCUSED: 50}),
    Figures(900, {Reason.DEFOCUSED: 100}, planned=30),
    Figures(),
    "set the lens",
)
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"/>'


def test_the_fleet_now(make_lamp: Make) -> None:
    lamp = make_lamp(fleet=SmallFleet([LOST]))
    with lamp.login() as ada:
        (gate,) = ada.get("/api/fleet").json()["cameras"]
    assert gate["state"] == "lost"
    assert gate["reasons"] == ["defocused", "not_recorded"]
    assert gate["words"] == "out of focus"
    assert gate["visit"] == "set the lens"
    assert gate["today"] == {"kept": 50, "lost": 50, "planned": 0, "share": 0.5}
    assert gate["week"]["share"] == 0.9
    assert gate["month"]["share"] is None, "nothing was expected: that is no zero"
    judgement = gate["judgements"][0]
    assert (judgement["number"], judgement["reference"]) == (12.0, 80.0)


def test_a_cameras_week(make_lamp: Make) -> None:
    fleet = SmallFleet(
        stretches=[
            Stretch("gate", START, START + 600, MinuteState.KEPT),
            Stretch("gate", START + 600, START + 660, MinuteState.LOST, (Reason.BLACK,), "dark"),
        ]
    )
    lamp = make_lamp(fleet=fleet)
    with lamp.login() as ada:
        week = ada.get(f"/api/fleet/cameras/gate/week?start={START}").json()
        assert [(s["state"], s["words"]) for s in week["stretches"]] == [
            ("kept", ""),
            ("lost", "the picture is black"),
        ]
        assert ada.get(f"/api/fleet/cameras/none/week?start={START}").status_code == 404
        assert ada.get("/api/fleet/cameras/gate/week?start=soon").status_code == 422
        assert ada.get("/api/fleet/cameras/gate/week?start=1e300").status_code == 422
    assert fleet.asked == [("gate", float(START))]


def test_a_person_takes_over_a_view_and_that_is_noted(make_lamp: Make) -> None:
    fleet = SmallFleet([LOST], turned={"gate"})
    lamp = make_lamp(fleet=fleet)
    with lamp.login() as ada:
        answer = ada.post("/api/fleet/cameras/gate/view")
        assert (answer.status_code, answer.content) == (204, b"")
        assert fleet.accepted == ["gate"]
        again = ada.post("/api/fleet/cameras/gate/view")
    assert again.status_code == 409
    assert "not judged to show another view" in again.json()["error"]
    assert fleet.accepted == ["gate"]
    said = [one for one in lamp.said() if one[1] == "take over view"]
    assert said == [("ada", "take over view", "camera:gate")]


def test_a_view_is_not_taken_over_unsaid(make_lamp: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = SmallFleet([LOST], turned={"gate"})
    lamp = make_lamp(fleet=fleet)

    def full(*_: object, **__: object) -> None:
        raise StoreFullError("the disk is full")

    with lamp.login() as ada:
        monkeypatch.setattr(lamp.audit, "record", full)
        assert ada.post("/api/fleet/cameras/gate/view").status_code == 503
    assert fleet.accepted == []


@pytest.mark.parametrize(
    ("camera", "origin", "status"),
    [
        ("gate", "http://evil.example", 403),
        ("gate", "null", 403),
        ("none", "", 404),
        ("..%2fgate", "", 405),
        ("gate%00", "", 404),
        ("x" * 200, "", 422),
    ],
)
def test_nobody_else_takes_a_view_over(
    make_lamp: Make, camera: str, origin: str, status: int
) -> None:
    fleet = SmallFleet([LOST], turned={"gate", camera})
    lamp = make_lamp(fleet=fleet)
    path = f"/api/fleet/cameras/{camera}/view"
    with lamp.client() as stranger:
        assert stranger.post(path).status_code in (401, 405)
    with lamp.login() as ada:
        headers = {"Origin": origin} if origin else {}
        assert ada.post(path, headers=headers).status_code == status
        assert ada.get(path).status_code in (404, 405)
    assert fleet.accepted == []


def test_the_report(make_lamp: Make) -> None:
    lamp = make_lamp(fleet=SmallFleet())
    with lamp.login() as ada:
        report = ada.get("/api/fleet/report?period=2023-11").json()
        refused = ada.get("/api/fleet/report?period=soon")
    assert report["whole"]["sum"] == {"kept": 95, "lost": 5, "planned": 7, "share": 0.95}
    assert [(one["reason"], one["minutes"]) for one in report["whole"]["lost"]] == [
        ("black", 3),
        ("streetlamp_down", 2),
    ]
    assert report["budget"]["left"] == 995
    assert report["maintenance"][0]["why"] == "new mast"
    assert refused.status_code == 422
    assert "is no period" in refused.json()["error"]


def test_the_report_to_publish(make_lamp: Make) -> None:
    lamp = make_lamp(fleet=SmallFleet())
    with lamp.login() as ada:
        page = ada.get("/api/fleet/report.html?period=2023-11")
        table = ada.get("/api/fleet/report.csv?period=2023-11")
        for kind in ("html", "csv"):
            assert ada.get(f"/api/fleet/report.{kind}?period=soon").status_code == 422
    assert "Riverside" in page.text
    assert "script-src" not in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert table.headers["content-disposition"] == (
        'attachment; filename="serviceability-2023-11.csv"'
    )
    assert "gate" in table.text


def test_a_desk_without_a_ledger_says_so(lamp: Lamp) -> None:
    with lamp.login() as ada:
        for path in (
            "",
            "/report",
            "/report.html",
            "/report.csv",
            f"/cameras/gate/week?start={START}",
        ):
            answer = ada.get(f"/api/fleet{path}")
            assert answer.status_code == 404
            assert "No ledger" in answer.json()["error"]
        assert ada.post("/api/fleet/cameras/gate/view").status_code == 404


def test_nobody_sees_it_without_a_login(make_lamp: Make, tmp_path: Path) -> None:
    lamp = make_lamp(fleet=SmallFleet([LOST]), site=_site(tmp_path))
    with lamp.client() as stranger:
        for path in ("fleet", "fleet/report", "plans/ground/picture", "plans/town/style.json"):
            assert stranger.get(f"/api/{path}").status_code == 401


def test_an_open_page_hears_of_it_once_and_then_of_changes_alone(make_lamp: Make) -> None:
    dock = replace(LOST, camera="dock", state=Standing.WELL, reasons=(), visit="")
    fleet = SmallFleet([LOST, dock])
    lamp = make_lamp(fleet=fleet)

    def heard(socket: Any) -> list[str]:
        while True:
            news = json.loads(socket.recv(timeout=20))
            if news["type"] == "fleet":
                return [f"{one['camera']} {one['state']}" for one in news["cameras"]]

    with lamp.login() as ada, lamp.socket("/api/live/events", ada) as socket:
        assert heard(socket) == ["gate lost", "dock well"]
        fleet.cameras = [replace(LOST, state=Standing.WELL, reasons=(), visit=""), dock]
        assert heard(socket) == ["gate well"]


def _site(folder: Path) -> Any:
    """Two plans, a camera on each; the map has tiles, and a secret lies beside its folder."""
    (folder / "ground.svg").write_text(DRAWING)
    maps = folder / "maps"
    (maps / "tiles").mkdir(parents=True)
    (folder / "secret.json").write_text("{}")
    (maps / "tiles" / "1.pbf").write_bytes(gzip.compress(b"tile"))
    (maps / "notes.txt").write_text("mine")
    style = {
        "version": 8,
        "layers": [],
        "sources": {"a": {"type": "vector", "tiles": ["tiles/{z}.pbf"]}},
    }
    (maps / "style.json").write_text(json.dumps(style))
    plans = (
        PlanView("ground", "Ground floor", folder / "ground.svg", "image/svg+xml", 30, 20, 12.0),
        PlanView("town", "Town", style=maps / "style.json"),
        PlanView("map", "Map"),
    )
    gate, dock = SITE.cameras
    return replace(
        SITE,
        plans=plans,
        cameras=(replace(gate, at=AtView("ground", 0.4, 0.3, direction=90.0)), dock),
    )


def test_the_site_tells_of_plans_and_places(make_lamp: Make, tmp_path: Path) -> None:
    lamp = make_lamp(site=_site(tmp_path))
    with lamp.login() as ada:
        site = ada.get("/api/site").json()
    assert [(p["id"], p["picture"], p["drawing"], p["style"]) for p in site["plans"]] == [
        ("ground", True, True, False),
        ("town", False, False, True),
        ("map", False, False, False),
    ]
    assert site["plans"][0]["width_m"] == 12.0
    gate, dock = site["cameras"]
    assert (gate["at"]["plan"], gate["at"]["x"], gate["at"]["direction"]) == ("ground", 0.4, 90.0)
    assert dock["at"] is None
    assert str(tmp_path) not in json.dumps(site), "a path of this machine was told"


def test_a_plans_picture_can_do_nothing(make_lamp: Make, tmp_path: Path) -> None:
    lamp = make_lamp(site=_site(tmp_path))
    with lamp.login() as ada:
        answer = ada.get("/api/plans/ground/picture")
        assert answer.text == DRAWING
        assert answer.headers["content-type"] == "image/svg+xml"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "sandbox" in policy
        assert "script-src" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        for wrong in ("town", "map", "none", "..%2f", "ground%2f.."):
            assert ada.get(f"/api/plans/{wrong}/picture").status_code in (404, 422)
        (tmp_path / "ground.svg").unlink()
        assert ada.get("/api/plans/ground/picture").status_code == 404


def test_a_maps_files(make_lamp: Make, tmp_path: Path) -> None:
    lamp = make_lamp(site=_site(tmp_path))
    with lamp.login() as ada:
        style = ada.get("/api/plans/town/style.json").json()
        assert style["sources"]["a"]["tiles"] == ["/api/plans/town/files/tiles/{z}.pbf"]
        tile = ada.get("/api/plans/town/files/tiles/1.pbf")
        assert tile.headers["content-encoding"] == "gzip"
        assert tile.content == b"tile"
        for plan in ("map", "ground"):
            assert ada.get(f"/api/plans/{plan}/style.json").status_code == 404
        (tmp_path / "maps" / "style.json").write_text(json.dumps({
            "version": 8, "layers": [], "sources": {"a": {"url": "https://elsewhere.example/"}},
        }))  # fmt: skip
        answer = ada.get("/api/plans/town/style.json")
        assert answer.status_code == 503
        assert "elsewhere.example" in answer.json()["error"]


@pytest.mark.parametrize(
    "path",
    [
        "notes.txt", "..%2fsecret.json", "tiles/..%2f..%2fsecret.json", "%2fetc%2fhosts",
        "tiles", "none.json", "link.json", "tiles/1.pbf%00.json",
    ],
)  # fmt: skip
def test_what_is_not_a_maps_file(make_lamp: Make, tmp_path: Path, path: str) -> None:
    lamp = make_lamp(site=_site(tmp_path))
    (tmp_path / "maps" / "link.json").symlink_to(tmp_path / "secret.json")
    with lamp.login() as ada:
        assert ada.get(f"/api/plans/town/files/{path}").status_code == 404
