"""What is going on at the made-up site: its cameras, its alarms, who did what."""

from __future__ import annotations

import asyncio
import math
import random
import secrets
import time
from typing import Any

from fleet_story import PLANS, place
from scene import FPS, GOP, H, Scene

PART = GOP / FPS
DELAY = 1.2
STARTED = time.time()
EPOCH = STARTED - 7200  # pretend to have run for two hours
NAMES = {
    "gate": ("North gate", "Entrance"),
    "road": ("Ring road", "Street"),
    "yard": ("Coal yard", "Storage"),
    "dock": ("Dock 3", "Storage"),
}
NONE: dict[str, Any] = {"zones": [], "lines": []}
scenes: dict[str, Scene] = {}
alarms: dict[str, dict[str, Any]] = {}
audit: list[dict[str, Any]] = []
listeners: set[asyncio.Queue[dict[str, Any]]] = set()


def note(actor: str, action: str, thing: str = "", detail: str = "") -> None:
    audit.append(
        {
            "seq": len(audit) + 1,
            "time": time.time(),
            "actor": actor,
            "action": action,
            "object": thing,
            "detail": detail,
        }
    )


def raise_alarm(
    camera: str,
    kind: str,
    place: str,
    severity: str,
    message: str,
    numbers: dict[str, float],
    at: float,
) -> dict[str, Any]:
    alarm = {
        "id": secrets.token_hex(6),
        "camera": camera,
        "rule": f"{place} {kind}".replace(" ", "_"),
        "kind": kind,
        "place": place,
        "severity": severity,
        "message": message,
        "raised": at,
        "updated": at,
        "ended": None,
        "state": "raised",
        "events": random.randint(1, 4),
        "frame": 812,
        "box": [300, 300, 420, 420],
        "numbers": numbers,
        "has_clip": at < time.time() - 60,
        "steps": [{"time": at, "actor": "streetlamp", "state": "raised", "note": ""}],
    }
    alarms[alarm["id"]] = alarm
    return alarm


def tell(message: dict[str, Any]) -> None:
    for queue in listeners:
        queue.put_nowait(message)


def status(camera: str) -> dict[str, Any]:
    now = time.time()
    live = camera in scenes
    return {
        "camera": camera,
        "state": "live" if live else "waiting",
        "since": STARTED - 7000 if live else now - 340,
        "message": "" if live else "The camera does not answer at 10.0.3.17; trying again in 14 s.",
        "width": scenes[camera].width if live else 0,
        "height": 540 if live else 0,
        "fps": 16.0 if live else 0.0,
        "looks_per_second": 7.6 if live else 0.0,
        "hidden_share": 0.043 + 0.01 * math.sin(now) if live else 0.0,
        "whole_hidden": "",
        "recording": live,
        "last_frame": now - 0.3 if live else now - 340,
        "restarts": 0 if live else 6,
        "trouble": None if live else "unreachable",
        "trouble_words": "" if live else "cannot be reached",
        "asleep": live and list(NAMES).index(camera) % 5 == 2,
        "clock_offset": 2.4 if camera == "road" else None,
        "clock_drift": 5.6 if camera == "road" else None,
        "second_trouble": "its picture is 320 pixels wide, too few" if camera == "road" else "",
    }


def size(camera: str) -> dict[str, int]:
    """As a desk that has not seen a picture yet: 0."""
    return (
        {"width": scenes[camera].width, "height": H}
        if camera in scenes
        else {"width": 0, "height": 0}
    )


