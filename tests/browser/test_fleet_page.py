"""The fleet on screen: plan, map, table and week, on the stand-in's made-up fleet."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, WebSocketRoute, expect

from .conftest import Desk, Watched, context_of, mock, running, sign_up
from .test_access import AUDIT, FOCUSED
from .test_desk_page import does_not_overflow, shot, until

GPU = "GPU stall due to ReadPixels"  # taking a picture of a map drawn without a graphics card


class Site:
    """A stand-in with so many cameras, and the state of somebody who is logged in there."""

    def __init__(self, desk: Desk, state: str) -> None:
        self.desk = desk
        self.state = state


def _site(browser: Browser, tmp: pytest.TempPathFactory, cameras: int) -> Iterator[Site]:
    folder = tmp.mktemp(f"fleet{cameras}")
    with running(mock("--cameras", str(cameras)), folder, mocked=True) as desk:
        yield Site(desk, sign_up(desk, browser, folder))


@pytest.fixture(scope="module")
def small(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from _site(browser, tmp_path_factory, 12)


@pytest.fixture(scope="module")
def large(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from _site(browser, tmp_path_factory, 300)


@pytest.fixture
def changed(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One of a test's own."""
    yield from _site(browser, tmp_path_factory, 12)


@contextlib.contextmanager
def _open(browser: Browser, site: Site, watched: Watched, size: str) -> Iterator[Page]:
    context = context_of(browser, size, site.state)
    page = context.new_page()
    page.set_default_timeout(20_000)
    watched.follow(page)
    yield page
    context.close()


@pytest.fixture
def fleet(browser: Browser, small: Site, watched: Watched, size: str) -> Iterator[Page]:
    """The fleet's page of twelve cameras."""
    with _open(browser, small, watched, size) as page:
        page.goto(f"{small.desk.url}/fleet")
        page.locator("tbody a").first.wait_for()
        page.locator(".surface a.mark").first.wait_for()
        yield page


def told(page: Page) -> list[dict[str, Any]]:
    """What the API says of the fleet."""
    found: list[dict[str, Any]] = page.request.get(
        f"{page.url.split('/fleet')[0].split('/camera')[0]}/api/fleet"
    ).json()["cameras"]
    return found


def names(page: Page) -> list[str]:
    return page.locator("tbody tr td.who a").all_inner_texts()


MIDDLE = """(mark) => {
  const [a, b] = [mark.getBoundingClientRect(), mark.closest(".surface").getBoundingClientRect()];
  return [a.x + a.width / 2 - b.x, a.y + a.height / 2 - b.y];
}"""


def middle(mark: Locator) -> tuple[float, float]:
    """Of a mark, from the surface's corner: a banner above may come at any moment."""
    x, y = mark.evaluate(MIDDLE)
    return x, y


PLACE = """(mark) => {
  const [a, b] = [mark.getBoundingClientRect(), mark.closest(".surface").getBoundingClientRect()];
  return [a.x, a.y, b.x, b.y, b.width, b.height].map(Math.round);
}"""


def settled(mark: Locator, looks: int = 5) -> list[int]:
    """Where a mark and its surface are (`PLACE`), once they have stayed there for some looks."""
    places: list[list[int]] = []

    def stays() -> bool:
        places.append(mark.evaluate(PLACE))
        return len(places) >= looks and all(one == places[-1] for one in places[-looks:])

    until("a page at rest", stays)
    return places[-1]


def test_every_camera_stands_there_with_its_state_and_reason(fleet: Page) -> None:
    cameras = told(fleet)
    site = fleet.request.get(fleet.url.replace("/fleet", "/api/site")).json()["cameras"]
    assert len(names(fleet)) == len(cameras) == 12
    visits = [one for one in cameras if one["visit"]]
    assert len(visits) >= 2, "the made-up fleet is too well"
    expect(fleet.get_by_role("status").filter(has_text="12 cameras")).to_contain_text(
        f"{len(visits)} need a visit"
    )
    called = {one["id"]: one["name"] for one in site}
    for one in visits:
        row = fleet.get_by_role("row").filter(has_text=called[one["camera"]])
        expect(row.first).to_contain_text("needs a visit")
        expect(row.first).to_contain_text(one["visit"])
        expect(row.first).to_contain_text(one["judgements"][0]["text"])
    assert set(names(fleet)[: len(visits)]) == {called[one["camera"]] for one in visits}
    lost = fleet.locator(".surface a.mark.visit")
    said = lost.first.get_attribute("aria-label") or ""
    assert "needs a visit" in said
    assert lost.first.locator("path.wedge").count() == 1, "it does not say where it looks"
    shot(fleet, "fleet")


