"""What there is: the site, how its cameras do, and what anybody may know about it."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from streetlamp.desk.auth import Person
from streetlamp.desk.context import TheDesk
from streetlamp.desk.services import CameraView, PlanView
from streetlamp.desk.wire import (
    AtOut,
    CameraOut,
    DiskOut,
    LoadOut,
    PlaceOut,
    PlanOut,
    PublicCamera,
    PublicOut,
    RuleOut,
    SiteOut,
    StatusesOut,
    StatusOut,
)

router = APIRouter(prefix="/api", tags=["site"])

NEVER: Final = (
    "It identifies nobody: no face recognition, no watch lists, no number plates.",
    "It sorts nobody into kinds: a person is a person.",
    "It predicts nothing about people; it speaks of what is happening at a place now.",
    "It keeps, shows and sends no picture in which people are not hidden.",
    "It cannot be searched for somebody's looks.",
)

ALSO_KEPT: Final = (
    "Alarms and their short masked clips, until the operator deletes them.",
    "Counts by the minute, which are numbers only, until the operator deletes them.",
    "The log of who looked at what, until the operator deletes it.",
)


@router.get("/site")
def site(desk: TheDesk, _: Person) -> SiteOut:
    """Cameras with their zones, lines and rules."""
    view = desk.services.site
    sizes = {one.camera: (one.width, one.height) for one in desk.services.statuses()}
    return SiteOut(
        name=view.name,
        timezone=view.timezone,
        delay_s=view.delay_s,
        max_export_minutes=desk.options.max_export_minutes,
        cameras=tuple(_camera(one, sizes.get(one.id, (0, 0))) for one in view.cameras),
        plans=tuple(_plan(one) for one in view.plans),
    )


def _plan(view: PlanView) -> PlanOut:
    return PlanOut(
        id=view.id,
        name=view.name,
        picture=view.picture is not None,
        drawing=view.media_type == "image/svg+xml",
        width=view.width,
        height=view.height,
        width_m=view.width_m,
        style=view.style is not None,
    )


def _camera(view: CameraView, size: tuple[int, int]) -> CameraOut:
    return CameraOut(
        id=view.id,
        name=view.name,
        area=view.area,
        width=size[0],
        height=size[1],
        zones=tuple(PlaceOut.model_validate(zone) for zone in view.zones),
        lines=tuple(PlaceOut.model_validate(line) for line in view.lines),
        rules=tuple(RuleOut.model_validate(rule) for rule in view.rules),
        at=AtOut.model_validate(view.at) if view.at is not None else None,
    )


@router.get("/status")
def status(desk: TheDesk, _: Person) -> StatusesOut:
    """How each camera, the disk and the machine do, and how many alarms are open."""
    services = desk.services
    return StatusesOut(
        time=services.now(),
        cameras=tuple(StatusOut.model_validate(one) for one in services.statuses()),
        disk=DiskOut.model_validate(services.disk()),
        load=LoadOut.model_validate(services.machine()),
        alarms_open=services.alarms.open_count(),
    )


@router.get("/public")
def public(desk: TheDesk) -> PublicOut:
    """What anybody may know about this site, without a login (CHARTER 7)."""
    view = desk.services.site
    return PublicOut(
        name=view.name,
        operator=view.operator,
        contact=view.contact,
        cameras=tuple(
            PublicCamera(
                name=camera.name,
                area=camera.area,
                counts=tuple(sorted({rule.counts for rule in camera.rules if rule.counts})),
                watches_for=tuple(
                    sorted({rule.watches_for for rule in camera.rules if rule.watches_for})
                ),
            )
            for camera in view.cameras
        ),
        recording=view.kept_days > 0,
        kept_days=view.kept_days,
        also_kept=ALSO_KEPT,
        never=NEVER,
    )
