"""Adding a camera in the page: search, login, the piece of site file, copied."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from streetlamp.desk import finder as finders
from streetlamp.site import parse_site
from support.lamp import PASSWORD, Clock, Lamp, start_lamp
from support.onvif_device import MAIN, SMALL, USERS, OnvifDevice

from .conftest import SHOTS, Watched, _missing, context_of

PAGE = Path(__file__).resolve().parents[2] / "src/streetlamp/desk/page"


@pytest.fixture
def device() -> Iterator[OnvifDevice]:
    with OnvifDevice([[MAIN, SMALL]], USERS) as running:
        yield running


@pytest.fixture
def lamp(tmp_path: Path, device: OnvifDevice, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lamp]:
    """A desk whose searches stay on the loopback interface."""
    if not (PAGE / "index.html").is_file():
        _missing("the page is not built: run `make page` (needs Node.js) and the tests again")
    monkeypatch.setattr(finders, "_SEARCH_SECONDS", 0.4)
    monkeypatch.setattr(Clock, "__call__", lambda _clock: time.time())
    lamp = start_lamp(tmp_path / "lamp", page=PAGE)
    lamp.app.state.desk.finder.network = device.network
    yield lamp
    lamp.stop()


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_camera_is_added(
    lamp: Lamp,
    device: OnvifDevice,
    browser: Browser,
    watched: Watched,
    size: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = context_of(browser, size, None)
    page = context.new_page()
    page.set_default_timeout(20_000)
    watched.follow(page)
    page.goto(f"{lamp.url}/login?back=%2Fadd")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Add cameras").wait_for()
    page.get_by_role("button", name="Search").click()
    page.get_by_role("button", name="Choose Front gate").click()
    expect(page.get_by_label("Address")).to_have_value(device.address)
    expect(page.get_by_label("Its user name")).to_be_focused()
    page.get_by_role("button", name="Show its streams").click()
    page.get_by_text("Its streams are not known: it wants a login.").wait_for()
    page.get_by_label("Its user name").fill("ada")
    page.get_by_label("Its password").fill(USERS["ada"])
    page.get_by_label("Environment variable").fill("GATE_PASSWORD")
    page.get_by_role("button", name="Show its streams").click()
    page.get_by_text("Its clock is right.").wait_for()
    piece = page.get_by_label("Piece of site file").inner_text()
    monkeypatch.setenv("GATE_PASSWORD", USERS["ada"])
    camera = parse_site(piece, Path("site.yaml")).cameras["front-gate"]
    assert camera.source.url == MAIN.uri
    assert camera.source.password.get_secret_value() == USERS["ada"]
    assert USERS["ada"] not in page.content()
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"the page is {wide} px too wide"
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"add-{size}.png", full_page=True)
    page.get_by_text("Start it anew").first.click()
    start = page.get_by_role("button", name="Start it anew")
    expect(start).to_be_disabled()
    page.get_by_label("say that you mean it").fill(device.address)
    start.click()
    page.get_by_text("It starts anew: Rebooting in 3 seconds").wait_for()
    assert device.reboots == 1
    context.close()
