"""The fleet: which cameras do their job now, did it in a week, and in a month."""

from __future__ import annotations

from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response

from streetlamp.desk.auth import Login, may
from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.fleet_services import Fleet, Period, Report
from streetlamp.desk.fleet_wire import FleetCameraOut, FleetOut, ReportOut, StretchOut, WeekOut
from streetlamp.desk.refusal import RefusalError, problems
from streetlamp.desk.rights import Right
from streetlamp.desk.routes.recordings import CameraId
from streetlamp.errors import UserError
from streetlamp.fleet.report_page import as_html
from streetlamp.fleet.report_tables import as_csv

router = APIRouter(prefix="/api/fleet", tags=["fleet"])

_ALONE: Final = {
    # The report is one file: it draws, and runs and loads nothing.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "sandbox allow-modals allow-popups"
}

Viewer = Annotated[Login, Depends(may(Right.VIEW_FLEET))]
OfCamera = Annotated[Login, Depends(may(Right.VIEW_FLEET, "id"))]
Caretaker = Annotated[Login, Depends(may(Right.PLAN_MAINTENANCE, "id"))]
Reader = Annotated[Login, Depends(may(Right.VIEW_REPORTS))]
PeriodText = Annotated[
    str,
    Query(
        max_length=16,
        description="2026-10, 2026-W43, 2026-10-25, or month, week, day for the running one.",
    ),
]


@router.get("")
def fleet(desk: TheDesk, person: Viewer) -> FleetOut:
    """Every camera: whether it does its whole job now, why not, and how much of its time it did."""
    found = person.eyes.only(_fleet(desk).now(), lambda one: one.camera)
    return FleetOut(
        time=desk.services.now(), cameras=tuple(FleetCameraOut.of(one) for one in found)
    )


@router.get("/cameras/{id}/week")
def week(
    id: CameraId,  # noqa: A002
    desk: TheDesk,
    _: OfCamera,
    start: Annotated[float, Query(ge=0, le=1e11, description="POSIX seconds.")],
) -> WeekOut:
    """A camera's minutes of seven calendar days, from the day that `start` is in."""
    camera = desk.camera(id)
    stretches = _fleet(desk).week(camera.id, start)
    return WeekOut(camera=camera.id, stretches=tuple(StretchOut.of(one) for one in stretches))


@router.post("/cameras/{id}/view", status_code=204, responses=problems(409))
def accept_view(id: CameraId, desk: TheDesk, person: Caretaker) -> None:  # noqa: A002
    """What the camera shows now is its view from now on. What is usual for it is learnt anew.

    409 unless it is seen now, and judged to be covered or to look somewhere else.
    """
    camera = desk.camera(id)
    keeper = _fleet(desk)
    if not keeper.view_changed(camera.id):
        raise RefusalError(409, "It is not judged to show another view.", "Look at it again.")
    # noted first: somebody who turned a camera must not take the new view over unsaid
    now = desk.services.now()
    desk.services.audit.record(now, person.user, "take over view", f"camera:{camera.id}")
    keeper.accept_view(camera.id)


@router.get("/report")
def report(desk: TheDesk, person: Reader, period: PeriodText = "month") -> ReportOut:
    """The serviceability of the site, its areas and cameras in a period.

    For somebody who may see some cameras only, it is about these.
    """
    return ReportOut.of(_report(desk, person, period))


@router.get(
    "/report.html",
    response_class=Response,
    responses={200: {"content": {"text/html": {}}}},
)
def report_page(desk: TheDesk, person: Reader, period: PeriodText = "month") -> Response:
    """The same as a page of its own, to print or to publish."""
    made = _report(desk, person, period)
    page = as_html(made, ZoneInfo(made.timezone))
    return Response(page, media_type="text/html; charset=utf-8", headers=_ALONE)


@router.get(
    "/report.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}},
)
def report_table(desk: TheDesk, person: Reader, period: PeriodText = "month") -> Response:
    """The same as a table."""
    made = _report(desk, person, period)
    name = f"serviceability-{made.period.key}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(as_csv(made), media_type="text/csv; charset=utf-8", headers=headers)


def _fleet(desk: Desk) -> Fleet:
    if desk.services.fleet is None:
        raise RefusalError(404, "No ledger of cameras' minutes is kept here.", "")
    return desk.services.fleet


def _report(desk: Desk, person: Login, period: str) -> Report:
    """Of the cameras that this person may see, as if there were no others."""
    keeper = _fleet(desk)
    return keeper.report(_period(keeper, period), None if person.eyes.everything else person.sees)


def _period(keeper: Fleet, text: str) -> Period:
    try:
        return keeper.period(text)
    except UserError as error:
        raise RefusalError(422, str(error), "For instance 2026-10.") from None
