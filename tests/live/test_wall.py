"""The wall is drawn once for all who watch, only what they see, and shows what the cameras show."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from streetlamp.live import tiles as tiles_module
from streetlamp.live.hub import LiveHub
from streetlamp.live.options import LiveOptions
from streetlamp.live.pace import SHARE, SLOWEST, Pace
from streetlamp.live.scale import shrink
from streetlamp.live.tiles import WIDTHS, Sheet, Tiles, tile_size
from streetlamp.live.wall import Wall, WallView
from streetlamp.values import Bytes, MaskedFrame
from support.masked import masked, number_in

FAST = LiveOptions(wall_per_second=10)


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 30))


def flat(camera: str, luma: int, size: tuple[int, int] = (320, 240)) -> MaskedFrame:
    """A picture of one grey."""
    frame = masked(0, size, camera=camera)
    y = np.full_like(frame.y, luma)
    grey = np.full_like(frame.u, 128)
    return replace(frame, y=y, u=grey, v=grey)


def opened(sheet: Sheet) -> Bytes:
    picture = cv2.imdecode(np.frombuffer(sheet.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    assert picture.shape == (sheet.height, sheet.width)
    return picture.astype(np.uint8)


def level(luma: int) -> float:
    """The grey of a screen for a luma of 16–235."""
    return (luma - 16) * 255 / 219


# --- sheets --------------------------------------------------------------------------------------


@pytest.mark.parametrize("many", [1, 2, 3, 8, 20, 64])
@pytest.mark.parametrize("width", [96, 160, 256])
def test_every_camera_is_where_its_cell_says(many: int, width: int) -> None:
    tiles = Tiles(tile_size(width))
    greys = [40 + 190 * i // many for i in range(many)]
    for i, grey in enumerate(greys):
        assert tiles.update(i, replace(flat(f"c{i}", grey, (640, 480)), time=float(i)))
    order = list(range(many))[::-1][: tiles.per_sheet]
    sheet = tiles.sheet(order, 90)
    picture = opened(sheet)
    assert [cell.camera for cell in sheet.cells] == order
    taken = np.zeros(picture.shape, np.int64)
    for cell in sheet.cells:
        inside = picture[cell.y : cell.y + cell.h, cell.x : cell.x + cell.w]
        assert inside.shape == (cell.h, cell.w)
        assert cell.time == cell.camera
        # to the very edge: nothing of a neighbour bleeds into it
        assert np.abs(inside - level(greys[cell.camera])).max() < 4
        taken[cell.y : cell.y + cell.h, cell.x : cell.x + cell.w] += 1
    assert taken.max() == 1


@pytest.mark.parametrize(
    ("size", "tile"),
    [
        ((640, 480), (120, 90)),
        ((1920, 1080), (160, 90)),
        ((1080, 1920), (50, 90)),
        ((64, 48), (64, 48)),  # never made larger
        ((101, 67), (100, 66)),
    ],
)
def test_a_picture_keeps_its_shape(size: tuple[int, int], tile: tuple[int, int]) -> None:
    tiles = Tiles((160, 90))
    tiles.update(0, masked(1, size))
    (cell,) = tiles.sheet([0], 75).cells
    assert (cell.w, cell.h) == tile


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (640, 360), (352, 288)])
def test_a_tile_looks_like_the_picture(size: tuple[int, int], full_range: bool) -> None:
    """As the careful way of scaling makes it, but for what fine patterns lose."""
    width, height = size
    smooth = np.linspace(30, 220, width)[None, :] * np.linspace(0.6, 1, height)[:, None]
    frame = replace(masked(0, size, full_range=full_range), y=smooth.astype(np.uint8))
    tiles = Tiles((160, 90))
    tiles.update(0, frame)
    sheet = tiles.sheet([0], 95)
    (cell,) = sheet.cells
    shown = cv2.imdecode(np.frombuffer(sheet.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    careful = shrink(frame, (cell.w, cell.h)).astype(np.int64)
    assert np.abs(shown[cell.y : cell.y + cell.h, cell.x : cell.x + cell.w] - careful).mean() < 2.5


def test_a_picture_is_made_small_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = counted(monkeypatch)
    tiles = Tiles((160, 90))
    frame = flat("a", 50)
    assert tiles.update(0, frame)
    assert not tiles.update(0, frame)
    assert not tiles.update(0, None)
    assert tiles.update(0, flat("a", 60))
    assert made == ["a", "a"]


def test_viewers_share_sizes() -> None:
    assert [tile_size(width)[0] for width in (1, 96, 97, 160, 300, 5000)] == [
        96,
        96,
        128,
        160,
        320,
        WIDTHS[-1],
    ]
    assert tile_size(160) == (160, 90)


# --- the pace ------------------------------------------------------------------------------------


def settled(pace: Pace, cost: float, sizes: int = 1, pressed: bool = False) -> float:
    return [pace.period(cost, sizes, pressed) for _ in range(50)][-1]


def test_a_few_cameras_are_drawn_as_often_as_wished() -> None:
    assert settled(Pace(5), cost=0.002) == pytest.approx(0.2)


def test_hundreds_take_no_more_than_their_share() -> None:
    assert settled(Pace(5), cost=0.06) == pytest.approx(0.06 / SHARE)
    assert settled(Pace(5), cost=0.045, sizes=2) == pytest.approx(2 * 0.045 / SHARE)


def test_a_wall_never_stands_still() -> None:
    assert settled(Pace(5), cost=2.0) == SLOWEST <= 1
    assert settled(Pace(5), cost=0.001, pressed=True) == SLOWEST
    assert settled(Pace(0.5), cost=2.0) == 2.0, "not more often than the site wishes"


# --- the wall ------------------------------------------------------------------------------------


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cameras whose pictures are made small, as it happens."""
    made: list[str] = []
    real = tiles_module.shrink_into

    def shrink_into(frame: MaskedFrame, *planes: Bytes) -> None:
        made.append(frame.camera)
        real(frame, *planes)

    monkeypatch.setattr(tiles_module, "shrink_into", shrink_into)
    return made