def site() -> dict[str, Any]:
    extras: dict[str, Any] = {
        "gate": {
            "zones": [
                {
                    "name": "Forecourt",
                    "points": [[0.55, 0.6], [0.95, 0.56], [0.98, 0.92], [0.5, 0.95]],
                }
            ],
            "lines": [{"name": "Gate line", "points": [[0.42, 0.55], [0.38, 0.95]]}],
        },
        "road": {
            "zones": [
                {
                    "name": "No stopping",
                    "points": [[0.4, 0.45], [0.85, 0.42], [0.88, 0.7], [0.38, 0.72]],
                }
            ],
            "lines": [{"name": "Ring road west", "points": [[0.3, 0.5], [0.27, 0.98]]}],
        },
        "yard": {
            "zones": [
                {
                    "name": "Yard floor",
                    "points": [[0.2, 0.58], [0.8, 0.56], [0.86, 0.97], [0.15, 0.97]],
                }
            ],
            "lines": [],
        },
    }
    rules: dict[str, Any] = {
        "gate": [
            {
                "name": "count_gate",
                "kind": "line_crossing",
                "place": "Gate line",
                "severity": "info",
            },
            {
                "name": "forecourt_at_night",
                "kind": "intrusion",
                "place": "Forecourt",
                "severity": "warning",
            },
        ],
        "road": [
            {
                "name": "blocked_lane",
                "kind": "stopped_vehicle",
                "place": "No stopping",
                "severity": "warning",
            }
        ],
        "yard": [
            {
                "name": "person_down",
                "kind": "person_lying",
                "place": "Yard floor",
                "severity": "critical",
            }
        ],
    }
    cameras = [
        {
            "id": c,
            "name": n,
            "area": a,
            **size(c),
            **extras.get(c, NONE),
            "rules": rules.get(c, []),
            "at": place(i, len(NAMES)),
        }
        for i, (c, (n, a)) in enumerate(NAMES.items())
    ]
    return {
        "name": "Harbour works",
        "timezone": "Europe/Berlin",
        "delay_s": DELAY,
        "cameras": cameras,
        "plans": PLANS,
    }


def public() -> dict[str, Any]:
    never = [
        "It never identifies anyone: no faces, no plates, no watch lists.",
        "It never sorts people into kinds.",
        "It never predicts people.",
        "People are masked before anything is kept, shown or sent.",
    ]
    cameras = [
        {
            "name": n,
            "area": a,
            "counts": ["people and vehicles across a line"],
            "watches_for": ["a stopped vehicle"],
        }
        for n, a in NAMES.values()
    ]
    return {
        "name": "Harbour works",
        "operator": "Harbour works ltd.",
        "contact": "desk@harbour.example",
        "cameras": cameras,
        "recording": True,
        "kept_days": 7,
        "never": never,
    }


async def drama() -> None:
    """Seed some history, then a new alarm now and then."""
    now = time.time()
    old = raise_alarm(
        "road",
        "stopped_vehicle",
        "No stopping",
        "warning",
        "A truck has been standing in “No stopping” for 2 min.",
        {"now": 0, "most": 1, "seconds": 121.4, "min_seconds": 60, "margin_seconds": 61.4},
        now - 2600,
    )
    old.update(state="resolved", ended=now - 2400)
    old["steps"] += [
        {"time": now - 2550, "actor": "maria", "state": "acknowledged", "note": ""},
        {
            "time": now - 2390,
            "actor": "maria",
            "state": "resolved",
            "note": "Driver called, has left.",
        },
    ]
    false = raise_alarm(
        "gate",
        "intrusion",
        "Forecourt",
        "info",
        "A person is in “Forecourt”.",
        {"now": 0, "most": 1, "seconds": 4.2, "min_seconds": 3, "margin_seconds": 1.2},
        now - 5400,
    )
    false.update(state="false", ended=now - 5380)
    raise_alarm(
        "road",
        "stopped_vehicle",
        "No stopping",
        "warning",
        "A car has been standing in “No stopping” for 70 s.",
        {"now": 1, "most": 1, "seconds": 70.2, "min_seconds": 60, "margin_seconds": 10.2},
        now - 300,
    )
    note("streetlamp", "start", "", "version 0.0-mock")
    while True:
        await asyncio.sleep(12)
        alarm = raise_alarm(
            "yard",
            "person_lying",
            "Yard floor",
            "critical",
            "A person has been lying in “Yard floor” for 10 s.",
            {"now": 1, "most": 1, "seconds": 10.1, "min_seconds": 10, "margin_seconds": 0.1},
            time.time(),
        )
        tell({"type": "alarm", "alarm": alarm})
        await asyncio.sleep(20)
        alarm.update(has_clip=True, updated=time.time())
        tell({"type": "alarm", "alarm": alarm})
        await asyncio.sleep(240)
