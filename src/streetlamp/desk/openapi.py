"""The OpenAPI of the desk: what FastAPI knows of the routes, and what every route has besides.

FastAPI knows a route's own answers. Added here, from what the route declares: the right it needs,
how to log in, and the refusals that come before a route's own code (`streetlamp.desk.guard`,
`streetlamp.desk.auth`, `streetlamp.desk.refusal`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any, Final

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIWebSocketRoute

from streetlamp.desk.auth import Need, in_person, need_of
from streetlamp.desk.refusal import PROBLEMS, Problem
from streetlamp.desk.rights import IN_PERSON
from streetlamp.desk.routes import live

OPEN: Final = frozenset(
    {
        "/api/session",
        "/api/setup",
        "/api/login",
        "/api/logout",
        "/api/invite",
        "/api/public",
    }
)
"""Addresses that need no login, on purpose. A test goes over all others."""

PERSONAL: Final = frozenset({"/api/password"})
"""Addresses for everybody who is logged in, whatever they may do. All others name a right."""

_INFO: Final = """\
Everything the desk's page does goes through this API.

A person has a session cookie (`POST /api/login`), a program sends `Authorization: Bearer slt_…` with a
token made on the desk's page or by `streetlamp tokens add`. Whatever changes something needs an `Origin`
header that names this very host and port, unless it carries a token. `x-right` says which right an
operation needs, `x-also` those beside it; docs/15-people-and-rights.md says which role has it. A camera one may not see is answered
as if there were none. Times are POSIX seconds.

Live sockets, which OpenAPI has no words for:

"""  # noqa: E501
_SCHEMES: Final = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "streetlamp",
        "description": "Set by a login. Where the address has a port: `streetlamp-<port>`.",
    },
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A program's token, `slt_…`: some of its maker's rights, for a while.",
    },
}

_STATUSES: Final = {str(status) for status in PROBLEMS}

Route = APIRoute | APIWebSocketRoute


def routes_of(routers: Sequence[ModuleType]) -> Iterator[Route]:
    """Every route and live socket of these modules."""
    for module in routers:
        for route in module.router.routes:
            assert isinstance(route, APIRoute | APIWebSocketRoute)
            yield route


def calls_of(route: Route) -> list[Callable[..., Any]]:
    """Everything a route depends on, directly or not."""

    def walk(dependant: Dependant) -> Iterator[Callable[..., Any]]:
        for one in dependant.dependencies:
            if one.call is not None:
                yield one.call
            yield from walk(one)

    return list(walk(route.dependant))


def need_for(route: Route) -> Need | None:
    """What a route asks of whoever calls it; None: nothing, or (`is_personal`) only to be somebody.

    ValueError when it asks for several things: what holds would depend on their order.
    """
    found = [need for call in calls_of(route) if (need := need_of(call)) is not None]
    if len(found) > 1:
        raise ValueError(f"{route.path} declares {len(found)} rights")
    return found[0] if found else None


def is_personal(route: Route) -> bool:
    """Whether it is for everybody who is logged in, in person."""
    return in_person in calls_of(route)


def install(app: FastAPI, routers: Sequence[ModuleType]) -> None:
    """Makes ``app.openapi()`` return the whole document, made when it is asked for first."""
    made: list[dict[str, Any]] = []

    def openapi() -> dict[str, Any]:
        if not made:
            made.append(document(app, routers))
        return made[0]

    app.openapi = openapi  # type: ignore[method-assign]


def document(app: FastAPI, routers: Sequence[ModuleType]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of an app with these routers."""
    spec = FastAPI.openapi(app)
    spec["info"]["description"] = _INFO + "\n".join((live.__doc__ or "").strip().splitlines()[2:])
    components = spec["components"]
    components["securitySchemes"] = _SCHEMES
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    reference = "#/components/schemas/{model}"
    components["schemas"]["Problem"] = Problem.model_json_schema(ref_template=reference)
    components["responses"] = {f"Problem{one}": _described(PROBLEMS[one]) for one in PROBLEMS}
    for route in routes_of(routers):
        if isinstance(route, APIRoute):
            for method in route.methods or ():
                _complete(spec["paths"][route.path_format][method.lower()], route)
    return spec


def _complete(operation: dict[str, Any], route: APIRoute) -> None:
    tag = operation["tags"][0]
    operation["operationId"] = f"{tag}_{route.name}"
    need, personal = need_for(route), is_personal(route)
    if need is not None:
        operation["x-right"] = need.right.value
        if need.also:
            operation["x-also"] = [right.value for right in need.also]
    if need is None and not personal:
        operation["security"] = []
    elif personal or (need is not None and (need.personal or need.right in IN_PERSON)):
        operation["security"] = [{"session": []}]
    else:
        operation["security"] = [{"session": []}, {"token": []}]
    for status in _refusals(operation, route, closed=need is not None or personal):
        operation["responses"].setdefault(str(status), _problem(status))
    for status in operation["responses"].keys() & _STATUSES:
        operation["responses"][status] = _problem(int(status))
    operation["responses"] = dict(sorted(operation["responses"].items()))


def _refusals(operation: dict[str, Any], route: APIRoute, *, closed: bool) -> Iterator[int]:
    yield from (403, 413, 421, 503)  # 403: another site asks
    # a token that is none is refused wherever somebody asks who is there
    yield from (401, 429) if closed or route.path in OPEN else ()
    if "{" in route.path or any(one["name"] == "camera" for one in operation.get("parameters", ())):
        yield 404
    if "requestBody" in operation:
        yield 400


def _problem(status: int) -> dict[str, Any]:
    return {"$ref": f"#/components/responses/Problem{status}"}


def _described(text: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": text, "content": {"application/json": {"schema": schema}}}
