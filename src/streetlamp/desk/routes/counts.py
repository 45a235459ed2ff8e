"""How many passed, or were there."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from starlette.responses import StreamingResponse

from streetlamp.desk.auth import Login, may
from streetlamp.desk.calendar import Unit
from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.counting import PeriodCount, by_period, usual
from streetlamp.desk.refusal import RefusalError, no_camera
from streetlamp.desk.rights import Right
from streetlamp.desk.routes.recordings import Time
from streetlamp.desk.spreadsheet import RESPONSES, Cell, csv_answer, local
from streetlamp.desk.wire import CountRow, CountsOut
from streetlamp.desk.wire_counts import (
    PeriodCountOut,
    PeriodCountsOut,
    UsualSlotOut,
    UsualSlotsOut,
)

router = APIRouter(prefix="/api", tags=["counts"])

_MOST_STEPS: Final = 5000
_SECONDS: Final = {"hour": 3600, "day": 86400, "week": 7 * 86400, "month": 28 * 86400}
_MOST_UNITS: Final = 800
_MOST_SAVED: Final = 10_000

Viewer = Annotated[Login, Depends(may(Right.VIEW_COUNTS))]
Exporter = Annotated[Login, Depends(may(Right.EXPORT, also=(Right.VIEW_COUNTS,)))]

CameraQuery = Annotated[str, Query(max_length=80)]
UnitQuery = Annotated[Unit, Query(description="As the calendar has them at the site.")]


@router.get("/counts")
def counts(
    desk: TheDesk,
    person: Viewer,
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
        _camera(desk, person, camera)
    found = desk.services.counts.list(start, end, camera, step)
    rows = person.eyes.only(found, lambda row: row.camera)
    return CountsOut(rows=tuple(CountRow.model_validate(row) for row in rows))


@router.get("/counts/periods")
def periods(
    desk: TheDesk,
    person: Viewer,
    camera: CameraQuery,
    start: Time,
    end: Time,
    unit: UnitQuery = "hour",
) -> PeriodCountsOut:
    """A camera's counts by hour, day, week or month, whole ones, at most 800 of them."""
    _check(start, end, unit, _MOST_UNITS)
    rows = by_period(
        desk.services.counts.folded, _camera(desk, person, camera), start, end, unit, _zone(desk),
        desk.services.now(),
    )  # fmt: skip
    return PeriodCountsOut(rows=tuple(PeriodCountOut.model_validate(row) for row in rows))


@router.get("/counts/usual")
def what_is_usual(
    desk: TheDesk,
    person: Viewer,
    camera: CameraQuery,
    start: Time,
    end: Time,
    unit: Literal["hour", "day"] = "hour",
    place: Annotated[str, Query(max_length=80, description="Empty: all together.")] = "",
    kind: Annotated[str, Query(max_length=40, description="Empty: all together.")] = "",
    weeks: Annotated[int, Query(ge=3, le=26, description="So many weeks before.")] = 8,
) -> UsualSlotsOut:
    """What is usual for such an hour (or day): the median of the same on the same weekday before.

    Days on which the camera counted nothing are left out.
    """
    _check(start, end, unit, _MOST_UNITS)
    found = usual(
        desk.services.counts.folded, _camera(desk, person, camera), start, end, unit, _zone(desk),
        weeks, place, kind,
    )  # fmt: skip
    return UsualSlotsOut(slots=tuple(UsualSlotOut.model_validate(one) for one in found))


COLUMNS: Final = (
    "start", "end", "camera", "place", "kind", "direction", "passed", "most", "mean", "least",
)  # fmt: skip


@router.get("/counts.csv", response_class=StreamingResponse, responses=RESPONSES)
def table(
    desk: TheDesk,
    person: Exporter,
    start: Time,
    end: Time,
    unit: UnitQuery = "hour",
    camera: Annotated[str | None, Query(max_length=80, description="Empty: all.")] = None,
) -> StreamingResponse:
    """The same of one camera or all one may see, as a table. Times are the site's.

    `passed` has a direction; `most`, `mean` and `least` are of occupancies, which have none.
    """
    _check(start, end, unit, _MOST_SAVED)
    which = _camera(desk, person, camera) if camera is not None else None
    zone, now = _zone(desk), desk.services.now()
    about = f"camera:{which}" if which else ""
    desk.services.audit.record(now, person.user, "export counts", about, start=start, end=end)
    found = by_period(desk.services.counts.folded, which, start, end, unit, zone, now)
    rows = (row for row in found if person.sees(row.camera))
    name = f"counts-{which or 'all'}-{local(start, zone)[:10]}.csv"
    return csv_answer(name, COLUMNS, (_row(row, zone) for row in rows))


def _camera(desk: Desk, person: Login, camera: str) -> str:
    """The id of a camera this person may see; RefusalError 404."""
    if not person.sees(camera):
        raise no_camera()
    return desk.camera(camera).id


def _row(row: PeriodCount, zone: ZoneInfo) -> tuple[Cell, ...]:
    passed, most = (row.n, None) if row.direction else (None, row.n)
    mean = None if row.mean is None else round(row.mean, 2)
    return (
        local(row.start, zone), local(row.end, zone), row.camera, row.place, row.kind,
        row.direction, passed, most, mean, row.least,
    )  # fmt: skip


def _check(start: float, end: float, unit: str, most: int) -> None:
    if not start < end or (end - start) / _SECONDS[unit] > most:
        raise RefusalError(
            422, f"Ask for 1 to {most} {unit}s.", "Take a longer unit or a shorter stretch."
        )


def _zone(desk: Desk) -> ZoneInfo:
    return ZoneInfo(desk.services.site.timezone)
