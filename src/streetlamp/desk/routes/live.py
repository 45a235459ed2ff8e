"""Live sockets: alarms and states, one camera's video, the wall.

| address | what comes |
|---|---|
| `WS /api/live/events` | JSON: `{type: "hello", time}`, then `{type: "alarm", alarm}` whenever an alarm that is in no group changes, `{type: "group", group}` when something in a group does (at most once a second each), and `{type: "status", status}` when a camera's state does (at most once a second each), `{type: "load", load}` when what gives way on an overloaded machine does, `{type: "mode", mode}` when the site's mode does (at first where it has modes), `{type: "site"}` when zones, lines or rules were changed (ask for the site again), `{type: "fleet", cameras}` with those whose health or figures changed (all of them first; nothing where no ledger is kept) |
| `WS /api/live/camera/{id}` | JSON `{type: "init", run, codec, width, height}`, then the init segment (binary); then for every fragment JSON `{type: "fragment", run, start, end, media_start, keyframe, frames: [{t, media_t, tracks: [{id, kind, box, score, seen, age, speed, direction, pace, heading?, posture?, colour?, upper?, lower?}]}]}`, then the fragment (binary). A new run begins with a new init. |
| `WS /api/live/wall?tile=160` | JSON `{type: "wall", cameras: [id], tile: [width, height]}`; then for every sheet JSON `{type: "sheet", cells: [[camera, time, x, y, w, h]]}`, then the sheet, a JPEG (binary) in which each cell shows one camera's picture of that time; `camera` is a place in `cameras`. Only cameras that have a new picture are in a sheet. |

Who may see some cameras only hears of these, and of a group with the numbers of these; alarms need the right `view_alarms`, the fleet
`view_fleet`.

Boxes are pixels `x1 y1 x2 y2` of the picture; `speed` is pixels a second, `direction` degrees (0 right,
90 down), `pace` lengths of the thing itself a second, `heading` one of left, right, towards, away; what
is unknown is left out. A socket closes with 4401 when the session has ended or its rights have changed, 4408 when
the viewer is too slow, 1008 when what it sends is not understood, 1001 when there is no more.

Only the wall listens to what a page sends, in JSON: `{show: [[first, last]]}` names the cameras in sight
(places in `cameras`, both included, most important first), and nothing comes before it; `{drawn: n}` says
that the first `n` sheets are on the screen, and the next ones come when all that were sent are.
"""  # noqa: E501

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, WebSocket
from starlette.concurrency import run_in_threadpool

from streetlamp.desk.auth import Login, may
from streetlamp.desk.bell import Ear
from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.fleet_news import FleetNews
from streetlamp.desk.fleet_wire import FleetCameraOut, fleet_message
from streetlamp.desk.line import Captions, Line, serve, viewing
from streetlamp.desk.rights import Right
from streetlamp.desk.routes.recordings import CameraId
from streetlamp.desk.seen import groups_of
from streetlamp.desk.services import MachineView
from streetlamp.desk.wire import (
    LoadOut,
    WallWish,
    alarm_message,
    init_message,
    load_message,
    sheet_message,
    status_message,
    wall_message,
)
from streetlamp.desk.wire_alarms import GroupOut, group_message
from streetlamp.desk.wire_mode import ModeOut, mode_message, mode_now
from streetlamp.values import CameraStatus

router = APIRouter(prefix="/api/live", tags=["live"])

Anybody = Annotated[Login, Depends(may(Right.VIEW_SITE))]
Viewer = Annotated[Login, Depends(may(Right.VIEW_LIVE))]
OfCamera = Annotated[Login, Depends(may(Right.VIEW_LIVE, "id"))]
_STATUS_SECONDS: Final = 1.0


@router.websocket("/events")
async def events(websocket: WebSocket, desk: TheDesk, person: Anybody) -> None:
    """Alarms as they change, and how cameras do."""
    news: FleetNews = websocket.app.state.fleet_news

    async def talk(line: Line) -> None:
        site = desk.services.site
        await line.tell({"type": "hello", "time": desk.services.now()})
        with closing(desk.bell.listen()) as ear:
            shown: dict[str, CameraStatus] = {}
            told: dict[str, FleetCameraOut] = {}
            load = LoadOut.model_validate(MachineView())  # all is well: not worth a word
            mode: ModeOut | None = None
            while True:
                await _tell_states(line, desk, person, shown)
                load = await _tell_load(line, desk, load)
                mode = await _tell_mode(line, desk, mode)
                if desk.services.site is not site:
                    site = desk.services.site
                    await line.tell({"type": "site"})
                if person.may(Right.VIEW_FLEET):
                    cameras = await news.changed(told)
                    if seen := person.eyes.only(cameras, lambda one: one.camera):
                        await line.tell(fleet_message(seen))
                await _tell_alarms(line, ear, person)
                await _tell_groups(line, desk, ear, person)

    async with viewing(desk):
        await serve(websocket, desk, person, talk)