def test_the_table_sorts_and_filters(fleet: Page) -> None:
    fleet.get_by_role("button", name="Camera", exact=True).click()
    head = fleet.get_by_role("columnheader", name="Camera")
    expect(head).to_have_attribute("aria-sort", "ascending")
    up = names(fleet)
    assert up[0] == "Coal yard"
    assert up.index("Mast 9 by the long quay") < up.index("Mast 10 by the long quay")
    fleet.keyboard.press("Enter")  # the head keeps the focus
    expect(head).to_have_attribute("aria-sort", "descending")
    assert names(fleet) == up[::-1]
    fleet.get_by_role("button", name="7 days").click()
    shares = [
        float(text.removesuffix(" %"))
        for text in fleet.locator("td[data-label='7 days']").all_inner_texts()
    ]
    assert shares == sorted(shares)
    assert shares[0] < shares[-1]

    fleet.keyboard.press("/")
    fleet.keyboard.type("quay focus")
    expect(fleet.locator("tbody tr")).to_have_count(1)
    expect(fleet.locator("tbody tr")).to_contain_text("out of focus")
    fleet.get_by_label("Search cameras").fill("nothing like that")
    expect(fleet.get_by_text("No camera is like that.")).to_be_visible()
    fleet.get_by_label("Search cameras").fill("")
    fleet.get_by_role("button", name="Need a visit").click()
    expect(fleet.locator("tbody tr")).to_have_count(sum(bool(o["visit"]) for o in told(fleet)))


def test_a_plan_is_moved_and_zoomed_by_wheel_pointer_and_keys(fleet: Page) -> None:
    surface = fleet.get_by_role("group", name="Ground floor")
    mark = fleet.locator(".surface a.mark").first
    picture = surface.locator("img")
    until("the plan's picture", lambda: picture.evaluate("e => e.complete && e.naturalWidth > 0"))
    for _ in range(3):  # once more when the page moved under the pointer: a banner came or went
        surroundings = settled(mark)[2:]
        x, y = middle(mark)
        width = picture.bounding_box()["width"]  # type: ignore[index]
        over = surroundings[0] + x, surroundings[1] + y
        fleet.mouse.move(*over)
        fleet.mouse.wheel(0, -400)
        until("a zoom", lambda: picture.bounding_box()["width"] > width * 1.5)  # type: ignore[index]  # noqa: B023
        if settled(mark)[2:] == surroundings:
            break
        surface.focus()
        fleet.keyboard.press("0")
    assert middle(mark) == pytest.approx((x, y), abs=1.5), "it leaves the pointer"

    here = fleet.url
    fleet.mouse.down()
    fleet.mouse.move(over[0] + 60, over[1] + 40, steps=6)
    fleet.mouse.up()
    assert middle(mark) == pytest.approx((x + 60, y + 40), abs=1.5)
    assert fleet.url == here, "the end of a drag was taken for a click"

    surface.focus()
    fleet.keyboard.press("ArrowRight")
    until("a move", lambda: abs(middle(mark)[0] - (x - 20)) < 1.5)
    zoomed = picture.bounding_box()["width"]  # type: ignore[index]
    fleet.keyboard.press("-")
    until("a smaller one", lambda: picture.bounding_box()["width"] < zoomed * 0.9)  # type: ignore[index]
    fleet.keyboard.press("0")
    until("all of it", lambda: abs(picture.bounding_box()["width"] - width) < 1)  # type: ignore[index]
    assert middle(mark) == pytest.approx((x, y), abs=1.5)
    expect(fleet.get_by_role("button", name="Show all")).to_be_disabled()

    dark = picture.evaluate("e => getComputedStyle(e).filter")
    fleet.get_by_role("button", name="As drawn").click()
    assert picture.evaluate("e => getComputedStyle(e).filter") != dark
    fleet.locator(".surface a.mark.none").first.click()
    fleet.wait_for_url("**/camera/*")


