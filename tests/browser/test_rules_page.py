"""Drawing at the desk: a zone on the live picture, a rule, its alarm, an answer, the clip."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from .conftest import NAME, Desk
from .test_access import AUDIT
from .test_desk_page import ALARM_WITHIN, does_not_overflow, shot, until

PATH = ((0.04, 0.2), (0.96, 0.2), (0.96, 0.86), (0.04, 0.86))  # where people walk, generously


def open_page(page: Page, desk: Desk, camera: str) -> None:
    """The rules page with live video, with the file's rules: whatever an earlier try left."""
    if rules_of(page, desk, camera)["origin"] != "file":
        page.goto(f"{desk.url}/camera/{camera}/rules")
        back_to_the_file(page, desk, camera)
    page.goto(f"{desk.url}/camera/{camera}/rules")
    page.get_by_role("heading", name="Zones and rules").wait_for()
    page.get_by_role("button", name="Go back").or_(page.locator("li.rule")).first.wait_for()
    # not wait_for_function: that evaluates in the page, and its policy forbids it
    until("live video", lambda: page.evaluate("document.querySelector('video')?.videoWidth ?? 0"))


def spot(page: Page, x: float, y: float) -> tuple[float, float]:
    box = page.locator(".frame svg[role=group]").bounding_box()
    assert box is not None
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*spot(page, *start))
    page.mouse.down()
    page.mouse.move(*spot(page, *end), steps=4)
    page.mouse.up()


def rules_of(page: Page, desk: Desk, camera: str) -> dict[str, Any]:
    found: dict[str, Any] = page.request.get(f"{desk.url}/api/cameras/{camera}/rules").json()
    return found


def save(page: Page) -> None:
    page.get_by_role("button", name="Save …").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Zone “walkway”")
    dialog.get_by_label("Why?").fill("people walk there")
    shot(page, "rules-save", "desktop" if (page.viewport_size or {})["width"] > 900 else "phone")
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(dialog).to_have_count(0)


def back_to_the_file(page: Page, desk: Desk, camera: str) -> None:
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Back to the site file").click()
    until("the file's rules", lambda: rules_of(page, desk, camera)["origin"] == "file")


def choose(page: Page, desk: Desk, alarm: str) -> None:
    """Goes down the queue by keyboard, to the alarm or the group it has joined meanwhile."""
    for _ in range(100):
        group = page.request.get(f"{desk.url}/api/alarms/{alarm}").json()["group"]
        address = f"/alarms/group/{group}" if group else f"/alarms/{alarm}"
        if page.locator(f'.item[aria-current][href="{address}"]').count():
            return
        page.keyboard.press("j")
        page.wait_for_timeout(100)
    pytest.fail("the alarm is not in the queue")


def test_a_zone_is_drawn_alarms_is_answered_and_exported(page: Page, desk: Desk) -> None:
    open_page(page, desk, "path")
    page.get_by_role("button", name="Draw a zone").click()
    for x, y in (*PATH, PATH[0]):
        page.mouse.click(*spot(page, x, y), delay=20)
    page.get_by_label("Name").fill("walkway")
    page.keyboard.press("Tab")
    corner = page.get_by_role("button", name="Corner 3 of 4 of walkway")
    corner.focus()
    page.keyboard.press("ArrowUp")
    expect(corner).to_have_accessible_name(
        "Corner 3 of 4 of walkway, 96 % from the left, 85 % from the top"
    )
    drag(page, PATH[0], (0.1, 0.3))
    first = page.get_by_role("button", name="Corner 1 of 4 of walkway, 10 % from the left")
    expect(first).to_be_visible()
    page.keyboard.press("Control+z")
    expect(first).to_have_count(0)

    page.get_by_role("button", name="Add a rule").click()
    page.get_by_role("button", name="intrusion").first.click()
    form = page.locator("li.rule").last
    form.get_by_label("Name").fill("Somebody walks by")
    form.get_by_label("Least time").fill("-1")
    page.keyboard.press("Tab")
    expect(form.get_by_text("must be at least 0")).to_be_visible()
    form.get_by_label("Least time").fill("0")
    page.keyboard.press("Tab")
    expect(form.get_by_text("must be at least 0")).to_have_count(0)
    assert page.evaluate(AUDIT)["found"] == []
    shot(page, "rules-drawn")

    asked: list[str] = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.once("dialog", stay)
    page.get_by_role("link", name="Alarms").click()
    assert "not saved" in asked[0]
    assert page.url.endswith("/rules"), "the drawing was left behind"
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="Alarms").click()
    page.get_by_role("heading", name="Alarms", exact=True).wait_for()
    page.go_back()
    expect(page.get_by_text("were kept in this tab")).to_be_visible()
    save(page)
    kept = rules_of(page, desk, "path")
    assert (kept["origin"], kept["versions"][0]["author"]) == ("desk", NAME)
    assert kept["versions"][0]["note"] == "people walk there"

    def raised() -> str | None:
        found = page.request.get(f"{desk.url}/api/alarms?state=open&camera=path").json()["alarms"]
        return next((one["id"] for one in found if one["rule"] == "Somebody walks by"), None)

    alarm = until("an alarm of the new rule", raised, ALARM_WITHIN)
    page.goto(f"{desk.url}/alarms")
    choose(page, desk, alarm)
    expect(page.locator("article")).to_contain_text("walkway")
    page.keyboard.press("a")
    expect(page.locator("article .state").first).to_have_text("somebody is on it")
    got = page.request.get(f"{desk.url}/api/alarms/{alarm}").json()
    assert (got["state"], got["steps"][-1]["actor"]) == ("acknowledged", NAME)

    open_page(page, desk, "path")  # back to the file: what runs ends, so that its clip is cut
    page.goto(f"{desk.url}/alarms/{alarm}")
    link = page.get_by_role("link", name="Save the clip")
    link.wait_for(timeout=ALARM_WITHIN * 1000)
    with page.expect_download() as coming:
        link.click()
    assert coming.value.suggested_filename == f"alarm-{alarm}.mp4"
    assert coming.value.path().read_bytes()[4:8] == b"ftyp"


@pytest.mark.parametrize("size", ["phone"])
def test_a_zone_is_drawn_by_touch(page: Page, desk: Desk, size: str) -> None:
    open_page(page, desk, "crossing")
    page.get_by_role("button", name="Draw a zone").tap()
    page.locator(".stage").scroll_into_view_if_needed()
    for x, y in ((0.2, 0.3), (0.8, 0.3), (0.8, 0.7), (0.3, 0.8)):
        page.touchscreen.tap(*spot(page, x, y))
        page.wait_for_timeout(50)
    shot(page, "rules-drawing", size)
    page.get_by_role("button", name="Done").tap()
    page.get_by_label("Name").fill("walkway")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    does_not_overflow(page)
    assert page.evaluate(AUDIT)["found"] == []
    page.locator(".stage").scroll_into_view_if_needed()
    shot(page, "rules-drawn", size)
    save(page)
    kept = rules_of(page, desk, "crossing")
    assert len(kept["set"]["zones"]["walkway"]) == 4
    assert kept["set"]["zones"]["walkway"][0] == pytest.approx([0.2, 0.3], abs=0.02)
    back_to_the_file(page, desk, "crossing")
