"""What stands behind an alarm of a meter or a store: the finding, and its picture."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from streetlamp.desk.auth import Login, may
from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.handling import may_see_picture
from streetlamp.desk.refusal import RefusalError
from streetlamp.desk.rights import Right
from streetlamp.desk.routes.alarms import AlarmId, find_alarm
from streetlamp.desk.wire_findings import FindingOut
from streetlamp.store import FindingRow
from streetlamp.values import Alarm

router = APIRouter(prefix="/api/alarms", tags=["findings"])

Viewer = Annotated[Login, Depends(may(Right.VIEW_ALARMS))]
_SAFE: Final = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


@router.get("/{id}/finding")
def finding(id: AlarmId, desk: TheDesk, person: Viewer) -> FindingOut:  # noqa: A002
    """The physical cause, its size and the evidence for it; 404 for an alarm of a camera."""
    found, alarm = _find(desk, id, person)
    shown = may_see_picture(desk, found, alarm, person)
    keeper = desk.services.meters
    meter = None if keeper is None else keeper.of_finding(found.id)
    opens = meter is not None and person.may(Right.VIEW_METERS) and shown
    return FindingOut.of(found, meter=meter.id if meter and opens else None, shown=shown)


@router.get(
    "/{id}/finding.svg",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {}}}},
)
def drawing(id: AlarmId, desk: TheDesk, person: Viewer) -> Response:  # noqa: A002
    """The readings around it, what was expected, and when it was found. Each look is noted. 403:
    it is of a household, and answered."""
    found, alarm = _find(desk, id, person)
    if not found.drawing:
        raise RefusalError(404, "There is no picture of this.", "Its evidence is a sentence.")
    if not may_see_picture(desk, found, alarm, person):
        raise RefusalError(
            403, "A household's readings are shown only while it has an open finding.",
            "This one was answered.",
        )  # fmt: skip
    now = desk.services.now()
    desk.looks.note(person.token, person.user, "look at readings", f"alarm:{id}", now)
    return Response(found.drawing, media_type="image/svg+xml", headers=_SAFE)


def _find(desk: Desk, id: str, person: Login) -> tuple[FindingRow, Alarm]:  # noqa: A002
    alarm = find_alarm(desk, id, person)
    findings = desk.services.findings
    found = None if findings is None else findings.get(id)
    if found is None:
        raise RefusalError(404, "This alarm comes from no meter and no store.", "")
    return found, alarm
