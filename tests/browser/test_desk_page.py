"""What an operator does at the desk, in a real browser on a running site."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from .conftest import NAME, PASSWORD, SHOTS, Desk, Watched

ALARM_WITHIN = 90  # seconds
# A small copy of what a video or canvas shows, as a string that changes when the picture does.
LOOK = """(selector) => {
  const shown = document.querySelector(selector);
  const small = document.createElement("canvas");
  small.width = 64; small.height = 36;
  const draw = small.getContext("2d");
  draw.drawImage(shown, 0, 0, 64, 36);
  return Array.from(draw.getImageData(0, 0, 64, 36).data).filter((_, i) => i % 4 !== 3).join();
}"""
# The same of a tile: what the canvas below it shows there.
TILE = """(selector) => {
  const place = document.querySelector(selector + " .picture").getBoundingClientRect();
  const [x, y] = [place.x + place.width / 2, place.y + place.height / 2];
  const shown = [...document.querySelectorAll("canvas.band")].find((canvas) => {
    const box = canvas.getBoundingClientRect();
    return y >= box.top && y < box.bottom;
  });
  const small = document.createElement("canvas");
  small.width = 64; small.height = 36;
  const draw = small.getContext("2d");
  if (shown) {
    const box = shown.getBoundingClientRect();
    const scale = shown.width / box.width;
    const high = Math.min(place.bottom, box.bottom) - Math.max(place.top, box.top);
    draw.drawImage(
      shown, (place.x - box.x) * scale, (Math.max(place.top, box.top) - box.top) * scale,
      place.width * scale, high * scale, 0, 0, 64, 36,
    );
  }
  return Array.from(draw.getImageData(0, 0, 64, 36).data).filter((_, i) => i % 4 !== 3).join();
}"""
VIDEO = """() => {
  const video = document.querySelector("video");
  const buffered = video.buffered;
  return {
    time: video.currentTime,
    frames: video.getVideoPlaybackQuality().totalVideoFrames,
    error: video.error?.message ?? null,
    ahead: buffered.length ? buffered.end(buffered.length - 1) - video.currentTime : 0,
    kept: buffered.length ? video.currentTime - buffered.start(0) : 0,
  };
}"""
# How many pixels of the overlay are drawn on.
DRAWN = """() => {
  const overlay = document.querySelector("canvas.overlay");
  const copy = document.createElement("canvas");
  copy.width = overlay.width; copy.height = overlay.height;
  const draw = copy.getContext("2d", { willReadFrequently: true });
  draw.drawImage(overlay, 0, 0);
  const data = draw.getImageData(0, 0, copy.width, copy.height).data;
  let n = 0;
  for (let i = 3; i < data.length; i += 4) if (data[i]) n += 1;
  return n;
}"""


def until(what: str, ready: Callable[[], Any], seconds: float = 30) -> Any:
    """Waits until `ready` gives something true, and gives that."""
    end = time.monotonic() + seconds
    while True:
        got = ready()
        if got:
            return got
        if time.monotonic() > end:
            pytest.fail(f"{what} did not happen within {seconds:g} s")
        time.sleep(0.25)


def shot(page: Page, name: str, size: str = "desktop") -> None:
    page.screenshot(path=SHOTS / f"{name}-{size}.png")


def cameras(page: Page, desk: Desk) -> list[dict[str, Any]]:
    site: dict[str, Any] = page.request.get(f"{desk.url}/api/site").json()
    found: list[dict[str, Any]] = site["cameras"]
    return found


def camera_in_view(page: Page, desk: Desk) -> str:
    """A camera that is live now."""

    def live() -> str | None:
        status = page.request.get(f"{desk.url}/api/status").json()
        return next((c["camera"] for c in status["cameras"] if c["state"] == "live"), None)

    return str(until("a live camera", live, 60))


def does_not_overflow(page: Page) -> None:
    wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide[0] <= wide[1], f"the page is {wide[0]} px wide on a screen of {wide[1]}"


def test_nothing_is_shown_without_a_login(stranger: Page, desk: Desk, watched: Watched) -> None:
    watched.expected = ("status of 401",)  # the wrong password below is refused, and said so
    stranger.goto(f"{desk.url}/counts")
    stranger.get_by_label("Name").fill(NAME)
    stranger.get_by_label("Password").fill("not the password")
    stranger.get_by_role("button", name="Log in").click()
    expect(stranger.get_by_role("alert")).not_to_be_empty()
    for path in ("site", "status", "alarms", "audit", "counts?start=0&end=60"):
        assert stranger.request.get(f"{desk.url}/api/{path}").status == 401, path
    stranger.get_by_label("Password").fill(PASSWORD)
    stranger.get_by_role("button", name="Log in").click()
    expect(stranger.get_by_role("heading", name="Counts")).to_be_visible()
    assert stranger.url.endswith("/counts"), "after the login one is not where one wanted to be"


def test_the_public_page_needs_no_login(stranger: Page, desk: Desk) -> None:
    stranger.goto(f"{desk.url}/public")
    expect(stranger.get_by_role("heading", name="What it never does")).to_be_visible()
    shot(stranger, "public")


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_the_wall_moves(page: Page, desk: Desk, size: str) -> None:
    page.goto(desk.url)
    camera = camera_in_view(page, desk)
    tile = f'a.tile[href="/camera/{camera}"]'
    page.wait_for_selector(tile)
    page.locator(tile).scroll_into_view_if_needed()
    until("a picture on the wall", lambda: len(set(page.evaluate(TILE, tile).split(","))) > 8)
    first = page.evaluate(TILE, tile)
    until("another picture on the wall", lambda: page.evaluate(TILE, tile) != first)
    assert page.locator("a.tile").count() == len(cameras(page, desk))
    shot(page, "wall", size)
    does_not_overflow(page)


def test_the_wall_by_keyboard(page: Page, desk: Desk) -> None:
    page.goto(desk.url)
    page.wait_for_selector("a.tile")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url("**/camera/*")
    assert page.url.rsplit("/", 1)[1] == cameras(page, desk)[1]["id"]
    page.keyboard.press("Escape")
    page.wait_for_selector("a.tile")


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_live_video_plays(page: Page, desk: Desk, size: str) -> None:
    camera = camera_in_view(page, desk)
    page.goto(f"{desk.url}/camera/{camera}")
    truth = page.get_by_test_id("truth")
    expect(truth).to_contain_text("s behind", timeout=30_000)
    before, look = page.evaluate(VIDEO), page.evaluate(LOOK, "video")

    def went_on() -> dict[str, Any] | None:
        now: dict[str, Any] = page.evaluate(VIDEO)
        assert now["error"] is None
        on = now["time"] - before["time"] > 2.5 and now["frames"] - before["frames"] > 15
        return now if on else None

    after = until("the clock goes on and pictures are decoded", went_on)
    assert page.evaluate(LOOK, "video") != look, "the picture does not change"
    assert after["ahead"] < 6, "the video plays too far from its newest picture"
    expect(truth).to_contain_text("live ·")
    behind = float(truth.inner_text().split("·")[1].split()[0])
    assert 0 < behind < 15, f"{behind} s behind"
    shot(page, "camera", size)
    does_not_overflow(page)


# What part of the picture fills its frame: left, top, and how much larger than the whole it is.
SHOWN = """() => {
  const box = (e) => e.getBoundingClientRect();
  const frame = box(document.querySelector(".frame"));
  const video = box(document.querySelector("video"));
  return {
    scale: video.width / frame.width,
    left: (frame.x - video.x) / video.width,
    top: (frame.y - video.y) / video.height,
    inside: video.x <= frame.x + 1 && video.right >= frame.right - 1,
  };
}"""


# Where in the frame the wheel turns: the frame may move when a banner comes or goes above it.
WHEELS = """() => {
  window.wheels = [];
  const note = (e) => {
    const frame = document.querySelector(".frame").getBoundingClientRect();
    const at = [(e.clientX - frame.x) / frame.width, (e.clientY - frame.y) / frame.height];
    window.wheels.push(at);
  };
  addEventListener("wheel", note, { capture: true, passive: true });
}"""


def test_looking_closer_with_wheel_mouse_and_keys(page: Page, desk: Desk) -> None:
    camera = camera_in_view(page, desk)
    page.goto(f"{desk.url}/camera/{camera}")
    expect(page.get_by_test_id("truth")).to_contain_text("s behind", timeout=30_000)
    until("a drawn overlay", lambda: page.evaluate(DRAWN) > 200, 60)
    page.evaluate(WHEELS)
    for _ in range(5):  # until the page stood still while the wheel turned
        page.keyboard.press("0")
        box = page.locator(".frame").bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.25
        page.mouse.move(x, y)
        page.evaluate("wheels.length = 0")
        for _ in range(6):
            page.mouse.wheel(0, -120)
        got = until("a closer look", lambda: (s := page.evaluate(SHOWN))["scale"] > 2 and s)
        turned = page.evaluate("wheels")
        if all(at == pytest.approx([0.75, 0.25], abs=0.005) for at in turned):
            break
    # What was under the pointer still is.
    assert turned
    assert got["left"] + turned[-1][0] / got["scale"] == pytest.approx(turned[0][0], abs=0.01)
    assert got["top"] + turned[-1][1] / got["scale"] == pytest.approx(turned[0][1], abs=0.01)
    assert got["inside"]
    assert page.evaluate("scrollY") == 0, "the page scrolls instead"
    shot(page, "closer")
    page.mouse.down()
    page.mouse.move(x + 80, y + 40, steps=4)
    page.mouse.up()
    dragged = page.evaluate(SHOWN)
    assert dragged["left"] < got["left"]
    assert dragged["scale"] == pytest.approx(got["scale"])
    for _ in range(12):
        page.mouse.wheel(0, 120)
    until("all of it", lambda: page.evaluate(SHOWN)["scale"] == pytest.approx(1))

    page.keyboard.press("+")
    until("a closer look", lambda: page.evaluate(SHOWN)["scale"] > 1.4)
    page.keyboard.press("0")
    until("all of it", lambda: page.evaluate(SHOWN)["scale"] == pytest.approx(1))
    page.evaluate("scrollTo(0, 0)")  # turned further back than to all of it, the page scrolls
    box = page.locator(".frame").bounding_box()
    assert box is not None
    page.mouse.dblclick(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.4)
    until("a closer look", lambda: page.evaluate(SHOWN)["scale"] > 2)
    page.get_by_role("button", name="show all").click()
    until("all of it", lambda: page.evaluate(SHOWN)["scale"] == pytest.approx(1))


PINCH = """([x, y]) => {
  const frame = document.querySelector(".frame");
  const point = (type, id, dx) => frame.dispatchEvent(new PointerEvent(type, {
    pointerId: id, pointerType: "touch", isPrimary: id === 11, bubbles: true,
    clientX: x + dx, clientY: y,
  }));
  frame.setPointerCapture = () => undefined; // these fingers are made up
  point("pointerdown", 11, -20); point("pointerdown", 12, 20);
  for (const d of [25, 30, 40, 50, 60])
    for (const [id, dx] of [[11, -d], [12, d]]) point("pointermove", id, dx);
  point("pointerup", 11, -60); point("pointerup", 12, 60);
}"""


@pytest.mark.parametrize("size", ["phone"])
def test_looking_closer_with_two_fingers(page: Page, desk: Desk) -> None:
    camera = camera_in_view(page, desk)
    page.goto(f"{desk.url}/camera/{camera}")
    expect(page.get_by_test_id("truth")).to_contain_text("s behind", timeout=30_000)
    box = page.locator(".frame").bounding_box()
    assert box is not None
    page.evaluate(PINCH, [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])
    shown = until("a closer look", lambda: (s := page.evaluate(SHOWN))["scale"] > 1.5 and s)
    assert shown["scale"] == pytest.approx(3, abs=0.1)
    assert shown["left"] == pytest.approx((1 - 1 / 3) / 2, abs=0.02)
    shot(page, "closer", "phone")
    does_not_overflow(page)


def test_live_video_comes_back_after_a_lost_connection(page: Page, desk: Desk) -> None:
    camera = camera_in_view(page, desk)
    joined: list[WebSocketRoute] = []

    def cut_the_first(socket: WebSocketRoute) -> None:
        joined.append(socket)
        socket.connect_to_server()

    page.route_web_socket("**/api/live/camera/*", cut_the_first)
    page.goto(f"{desk.url}/camera/{camera}")
    truth = page.get_by_test_id("truth")
    expect(truth).to_contain_text("s behind", timeout=30_000)
    joined[0].close(code=1001)
    expect(truth).to_contain_text("not live")
    expect(truth).to_contain_text("s behind", timeout=30_000)
    assert len(joined) == 2
    before = page.evaluate(VIDEO)
    page.wait_for_timeout(2000)
    assert page.evaluate(VIDEO)["frames"] > before["frames"]


def test_one_still_a_second_where_video_cannot_be_played(page: Page, desk: Desk) -> None:
    camera = camera_in_view(page, desk)
    page.add_init_script("delete window.MediaSource; delete window.ManagedMediaSource;")
    page.goto(f"{desk.url}/camera/{camera}")
    expect(page.get_by_test_id("truth")).to_contain_text("one still a second")
    until("a still", lambda: len(set(page.evaluate(LOOK, "canvas.still").split(","))) > 8)
    first = page.evaluate(LOOK, "canvas.still")
    until("another still", lambda: page.evaluate(LOOK, "canvas.still") != first)


def test_tags_and_zones_are_drawn_and_can_be_hidden(page: Page, desk: Desk) -> None:
    marked = next(c["id"] for c in cameras(page, desk) if c["zones"] or c["lines"])
    page.goto(f"{desk.url}/camera/{marked}")
    expect(page.get_by_test_id("truth")).to_contain_text("s behind", timeout=30_000)
    page.keyboard.press("z")  # zones off: what is left are tags
    until("tags of tracks", lambda: page.evaluate(DRAWN) > 200, 60)
    page.keyboard.press("t")
    until("an empty overlay", lambda: page.evaluate(DRAWN) == 0)
    page.keyboard.press("z")
    until("zones and lines", lambda: page.evaluate(DRAWN) > 200)
    page.keyboard.press("t")


def test_an_alarm_is_acknowledged_with_one_key(page: Page, desk: Desk) -> None:
    page.goto(f"{desk.url}/system")
    banner = page.locator(".banner")
    expect(banner).to_be_visible(timeout=ALARM_WITHIN * 1000)
    link = banner.locator("a.text").get_attribute("href")
    assert link is not None
    alarm = link.rsplit("/", 1)[1]
    assert page.title().startswith("("), "the title does not count the alarms"
    shot(page, "banner")
    page.keyboard.press("a")
    got = until(
        "the acknowledgement",
        lambda: (
            (answer := page.request.get(f"{desk.url}/api/alarms/{alarm}").json())["state"]
            == "acknowledged"
            and answer
        ),
    )
    assert got["steps"][-1]["actor"] == NAME
    page.goto(f"{desk.url}/alarms/{alarm}")
    expect(page.locator("article .state")).to_have_text("somebody is on it")
    shot(page, "alarm")


def test_an_alarm_is_resolved_from_the_list_by_keyboard(page: Page, desk: Desk) -> None:
    def first() -> str | None:
        found = page.request.get(f"{desk.url}/api/alarms?state=open").json()["alarms"]
        return str(found[0]["id"]) if found else None

    alarm = until("an open alarm", first, ALARM_WITHIN)
    page.goto(f"{desk.url}/alarms/{alarm}")
    page.locator("article").wait_for()
    page.keyboard.press("r")
    page.keyboard.type("Went there, all well.")
    shot(page, "resolve")
    page.keyboard.press("Enter")
    expect(page.locator("article .state")).to_have_text("resolved")
    step = page.request.get(f"{desk.url}/api/alarms/{alarm}").json()["steps"][-1]
    assert (step["actor"], step["note"]) == (NAME, "Went there, all well.")


def test_the_clip_of_an_alarm_plays(page: Page, desk: Desk) -> None:
    def cut() -> str | None:
        found = page.request.get(f"{desk.url}/api/alarms?state=all").json()["alarms"]
        return next((str(alarm["id"]) for alarm in found if alarm["has_clip"]), None)

    alarm = until("a clip", cut, ALARM_WITHIN)
    page.goto(f"{desk.url}/alarms/{alarm}")
    page.wait_for_selector("article video")
    assert page.evaluate(VIDEO)["frames"] == 0, "watching is a choice, and it is written down"
    page.locator("video").evaluate("video => video.play()")
    until("the clip's first pictures", lambda: page.evaluate(VIDEO)["frames"] > 3)
    before = page.evaluate(VIDEO)
    first = before["frames"]
    after = until("more pictures", lambda: (v := page.evaluate(VIDEO))["frames"] > first and v)
    assert after["error"] is None
    assert after["frames"] > before["frames"]
    shot(page, "clip")


def test_a_recording_plays(page: Page, desk: Desk) -> None:
    camera = camera_in_view(page, desk)
    now = page.request.get(f"{desk.url}/api/status").json()["time"]

    def recorded() -> bool:
        ask = f"{desk.url}/api/cameras/{camera}/recordings?start={now - 600}&end={now + 600}"
        segments = page.request.get(ask).json()["segments"]
        return any(s["size"] > 0 and (s["end"] or now + 600) - s["start"] > 15 for s in segments)

    until("a recorded stretch", recorded, 90)
    page.goto(f"{desk.url}/camera/{camera}")
    truth = page.get_by_test_id("truth")
    expect(truth).to_contain_text("s behind", timeout=30_000)
    page.wait_for_timeout(12_000)
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    expect(truth).to_contain_text("recording ·")
    before = until("a recorded picture", lambda: (v := page.evaluate(VIDEO))["frames"] > 3 and v)
    look = page.evaluate(LOOK, "video")
    page.wait_for_timeout(3000)
    after = page.evaluate(VIDEO)
    assert after["error"] is None
    assert after["time"] - before["time"] > 1.5, "the recording stands"
    assert after["frames"] - before["frames"] > 10
    assert page.evaluate(LOOK, "video") != look
    shot(page, "recording")

    page.keyboard.press("Space")
    expect(truth).to_contain_text("paused")
    still = page.evaluate(VIDEO)["time"]
    page.wait_for_timeout(1000)
    assert page.evaluate(VIDEO)["time"] == pytest.approx(still, abs=0.05)
    page.keyboard.press("l")
    expect(truth).to_contain_text("live ·", timeout=30_000)


def test_the_timeline_is_clicked(page: Page, desk: Desk) -> None:
    """A click on the bar plays that moment (or the next one that was recorded)."""
    camera = camera_in_view(page, desk)
    page.goto(f"{desk.url}/camera/{camera}")
    page.get_by_role("button", name="10 min").click()
    line = page.get_by_role("slider", name="Timeline of the recording")
    box = line.bounding_box()
    assert box is not None
    now = page.request.get(f"{desk.url}/api/status").json()["time"]
    ask = f"{desk.url}/api/cameras/{camera}/recordings?start={now - 540}&end={now}"
    segments = page.request.get(ask).json()["segments"]
    page.wait_for_timeout(800)  # the list has come
    line.click(position={"x": 4, "y": box["height"] / 2.5})
    truth = page.get_by_test_id("truth")
    expect(truth).to_contain_text("recording ·")
    until("a picture", lambda: page.evaluate(VIDEO)["frames"] > 3)
    assert segments, "the list of segments is empty, so nothing could be played"


def test_a_stretch_is_exported_and_a_refusal_is_told(
    page: Page, desk: Desk, watched: Watched
) -> None:
    watched.expected = ("status of 422",)
    camera = camera_in_view(page, desk)
    page.goto(f"{desk.url}/camera/{camera}")
    export = page.get_by_role("link", name="Export these")
    with page.expect_download(timeout=60_000) as coming:
        export.click(timeout=60_000)
    assert coming.value.suggested_filename.endswith(".mp4")
    head = coming.value.path().read_bytes()[:12]
    assert head[4:8] == b"ftyp", f"not an MP4: {head!r}"

    page.route(
        "**/export.mp4*",
        lambda route: route.fulfill(
            status=422, json={"error": "The stretch is longer than 0.1 hours.", "hint": ""}
        ),
    )
    export.click()
    expect(page.get_by_role("alert").filter(has_text="longer than 0.1 hours")).to_be_visible()
    expect(page.get_by_role("button", name="Export", exact=True)).to_be_disabled()
    page.unroute_all()
    for _ in range(3):
        page.get_by_role("button", name="Zoom in").click()
    expect(page.get_by_role("alert").filter(has_text="longer than")).to_have_count(0)


@pytest.mark.parametrize("count", [1, 3, 30])
def test_tiles_fill_the_wall(page: Page, desk: Desk, count: int) -> None:
    """However many cameras there are: inside the screen, none over another, none lost in black."""
    site = page.request.get(f"{desk.url}/api/site").json()
    shape = {"width": 768, "height": 576}
    site["cameras"] = [{**site["cameras"][0], "id": f"c{i}", **shape} for i in range(count)]
    page.route("**/api/site", lambda route: route.fulfill(json=site))
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(desk.url)
    page.wait_for_selector("a.tile")
    corners = """[...document.querySelectorAll("a.tile .picture")]
                 .map((e) => e.getBoundingClientRect())
                 .map((b) => [b.left, b.top, b.right, b.bottom])"""
    # What stands above the tiles (a banner of a busy machine, say) may come and go just now.
    least = 0.45 if count <= 12 else 0.4  # a line of tools stands above many

    def filled() -> list[list[float]]:
        boxes = page.evaluate(corners)
        area = sum((right - left) * (bottom - top) for left, top, right, bottom in boxes)
        inside = max(box[3] for box in boxes) <= 1080
        return boxes if inside and area > least * 1920 * 1080 else []

    boxes = until("tiles that fill the screen", filled, 90)
    assert len(boxes) == count
    for i, (left, top, right, bottom) in enumerate(boxes):
        assert 0 <= left < right <= 1920
        assert 0 <= top < bottom <= 1080
        assert (right - left) / (bottom - top) == pytest.approx(4 / 3, rel=0.02)
        for x1, y1, x2, y2 in boxes[i + 1 :]:
            assert right <= x1 or x2 <= left or bottom <= y1 or y2 <= top
    page.set_viewport_size({"width": 390, "height": 844})
    least = 350 if count <= 12 else 50  # many stand beside each other, also on a phone
    until("one column", lambda: least < page.locator("a.tile").first.bounding_box()["width"] <= 390)  # type: ignore[index]
    does_not_overflow(page)


@pytest.mark.parametrize("size", ["desktop", "phone", "narrow"])
def test_every_view(page: Page, desk: Desk, size: str) -> None:
    for view, heading in (
        ("alarms", "Alarms"),
        ("fleet", "Fleet"),
        ("counts", "Counts"),
        ("counts?show=where", "Counts"),
        ("events", "Events"),
        ("system", "System"),
    ):
        page.goto(f"{desk.url}/{view}")
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        page.wait_for_timeout(1200)
        shot(page, view.replace("?show=", "-"), size)
        does_not_overflow(page)
    page.goto(f"{desk.url}/camera/there-is-none")
    expect(page.get_by_text("There is no camera called")).to_be_visible()


def test_the_address_says_what_is_searched(page: Page, desk: Desk) -> None:
    page.goto(f"{desk.url}/events?q=nothing+of+the+kind&from=2026-01-05&to=2026-01-04")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    words = page.get_by_role("searchbox")
    expect(words).to_have_value("nothing of the kind")
    page.keyboard.press("/")
    words.fill("lawn & gate")
    page.wait_for_url("**/events?q=lawn+%26+gate&from=*")
    words.press("Escape")
    page.get_by_role("button", name="Clear all").click()
    page.wait_for_url(f"{desk.url}/events")
    expect(words).to_have_value("")
    page.go_back()
    expect(words).to_have_value("lawn & gate")


def test_help_opens_and_closes(page: Page, desk: Desk) -> None:
    page.goto(f"{desk.url}/system")
    page.get_by_role("heading", name="System", exact=True).wait_for()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    shot(page, "help")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("2")
    expect(page.get_by_role("heading", name="Alarms", exact=True)).to_be_visible()


def test_a_session_that_ended_leads_to_the_login_and_back(
    page: Page, desk: Desk, watched: Watched
) -> None:
    watched.expected = ("status of 401", "WebSocket connection")
    page.goto(f"{desk.url}/counts")
    page.get_by_role("heading", name="Counts").wait_for()
    page.wait_for_load_state("networkidle")
    page.context.clear_cookies()
    page.get_by_role("button", name="24 h").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Name").fill(NAME)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Counts")).to_be_visible()
