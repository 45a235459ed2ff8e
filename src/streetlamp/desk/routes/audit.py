"""Who looked at what, and who changed what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from streetlamp.desk.auth import Person
from streetlamp.desk.context import TheDesk
from streetlamp.desk.wire import AuditOut, AuditRow

router = APIRouter(prefix="/api", tags=["audit"])


@router.get("/audit")
def audit(
    desk: TheDesk,
    _: Person,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[int | None, Query(ge=1, description="Only entries before this seq.")] = None,
) -> AuditOut:
    """The newest entries of the log, newest first. The log itself cannot be changed."""
    found = desk.services.audit.list(limit, before)
    return AuditOut(entries=tuple(AuditRow.model_validate(entry) for entry in found))
