"""Adding cameras at the desk: what it finds, whom it will not speak to, and how often."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from streetlamp.desk import finder as finders
from streetlamp.desk.finder import Finder
from streetlamp.desk.refusal import RefusalError
from streetlamp.fleet.onvif.addresses import is_near
from streetlamp.fleet.onvif.discovery import Network
from streetlamp.fleet.onvif.values import Found, Target
from streetlamp.site import parse_site
from support.lamp import Clock, Lamp
from support.onvif_device import MAIN, SMALL, USERS, OnvifDevice

LOGIN = {"username": "ada", "password": USERS["ada"]}


@pytest.fixture
def device() -> Iterator[OnvifDevice]:
    with OnvifDevice([[MAIN, SMALL]], USERS) as running:
        yield running


@pytest.fixture
def desk(lamp: Lamp, device: OnvifDevice, monkeypatch: pytest.MonkeyPatch) -> Lamp:
    """A desk whose searches stay on the loopback interface, and are short; its clock runs."""
    began = time.monotonic()
    lamp.clock.now = time.time()
    monkeypatch.setattr(Clock, "__call__", lambda clock: clock.now + time.monotonic() - began)
    monkeypatch.setattr(finders, "_SEARCH_SECONDS", 0.4)
    finder_of(lamp).network = device.network
    return lamp


def finder_of(lamp: Lamp) -> Finder:
    return lamp.app.state.desk.finder


@pytest.fixture
def kim(desk: Lamp) -> Iterator[httpx.Client]:
    with desk.login() as client:
        yield client


def test_from_a_search_to_a_piece_of_site_file(
    desk: Lamp, kim: httpx.Client, device: OnvifDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = kim.post("/api/discover/search").json()
    assert [(one["address"], one["name"]) for one in found["found"]] == [
        (device.address, "Front gate")
    ]
    asked = kim.post("/api/discover/look", json={"address": device.address}).json()
    assert asked["needs_login"] == "it wants a login"
    assert asked["snippet"] == ""
    body = {"address": device.address, "password_env": "GATE", **LOGIN}
    answer = kim.post("/api/discover/look", json=body)
    assert USERS["ada"] not in answer.text
    told = answer.json()
    assert [(one["codec"], one["width"], one["channel"]) for one in told["streams"]] == [
        ("H264", 1920, 1),
        ("H264", 640, 1),
    ]
    assert abs(told["clock_offset"]) < 5
    assert told["presets"] == ["Gate", "Car park"]
    monkeypatch.setenv("GATE", USERS["ada"])
    site = parse_site(told["snippet"], desk.services.data / "x.yaml")
    assert site.cameras["front-gate"].source.url == MAIN.uri
    about = f"device:{device.address}"
    assert desk.said()[-3:] == [
        ("ada", "search network", ""),
        ("ada", "look at device", about),
        ("ada", "look at device", about),
    ]
    assert USERS["ada"] not in repr(desk.audit.list(100))


@pytest.mark.parametrize("path", ["search", "look", "reboot"])
def test_nobody_searches_without_a_login(desk: Lamp, device: OnvifDevice, path: str) -> None:
    body = {"address": device.address, "confirm": device.address}
    with desk.client() as client:
        assert client.post(f"/api/discover/{path}", json=body).status_code in (401, 422)
        assert client.post(f"/api/discover/{path}", json={"address": "x"}).status_code != 200
    assert device.calls == []


FAR = (
    "8.8.8.8",
    "8.8.8.8:80",
    "http://8.8.8.8/x",
    "169.254.169.254",
    "[2001:4860:4860::8888]:80",
    "0.0.0.0:80",
    "224.0.0.1:80",
    "255.255.255.255:80",
    "[::ffff:8.8.8.8]:80",
    "[::]:80",
)


def test_far_addresses_are_not_spoken_to(
    kim: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("something was sent")

    monkeypatch.setattr("streetlamp.fleet.onvif.look.look", never)
    monkeypatch.setattr("streetlamp.fleet.onvif.look.search", never)
    for address in FAR:
        answer = kim.post("/api/discover/look", json={"address": address})
        assert answer.status_code == 403, address
        assert "not in a private network" in answer.json()["error"]


def test_what_answered_a_search_may_be_asked_for_ten_minutes(
    desk: Lamp, monkeypatch: pytest.MonkeyPatch
) -> None:
    finder, now = finder_of(desk), 1000.0
    found = Found(Target("203.0.113.7", 80))
    finder._answered["203.0.113.7", 80] = (now, found)
    assert finder._found("203.0.113.7:80", now + 599) is found
    for address, later in (("203.0.113.7:80", 601), ("203.0.113.7:81", 1), ("203.0.113.7", 1)):
        with pytest.raises(RefusalError):
            finder._found(address, now + later)


def test_a_name_that_leads_far_away_is_refused(
    kim: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streetlamp.fleet.onvif.look.resolve", lambda _host: "93.184.216.34")
    answer = kim.post("/api/discover/look", json={"address": "camera.example:80"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("ip", "near"),
    [
        ("192.168.1.20", True),
        ("10.0.0.1", True),
        ("172.16.5.5", True),
        ("127.0.0.1", True),
        ("fd00::1", True),
        ("::1", True),
        ("8.8.8.8", False),
        ("169.254.169.254", False),
        ("::ffff:169.254.169.254", False),
        ("::ffff:192.168.1.20", True),
        ("0.0.0.0", False),
        ("camera", False),
    ],
)
def test_what_counts_as_near(ip: str, near: bool) -> None:
    assert is_near(ip) is near


def test_only_so_many_searches_a_minute(desk: Lamp, kim: httpx.Client) -> None:
    finder_of(desk).network = Network(("127.0.0.1", 9), ("127.0.0.1",))
    for _ in range(finders._SEARCHES):
        assert kim.post("/api/discover/search").status_code == 200
    refused = kim.post("/api/discover/search")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    desk.clock.now += 61
    assert kim.post("/api/discover/search").status_code == 200


def test_only_so_many_looks_a_minute(desk: Lamp, kim: httpx.Client, device: OnvifDevice) -> None:
    """Each may be a guess at a camera's password."""
    body = {"address": "127.0.0.1:9"}
    answers = [kim.post("/api/discover/look", json=body).status_code for _ in range(25)]
    assert answers.count(200) == finders._LOOKS
    assert set(answers[finders._LOOKS :]) == {429}
    body = {"address": device.address, "confirm": device.address, **LOGIN}
    assert kim.post("/api/discover/reboot", json=body).status_code == 429
    assert device.reboots == 0


