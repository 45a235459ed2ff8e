"""What the desk says about the site, its counts, and itself."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from streetlamp.desk.options import DeskOptions
from streetlamp.desk.server import DeskServer
from streetlamp.errors import UserError
from streetlamp.values import Count
from support.lamp import T0, Lamp

Make = Callable[..., Lamp]


def test_the_site(ada: httpx.Client) -> None:
    site = ada.get("/api/site").json()
    assert (site["name"], site["timezone"], site["delay_s"]) == ("Riverside", "Europe/Berlin", 1.0)
    gate, dock = site["cameras"]
    assert (gate["id"], gate["name"], gate["area"]) == ("gate", "Main gate", "North")
    assert (gate["width"], gate["height"]) == (192, 128)
    assert (dock["width"], dock["height"]) == (0, 0)
    assert gate["zones"] == [{"name": "yard", "points": [[0.1, 0.2], [0.5, 0.2], [0.5, 0.9]]}]
    assert gate["lines"] == [{"name": "entry", "points": [[0.2, 0.5], [0.8, 0.5]]}]
    assert gate["rules"][0] == {
        "name": "night",
        "kind": "intrusion",
        "place": "yard",
        "severity": "critical",
    }


def test_how_things_are(lamp: Lamp, ada: httpx.Client) -> None:
    status = ada.get("/api/status").json()
    assert status["time"] == T0
    assert [(one["camera"], one["state"]) for one in status["cameras"]] == [("gate", "live")]
    assert status["disk"]["free_bytes"] == 10**9
    assert status["alarms_open"] == 0


def test_what_a_cameras_own_clock_is_like(lamp: Lamp, ada: httpx.Client) -> None:
    (gate,) = ada.get("/api/status").json()["cameras"]
    assert (gate["clock_offset"], gate["clock_drift"]) == (None, None)
    lamp.states["gate"] = replace(lamp.states["gate"], clock_offset=2.4, clock_drift=5.6)
    (gate,) = ada.get("/api/status").json()["cameras"]
    assert (gate["clock_offset"], gate["clock_drift"]) == (2.4, 5.6)


def test_the_public_page_needs_no_login_and_tells_no_secret(lamp: Lamp) -> None:
    with lamp.client() as client:
        public = client.get("/api/public").json()
    assert (public["operator"], public["contact"]) == ("Campus Services", "lamp@example.org")
    assert (public["recording"], public["kept_days"]) == (True, 7.0)
    assert public["cameras"][0] == {
        "name": "Main gate",
        "area": "North",
        "counts": ["cars"],
        "watches_for": ["people"],
    }
    assert any("no face recognition" in line for line in public["never"])


def test_counts(lamp: Lamp, ada: httpx.Client) -> None:
    minute = int(T0 // 3600) * 3600
    lamp.services.counts.add(  # type: ignore[attr-defined]
        [
            Count("gate", "entry", "car", "in", minute, 2),
            Count("gate", "entry", "car", "in", minute + 60, 3),
            Count("gate", "yard", "person", "", minute, 4),
            Count("gate", "yard", "person", "", minute + 60, 1),
            Count("dock", "entry", "car", "in", minute, 9),
        ]
    )

    def rows(step: int) -> list[tuple[int, str, int]]:
        params = {"camera": "gate", "start": minute, "end": minute + 3600, "step": step}
        found = ada.get("/api/counts", params=params).json()["rows"]
        return [(row["minute"] - minute, row["kind"], row["n"]) for row in found]

    assert rows(60) == [(0, "car", 2), (0, "person", 4), (60, "car", 3), (60, "person", 1)]
    assert rows(3600) == [(0, "car", 5), (0, "person", 4)]
    everything = ada.get("/api/counts", params={"start": minute, "end": minute + 60}).json()["rows"]
    assert {(row["camera"], row["n"]) for row in everything} == {
        ("gate", 2),
        ("gate", 4),
        ("dock", 9),
    }
    assert ada.get("/api/counts?camera=none&start=0&end=60").status_code == 404


@pytest.fixture
def page(tmp_path: Path) -> Path:
    folder = tmp_path / "page"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Streetlamp</title>")
    (folder / "assets" / "app-1.js").write_text("export {}")
    return folder


def test_the_page_and_its_own_addresses(make_lamp: Make, page: Path) -> None:
    lamp = make_lamp(page=page)
    with lamp.client() as client:
        for path in ("/", "/login", "/setup", "/camera/gate", "/alarms/a1"):
            answer = client.get(path)
            assert answer.status_code == 200
            assert "<title>Streetlamp</title>" in answer.text
            assert answer.headers["cache-control"] == "no-cache"
        script = client.get("/assets/app-1.js")
        assert script.headers["content-type"].startswith("text/javascript")
        assert "immutable" in script.headers["cache-control"]
        assert client.get("/assets/old-1.js").status_code == 404
        assert client.get("/api/none").json()["error"] == "There is nothing here."
        assert client.head("/").status_code == 200


def test_a_page_that_was_not_built(lamp: Lamp) -> None:
    with lamp.client() as client:
        answer = client.get("/")
    assert answer.status_code == 503
    assert "was not built" in answer.text


def test_a_port_in_use_is_said_plainly(lamp: Lamp) -> None:
    options = DeskOptions(port=lamp.server.port)
    with pytest.raises(UserError, match=f"Port {lamp.server.port} is in use"):
        DeskServer(lambda *_: None, options)  # type: ignore[arg-type, return-value]


def test_a_host_that_is_not_ours_is_said_plainly() -> None:
    for host, words in (("203.0.113.7", "not an address of this"), ("no.invalid", "no address")):
        with pytest.raises(UserError, match=words):
            DeskServer(
                lambda *_: None,  # type: ignore[arg-type, return-value]
                DeskOptions(host=host, port=0, allow_remote=True),
            )


def test_the_port_is_free_again_after_a_stop(make_lamp: Make) -> None:
    first = make_lamp()
    port = first.server.port
    first.server.stop()
    first.server.stop()  # twice does no harm
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"host": "0.0.0.0"}, "allow_remote"),
        ({"host": "192.168.1.5"}, "allow_remote"),
        ({"host": "lamp.example.org"}, "allow_remote"),
        ({"names": ["http://x"]}, "without http://"),
        ({"names": ["a b"]}, "not a host name"),
        ({"port": -1}, "greater than or equal"),
    ],
)
def test_options_that_are_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        DeskOptions.model_validate(options)


def test_loopback_needs_no_leave() -> None:
    for host in ("127.0.0.1", "127.0.0.9", "::1", "localhost"):
        assert DeskOptions(host=host).host == host
