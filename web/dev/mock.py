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

import counted_story
import cv2
import numpy as np
import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse, JSONResponse
from fleet_story import QUAY, STYLE, SVG, ZONE, MadeUpFleet
from scene import FPS, GOP, SECONDS, H, Scene, W, tracks
from story import (
    DELAY,
    EPOCH,
    NAMES,
    PART,
    alarms,
    audit,
    drama,
    listeners,
    note,
    public,
    scenes,
    site,
    status,
    tell,
)

from streetlamp.desk.fleet_wire import (
    FleetCameraOut,
    FleetOut,
    ReportOut,
    StretchOut,
    WeekOut,
    fleet_message,
)
from streetlamp.desk.rights import Right
from streetlamp.errors import UserError
from streetlamp.fleet.report_page import as_html
from streetlamp.fleet.report_tables import as_csv
from streetlamp.vault.roles import Role

PAGE = Path(__file__).resolve().parents[2] / "src/streetlamp/desk/page"
TOKEN = secrets.token_urlsafe(16)
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; font-src 'self'; connect-src 'self'; base-uri 'none'"
)
app = FastAPI()
users: dict[str, str] = {}
sessions: dict[str, str] = {}
limits = {"export": 120.0}  # minutes


def fail(status: int, error: str, hint: str = "") -> JSONResponse:
    return JSONResponse({"error": error, "hint": hint}, status)


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
        "roles": [role.value for role in Role] if name else [],
        "rights": [right.value for right in Right] if name else [],
        "all_cameras": True,
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


app.get("/api/site")(site)
app.get("/api/public")(public)


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


@app.get("/api/alarms/queue")
def alarm_queue(camera: str = "", limit: int = 50) -> Any:
    return {**list_alarms("open", camera, limit), "groups": [], "shelved": 0}


@app.get("/api/alarms/{key}")
def one_alarm(key: str) -> Any:
    return alarms.get(key) or fail(404, "There is no such alarm.")


@app.get("/api/alarms/{key}/incident")
def incident(key: str) -> Any:
    if key not in alarms:
        return fail(404, "There is no such alarm.")
    return {
        "alarm": alarms[key], "group": None, "required": False, "events": [], "near": [],
        "checklist": [],
    }  # fmt: skip


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
    if end - start > 60 * limits["export"]:
        error = f"The stretch is longer than {limits['export'] / 60:g} hours."
        return fail(422, error, "Ask for less at a time.")
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


fleet = MadeUpFleet(NAMES)
app.include_router(counted_story.router)


@app.get("/api/plans/ground/picture")
def plan_picture() -> Response:
    return Response(SVG, media_type="image/svg+xml")


@app.get("/api/plans/chart/style.json")
def map_style() -> Any:
    return STYLE


@app.get("/api/plans/chart/files/quay.geojson")
def map_data() -> Any:
    return QUAY


@app.get("/api/mode")
def mode() -> Any:
    nothing = dict.fromkeys(("mode", "scheduled", "chosen_by"), "")
    return {**nothing, "modes": [], "since": None, "until": None, "timed": False}


@app.get("/api/rules/precision")
def precision(days: int = 30) -> Any:
    return {"days": days, "rules": []}


@app.get("/api/fleet")
def fleet_now() -> FleetOut:
    return FleetOut(time=time.time(), cameras=tuple(map(FleetCameraOut.of, fleet.now())))


@app.get("/api/fleet/cameras/{camera}/week")
def fleet_week(camera: str, start: float) -> WeekOut:
    return WeekOut(camera=camera, stretches=tuple(map(StretchOut.of, fleet.week(camera, start))))


@app.post("/api/fleet/cameras/{camera}/view", status_code=204)
async def accept_view(request: Request, camera: str) -> Response:
    if not fleet.view_changed(camera):
        return fail(409, "It is not judged to show another view.")
    fleet.accept_view(camera)
    note(who(request) or "?", "take over view", f"camera:{camera}")
    tell(fleet_message([FleetCameraOut.of(one) for one in fleet.now()]))
    return Response(status_code=204)


