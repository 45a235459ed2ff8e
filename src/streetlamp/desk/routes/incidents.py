"""One alarm with all that stands around it; what people do about it beyond answering."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from streetlamp.alarms.neighbours import SECONDS, Spot, neighbours
from streetlamp.desk.auth import Login
from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.routes.alarm_queue import Answerer, Viewer, care_of, done, noted
from streetlamp.desk.routes.alarms import AlarmId, find_alarm
from streetlamp.desk.seen import alarms_of, groups_of
from streetlamp.desk.services import CameraView
from streetlamp.desk.wire import AlarmOut
from streetlamp.desk.wire_alarms import (
    GroupOut,
    HappenedOut,
    IncidentOut,
    ItemOut,
    NearOut,
    TextIn,
    TickIn,
)
from streetlamp.values import Alarm

router = APIRouter(prefix="/api/alarms", tags=["alarms"])

EVENTS: Final = 50
NEAR: Final = 20
LOOKED_AT: Final = 500


@router.get("/{id}/incident")
def incident(id: AlarmId, desk: TheDesk, person: Viewer) -> IncidentOut:  # noqa: A002
    """An alarm with its group, its checklist, its events, and what happened near it."""
    return _incident(desk, find_alarm(desk, id, person), person)


@router.post("/{id}/notes")
def note(id: AlarmId, desk: TheDesk, person: Answerer, body: TextIn) -> IncidentOut:  # noqa: A002
    """Writes something down in the alarm's life, whatever its state."""
    find_alarm(desk, id, person)
    now, care = desk.services.now(), care_of(desk)
    changed = done(lambda: care.note(id, body.text.strip(), person.user, now))
    noted(desk, person, "note", f"alarm:{id}")
    return _incident(desk, changed, person)


@router.post("/{id}/checklist")
def tick(id: AlarmId, desk: TheDesk, person: Answerer, body: TickIn) -> IncidentOut:  # noqa: A002
    """A step of the checklist was done, or that is taken back; both are kept."""
    find_alarm(desk, id, person)
    now, care = desk.services.now(), care_of(desk)
    changed = done(lambda: care.tick(id, body.step, person.user, now, done=body.done))
    noted(desk, person, "tick" if body.done else "untick", f"alarm:{id}", step=body.step)
    return _incident(desk, changed, person)


def _incident(desk: Desk, alarm: Alarm, person: Login) -> IncidentOut:
    book, care, eyes = desk.services.alarms, care_of(desk), person.eyes
    others = alarms_of(
        book, eyes, limit=LOOKED_AT, since=alarm.raised - SECONDS, before=alarm.raised + SECONDS
    )
    near = neighbours(alarm, others, _spots(desk))[:NEAR]
    groups = groups_of(book, eyes, [alarm.group]) if alarm.group else ()
    listed = care.options.checklist(alarm.rule, alarm.kind)
    return IncidentOut(
        alarm=AlarmOut.of(alarm),
        group=next((GroupOut.of(one) for one in groups), None),
        checklist=tuple(ItemOut.model_validate(one) for one in care.checklist(alarm)),
        required=listed is not None and listed.required,
        events=tuple(HappenedOut.model_validate(one) for one in care.events(alarm.id, EVENTS)),
        near=tuple(NearOut.of(one) for one in near),
    )


def _spots(desk: Desk) -> dict[str, Spot]:
    site = desk.services.site
    plans = {plan.id: plan for plan in site.plans}

    def spot(camera: CameraView) -> Spot:
        at = camera.at
        if at is None:
            return Spot(camera.area)
        if at.lat is not None and at.lon is not None:
            return Spot(camera.area, at.plan, at.lon, at.lat, "degrees")
        plan = plans.get(at.plan)
        if plan is None or at.x is None or at.y is None or not plan.width:
            return Spot(camera.area, at.plan)
        tall = plan.height / plan.width
        if plan.width_m is None:
            return Spot(camera.area, at.plan, at.x, at.y * tall)
        return Spot(camera.area, at.plan, at.x * plan.width_m, at.y * tall * plan.width_m, "metres")

    return {camera.id: spot(camera) for camera in site.cameras}
