"""Anyone can work at the desk: by keyboard, with low vision or a screen reader, without motion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import ROOT, SIZES, Desk
from .test_desk_page import cameras, until

VIEWS = (
    "wall", "camera", "rules", "alarms", "incident", "handover", "report", "fleet", "counts",
    "where", "events", "notify", "users", "system", "add", "public", "login",
)  # fmt: skip
# What a view shows when it has loaded: until then there is nothing to look at.
SHOWN = {
    "wall": "a.tile",
    "camera": "[data-testid=truth]",
    "rules": "svg polygon",
    "alarms": "article, .empty",
    "incident": "article",
    "handover": "dl, table, .card",
    "report": "table",
    "fleet": "table",
    "counts": ".chips",
    "where": "input[type=range]",
    "events": "fieldset",
    "users": ".card",
    "system": ".audit td",
    "add": "input",
    "public": "section li",
    "login": "input",
}

AUDIT = (Path(__file__).parent / "audit.js").read_text("utf-8")
AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
# axe-core's own rules for WCAG 2.2 A and AA, or the given ones: what it calls serious or worse.
RUN_AXE = """async (rules) => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const runOnly = rules ? { type: "rule", values: rules } : { type: "tag", values: tags };
  const { violations, passes } = await axe.run(document, { runOnly });
  if (passes.length === 0) throw new Error("axe looked at nothing");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, any }) => [id, html.slice(0, 160), any[0]?.message]))
    .map((one) => one.join(" "));
}"""

FOCUSED = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const style = getComputedStyle(e);
  // The browser's own buttons, its own rings: those of a video, the calendar of a date.
  const date = e.type === "date" && !e.matches(":focus");
  const own = (e.localName === "video" && e.controls) || date;
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
    path = {"wall": "", "camera": f"camera/{camera}", "rules": f"camera/{camera}/rules"}.get(
        view, view
    )
    if view == "incident":
        path = f"alarms/{an_alarm(page, desk)}"
    page.goto(f"{desk.url}/{'counts' if view == 'where' else path}")
    page.locator("h1").first.wait_for(state="attached")
    if view == "where":
        page.get_by_role("button", name="Where", exact=True).click()
    if shown := SHOWN.get(view):
        page.locator(shown).first.wait_for(state="attached")


def an_alarm(page: Page, desk: Desk) -> str:
    """The id of an alarm that nobody has answered."""

    def raised() -> str:
        answer = page.request.get(f"{desk.url}/api/alarms?state=raised").json()
        return str(answer["alarms"][0]["id"]) if answer["alarms"] else ""

    return str(until("an alarm nobody has answered", raised, 90))


@pytest.mark.parametrize("view", VIEWS)
def test_contrast_names_and_sizes(page: Page, desk: Desk, view: str) -> None:
    """One page, in the dark, in the light and on a phone: it is loaded once."""
    page.emulate_media(reduced_motion="reduce")  # no colour is measured on its way to another
    go(page, desk, view)
    page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, list[str]] = {}

    def audit(where: str, rules: list[str] | None = None) -> None:
        own: dict[str, Any] = page.evaluate(AUDIT)
        assert own["words"] > 4, "hardly any text was looked at"
        found[where] = own["found"] + page.evaluate(RUN_AXE, rules)

    audit("dark")
    page.emulate_media(color_scheme="light")
    audit("light", ["color-contrast"])
    width, height = SIZES["phone"]
    page.set_viewport_size({"width": width, "height": height})
    audit("phone")
    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert (found, over) == ({where: [] for where in found}, 0)


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
    assert len(stops) >= {"public": 1, "login": 3}.get(view, 7), stops
    assert [stop["name"] for stop in stops if not (stop["ring"] and stop["seen"])] == []


def test_less_motion_where_it_is_wished_for(
    page: Page, browser: Browser, operator: str, desk: Desk
) -> None:
    """With an alarm on the wall there is something that would move."""
    an_alarm(page, desk)
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
