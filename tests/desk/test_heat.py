"""Heat maps at the desk: hours that are over, as numbers, as a picture, as a table."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import cv2
import httpx
import numpy as np
import pytest

from streetlamp.desk.heat_map import CELLS, What, add_up, top_of
from streetlamp.values import Heat
from support.lamp import T0, Lamp
from support.masked import film

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = int(T0 // 3600) * 3600 - 7200  # 20:00 to 21:00 UTC, a Tuesday's 21:00 in Berlin


def heat(start: int, cell: int, presence: int, span: str = "hour", **rest: Any) -> Heat:
    about = {"waiting": presence // 2, "passed": 3, "kind": "person", **rest}
    return Heat(
        "gate", about["kind"], start, span, np.array([cell]), np.array([presence]),
        np.array([about["waiting"]]), np.array([about["passed"]]),
    )  # fmt: skip


def test_hours_of_the_day_and_weekdays_are_the_sites() -> None:
    maps = [heat(HOUR, 5, 10), heat(HOUR + 3600, 5, 20), heat(HOUR - 86400, 5, 40)]
    sums = add_up(maps, "presence", BERLIN, T0 + 90_000)
    assert sums.by_hour[:, 5].nonzero()[0].tolist() == [21, 22]
    assert (sums.whole[5], sums.hours) == (70, 3)
    assert add_up(maps, "waiting", BERLIN, T0 + 90_000, (22, 3)).whole[5] == 10
    assert add_up(maps, "passing", BERLIN, T0 + 90_000, weekdays={0}).whole[5] == 3


def test_an_hour_that_runs_is_not_shown_nor_a_day() -> None:
    maps = [heat(HOUR, 5, 10), heat(HOUR - 21 * 3600, 6, 20, "day")]
    assert add_up(maps, "presence", BERLIN, HOUR + 3600).whole.sum() == 0
    assert add_up(maps, "presence", BERLIN, HOUR + 3900).whole.sum() == 10
    assert add_up(maps, "presence", BERLIN, HOUR + 90_000).whole.sum() == 30
    some = add_up(maps, "presence", BERLIN, HOUR + 90_000, (0, 22))
    assert some.whole.sum() == 10, "a day's rest has no hour"


@pytest.mark.parametrize(
    ("values", "what", "top"),
    [
        ([0], "passing", 1),
        ([90] * 100, "passing", 100),
        ([4] * 99 + [9999], "passing", 5),
        ([90] * 100, "presence", 120),
        ([1900], "presence", 3600),
        ([18_100], "waiting", 36_000),
        ([0], "presence", 1),
    ],
)
def test_the_scale_ends_at_a_round_number(values: list[int], what: What, top: int) -> None:
    assert top_of(np.array(values), what) == top


def keep(lamp: Lamp, *maps: Heat) -> None:
    assert lamp.services.heat is not None
    lamp.services.heat.add(maps)  # type: ignore[attr-defined]


def test_the_numbers(lamp: Lamp, ada: httpx.Client) -> None:
    keep(lamp, heat(HOUR, 5, 10), heat(HOUR, 9, 99, kind="vehicle"))
    asked = {"start": HOUR - 86400, "end": T0}
    got = ada.get("/api/cameras/gate/heat", params=asked).json()
    assert (got["columns"], got["rows"], got["hours"], got["least"]) == (32, 18, 1, 3)
    assert [len(one) for one in got["by_hour"]] == [
        CELLS if hour == 21 else 0 for hour in range(24)
    ]
    assert got["by_hour"][21][5] == 10
    assert got["rest"] == []
    assert got["colours"][-1] == "#fcffa4"
    assert T0 < got["next"] <= T0 + 3900
    got = ada.get("/api/cameras/gate/heat", params={**asked, "kind": "vehicle"}).json()
    assert sum(got["by_hour"][21]) == 99


@pytest.mark.parametrize("still", [True, False])
def test_the_picture(lamp: Lamp, ada: httpx.Client, still: bool) -> None:
    keep(lamp, heat(HOUR, 16 * 18 + 5, 1000))
    if still:
        lamp.hub.publish_frame(next(iter(film(1, (192, 128)))))
    asked = {"start": HOUR - 86400, "end": T0, "what": "waiting", "weekdays": "mon,tue"}
    answer = ada.get("/api/cameras/gate/heat.png", params=asked)
    assert answer.headers["content-type"] == "image/png"
    picture = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape[1] == 1280
    assert ("ada", "export heat map", "camera:gate") in lamp.said()


def test_the_table(lamp: Lamp, ada: httpx.Client) -> None:
    keep(lamp, heat(HOUR, 37, 10), heat(HOUR - 3 * 86400, 1, 8, "day"))
    answer = ada.get("/api/cameras/gate/heat.csv", params={"start": 0 + T0 - 9e5, "end": T0})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text.splitlines()[1:] == [
        "gate,person,21,5,1,0.1562,0.0556,10,5,3",
        "gate,person,,1,0,0.0312,0.0,8,4,3",
    ]


def test_what_cannot_be_asked(ada: httpx.Client) -> None:
    for asked in (
        "start=5&end=5",
        "start=0&end=99999999999",
        "start=nan&end=7",
        "start=0&end=60&kind=child",
        "start=0&end=60&what=colour",
        "start=0&end=60&first_hour=24",
        "start=0&end=60&weekdays=someday",
    ):
        for kind in ("heat", "heat.png", "heat.csv"):
            assert ada.get(f"/api/cameras/gate/{kind}?{asked}").status_code == 422, asked
    assert ada.get("/api/cameras/none/heat?start=0&end=60").status_code == 404