async def _tell_states(
    line: Line, desk: Desk, person: Login, shown: dict[str, CameraStatus]
) -> None:
    for status in desk.services.statuses():
        if person.sees(status.camera) and shown.get(status.camera) != status:
            shown[status.camera] = status
            await line.tell(status_message(status))
            await asyncio.sleep(0)  # hundreds at once: others have their turn between


async def _tell_load(line: Line, desk: Desk, last: LoadOut) -> LoadOut:
    load = LoadOut.model_validate(desk.services.machine())
    if load != last:
        await line.tell(load_message(load))
    return load


async def _tell_mode(line: Line, desk: Desk, last: ModeOut | None) -> ModeOut | None:
    if desk.services.modes is None:
        return None
    mode = mode_now(desk.services)
    if mode != last:
        await line.tell(mode_message(mode))
    return mode


async def _tell_alarms(line: Line, ear: Ear, person: Login) -> None:
    """Tells of alarms for one second, each as soon as it changes: those this person may see."""
    sees_alarms = person.may(Right.VIEW_ALARMS)
    until = asyncio.get_running_loop().time() + _STATUS_SECONDS
    while True:
        try:
            async with asyncio.timeout_at(until):
                news = await ear.get()
        except TimeoutError:
            return
        for alarm in news:
            if sees_alarms and person.sees(alarm.camera):
                await line.tell(alarm_message(alarm))


async def _tell_groups(line: Line, desk: Desk, ear: Ear, person: Login) -> None:
    """Of groups in which an alarm of a camera they may see has changed; others move nothing."""
    changed = ear.groups().items()
    ids = [id_ for id_, cameras in changed if any(person.sees(camera) for camera in cameras)]
    if ids and person.may(Right.VIEW_ALARMS):
        book, eyes = desk.services.alarms, person.eyes
        for group in await run_in_threadpool(groups_of, book, eyes, ids, limit=len(ids)):
            await line.tell(group_message(GroupOut.of(group)))


@router.websocket("/camera/{id}")
async def camera(websocket: WebSocket, id: CameraId, desk: TheDesk, person: OfCamera) -> None:  # noqa: A002
    """One camera's masked video with its tracks, about a second behind."""
    view = desk.camera(id)
    services = desk.services
    captions: Captions = websocket.app.state.captions

    async def talk(line: Line) -> None:
        run = ""
        with closing(services.hub.subscribe(view.id)) as viewer:
            while (fragment := await viewer.get()) is not None:
                if fragment.run != run:
                    run = fragment.run
                    await line.tell(init_message(fragment))
                    await line.send(fragment.init)
                await line.say(captions.of(fragment))
                await line.send(fragment.data)

    async with viewing(desk):
        await _note(desk, person.token, person.user, f"camera:{view.id}")
        await serve(websocket, desk, person, talk)


@router.websocket("/wall")
async def wall(
    websocket: WebSocket,
    desk: TheDesk,
    person: Viewer,
    tile: Annotated[int, Query(ge=32, le=3840, description="Width of a tile, pixels.")] = 320,
) -> None:
    """All cameras one may see as tiles, many in one picture."""
    # The wall knows cameras by their place among all; the page, among those it may see.
    every = desk.services.hub.cameras
    places = [place for place, one in enumerate(every) if person.sees(one)]
    own = {place: n for n, place in enumerate(places)}
    cameras = [every[place] for place in places]

    async with viewing(desk):
        await _note(desk, person.token, person.user, "wall")
        with closing(desk.services.wall.watch(tile)) as view:

            async def talk(line: Line) -> None:
                await line.tell(wall_message(cameras, view.tile))
                while (sheet := await view.get()) is not None:
                    await line.tell(sheet_message(sheet, own))
                    await line.send(sheet.jpeg)

            def heard(text: str) -> None:
                wish = WallWish.model_validate_json(text)
                if wish.show is not None:
                    view.show(places[n] for n in _places(wish.show, len(cameras)))
                if wish.drawn is not None:
                    view.has_drawn(wish.drawn)

            await serve(websocket, desk, person, talk, heard)


def _places(ranges: list[tuple[int, int]], many: int) -> list[int]:
    if any(not 0 <= first <= last < many for first, last in ranges):
        raise IndexError("there is no such camera")
    if sum(last - first + 1 for first, last in ranges) > many:
        raise ValueError("a camera is named twice")
    return [camera for first, last in ranges for camera in range(first, last + 1)]


async def _note(desk: Desk, token: str, user: str, what: str) -> None:
    """A look is written down before it begins."""
    now = desk.services.now()
    await run_in_threadpool(desk.looks.note, token, user, "watch live", what, now)
