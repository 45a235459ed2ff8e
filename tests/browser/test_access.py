"""Anyone can work at the desk: by keyboard, with low vision or a screen reader, without motion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import Desk
from .test_desk_page import cameras, until

VIEWS = ("wall", "camera", "alarms", "fleet", "counts", "system", "add", "public")

AUDIT = (Path(__file__).parent / "audit.js").read_text("utf-8")

FOCUSED = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const style = getComputedStyle(e);
  const own = e.localName === "video" && e.controls; // the browser's own buttons, its own rings
  const ring = own || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
  const box = e.getBoundingClientRect();
  const seen = box.bottom > 0 && box.top < innerHeight && box.width > 0;
  const name = e.getAttribute("aria-label") || e.textContent.trim() || e.getAttribute("name");
  return { name: `<${e.localName}> ${name}`, ring, seen };
}"""

MOVING = """() => document.getAnimations()
  .filter((a) => a.playState === "running" && a.effect.getComputedTiming().duration > 10)
  .map((a) => `${a.animationName ?? a.transitionProperty} on ${a.effect.target?.className}`)"""


def go(page: Page, desk: Desk, view: str) -> None:
    """Open a view and wait until it shows what it has."""
    camera = cameras(page, desk)[0]["id"]
    path = {"wall": "", "camera": f"camera/{camera}"}.get(view, view)
    page.goto(f"{desk.url}/{path}")
    page.locator("h1").first.wait_for(state="attached")
    page.wait_for_timeout(1500)


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("view", VIEWS)
def test_contrast_names_and_sizes(page: Page, desk: Desk, view: str, size: str) -> None:
    go(page, desk, view)
    audit: dict[str, Any] = page.evaluate(AUDIT)
    assert audit["words"] > 8, "hardly any text was looked at"
    assert audit["found"] == []


def test_the_audit_sees_what_is_wrong(page: Page, desk: Desk) -> None:
    go(page, desk, "system")
    bad = '<p class="wrong">hardly there</p><button></button><canvas width="9" height="9"></canvas>'
    add = "(html) => document.querySelector('main').insertAdjacentHTML('beforeend', html)"
    page.evaluate(add, bad)
    page.evaluate("""() => { document.querySelector("p.wrong").style.color = "#333a44"; }""")
    found = " ".join(page.evaluate(AUDIT)["found"])
    for what in ("contrast", "no name", "a picture without words"):
        assert what in found


@pytest.mark.parametrize("view", VIEWS)
def test_every_stop_of_the_tab_key_shows_a_ring(page: Page, desk: Desk, view: str) -> None:
    go(page, desk, view)
    stops: list[dict[str, Any]] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None:
            break
        stops.append(stop)
    assert len(stops) >= (1 if view == "public" else 7), stops
    assert [stop["name"] for stop in stops if not (stop["ring"] and stop["seen"])] == []


def test_less_motion_where_it_is_wished_for(
    page: Page, browser: Browser, operator: str, desk: Desk
) -> None:
    """With an alarm on the wall there is something that would move."""

    def raised() -> bool:
        answer = page.request.get(f"{desk.url}/api/alarms?state=raised").json()
        return bool(answer["alarms"])

    until("an alarm nobody has answered", raised, 90)
    page.goto(desk.url)
    expect(page.locator("a.tile.raised").first).to_be_attached()
    page.wait_for_timeout(500)
    assert page.evaluate(MOVING), "nothing moves, so this test could not fail"
    calm = browser.new_context(storage_state=operator, reduced_motion="reduce")
    try:
        other = calm.new_page()
        other.goto(desk.url)
        expect(other.locator("a.tile.raised").first).to_be_attached()
        other.wait_for_timeout(500)
        assert other.evaluate(MOVING) == []
    finally:
        calm.close()
