"""Every route, every role, one's own camera and another: what the table of rights says holds.

The routes are the app's own, so a new one is in here by itself: it fails until it declares a right,
and until `THINGS` of the two cameras knows what its path is about.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from fastapi.routing import APIRoute
from websockets.exceptions import InvalidStatus

from streetlamp.desk.app import ROUTERS
from streetlamp.desk.openapi import OPEN, PERSONAL, Route, is_personal, need_for, routes_of
from streetlamp.desk.rights import IN_PERSON, ROLES, Right
from streetlamp.vault.roles import Role
from support.lamp import PASSWORD
from support.two_cameras import OTHER, OWN, TwoCameras, start_two_cameras

ALL = list(routes_of(ROUTERS))
# What is about no camera: one value does for all.
PLAIN = {
    "/api/users/{name}": "nobody at all",
    "/api/tokens/{id}": "abc",
    "/api/notify/targets/{name}": "porter",
    "/api/stores/{id}": "north",
    "/api/meters/{id}": "water-north",
}
# Of no camera, and shown to those alone who see all of them: to nobody here (test_stock_routes.py,
# test_meter_routes.py).
OF_THE_WHOLE = ("/api/stores/{id}", "/api/meters/{id}")
# Where only a body that fits comes as far as the thing.
BODIES: dict[str, dict[str, object]] = {
    "/api/hiding/sightings/{id}": {"verdict": "false"},
    "/api/alarms/groups/{id}/answer": {"state": "acknowledged"},
    "/api/alarms/{id}/notes": {"text": "seen"},
    "/api/alarms/{id}/checklist": {"step": "look", "done": True},
}
QUERY = {"start": "1699999980", "end": "1700000040"}


@dataclass(frozen=True)
class Caller:
    name: str
    rights: frozenset[Right]
    client: httpx.Client


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoCameras]:
    running = start_two_cameras(tmp_path_factory.mktemp("matrix") / "two")
    yield running
    running.lamp.stop()


@pytest.fixture(scope="module")
def callers(two: TwoCameras) -> Iterator[list[Caller]]:
    """Nobody, everybody who plays one role and sees one camera, and a program that does."""
    with two.lamp.client() as nobody, two.lamp.client() as program:
        program.headers["Authorization"] = f"Bearer {two.token}"
        del program.headers["Origin"]
        found = [Caller("nobody", frozenset(), nobody)]
        for role in Role:
            client = two.lamp.client()
            body = {"name": role.label, "password": PASSWORD}
            assert client.post("/api/login", json=body).status_code == 200
            found.append(Caller(role.label, ROLES[role], client))
        found.append(Caller("token", frozenset(Right) - IN_PERSON, program))
        yield found
        for caller in found:
            caller.client.close()


def test_every_route_declares_what_it_needs() -> None:
    for route in ALL:
        asked = need_for(route) is not None or is_personal(route)
        assert asked is (route.path not in OPEN), (
            f"{route.path}: name its right with Depends(may(Right.…)), or put it into OPEN"
        )


def test_what_is_for_everybody_is_listed() -> None:
    """A route that only wants to know who somebody is has forgotten to ask what they may do."""
    assert {route.path for route in ALL if is_personal(route)} == PERSONAL


def test_a_path_with_a_camera_is_held_against_the_cameras_one_may_see() -> None:
    for route in ALL:
        need = need_for(route)
        about_camera = "/cameras/{" in route.path or "/camera/{" in route.path
        if need is not None and about_camera:
            assert need.camera, f"{route.path}: which parameter is the camera? may(right, 'id')"


def _key(route: Route) -> str:
    """The path up to its first thing."""
    head, brace, rest = route.path.partition("}")
    return head + brace if brace or rest else ""


def _paths(two: TwoCameras, route: Route) -> dict[str, str]:
    """Where the route is, for a thing of each camera; under "" where it is about none."""
    key = _key(route)
    if not key:
        return {"": route.path}
    rest = route.path.removeprefix(key).replace("{path:path}", "a.json")
    if key in PLAIN:
        return {"": key[: key.index("{")] + PLAIN[key] + rest}
    for camera in (OWN, OTHER):
        assert key in two.thing(camera), f"say in support/two_cameras.py what {key} is"
    return {one: key[: key.index("{")] + two.thing(one)[key] + rest for one in (OWN, OTHER)}


def _expected(route: Route, caller: Caller, camera: str) -> str:
    need = need_for(route)
    if need is None and not is_personal(route):
        return "in"
    if caller.name == "nobody":
        return "401"
    if need is None:
        return "403" if caller.name == "token" else "in"
    if not caller.rights.issuperset(need.rights) or (need.personal and caller.name == "token"):
        return "403"
    return "404" if camera == OTHER or route.path.startswith(OF_THE_WHOLE) else "in"


def _told(answer: httpx.Response) -> str:
    """in, or how the caller was kept out."""
    if answer.status_code in (401, 403):
        return str(answer.status_code)
    hidden = answer.status_code == 404 and answer.json()["error"].startswith("There is no such")
    if hidden and not answer.request.url.path.startswith(("/api/users/", "/api/tokens/")):
        return "404"
    assert answer.status_code not in (405, 500), answer.text
    return "in"


HTTP = [route for route in ALL if isinstance(route, APIRoute)]
SOCKETS = [route for route in ALL if not isinstance(route, APIRoute)]


@pytest.mark.parametrize("route", HTTP, ids=lambda one: f"{min(one.methods)} {one.path}")
def test_the_table_holds(two: TwoCameras, callers: list[Caller], route: APIRoute) -> None:
    for caller in callers:
        for camera, path in _paths(two, route).items():
            if route.path in OPEN and route.path != "/api/public" and caller.name != "nobody":
                continue  # logging in and out would end what the others stand on
            for method in sorted(route.methods or ()):
                body = BODIES.get(route.path) if method == "POST" else None
                answer = caller.client.request(method, path, params=QUERY, json=body)
                expected = _expected(route, caller, camera)
                if route.path in OPEN:
                    assert answer.status_code in (200, 422), answer.text
                else:
                    assert _told(answer) == expected, (caller.name, method, path, answer.text)


# What tells of the whole site, on purpose.
WHOLE = {"/api/public", "/api/audit", "/api/users", "/api/tokens", "/api/openapi.json", "/metrics"}
LISTS = [
    route
    for route in HTTP
    if "GET" in (route.methods or ()) and "{" not in route.path and route.path not in WHOLE
]


@pytest.mark.parametrize("route", LISTS, ids=lambda one: one.path)
def test_nothing_is_told_of_another_camera(
    two: TwoCameras, callers: list[Caller], route: APIRoute
) -> None:
    """Neither in a list, nor in a sum's words, nor when somebody asks for that camera by name."""
    two.shelf(OTHER)
    for caller in callers:
        for query in (QUERY, QUERY | {"camera": OTHER}, QUERY | {"camera": OWN}):
            answer = caller.client.get(route.path, params=query)
            assert answer.status_code != 500
            assert OTHER not in answer.text.lower(), (caller.name, answer.text)


@pytest.mark.parametrize("route", SOCKETS, ids=lambda one: one.path)
def test_the_table_holds_for_live_sockets(
    two: TwoCameras, callers: list[Caller], route: Route
) -> None:
    for camera, path in _paths(two, route).items():
        for caller in callers:
            rest = {}
            if caller.name == "token":
                bearer = caller.client.headers["Authorization"]
                rest = {"additional_headers": {"Authorization": bearer}, "origin": None}
            try:
                with two.lamp.socket(path, caller.client, **rest):
                    told = "in"
            except InvalidStatus as refused:
                told = str(refused.response.status_code)
            assert told == _expected(route, caller, camera), (caller.name, path)
