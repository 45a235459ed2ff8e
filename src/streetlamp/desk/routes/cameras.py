"""One camera's picture as a still."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from streetlamp.desk.auth import Login, may
from streetlamp.desk.context import TheDesk
from streetlamp.desk.refusal import RefusalError
from streetlamp.desk.rights import Right
from streetlamp.desk.routes.recordings import CameraId

router = APIRouter(prefix="/api/cameras", tags=["cameras"])

Viewer = Annotated[Login, Depends(may(Right.VIEW_LIVE, "id"))]


@router.get(
    "/{id}/still.jpg",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}},
)
def still(id: CameraId, desk: TheDesk, person: Viewer) -> Response:  # noqa: A002
    """The newest masked picture."""
    camera = desk.camera(id)
    picture = desk.services.hub.still(camera.id)
    if picture is None:
        raise RefusalError(404, "No picture of this camera has come yet.", "Try again in a moment.")
    now = desk.services.now()
    desk.looks.note(person.token, person.user, "watch live", f"camera:{camera.id}", now)
    return Response(picture, media_type="image/jpeg")