def test_places_are_right_on_the_plan(fleet: Page) -> None:
    """A mark lies where the site file says, to a pixel."""
    site = fleet.request.get(fleet.url.replace("/fleet", "/api/site")).json()
    img = fleet.get_by_role("group", name="Ground floor").locator("img")
    until("the plan's picture", lambda: img.evaluate("e => e.complete && e.naturalWidth > 0"))
    x, y, width, height = img.evaluate(
        """(e) => {
          const [a, b] = [e, e.closest(".surface")].map((one) => one.getBoundingClientRect());
          return [a.x - b.x, a.y - b.y, a.width, a.height];
        }"""
    )
    seen = 0
    for camera in site["cameras"]:
        at = camera["at"]
        mark = fleet.locator(f".surface a.mark[href='/camera/{camera['id']}']")
        if at["plan"] != "ground" or not mark.count():
            continue
        seen += 1
        want = x + at["x"] * width, y + at["y"] * height
        assert middle(mark) == pytest.approx(want, abs=1.0)
    assert seen >= 3


def test_what_the_ledger_says_comes_by_itself(
    browser: Browser, small: Site, watched: Watched
) -> None:
    """A camera that is lost now is told over the live line; nobody asks for it."""
    lines: list[WebSocketRoute] = []

    def through(line: WebSocketRoute) -> None:
        lines.append(line)
        line.connect_to_server()

    with _open(browser, small, watched, "desktop") as page:
        page.route_web_socket("**/api/live/events", through)
        page.goto(f"{small.desk.url}/fleet")
        row = page.get_by_role("row").filter(has_text="North gate")
        expect(row).to_contain_text("well")
        one = next(c for c in told(page) if c["camera"] == "gate")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        news = {**one, "state": "lost", "words": "something covers the lens",
                "reasons": ["covered"], "visit": "clean the lens"}  # fmt: skip
        lines[-1].send(json.dumps({"type": "fleet", "cameras": [news]}))
        expect(row).to_contain_text("clean the lens", timeout=3000)
        expect(page.locator("tbody tr")).to_have_count(12)
        assert not [url for url in asked if url.endswith("/api/fleet")]


def test_the_figures_and_the_report(fleet: Page) -> None:
    panel = fleet.get_by_label("Serviceability")
    report = fleet.request.get(fleet.url.replace("/fleet", "/api/fleet/report")).json()
    expect(panel).to_contain_text(report["period"]["name"])
    expect(panel).to_contain_text("objective 95.0 %")
    expect(panel).to_contain_text("Burn rate")
    expect(panel).to_contain_text(report["whole"]["lost"][0]["words"])
    panel.get_by_role("button", name="Day", exact=True).click()
    today = fleet.request.get(fleet.url.replace("/fleet", "/api/fleet/report?period=day")).json()
    expect(panel).to_contain_text(today["period"]["name"])
    panel.get_by_role("button", name="The period before").click()
    expect(panel).not_to_contain_text(today["period"]["name"])
    with fleet.expect_download() as coming:
        panel.get_by_role("link", name="CSV").click()
    assert coming.value.path().stat().st_size > 200
    link = panel.get_by_role("link", name="Open the report")
    assert "report.html?period=" in (link.get_attribute("href") or "")


def test_a_cameras_week(fleet: Page) -> None:
    camera = next(one["camera"] for one in told(fleet) if one["visit"] and one["camera"] != "dock")
    base = fleet.url.split("/fleet")[0]
    fleet.goto(f"{base}/camera/{camera}")
    week = fleet.get_by_label("Week", exact=True)
    strip = week.locator(".strip")
    strip.scroll_into_view_if_needed()
    expect(strip.locator("svg")).to_have_count(7)
    lost = strip.locator("rect.lost").last
    lost.wait_for(state="attached")
    box = lost.bounding_box()
    assert box is not None
    fleet.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    now = week.get_by_role("status")
    words = next(one["words"] for one in told(fleet) if one["camera"] == camera)
    expect(now).to_contain_text(words)
    expect(now).to_contain_text("now")

    fleet.mouse.move(0, 0)
    strip.focus()
    fleet.keyboard.press("ArrowLeft")  # from the end: the last that was lost
    expect(now).to_contain_text(words)
    assert strip.locator("rect.ring").count() >= 1
    assert fleet.url.endswith(f"/camera/{camera}"), "the picture took the key"

    week.get_by_text("as a table").click()
    count = int((week.locator("summary").inner_text()).split("(")[1].rstrip(")"))
    expect(week.locator("tbody tr")).to_have_count(count)
    expect(week.locator("tbody")).to_contain_text(words)
    shot(fleet, "week")
    week.get_by_role("button", name="The week before").click()
    expect(week.get_by_role("button", name="The week after")).to_be_enabled()


