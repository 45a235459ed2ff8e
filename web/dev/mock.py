"""A stand-in desk for working on the page alone: the HTTP contract over a generated scene.

    PYTHONPATH=src python web/dev/mock.py --port 8600

It keeps nothing, checks hardly anything, and must never be shipped.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import secrets
import socket
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse, JSONResponse
from scene import FPS, GOP, SECONDS, Scene, tracks

PAGE = Path(__file__).resolve().parents[2] / "src/streetlamp/desk/page"
PART = GOP / FPS
DELAY = 1.2
STARTED = time.time()
EPOCH = STARTED - 7200  # pretend to have run for two hours
TOKEN = secrets.token_urlsafe(16)
NAMES = {
    "gate": ("North gate", "Entrance"),
    "road": ("Ring road", "Street"),
    "yard": ("Coal yard", "Storage"),
    "dock": ("Dock 3", "Storage"),
}
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; font-src 'self'; connect-src 'self'; base-uri 'none'"
)
app = FastAPI()
scenes: dict[str, Scene] = {}
users: dict[str, str] = {}
sessions: dict[str, str] = {}
alarms: dict[str, dict[str, Any]] = {}
audit: list[dict[str, Any]] = []
listeners: set[asyncio.Queue[dict[str, Any]]] = set()


def fail(status: int, error: str, hint: str = "") -> JSONResponse:
    return JSONResponse({"error": error, "hint": hint}, status)


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
        "width": 960 if live else 0,
        "height": 540 if live else 0,
        "fps": 16.0 if live else 0.0,
        "looks_per_second": 7.6 if live else 0.0,
        "hidden_share": 0.043 + 0.01 * math.sin(now) if live else 0.0,
        "whole_hidden": "",
        "recording": live,
        "last_frame": now - 0.3 if live else now - 340,
        "restarts": 0 if live else 6,
    }


@app.middleware("http")
async def guard(request: Request, call_next: Any) -> Response:
    free = ("/api/session", "/api/login", "/api/setup", "/api/public")
    path = request.url.path
    if path.startswith("/api") and path not in free and not who(request):
        return fail(401, "Nobody is logged in.")
    response: Response = await call_next(request)
    response.headers["content-security-policy"] = CSP
    return response


def who(request: Request | WebSocket) -> str | None:
    return sessions.get(request.cookies.get("lamp", ""))


@app.get("/api/session")
def session(request: Request) -> Any:
    name = who(request)
    return {
        "user": {"name": name} if name else None,
        "setup_needed": not users,
        "version": "0.0-mock",
    }


def enter(name: str) -> JSONResponse:
    answer = JSONResponse({"user": {"name": name}})
    key = secrets.token_urlsafe(16)
    sessions[key] = name
    answer.set_cookie("lamp", key, httponly=True, samesite="strict")
    note(name, "login")
    return answer


@app.post("/api/setup")
async def setup(request: Request) -> Any:
    body = await request.json()
    if body["token"] != TOKEN or users:
        return fail(403, "This one-time link is not valid (any more).")
    users[body["name"]] = body["password"]
    return enter(body["name"])


@app.post("/api/login")
async def login(request: Request) -> Any:
    body = await request.json()
    if users.get(body["name"]) != body["password"]:
        return fail(401, "The name or the password is wrong.", "Try again.")
    return enter(body["name"])


@app.post("/api/logout")
def logout(request: Request) -> Any:
    sessions.pop(request.cookies.get("lamp", ""), None)
    return {}


@app.get("/api/site")
def site() -> Any:
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
        "dock": {"zones": [], "lines": []},
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
        "dock": [],
    }
    cameras = [
        {"id": c, "name": n, "area": a, "width": 960, "height": 540, **extras[c], "rules": rules[c]}
        for c, (n, a) in NAMES.items()
    ]
    return {
        "name": "Harbour works",
        "timezone": "Europe/Berlin",
        "delay_s": DELAY,
        "cameras": cameras,
    }


@app.get("/api/status")
def statuses() -> Any:
    disk = {"free_bytes": 182e9, "used_bytes": 41e9, "recording": True, "message": ""}
    opened = sum(a["state"] in ("raised", "acknowledged") for a in alarms.values())
    return {
        "time": time.time(),
        "cameras": [status(c) for c in NAMES],
        "disk": disk,
        "alarms_open": opened,
    }


@app.get("/api/alarms")
def list_alarms(
    state: str = "open", camera: str = "", limit: int = 50, before: float = 1e12
) -> Any:
    wanted = {
        "open": {"raised", "acknowledged"},
        "all": {"raised", "acknowledged", "resolved", "false"},
    }.get(state, {state})
    rows = [
        a
        for a in alarms.values()
        if a["state"] in wanted and (not camera or a["camera"] == camera) and a["raised"] < before
    ]
    return {"alarms": sorted(rows, key=lambda a: -a["raised"])[:limit]}


@app.get("/api/alarms/{key}")
def one_alarm(key: str) -> Any:
    return alarms.get(key) or fail(404, "There is no such alarm.")


@app.post("/api/alarms/{key}/{verb}")
async def answer(key: str, verb: str, request: Request) -> Any:
    state = {"acknowledge": "acknowledged", "resolve": "resolved", "false": "false"}[verb]
    body = await request.json() if await request.body() else {}
    alarm = alarms[key]
    alarm["state"] = state
    alarm["updated"] = time.time()
    alarm["steps"].append(
        {"time": time.time(), "actor": who(request), "state": state, "note": body.get("note", "")}
    )
    note(str(who(request)), f"alarm_{verb}", alarm["message"], body.get("note", ""))
    tell({"type": "alarm", "alarm": alarm})
    return alarm


def film(camera: str, start: float, seconds: float, media: float = 0.0) -> Response:
    scene = scenes[camera]
    first = round((start - EPOCH) / PART)
    data = scene.init + b"".join(
        scene.fragment(first + i, media + i * PART) for i in range(math.ceil(seconds / PART))
    )
    return Response(data, media_type="video/mp4")


@app.get("/api/alarms/{key}/clip.mp4")
def clip(key: str) -> Any:
    alarm = alarms[key]
    return film(alarm["camera"], alarm["raised"] - 5, 15)


@app.get("/api/alarms/{key}/still.jpg")
def poster(key: str) -> Any:
    return still(alarms[key]["camera"])


@app.get("/api/cameras/{camera}/recordings")
def recordings(camera: str, start: float, end: float) -> Any:
    rows, now = [], time.time()
    if camera in scenes:
        for n in range(int((now - EPOCH) // 60) + 1):
            begin = EPOCH + n * 60
            if n % 37 in (20, 21, 22) or begin > end or begin + 60 < start:
                continue
            open_ = begin + 60 > now
            size = int((now - begin) / PART) * 9000 if open_ else 60 * 18000
            rows.append(
                {
                    "id": f"{camera}-{n}",
                    "start": begin,
                    "end": None if open_ else begin + 60,
                    "media_start": n * 60.0,
                    "size": size,
                    "codec": scenes[camera].codec,
                    "run": "r",
                }
            )
    return {"segments": rows}


@app.get("/api/segments/{key}")
def segment(key: str) -> Any:
    camera, n = key.rsplit("-", 1)
    begin = EPOCH + int(n) * 60
    return film(camera, begin, min(60, time.time() - DELAY - begin), int(n) * 60.0)


@app.get("/api/cameras/{camera}/export.mp4")
def export(camera: str, start: float, end: float, request: Request) -> Any:
    note(str(who(request)), "export", camera, f"{end - start:.0f} s")
    response = film(camera, start, min(600, end - start))
    response.headers["content-disposition"] = f'attachment; filename="{camera}.mp4"'
    return response


@app.get("/api/cameras/{camera}/still.jpg")
def still(camera: str) -> Any:
    if camera not in scenes:
        return fail(404, "There is no picture yet.")
    _, data = cv2.imencode(".jpg", scenes[camera].jpeg(time.time() - EPOCH, 960))
    return Response(data.tobytes(), media_type="image/jpeg")


@app.get("/api/counts")
def counts(camera: str, start: float, end: float, step: int = 60) -> Any:
    rows = []
    place = {"gate": "Gate line", "road": "Ring road west"}.get(camera)
    for minute in range(int(start // step) * step, int(end), step) if place else ():
        rng = random.Random(f"{camera}{minute}")
        busy = (1.2 + math.sin(minute / 1400)) * math.sqrt(step / 60)
        for kind, much in (("person", 2.0), ("car", 1.2), ("bicycle", 0.6)):
            for direction in ("in", "out"):
                n = int(rng.random() * busy * much * 1.6)
                if n:
                    rows.append(
                        {
                            "minute": minute,
                            "place": place,
                            "kind": kind,
                            "direction": direction,
                            "n": n,
                        }
                    )
    return {"rows": rows}


@app.get("/api/audit")
def log(limit: int = 50) -> Any:
    return {"entries": audit[::-1][:limit]}


@app.get("/api/public")
def public() -> Any:
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


@app.websocket("/api/live/events")
async def events(socket: WebSocket) -> None:
    if not who(socket):
        await socket.close(4401)
        return
    await socket.accept()
    queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    listeners.add(queue)
    try:
        await socket.send_json({"type": "hello", "time": time.time()})
        while True:
            try:
                await socket.send_json(await asyncio.wait_for(queue.get(), 1))
            except TimeoutError:
                for camera in NAMES:
                    await socket.send_json({"type": "status", "status": status(camera)})
    except WebSocketDisconnect:
        pass
    finally:
        listeners.discard(queue)


@app.websocket("/api/live/camera/{camera}")
async def live(socket: WebSocket, camera: str) -> None:
    scene = scenes.get(camera)
    if not who(socket) or scene is None:
        await socket.close(4404)
        return
    await socket.accept()
    try:
        await socket.send_json(
            {"type": "init", "run": "r1", "codec": scene.codec, "width": 960, "height": 540}
        )
        await socket.send_bytes(scene.init)
        n = int((time.time() - DELAY - EPOCH) / PART) - 1
        while True:
            start = EPOCH + n * PART
            await asyncio.sleep(max(0.0, start + PART + DELAY - time.time()))
            media, phase = n * PART, scene.phase(n)
            frames = [
                {
                    "t": start + i / FPS,
                    "media_t": media + i / FPS,
                    "tracks": tracks(camera, phase + i / FPS),
                }
                for i in range(GOP)
            ]
            await socket.send_json(
                {
                    "type": "fragment",
                    "run": "r1",
                    "start": start,
                    "end": start + PART,
                    "media_start": media,
                    "keyframe": True,
                    "frames": frames,
                }
            )
            await socket.send_bytes(scene.fragment(n, media))
            n += 1
    except WebSocketDisconnect:
        pass


@app.websocket("/api/live/wall")
async def wall(socket: WebSocket, width: int = 1280) -> None:
    if not who(socket):
        await socket.close(4401)
        return
    await socket.accept()
    w = min(960, width) // 2
    h = w * 9 // 16
    tiles = [
        {"camera": c, "x": i % 2 * w, "y": i // 2 * h, "w": w, "h": h} for i, c in enumerate(NAMES)
    ]
    try:
        await socket.send_json({"type": "layout", "width": 2 * w, "height": 2 * h, "tiles": tiles})
        while True:
            atlas = np.full((2 * h, 2 * w, 3), 12, np.uint8)
            for tile in tiles:
                if tile["camera"] in scenes:
                    picture = scenes[tile["camera"]].jpeg(time.time() - EPOCH, w)
                    atlas[tile["y"] : tile["y"] + h, tile["x"] : tile["x"] + w] = picture
            _, data = cv2.imencode(".jpg", atlas)
            await socket.send_bytes(data.tobytes())
            await asyncio.sleep(0.2)
    except WebSocketDisconnect:
        pass


@app.get("/{path:path}")
def page(path: str) -> Any:
    file = (PAGE / path).resolve()
    inside = file.is_file() and file.is_relative_to(PAGE)
    return FileResponse(file if inside else PAGE / "index.html")


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


async def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--port", type=int, default=8600)
    port = ask.parse_args().port
    for i, camera in enumerate(("gate", "road", "yard")):
        scenes[camera] = Scene(camera, i)
    listen = socket.create_server(("127.0.0.1", port))
    port = listen.getsockname()[1]
    here = f"http://127.0.0.1:{port}"
    sys.stdout.write(f"Desk: {here}\nFirst login: {here}/setup#token={TOKEN}\n")
    sys.stdout.flush()
    acts = asyncio.create_task(drama())
    await uvicorn.Server(uvicorn.Config(app, log_level="warning")).serve([listen])
    acts.cancel()


if __name__ == "__main__":
    assert SECONDS * FPS % GOP == 0
    asyncio.run(main())
