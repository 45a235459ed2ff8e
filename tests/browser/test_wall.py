"""A wall of hundreds: every tile lives, what is in trouble stands in front, one press opens one.

The desk is `support.crowd`: a real desk and hub with 300 made-up cameras. What it takes is measured
by bench/wall.py; here the figures only have to be far from broken.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import ROOT, SHOTS, Watched, _missing
from .test_desk_page import TILE, does_not_overflow, until

CAMERAS = 300
SPY = """() => {
  window.seen = {};
  const Real = window.Worker;
  window.Worker = class extends Real {
    constructor(...a) {
      super(...a);
      this.addEventListener("message", ({ data }) => {
        if (data.kind !== "drawn") return;
        for (const [camera, time] of data.times) (window.seen[camera] ??= []).push(time);
      });
    }
  };
}"""
# From the press on a tile to the first picture of live video on the screen, ms.
OPEN = """(camera) => new Promise((done, failed) => {
  const start = performance.now();
  const found = new MutationObserver(() => {
    const video = document.querySelector("video");
    if (!video) return;
    found.disconnect();
    video.requestVideoFrameCallback(() => done(performance.now() - start));
  });
  found.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => failed("no live picture within 20 s"), 20000);
  document.querySelector(`a.tile[data-camera="${camera}"]`).click();
})"""
# The cameras as they stand on the screen: row by row.
STANDING = """() => [...document.querySelectorAll("a.tile")]
  .map((e) => ({ id: e.dataset.camera, x: e.offsetLeft, y: e.offsetTop }))
  .sort((a, b) => a.y - b.y || a.x - b.x)
  .map((e) => e.id)"""


@dataclass
class Crowd:
    url: str
    link: str
    process: subprocess.Popen[str]
    state: dict[str, Any]

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()


@pytest.fixture(scope="module")
def crowd() -> Iterator[Crowd]:
    if not (ROOT / "src/streetlamp/desk/page/index.html").is_file():
        _missing("the page is not built: run `make page` (needs Node.js) and the tests again")
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "support.crowd", "--cameras", str(CAMERAS), "--scenes", "20"],
        stdin=pipe,
        stdout=pipe,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"},
    )
    assert process.stdout is not None
    url, link = (process.stdout.readline().partition(": ")[2].strip() for _ in range(2))
    made = Crowd(url.rstrip("/"), link, process, {})
    try:
        yield made
        made.tell("stop")
        assert process.wait(30) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(autouse=True)
def calm(crowd: Crowd) -> Iterator[None]:
    """Whatever a test told the crowd is taken back after it, also after one that failed."""
    yield
    for line in ("back c250", "end c150", "end c100"):
        crowd.tell(line)


def in_front(page: Page, wanted: list[str]) -> bool:
    """Alarms stand first, and a lost camera before those that are well.

    A machine that is too slow for 300 pictures a second has others late, which come forward too.
    """
    alarms, (lost,) = wanted[:2], wanted[2:]
    standing = page.evaluate(STANDING)
    return standing[:2] == alarms and standing.index(lost) < standing.index("c299")


@pytest.fixture
def wall(browser: Browser, crowd: Crowd, watched: Watched) -> Iterator[Page]:
    """The wall, logged in, in its usual size."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, storage_state=crowd.state.get("in")
    )
    context.add_init_script(f"({SPY})()")
    page = context.new_page()
    page.set_default_timeout(20_000)
    watched.follow(page)
    if "in" in crowd.state:
        page.goto(crowd.url)
    else:
        page.goto(crowd.link)
        page.get_by_label("Name").fill("Anna")
        for label in ("Password", "Password again"):
            page.get_by_label(label, exact=True).fill("a lamp at every corner")
        page.get_by_role("button", name="Start").click()
        page.get_by_role("navigation", name="Views").wait_for()
        crowd.state["in"] = context.storage_state()
    page.wait_for_selector("a.tile")
    yield page
    context.close()


def all_on_one_screen(page: Page) -> None:
    page.get_by_role("button", name="All on one screen").click()
    until(
        "a picture of every camera",
        lambda: page.evaluate("Object.keys(seen).length") == CAMERAS,
        60,
    )


def test_every_tile_gets_new_pictures(wall: Page) -> None:
    all_on_one_screen(wall)
    before = wall.evaluate(
        "Object.fromEntries(Object.entries(seen).map(([c, t]) => [c, t.at(-1)]))"
    )
    newer = """(before) => Object.entries(before).filter(([c, t]) => seen[c].at(-1) > t).length"""
    until("a newer picture of every camera", lambda: wall.evaluate(newer, before) == CAMERAS, 60)
    rising = "Object.values(seen).every((t) => t.every((v, i) => i === 0 || v >= t[i - 1]))"
    assert wall.evaluate(rising), "an older picture came after a newer one"
    # and they are really on the screen
    for camera in ("c000", "c150", "c299"):
        tile = f'a.tile[data-camera="{camera}"]'
        first = wall.evaluate(TILE, tile)
        assert len(set(first.split(","))) > 8, f"{camera} shows nothing"
        until(f"a new picture of {camera}", lambda t=tile, f=first: wall.evaluate(TILE, t) != f)
    wall.screenshot(path=SHOTS / "wall-300-desktop.png")
    does_not_overflow(wall)


