"""Feeds at the desk: who sees how they do, and the figures for monitoring."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from streetlamp.desk.feed_services import FeedView, Refusal
from streetlamp.vault.roles import EVERY_CAMERA, Role
from support.lamp import PASSWORD, T0, Lamp

HALL = FeedView(
    "meters", "hall", "modbus", "modbus://10.0.0.5:502", True, "", 12, 1, 0, 1_790_000_000.0,
    (Refusal(1_790_000_000.0, "W17", "register 5: the device answers error 2"),),
)  # fmt: skip
CONSOLE = FeedView(
    "stock", "console", "veeder_root", "10.0.0.9:10001", False, "stock: it is silent", 0, 1, 0,
    None, (Refusal(1_790_000_000.0, "north", "level: The tank's chart ends at 2000 mm."),),
)  # fmt: skip


@pytest.fixture
def desk(lamp: Lamp) -> Lamp:
    """A desk with feeds, and people of several kinds."""
    state = lamp.app.state.desk
    state.services = replace(state.services, feeds=lambda: (HALL, CONSOLE))
    lamp.users.add("admin", PASSWORD, T0, (Role.ADMIN,), EVERY_CAMERA)
    lamp.users.add("narrow", PASSWORD, T0, (Role.SUPERVISOR,), ("gate",))
    lamp.users.add("operator", PASSWORD, T0, (Role.OPERATOR,), EVERY_CAMERA)
    return lamp


def test_how_feeds_do(desk: Lamp) -> None:
    with desk.login() as client:
        hall, console = client.get("/api/feeds").json()["feeds"]
        figures = client.get("/metrics").text
    assert (hall["name"], hall["there"], hall["taken"], hall["last"]) == (
        "hall", True, 12, 1_790_000_000.0,
    )  # fmt: skip
    assert hall["refusals"][0]["why"].endswith("error 2")
    assert (console["trouble"], console["last"]) == ("stock: it is silent", None)
    assert 'streetlamp_feed_up{feed="meters/hall"} 1' in figures
    assert 'streetlamp_feed_up{feed="stock/console"} 0' in figures
    assert 'streetlamp_feed_readings_total{feed="meters/hall"} 12' in figures


def test_without_feeds_nothing_is_said_of_them(ada: httpx.Client) -> None:
    assert ada.get("/api/feeds").json() == {"feeds": []}
    assert "streetlamp_feed" not in ada.get("/metrics").text


def test_who_may_see_them(desk: Lamp) -> None:
    with desk.login("admin") as client:
        hall, console = client.get("/api/feeds").json()["feeds"]
        assert hall["refusals"]
        assert not console["refusals"], "what is wrong with a store is for who may see stores"
    with desk.login("narrow") as client:
        assert client.get("/api/feeds").json() == {"feeds": []}
    with desk.login("operator") as client:
        assert client.get("/api/feeds").status_code == 403