def test_a_second_stream_that_is_not_used_says_why(fleet: Page) -> None:
    fleet.goto(fleet.url.replace("/fleet", "/camera/road"))
    expect(fleet.get_by_text("not used: its picture is 320 pixels wide")).to_be_visible()


def test_a_cameras_own_clock_is_told_where_it_is_known(fleet: Page) -> None:
    fleet.goto(fleet.url.replace("/fleet", "/camera/road"))
    expect(fleet.get_by_text("2.4 s ahead, drifts 20 ms an hour")).to_be_visible()
    fleet.goto(fleet.url.replace("/road", "/gate"))
    expect(fleet.get_by_text("In sight")).to_be_visible()
    expect(fleet.get_by_text("Its clock")).to_have_count(0)


def test_a_view_is_taken_over_once_it_is_asked_twice(
    browser: Browser, changed: Site, watched: Watched
) -> None:
    with _open(browser, changed, watched, "desktop") as page:
        page.goto(f"{changed.desk.url}/fleet")
        turned = next(one for one in told(page) if "moved" in one["reasons"])
        asked: list[str] = []
        page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
        page.goto(f"{changed.desk.url}/camera/{turned['camera']}")
        card = page.get_by_label("Another view")
        expect(card).to_contain_text(turned["text"])
        does_not_overflow(page)
        card.get_by_role("button", name="This is its view now").click()
        card.get_by_role("button", name="Leave it").click()
        assert not [one for one in asked if one.startswith("POST")]
        card.get_by_role("button", name="This is its view now").click()
        shot(page, "new-view")
        card.get_by_role("button", name="Take it over").click()
        expect(page.locator(".toast.show")).to_contain_text("what it shows now is its view")
        expect(card).to_have_count(0)
        path = f"/api/fleet/cameras/{turned['camera']}/view"
        assert [one for one in asked if one.startswith("POST")] == [
            f"POST {changed.desk.url}{path}"
        ]
        log = page.request.get(f"{changed.desk.url}/api/audit").json()["entries"]
        assert log[0]["action"] == "take over view"


def test_nothing_is_asked_for_elsewhere(fleet: Page, watched: Watched) -> None:
    """Not by the plan, not by the plain map, not by MapLibre with the site's own style."""
    watched.expected = (GPU,)
    base = fleet.url.split("/fleet")[0]
    asked: list[str] = []
    fleet.context.on("request", lambda request: asked.append(request.url))
    for plan, what in (("ground", "img"), ("town", "svg text"), ("chart", "canvas")):
        fleet.goto(f"{base}/fleet/{plan}")
        fleet.locator(f".surface {what}").first.wait_for(state="attached")
        fleet.locator(".surface").hover()
        fleet.mouse.wheel(0, -300)
        fleet.wait_for_timeout(1200)
    assert any("MapGround" in url for url in asked), "MapLibre was never loaded"
    assert any(url.endswith("/quay.geojson") for url in asked), "the map's data never came"
    own = (base, "blob:" + base, "data:")
    assert [url for url in asked if not url.startswith(own)] == []
    until("a map that is drawn", lambda: len(_colours(fleet)) >= 2)