def walls() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("wall")]


async def next_of(view: WallView) -> Sheet:
    sheet = await view.get()
    assert sheet is not None
    return sheet


async def until(ready: Callable[[], bool]) -> None:
    while not ready():
        await asyncio.sleep(0.01)


def test_drawn_once_for_all_and_only_while_somebody_watches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = counted(monkeypatch)

    async def story() -> None:
        hub = LiveHub(["gate"])
        wall = Wall(hub, FAST)
        for number in range(50):
            hub.publish_frame(masked(number))
        assert made == []
        assert walls() == []
        views = [wall.watch(320) for _ in range(8)]
        for view in views:
            view.show([0])
        first = [await next_of(view) for view in views]
        assert len(made) == 1
        assert len(walls()) == 1
        for view in views:
            view.has_drawn(1)
        hub.publish_frame(masked(60))
        second = [await next_of(view) for view in views]
        assert len({id(sheet) for sheet in second}) == 1, "one drawing for all"
        assert first[0] is not second[0]
        assert len(made) == 2
        for view in views:
            view.close()
        for thread in walls():
            thread.join(10)
        assert walls() == []
        again = wall.watch(320)  # and on again
        again.show([0])
        assert await again.get() is not None
        wall.close()
        assert walls() == []
        assert await again.get() is None

    run(story())


def test_only_what_somebody_sees_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    made = counted(monkeypatch)

    async def story() -> None:
        names = [f"c{i}" for i in range(100)]
        hub = LiveHub(names)
        for name in names:
            hub.publish_frame(masked(1, camera=name))
        wall = Wall(hub, FAST)
        view = wall.watch(160)
        await asyncio.sleep(0.3)
        assert made == [], "nobody has said what is in sight"
        view.show([7, 3])
        sheet = await next_of(view)
        assert [cell.camera for cell in sheet.cells] == [7, 3], "the first is the most important"
        assert sorted(made) == ["c3", "c7"]
        view.has_drawn(1)
        view.show([3, 50])  # scrolled: what was there is not sent again
        sheet = await next_of(view)
        assert [cell.camera for cell in sheet.cells] == [50]
        assert len(made) == 3
        wall.close()

    run(story())


def test_a_camera_that_is_not_there() -> None:
    async def story() -> None:
        wall = Wall(LiveHub(["gate"]), FAST)
        view = wall.watch(160)
        for wrong in (-1, 1):
            with pytest.raises(IndexError):
                view.show([wrong])
        wall.close()

    run(story())


def test_a_slow_viewer_gets_fewer_pictures_never_older_ones() -> None:
    async def story() -> None:
        hub = LiveHub(["gate"])
        wall = Wall(hub, FAST)
        slow, quick = wall.watch(640), wall.watch(640)
        hub.publish_frame(masked(0))
        for view in (slow, quick):
            view.show([0])
            await next_of(view)
        for number in range(1, 4):
            quick.has_drawn(number)
            hub.publish_frame(masked(number))
            shown = await next_of(quick)
            (cell,) = shown.cells
        with slow.change() as waiting:
            assert not waiting, "nothing waits for a viewer that has not shown what it got"
        slow.has_drawn(1)
        newest = await next_of(slow)
        tile = opened(newest)[cell.y : cell.y + cell.h, cell.x : cell.x + cell.w]
        assert number_in(tile) == 3
        wall.close()

    run(story())


def test_many_cameras_come_in_several_sheets() -> None:
    async def story() -> None:
        names = [f"c{i}" for i in range(150)]
        hub = LiveHub(names)
        for name in names:
            hub.publish_frame(flat(name, 100, (64, 48)))
        wall = Wall(hub, FAST)
        view = wall.watch(96)
        view.show(range(150))
        got = [await next_of(view) for _ in range(3)]
        assert [len(sheet.cells) for sheet in got] == [64, 64, 22]
        assert [cell.camera for sheet in got for cell in sheet.cells] == list(range(150))
        wall.close()

    run(story())


def test_a_machine_with_too_much_to_do_draws_seldom() -> None:
    async def story() -> None:
        hub = LiveHub(["gate"])
        wall = Wall(hub, FAST)
        pressed = True
        wall.ease_when(lambda: pressed)
        view = wall.watch(96)
        hub.publish_frame(masked(0))
        view.show([0])
        await next_of(view)
        view.has_drawn(1)
        begun = time.monotonic()
        hub.publish_frame(masked(1))
        await next_of(view)
        assert time.monotonic() - begun > 0.5
        wall.close()

    run(story())
