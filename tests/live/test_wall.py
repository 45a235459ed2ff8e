"""The wall is drawn once for all who watch, only while they do, and shows what the cameras show."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from streetlamp.live import atlas as atlas_module
from streetlamp.live.atlas import Atlas, Layout, arrange
from streetlamp.live.hub import LiveHub
from streetlamp.live.options import LiveOptions
from streetlamp.live.wall import Wall
from streetlamp.values import MaskedFrame
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


@pytest.mark.parametrize(
    ("cameras", "width", "size", "cell"),
    [
        (1, 1280, (1280, 720), (1280, 720)),
        (2, 1280, (1280, 360), (640, 360)),
        (4, 1280, (1280, 720), (640, 360)),
        (5, 1280, (1278, 478), (426, 238)),
        (9, 640, (636, 354), (212, 118)),
        (100, 1920, (1920, 1080), (192, 108)),
        (300, 2560, (2556, 1360), (142, 78)),
    ],
)
def test_tiles_fill_a_grid(
    cameras: int, width: int, size: tuple[int, int], cell: tuple[int, int]
) -> None:
    names = [f"c{n}" for n in range(cameras)]
    layout = arrange({}, names, width)
    assert abs(layout.height - size[1]) <= 40
    assert layout.width == size[0]
    assert [tile.camera for tile in layout.tiles] == names
    assert {(tile.w, abs(tile.h - cell[1]) <= 2) for tile in layout.tiles} == {(cell[0], True)}
    check_no_overlap(layout)


def check_no_overlap(layout: Layout) -> None:
    used = np.zeros((layout.height, layout.width), np.int64)
    for tile in layout.tiles:
        assert 0 <= tile.x <= tile.x + tile.w <= layout.width
        assert 0 <= tile.y <= tile.y + tile.h <= layout.height
        used[tile.y : tile.y + tile.h, tile.x : tile.x + tile.w] += 1
    assert used.max() == 1


def test_a_picture_keeps_its_shape() -> None:
    layout = arrange({"a": (640, 480), "b": (1080, 1920), "c": (64, 48)}, ["a", "b", "c"], 1280)
    shapes = {tile.camera: (tile.w, tile.h) for tile in layout.tiles}
    assert shapes == {"a": (480, 360), "b": (202, 360), "c": (64, 48)}  # never made larger
    check_no_overlap(layout)
    assert layout.as_dict()["tiles"][0] == {"camera": "a", "x": 80, "y": 0, "w": 480, "h": 360}


def test_only_new_pictures_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    real = atlas_module.shrink

    def shrink(frame: MaskedFrame, size: tuple[int, int]) -> Any:
        drawn.append(frame.camera)
        return real(frame, size)

    monkeypatch.setattr(atlas_module, "shrink", shrink)
    atlas = Atlas(["a", "b", "c"], 640)
    a, b = flat("a", 50), flat("b", 100)
    assert atlas.update({"a": a, "b": b, "c": None})
    assert not atlas.update({"a": a, "b": b, "c": None})
    assert atlas.update({"a": flat("a", 60), "b": b, "c": None})
    assert drawn == ["a", "b", "a"]
    before = atlas.layout
    assert atlas.update({"a": flat("a", 60, (240, 320)), "b": b, "c": None})
    assert atlas.layout != before


def test_every_camera_is_where_the_layout_says() -> None:
    async def story() -> None:
        hub = LiveHub(["a", "b", "c"])
        wall = Wall(hub, FAST)
        for camera, luma in (("a", 40), ("b", 120), ("c", 210)):
            hub.publish_frame(flat(camera, luma, (640, 480)))
        view = wall.watch(900)
        got = await view.get()
        assert got is not None
        layout, jpeg = got
        picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert picture is not None
        assert picture.shape == (layout.height, layout.width)
        assert layout.width == 960
        for tile, luma in zip(layout.tiles, (40, 120, 210), strict=True):
            inside = picture[tile.y + 4 : tile.y + tile.h - 4, tile.x + 4 : tile.x + tile.w - 4]
            assert abs(float(inside.mean()) - (luma - 16) * 255 / 219) < 3
        view.close()
        wall.close()

    run(story())


def walls() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("wall")]


def test_drawn_once_for_all_and_only_while_somebody_watches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[int] = []
    real = atlas_module.shrink
    monkeypatch.setattr(
        atlas_module, "shrink", lambda frame, size: drawn.append(1) or real(frame, size)
    )

    async def story() -> None:
        hub = LiveHub(["gate"])
        wall = Wall(hub, FAST)
        for number in range(50):
            hub.publish_frame(masked(number))
        assert drawn == []
        assert walls() == []
        views = [wall.watch(1280) for _ in range(8)]
        got = [await view.get() for view in views]
        assert len({id(one) for one in got}) == 1, "one drawing for all"
        assert len(drawn) == 1
        assert len(walls()) == 1
        hub.publish_frame(masked(60))
        got = [await view.get() for view in views]
        assert len({id(one) for one in got}) == 1
        assert len(drawn) == 2
        for view in views:
            view.close()
        for thread in walls():
            thread.join(10)
        assert walls() == []
        again = wall.watch(1280)  # and on again
        assert await again.get() is not None
        wall.close()
        assert walls() == []
        assert await again.get() is None

    run(story())


def shown(layout: Layout, jpeg: bytes) -> int:
    """The number burnt into the only camera's tile."""
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    (tile,) = layout.tiles
    return number_in(picture[tile.y :, tile.x :])


def test_a_slow_viewer_gets_the_newest_drawing() -> None:
    async def story() -> None:
        hub = LiveHub(["gate"])
        wall = Wall(hub, FAST)
        slow, quick = wall.watch(640), wall.watch(640)
        for number in range(4):
            hub.publish_frame(masked(number))
        newest = await quick.get()
        while newest is not None and shown(*newest) != 3:
            newest = await quick.get()
        with slow.change() as waiting:
            assert len(waiting) == 1
        assert await slow.get() is newest
        wall.close()

    run(story())


def test_widths_are_shared() -> None:
    async def story() -> None:
        hub = LiveHub(["gate"])
        wall = Wall(hub, FAST)
        views = [wall.watch(width) for width in (1, 640, 641, 900, 5000)]
        widths = []
        for view in views:
            got = await view.get()
            assert got is not None
            widths.append(got[0].width)
        assert widths == [640, 640, 960, 960, 2560]
        wall.close()

    run(story())
