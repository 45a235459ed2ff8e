"""Meters on screen: what waiting costs, the page of a district and of a home, and a closed door."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from streetlamp.desk.routes.page import BUILT
from streetlamp.vault.roles import EVERY_CAMERA, Role
from support.lamp import PASSWORD, T0, Lamp, start_lamp
from support.meter_desk import HALL, LEAKY, NORTH, SmallMeters, small_meters

from .conftest import Watched, context_of
from .test_desk_page import does_not_overflow, shot
from .test_stores_page import COLOURS, audited

WIDTHS = (390, 768, 1440, 3840)


@dataclass
class Place:
    lamp: Lamp
    meters: SmallMeters


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    if not (BUILT / "index.html").is_file():
        pytest.skip("the page is not built: run `make page`")
    folder = tmp_path_factory.mktemp("meters")
    lamp = start_lamp(folder / "lamp", users=(), page=BUILT)
    lamp.clock.now = time.time()
    meters = small_meters(folder / "meters", lamp)
    lamp.users.add("Anna", PASSWORD, T0, (Role.OPERATOR,), EVERY_CAMERA)
    yield Place(lamp, meters)
    lamp.stop()


@pytest.fixture
def page(browser: Browser, place: Place, watched: Watched) -> Iterator[Page]:
    """Anna's page; she is an operator."""
    watched.expected = ("403 (Forbidden)",)  # the door that is meant to be closed
    context = context_of(browser, "desktop", None)
    page = context.new_page()
    page.set_default_timeout(20_000)
    watched.follow(page)
    page.goto(f"{place.lamp.url}/login")
    page.get_by_label("Name").fill("Anna")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Meters").click()
    yield page
    context.close()


def fits(page: Page, name: str) -> None:
    """At every width, from a phone to a wall of screens; a picture of the first and the third."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        does_not_overflow(page)
        if width in (390, 1440):
            page.screenshot(path=f"artefacts/{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})


def drawn(page: Page, count: int) -> None:
    """So many charts, and none of them empty."""
    expect(page.locator(".uplot canvas")).to_have_count(count)
    for canvas in page.locator(".uplot canvas").all():
        assert canvas.evaluate(COLOURS) > 4, "a chart is empty"


def test_the_pages_of_meters(place: Place, page: Page) -> None:
    first = page.get_by_role("table").first
    expect(first.get_by_role("row")).to_have_count(4)
    expect(first.get_by_role("row").nth(2)).to_contain_text(HALL)
    expect(first.get_by_role("row").nth(2)).to_contain_text("€30.24")
    expect(page.get_by_text("2 meters of households")).to_be_visible()
    assert audited(page) == []
    fits(page, "meters")
    page.get_by_label("Kind").select_option(label="District")
    expect(first.get_by_role("row")).to_have_count(2)

    first.get_by_role("link", name=NORTH).click()
    drawn(page, 3)
    expect(page.get_by_role("heading", name="At night")).to_be_visible()
    page.get_by_role("button", name="7 days").click()
    page.locator("summary").click()
    table = page.get_by_role("region", name="The charts as a table")
    expect(table.get_by_role("row")).to_have_count(1 + 7 * 24 + 4)  # with what stands beside it
    assert audited(page) == []
    page.get_by_role("button", name="90 days").click()
    expect(table.get_by_role("columnheader", name="Day (mean)")).to_be_visible()
    page.locator("summary").click()
    fits(page, "meter-district")
    over = page.locator(".u-over").first
    over.scroll_into_view_if_needed()
    over.hover(position={"x": 500, "y": 40})
    page.mouse.down()
    over.hover(position={"x": 700, "y": 40})
    page.mouse.up()
    expect(page.get_by_role("button", name="Zoom out")).to_be_visible()


def test_a_homes_page_is_open_while_its_finding_is(place: Place, page: Page) -> None:
    page.get_by_role("link", name=LEAKY).click()
    drawn(page, 2)
    expect(page.get_by_role("note")).to_contain_text("stands in the audit log")
    looks = [what for who, done, what in place.lamp.said() if "household" in done and who == "Anna"]
    assert looks == [f"meter:water-{LEAKY}"]
    assert audited(page) == []
    fits(page, "meter-home")
    page.get_by_role("link", name="Its alarm").click()
    page.get_by_role("link", name="All about this meter").wait_for()
    shot(page, "alarm-of-a-home")
    place.lamp.book.resolve(place.meters.row(LEAKY).id, "Anna", place.lamp.clock())
    page.goto(f"{place.lamp.url}/meter/water-{LEAKY}")
    expect(page.get_by_text("only while it has an open finding")).to_be_visible()
    expect(page.locator(".uplot")).to_have_count(0)
