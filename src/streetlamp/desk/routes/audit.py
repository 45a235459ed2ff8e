"""Who looked at what, and who changed what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from streetlamp.desk.auth import Login, may
from streetlamp.desk.context import TheDesk
from streetlamp.desk.rights import Right
from streetlamp.desk.wire import AuditOut, AuditRow

router = APIRouter(prefix="/api", tags=["audit"])


@router.get("/audit")
def audit(
    desk: TheDesk,
    _: Annotated[Login, Depends(may(Right.READ_AUDIT))],
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[int | None, Query(ge=1, description="Only entries before this seq.")] = None,
    action: Annotated[
        str | None, Query(min_length=1, max_length=40, description="Only this, such as `export`.")
    ] = None,
) -> AuditOut:
    """The newest entries of the log, newest first. The log itself cannot be changed.

    It is the log of the whole site, whichever cameras one may see.
    """
    found = desk.services.audit.list(limit, before, action)
    return AuditOut(entries=tuple(AuditRow.model_validate(entry) for entry in found))