@app.get("/api/fleet/report")
def fleet_report(period: str = "month") -> Any:
    try:
        return ReportOut.of(fleet.report(fleet.period(period)))
    except UserError as error:
        return fail(422, str(error))


@app.get("/api/fleet/report.{kind}")
def fleet_document(kind: str, period: str = "month") -> Response:
    made = fleet.report(fleet.period(period))
    if kind == "csv":
        return Response(as_csv(made), media_type="text/csv")
    return Response(as_html(made, ZONE), media_type="text/html")


@app.get("/api/audit")
def log(limit: int = 50) -> Any:
    return {"entries": audit[::-1][:limit]}


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
        await socket.send_json(fleet_message([FleetCameraOut.of(one) for one in fleet.now()]))
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
            {"type": "init", "run": "r1", "codec": scene.codec, "width": scene.width, "height": H}
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
                    "tracks": tracks(camera, phase + i / FPS, scene.width),
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
async def wall(socket: WebSocket, tile: int = 320) -> None:
    if not who(socket):
        await socket.close(4401)
        return
    await socket.accept()
    names = list(NAMES)
    size = (tile // 16 * 16, tile // 16 * 9)
    await socket.send_json({"type": "wall", "cameras": names, "tile": size})
    shown: list[int] = []

    async def listen() -> None:
        while True:
            said = await socket.receive_json()
            if "show" in said:
                shown[:] = [i for a, b in said["show"] for i in range(a, b + 1)]

    listening = asyncio.create_task(listen())
    try:
        while not listening.done():
            for first in range(0, len(shown), 16):
                some = [i for i in shown[first : first + 16] if names[i] in scenes]
                if some:
                    cells, data = sheet([names[i] for i in some], size)
                    about = [[i, *cell] for i, cell in zip(some, cells, strict=True)]
                    await socket.send_json({"type": "sheet", "cells": about})
                    await socket.send_bytes(data)
            await asyncio.sleep(0.2)
    except WebSocketDisconnect:
        pass
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


def sheet(names: list[str], size: tuple[int, int]) -> tuple[list[list[float]], bytes]:
    """These cameras' pictures under each other, each as (time, x, y, w, h), and the JPEG."""
    wide, high = size
    canvas = np.full((high * len(names), wide, 3), 24, np.uint8)
    cells = []
    for i, name in enumerate(names):
        w = min(wide, high * scenes[name].width // H)
        picture = scenes[name].jpeg(time.time() - EPOCH, w)[:high]
        canvas[i * high : i * high + picture.shape[0], :w] = picture
        cells.append([time.time() - DELAY, 0, i * high, w, picture.shape[0]])
    _, data = cv2.imencode(".jpg", canvas)
    return cells, data.tobytes()


@app.get("/{path:path}")
def page(path: str) -> Any:
    if path.startswith("api/"):
        return fail(404, "The stand-in does not have that.")
    file = (PAGE / path).resolve()
    inside = file.is_file() and file.is_relative_to(PAGE)
    return FileResponse(file if inside else PAGE / "index.html")


async def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--port", type=int, default=8600)
    ask.add_argument("--cameras", type=int, default=4, help="so many; the fourth never answers")
    ask.add_argument("--narrow", action="store_true", help="pictures of 4:3 instead of 16:9")
    ask.add_argument("--max-export", type=float, default=limits["export"], help="minutes")
    told = ask.parse_args()
    limits["export"] = told.max_export
    for camera in list(NAMES)[told.cameras :]:
        del NAMES[camera]
    made = [
        Scene(camera, i, H * 4 // 3 if told.narrow else W)
        for i, camera in enumerate(("gate", "road", "yard"))
    ]
    for n in range(len(NAMES), told.cameras):
        area = ("Quay", "Storage", "Street", "Workshop")[n % 4]
        NAMES[f"mast{n}"] = (f"Mast {n} by the long quay", area)
    for n, camera in enumerate(NAMES):
        if camera != "dock":
            scenes[camera] = made[n % len(made)]
    listen = socket.create_server(("127.0.0.1", told.port))
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
