"""The OpenAPI of this desk, for programs that are let in."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from streetlamp.desk.auth import Login, may
from streetlamp.desk.rights import Right

router = APIRouter(prefix="/api", tags=["spec"])


@router.get("/openapi.json", response_class=JSONResponse)
def openapi(request: Request, _: Annotated[Login, Depends(may(Right.VIEW_SITE))]) -> dict[str, Any]:
    """This API as an OpenAPI 3.1 document."""
    found: dict[str, Any] = request.app.openapi()
    return found