def test_a_reboot_is_confirmed_and_written_down(
    desk: Lamp, kim: httpx.Client, device: OnvifDevice
) -> None:
    body = {"address": device.address, **LOGIN}
    assert kim.post("/api/discover/reboot", json=body).status_code == 422
    assert kim.post("/api/discover/reboot", json={**body, "confirm": "x"}).status_code == 409
    assert device.reboots == 0
    answer = kim.post("/api/discover/reboot", json={**body, "confirm": device.address})
    assert answer.json() == {"said": "Rebooting in 3 seconds"}
    assert device.reboots == 1
    assert desk.said()[-1] == ("ada", "reboot device", f"device:{device.address}")


def test_a_wrong_login_does_not_end_the_session(kim: httpx.Client, device: OnvifDevice) -> None:
    """401 would mean to the page that the person is logged out."""
    wrong = {"address": device.address, "username": "ada", "password": "no"}
    answer = kim.post("/api/discover/reboot", json={**wrong, "confirm": device.address})
    assert answer.status_code == 409
    told = kim.post("/api/discover/look", json=wrong).json()
    assert told["needs_login"] == "it refuses this login"


ODD = (
    {"address": ""},
    {"address": "x" * 400},
    {"address": "127.0.0.1:9", "password_env": "A B"},
    {"address": "127.0.0.1:9", "password_env": "X: {y}"},
    {"address": "127.0.0.1:9", "password": "p" * 2000},
    {"address": "127.0.0.1:9", "more": 1},
)


def test_odd_bodies(kim: httpx.Client) -> None:
    for body in ODD:
        answer = kim.post("/api/discover/look", json=body)
        assert answer.status_code == 422, body
        assert "ppp" not in answer.text


def test_a_typed_address_that_is_none(kim: httpx.Client) -> None:
    answer = kim.post("/api/discover/look", json={"address": "ftp://x"})
    assert answer.status_code == 502
    assert "is not an address" in answer.json()["error"]


def test_make_lamp_keeps_its_searches_apart(make_lamp: Callable[..., Lamp]) -> None:
    """Each desk has a finder of its own: what one found, another may not speak to."""
    one, other = make_lamp(), make_lamp()
    assert finder_of(one) is not finder_of(other)
