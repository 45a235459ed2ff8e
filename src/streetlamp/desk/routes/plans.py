"""The site's plans and maps: pictures, styles, tiles, all from this machine."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from fastapi import Path as InPath
from starlette.responses import FileResponse, Response

from streetlamp.desk.auth import Login, may
from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.refusal import RefusalError, not_found
from streetlamp.desk.rights import Right
from streetlamp.desk.services import PlanView, SiteView
from streetlamp.fleet.plan_style import SERVED, at_home, look_at_style

router = APIRouter(prefix="/api/plans", tags=["plans"])

Viewer = Annotated[Login, Depends(may(Right.VIEW_FLEET))]
PlanId = Annotated[str, InPath(min_length=1, max_length=40, pattern=r"^[a-z0-9_-]+$")]

_HEADERS: Final = {
    # Opened by itself, a picture of a plan runs nothing, loads nothing and is nobody's origin.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; sandbox",
    "Cache-Control": "private, max-age=300",
}


@router.get(
    "/{id}/picture",
    response_class=Response,
    responses={200: {"content": {"image/png": {}, "image/jpeg": {}, "image/svg+xml": {}}}},
)
def picture(id: PlanId, desk: TheDesk, person: Viewer) -> Response:  # noqa: A002
    """A plan's picture."""
    plan = _plan(desk, id, person)
    if plan.picture is None or not plan.picture.is_file():
        raise not_found("picture")
    return FileResponse(plan.picture, media_type=plan.media_type, headers=_HEADERS)


@router.get(
    "/{id}/style.json",
    response_class=Response,
    responses={200: {"content": {"application/json": {}}}},
)
def style(id: PlanId, desk: TheDesk, person: Viewer) -> Response:  # noqa: A002
    """A map's MapLibre style, its addresses below this one."""
    file = _style(desk, id, person)
    try:
        found = at_home(look_at_style(file), f"/api/plans/{id}/files/")
    except ValueError as error:
        raise RefusalError(
            503, f"The map's style cannot be used any more: {error}.", "Mend the file."
        ) from None
    return Response(json.dumps(found), media_type="application/json", headers=_HEADERS)


@router.get(
    "/{id}/files/{path:path}",
    response_class=Response,
    responses={200: {"content": {kind: {} for kind in sorted(set(SERVED.values()))}}},
)
def file(id: PlanId, path: str, desk: TheDesk, person: Viewer) -> Response:  # noqa: A002
    """A file of a map: a tile, letters, signs, data."""
    folder = _style(desk, id, person).parent.resolve()
    if "\0" in path:
        raise not_found("file of this map")
    wanted = (folder / PurePosixPath(path)).resolve()
    served = SERVED.get(wanted.suffix.lower())
    if served is None or not wanted.is_relative_to(folder) or not wanted.is_file():
        raise not_found("file of this map")
    packed = {"Content-Encoding": "gzip"} if _is_gzip(wanted) else {}
    return FileResponse(wanted, media_type=served, headers={**_HEADERS, **packed})


def _is_gzip(path: Path) -> bool:
    """Vector tiles are often kept as they were packed."""
    with path.open("rb") as opened:
        return opened.read(2) == b"\x1f\x8b"


def plans_of(site: SiteView, person: Login) -> list[PlanView]:
    """The plans somebody may see: those on which one of their cameras stands."""
    stand = {one.at.plan for one in site.cameras if one.at is not None and person.sees(one.id)}
    return [one for one in site.plans if person.eyes.everything or one.id in stand]


def _plan(desk: Desk, id_: str, person: Login) -> PlanView:
    for plan in plans_of(desk.services.site, person):
        if plan.id == id_:
            return plan
    raise not_found("plan")


def _style(desk: Desk, id_: str, person: Login) -> Path:
    file = _plan(desk, id_, person).style
    if file is None:
        raise not_found("style: this map has nothing behind its cameras")
    return file
