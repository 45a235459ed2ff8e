"""Stores on screen, and the form at the tank with the network away: a real desk in this process."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from streetlamp.desk.routes.page import BUILT
from streetlamp.vault.roles import EVERY_CAMERA, Role
from support.lamp import PASSWORD, T0, Lamp, start_lamp
from support.stores import DEPOT, TANK, SmallStores, small_stores

from .conftest import SIZES, Watched, context_of
from .test_access import AUDIT, AXE, RUN_AXE
from .test_desk_page import does_not_overflow, shot, until

AWAY = ("ERR_INTERNET_DISCONNECTED", "WebSocket connection")
# How many colours a chart's canvas shows; one is an empty one.
COLOURS = """(canvas) => {
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const found = new Set();
  for (let i = 0; i < data.length; i += 4) found.add(data.slice(i, i + 4).join());
  return found.size;
}"""


@dataclass
class Place:
    lamp: Lamp
    stores: SmallStores
    state: str

    def noted(self) -> list[dict[str, Any]]:
        """What people noted at pages, oldest first."""
        made = self.stores.keeper._book.made_at_pages(TANK)
        return [{"kind": str(one.kind), "quantity": one.quantity, "unit": one.unit,
                 "author": one.author, "corrects": one.corrects} for one in made]  # fmt: skip


@pytest.fixture
def place(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A desk with stores, and the state of a supervisor who is logged in."""
    if not (BUILT / "index.html").is_file():
        pytest.skip("the page is not built: run `make page`")
    folder = tmp_path_factory.mktemp("stores")
    lamp = start_lamp(folder / "lamp", users=(), page=BUILT)
    lamp.clock.now = time.time()
    stores = small_stores(folder / "stock", lamp.clock)
    desk = lamp.app.state.desk
    desk.services = replace(desk.services, stores=stores.keeper)
    lamp.users.add("Anna", PASSWORD, T0, (Role.SUPERVISOR,), EVERY_CAMERA)
    context = context_of(browser, "desktop", None)
    page = context.new_page()
    page.goto(f"{lamp.url}/login")
    page.get_by_label("Name").fill("Anna")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("navigation", name="Views").wait_for()
    state = folder / "anna.json"
    context.storage_state(path=state)
    context.close()
    yield Place(lamp, stores, str(state))
    stores.keeper.close()
    lamp.stop()


@contextlib.contextmanager
def opened(
    browser: Browser, place: Place, watched: Watched, size: str
) -> Iterator[tuple[BrowserContext, Page]]:
    context = context_of(browser, size, place.state)
    page = context.new_page()
    page.set_default_timeout(20_000)
    watched.follow(page)
    yield context, page
    context.close()


def audited(page: Page) -> list[str]:
    """What is wrong with the page, in the dark and in the light."""
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(AXE.read_text("utf-8"))
    found: list[str] = []
    for scheme, rules in (("dark", None), ("light", ["color-contrast"])):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        own: dict[str, Any] = page.evaluate(AUDIT)
        assert own["words"] > 10
        found += [f"{scheme}: {one}" for one in own["found"] + page.evaluate(RUN_AXE, rules)]
    page.emulate_media(color_scheme="dark")
    return found


def test_the_pages_of_stores(browser: Browser, place: Place, watched: Watched) -> None:
    with opened(browser, place, watched, "desktop") as (_, page):
        page.goto(f"{place.lamp.url}/stores")
        expect(page.get_by_role("row").filter(has_text=DEPOT)).to_contain_text("bulk store")
        assert audited(page) == []
        shot(page, "stores")
        page.get_by_role("link", name=TANK, exact=True).click()
        expect(page.locator(".uplot canvas")).to_have_count(3)
        for canvas in page.locator(".uplot canvas").all():
            assert canvas.evaluate(COLOURS) > 4, "a chart is empty"
        expect(page.get_by_text("Gone at once").first).to_be_visible()
        expect(page.get_by_role("heading", name="What could go unseen")).to_be_visible()
        page.get_by_role("button", name="30 days").click()
        page.locator("summary").click()
        rows = page.get_by_role("region", name="Every balance as a table").locator("tbody tr")
        expect(rows).to_have_count(45)
        assert audited(page) == []
        shot(page, "store")
        rows.first.get_by_role("button").click()
        expect(page.locator("tr.picked").first).to_be_visible()
        width, height = SIZES["phone"]
        page.set_viewport_size({"width": width, "height": height})
        does_not_overflow(page)
        page.screenshot(path="artefacts/store-phone.png", full_page=True)


def test_an_entry_waits_for_the_network_and_is_sent_once(
    browser: Browser, place: Place, watched: Watched
) -> None:
    watched.expected = AWAY
    with opened(browser, place, watched, "phone") as (context, page):
        page.goto(f"{place.lamp.url}/store/{TANK}/entry")
        page.get_by_role("button", name="Dip", exact=True).wait_for()
        context.set_offline(True)
        for height in ("1.234,5", "901"):
            page.get_by_label("Dip", exact=True).fill(height)
            page.get_by_role("button", name="Note it").click()
            expect(page.get_by_text("Kept on this device.")).to_be_visible()
        banner = page.get_by_role("status").filter(has_text="waiting to be sent (2)")
        expect(banner).to_be_visible()
        does_not_overflow(page)
        assert audited(page) == []
        shot(page, "store-entry-offline", "phone")
        page.close()  # … and it survives that
        assert place.noted() == []
        context.set_offline(False)
        later = context.new_page()
        later.goto(f"{place.lamp.url}/stores")
        until("both entries at the desk", lambda: len(place.noted()) == 2)
        assert [one["quantity"] for one in place.noted()] == [1234.5, 901.0]
        assert {one["author"] for one in place.noted()} == {"Anna"}
        expect(later.get_by_text("waiting to be sent")).to_have_count(0)


def test_an_odd_entry_is_asked_about_and_one_is_corrected(
    browser: Browser, place: Place, watched: Watched
) -> None:
    with opened(browser, place, watched, "phone") as (_, page):
        page.goto(f"{place.lamp.url}/store/{TANK}/entry")
        page.get_by_role("button", name="Delivery", exact=True).click()
        page.get_by_label("Delivery", exact=True).fill("21000")
        page.get_by_role("button", name="Note it").click()
        expect(page.get_by_text("The tank holds 20106 L.")).to_be_visible()
        assert place.noted() == []
        page.get_by_label("It is so all the same").check()
        shot(page, "store-entry-odd", "phone")
        page.get_by_role("button", name="Note it").click()
        until("the odd entry", lambda: len(place.noted()) == 1)
        page.goto(f"{place.lamp.url}/store/{TANK}")
        page.get_by_role("link", name="Correct entry").first.click()
        page.get_by_label("Delivery", exact=True).fill("2100")
        page.get_by_role("button", name="Note the correction").click()
        until("the correction", lambda: len(place.noted()) == 2)
        assert place.noted()[1]["corrects"] is not None
        expect(page.get_by_text("replaced by entry").first).to_be_visible()
        shot(page, "store-corrected", "phone")
