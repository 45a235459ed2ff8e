"""How many passed, or were there."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query

from streetlamp.desk.auth import Person
from streetlamp.desk.context import TheDesk
from streetlamp.desk.refusal import RefusalError
from streetlamp.desk.routes.recordings import Time
from streetlamp.desk.wire import CountRow, CountsOut

router = APIRouter(prefix="/api", tags=["counts"])

_MOST_STEPS: Final = 5000


@router.get("/counts")
def counts(
    desk: TheDesk,
    _: Person,
    start: Time,
    end: Time,
    camera: Annotated[str | None, Query(max_length=80)] = None,
    step: Annotated[int, Query(ge=60, le=86400, multiple_of=60, description="Seconds.")] = 60,
) -> CountsOut:
    """Counts folded into steps: passages are summed, occupancies are the most."""
    if not start < end or (end - start) / step > _MOST_STEPS:
        raise RefusalError(
            422, f"Ask for 1 to {_MOST_STEPS} steps.", "Take a longer step or a shorter stretch."
        )
    if camera is not None:
        desk.camera(camera)
    rows = desk.services.counts.list(start, end, camera, step)
    return CountsOut(rows=tuple(CountRow.model_validate(row) for row in rows))
