"""Made-up counts by the calendar, heat maps and found events for the stand-in desk."""

from __future__ import annotations

import math
import random
from collections import Counter
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fleet_story import ZONE
from starlette.datastructures import QueryParams
from story import alarms

from streetlamp.desk.calendar import Unit, units
from streetlamp.desk.heat_picture import colours
from streetlamp.values import HEAT_GRID

router = APIRouter()

PLACES = {"gate": "Gate line", "road": "Ring road west"}
KINDS = {"person": 24.0, "car": 14.0, "bicycle": 7.0}
FACETS = ("camera", "rule", "kind", "place", "severity", "state")


def _busy(time: float) -> float:
    """How much of its most is going on at this time of day."""
    local = datetime.fromtimestamp(time, ZONE)
    return max(0.0, math.sin((local.hour + local.minute / 60 - 5) / 17 * math.pi))


def _passed(seed: str, begin: int, after: int, much: float) -> float:
    hours = range(begin, after, 3600)
    return sum(
        _busy(at + 1800) * much * random.Random(f"{seed}{at}").uniform(0.7, 1.3) for at in hours
    )


def _heat(camera: str, kind: str, hour: int) -> list[int]:
    """A way across the picture, and a place to wait beside it."""
    columns, rows = HEAT_GRID
    busy = max(0.0, math.sin((hour - 5) / 17 * math.pi)) * (1.0 if kind == "person" else 0.4)
    tilt = 0.3 if camera == "gate" else -0.2
    cells = []
    for row in range(rows):
        for column in range(columns):
            off = row - (10 + tilt * (column - columns / 2))
            spot = (row - 8) ** 2 + (column - 9 - hour / 4) ** 2
            cells.append(int(busy * (90 * math.exp(-(off**2) / 2) + 400 * math.exp(-spot / 3))))
    return cells


@router.get("/api/counts/periods")
def periods(camera: str, start: float, end: float, unit: Unit = "hour") -> Any:
    rows = []
    for begin, after in units(start, end, unit, ZONE) if camera in PLACES else ():
        for kind, much in KINDS.items():
            for direction in ("in", "out"):
                n = round(_passed(f"{camera}{kind}{direction}", begin, after, much))
                if n and begin < datetime.now(ZONE).timestamp():
                    rows.append(
                        {
                            "start": begin, "end": after, "camera": camera, "n": n,
                            "place": PLACES[camera], "kind": kind, "direction": direction,
                            "mean": None, "least": None,
                        }
                    )  # fmt: skip
    return {"rows": rows}


@router.get("/api/counts/usual")
def usual(start: float, end: float, unit: Unit = "hour", kind: str = "") -> Any:
    much = KINDS.get(kind, sum(KINDS.values()))
    slots = []
    for begin, after in units(start, end, unit, ZONE):
        middle = sum(_busy(at + 1800) * much for at in range(begin, after, 3600))
        known = {"low": 0.9 * middle, "middle": middle, "high": 1.1 * middle}
        slots.append(
            {
                "start": begin, "end": after, "weeks": 8, "passed_in": known,
                "passed_out": known, "present": None,
            }
        )  # fmt: skip
    return {"slots": slots}


@router.get("/api/cameras/{camera}/heat")
def heat(camera: str, start: float, end: float, kind: str = "person") -> Any:
    hours = [_heat(camera, kind, hour) for hour in range(24)]
    days = max(1, round((end - start) / 86400))
    return {
        "columns": HEAT_GRID[0], "rows": HEAT_GRID[1], "hours": 17 * days, "rest": [],
        "by_hour": [[n * days for n in hour] if any(hour) else [] for hour in hours],
        "least": 3, "next": end, "colours": colours(),
    }  # fmt: skip


def _found(asked: QueryParams, but: str = "") -> list[dict[str, Any]]:
    """The alarms that fit, leaving out what was chosen of `but`."""
    start, end = float(asked.get("start", 0)), float(asked.get("end", 1e12))
    chosen = {name: asked.getlist(name) for name in FACETS if name != but}
    return [
        one
        for one in alarms.values()
        if start <= one["raised"] < end
        and asked.get("q", "").lower() in one["message"].lower()
        and all(one[name] in values for name, values in chosen.items() if values)
    ]


@router.get("/api/events")
def events(request: Request) -> Any:
    rows = [
        {
            **{name: one[name] for name in ("id", "message", *FACETS)},
            "start": one["raised"], "end": one["ended"], "alarm": one["id"],
            "has_clip": one["has_clip"],
        }
        for one in sorted(_found(request.query_params), key=lambda one: -one["raised"])
    ]  # fmt: skip
    return {"events": rows[:50], "next": None}


@router.get("/api/events/facets")
def facets(request: Request) -> Any:
    made: dict[str, Any] = {"total": len(_found(request.query_params))}
    for name in FACETS:
        by = Counter(one[name] for one in _found(request.query_params, name))
        made[name] = [{"value": value, "n": n} for value, n in by.most_common()]
    return made