def _colours(page: Page) -> set[tuple[int, int, int]]:
    """Land and sea, as the page's picture has them."""
    import cv2  # noqa: PLC0415 (only here)
    import numpy as np  # noqa: PLC0415

    data = np.frombuffer(page.locator(".surface").screenshot(), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert picture is not None
    wanted = {(0x3A, 0x26, 0x12), (0x2E, 0x3A, 0x2B)}  # blue green red
    flat = picture.reshape(-1, 3)
    return {one for one in wanted if (np.abs(flat - np.array(one)).max(axis=1) < 4).sum() > 2000}


def test_the_start_of_the_desk_does_not_load_the_map(
    browser: Browser, small: Site, watched: Watched
) -> None:
    with _open(browser, small, watched, "desktop") as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(small.desk.url)
        page.wait_for_selector("a.tile")
        page.wait_for_timeout(500)
        scripts = [url for url in asked if url.endswith(".js")]
        assert scripts
        assert not [url for url in scripts if "Fleet" in url or "Map" in url or "maplibre" in url]


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_anyone_can_read_it(fleet: Page, size: str) -> None:
    fleet.locator(".figures h2").wait_for(state="attached")
    audit = fleet.evaluate(AUDIT)
    assert audit["words"] > 60
    assert audit["found"] == []
    does_not_overflow(fleet)


def test_every_stop_of_the_tab_key_shows_a_ring(fleet: Page) -> None:
    fleet.locator(".figures h2").wait_for()
    stops = []
    for _ in range(60):
        fleet.keyboard.press("Tab")
        stop = fleet.evaluate(FOCUSED)
        if stop is None:
            break
        stops.append(stop)
    assert len(stops) > 30
    assert [stop["name"] for stop in stops if not (stop["ring"] and stop["seen"])] == []


@pytest.mark.parametrize("size", ["phone"])
def test_on_a_phone_two_fingers_zoom_and_the_table_is_cards(fleet: Page, size: str) -> None:
    shot(fleet, "fleet", size)
    picture = fleet.get_by_role("group", name="Ground floor").locator("img")
    before = picture.bounding_box()
    surface = fleet.locator(".surface").bounding_box()
    assert before is not None
    assert surface is not None
    x, y = surface["x"] + surface["width"] / 2, surface["y"] + surface["height"] / 2
    fingers = fleet.context.new_cdp_session(fleet)

    def touch(kind: str, apart: float | None) -> None:
        points = [] if apart is None else [{"x": x - apart, "y": y}, {"x": x + apart, "y": y}]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 30)
    for apart in range(35, 95, 5):
        touch("touchMove", apart)
    touch("touchEnd", None)
    after = picture.bounding_box()
    assert after is not None
    assert after["width"] > before["width"] * 1.8
    row = fleet.locator("tbody tr").first
    assert row.evaluate("e => getComputedStyle(e).display") == "grid"
    expect(fleet.locator("thead")).to_be_hidden()
    does_not_overflow(fleet)


def slowest(browser: Browser, page: Page, act: Callable[[], None]) -> float:
    """Processor time of the longest task of the page's main thread meanwhile, milliseconds.

    Not wall time: that is as long as this machine is busy with other things.
    """
    browser.start_tracing(page=page, categories=["toplevel", "__metadata"])
    act()
    events = json.loads(browser.stop_tracing())["traceEvents"]
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks = [
        event["tdur"] / 1000
        for event in events
        if (event["pid"], event["tid"]) in mains
        and event["name"].endswith("RunTask")
        and "tdur" in event
    ]
    assert len(tasks) > 50, "the browser told of no tasks"
    return max(tasks)


def test_hundreds_are_grouped_and_stay_smooth(
    browser: Browser, large: Site, watched: Watched
) -> None:
    with _open(browser, large, watched, "desktop") as page:
        page.goto(f"{large.desk.url}/fleet")
        expect(page.locator("tbody tr")).to_have_count(300)
        site = page.request.get(f"{large.desk.url}/api/site").json()
        here = sum(one["at"]["plan"] == "ground" for one in site["cameras"])

        def shown() -> int:
            crowds = page.locator(".surface button.crowd").all_inner_texts()
            return page.locator(".surface a.mark").count() + sum(map(int, crowds))

        until("every camera on the plan", lambda: shown() == here)
        crowd = page.locator(".surface button.crowd").first
        marks = page.locator(".surface a.mark").count()
        crowd.click()
        until("more of them alone", lambda: page.locator(".surface a.mark").count() > marks)
        assert shown() == here
        shot(page, "fleet-300")
        page.keyboard.press("0")
        box = page.locator(".surface").bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + 200

        def play() -> None:
            page.mouse.move(x, y)
            page.mouse.down()
            for i in range(40):
                page.mouse.move(x + 2 * i, y + i)
            page.mouse.up()
            for _ in range(10):
                page.mouse.wheel(0, -60)
            page.wait_for_timeout(300)

        longest = slowest(browser, page, play)
        print(f"300 cameras moved and zoomed: longest task {longest:.0f} ms")
        assert longest < 150