def test_only_what_is_in_sight_is_fetched(wall: Page) -> None:
    wall.get_by_role("button", name="Large tiles", exact=True).click()
    until("pictures", lambda: wall.evaluate("Object.keys(seen).length") > 5)
    wall.evaluate("() => { for (const c of Object.keys(seen)) delete seen[c]; }")
    wall.wait_for_timeout(3000)
    assert 5 < wall.evaluate("Object.keys(seen).length") < CAMERAS / 3
    wall.keyboard.press("End")
    until("the last camera's picture", lambda: wall.evaluate("(seen.c299 ?? []).length"))


def test_trouble_comes_forward_and_stays_for_a_while(wall: Page, crowd: Crowd) -> None:
    assert wall.evaluate(STANDING)[:3] == ["c000", "c001", "c002"]
    crowd.tell("alarm c150 critical")
    crowd.tell("alarm c100 warning")
    crowd.tell("lost c250")
    wanted = ["c150", "c100", "c250"]
    until("those in trouble in front", lambda: in_front(wall, wanted), 60)
    wall.evaluate("scrollTo(0, 0)")
    lost = wall.locator('a.tile[data-camera="c250"]')
    expect(lost).to_contain_text("cannot be reached")
    expect(lost.locator(".age")).to_be_visible()
    assert "cannot be reached" in lost.locator(".said").inner_text()
    wall.screenshot(path=SHOTS / "wall-trouble-desktop.png")
    crowd.tell("back c250")
    expect(lost).not_to_contain_text("cannot be reached")
    assert in_front(wall, wanted), "a tile that has just come back dances"
    wall.get_by_role("button", name="Keep order").click()
    assert wall.evaluate(STANDING)[:3] == ["c000", "c001", "c002"]
    wall.get_by_role("button", name="Keep order").click()
    crowd.tell("end c150")
    crowd.tell("end c100")
    until("alarms have gone back", lambda: wall.evaluate(STANDING)[0] not in wanted, 60)


def test_a_camera_is_found_by_its_name(wall: Page) -> None:
    wall.keyboard.press("/")
    wall.keyboard.type("market br")
    expect(wall.locator("a.tile")).to_have_count(10)
    wall.keyboard.press("Escape")
    expect(wall.locator("a.tile")).to_have_count(CAMERAS)


def test_hundreds_by_keyboard(wall: Page) -> None:
    wall.get_by_role("button", name="Keep order").click()
    wall.keyboard.press("ArrowRight")
    wall.keyboard.press("End")
    focused = "document.activeElement.dataset.camera"
    assert wall.evaluate(focused) == "c299"
    wall.keyboard.press("PageUp")
    assert wall.evaluate(focused) not in ("c299", "c000")
    wall.keyboard.press("Home")
    assert wall.evaluate(focused) == "c000"
    wall.keyboard.press("ArrowRight")
    assert wall.evaluate(focused) == "c001"
    for key, size in (("+", "Large tiles"), ("-", "Medium tiles")):
        wall.keyboard.press(key)
        expect(wall.get_by_role("button", name=size, exact=True)).to_have_attribute(
            "aria-pressed", "true"
        )
    wall.keyboard.press("Enter")
    wall.wait_for_url("**/camera/c001")


def test_a_tile_opens_to_live(wall: Page) -> None:
    all_on_one_screen(wall)
    taken = []
    for turn in range(9):
        taken.append(wall.evaluate(OPEN, f"c{turn * 25:03d}"))
        expect(wall.get_by_test_id("truth")).to_contain_text("live ·")
        wall.keyboard.press("Escape")
        wall.wait_for_selector("a.tile")
    print("ms to live:", [round(t) for t in taken])
    assert statistics.median(taken) < 10_000, "bench/wall.py says what is usual"


def test_a_wall_on_a_phone(browser: Browser, crowd: Crowd, wall: Page) -> None:
    del wall
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
        storage_state=crowd.state["in"],
    )
    page = context.new_page()
    page.goto(crowd.url)
    tile = 'a.tile[data-camera="c003"]'
    page.wait_for_selector(tile)
    until("a picture", lambda: len(set(page.evaluate(TILE, tile).split(","))) > 8)
    does_not_overflow(page)
    page.screenshot(path=SHOTS / "wall-300-phone.png")
    context.close()
