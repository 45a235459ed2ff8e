"""What there is: the site, how its cameras do, and what anybody may know about it."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends

from streetlamp.desk.auth import Login, may
from streetlamp.desk.context import TheDesk
from streetlamp.desk.rights import Right
from streetlamp.desk.routes.plans import plans_of
from streetlamp.desk.seen import open_count
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

Viewer = Annotated[Login, Depends(may(Right.VIEW_SITE))]

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
    "Maps of where people and vehicles walk and wait, which are sums by the hour or day of at "
    "least three of them, until the operator deletes them.",
    "The log of who looked at what, until the operator deletes it.",
)


@router.get("/site")
def site(desk: TheDesk, person: Viewer) -> SiteOut:
    """The cameras one may see, with their zones, lines and rules."""
    view = desk.services.site
    sizes = {one.camera: (one.width, one.height) for one in desk.services.statuses()}
    return SiteOut(
        name=view.name,
        timezone=view.timezone,
        delay_s=view.delay_s,
        max_export_minutes=desk.options.max_export_minutes,
        cameras=tuple(
            _camera(one, sizes.get(one.id, (0, 0))) for one in view.cameras if person.sees(one.id)
        ),
        plans=tuple(_plan(one) for one in plans_of(view, person)),
        stores=desk.services.stores is not None
        and person.eyes.everything
        and person.may(Right.VIEW_STOCK),
        meters=desk.services.meters is not None
        and person.eyes.everything
        and person.may(Right.VIEW_METERS),
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
def status(desk: TheDesk, person: Viewer) -> StatusesOut:
    """How each camera, the disk and the machine do, and how many alarms are open."""
    services = desk.services
    found = person.eyes.only(services.statuses(), lambda one: one.camera)
    sees_alarms = person.may(Right.VIEW_ALARMS)
    return StatusesOut(
        time=services.now(),
        cameras=tuple(StatusOut.model_validate(one) for one in found),
        disk=DiskOut.model_validate(services.disk()),
        load=LoadOut.model_validate(services.machine()),
        alarms_open=open_count(services.alarms, person.eyes) if sees_alarms else 0,
    )


def _index(days: float) -> tuple[str, ...]:
    if not days:
        return ()
    return (
        "Beside the recordings, where in them people were hidden and vehicles stood, to try out "
        f"alarm rules on; for {days:g} {'day' if days == 1 else 'days'} at most, and never longer "
        "than the recordings.",
    )


def _findings(*, looked_for: bool) -> tuple[str, ...]:
    if not looked_for:
        return ()
    return (
        "Leaks, faults and losses found in readings of meters and records of stores, with a "
        "drawing of the readings around them, until the operator deletes them.",
        "Readings of a household's meter are shown only while it has an open finding, to whoever "
        "handles that, and each look is written down.",
    )


def _ledger(*, kept: bool) -> tuple[str, ...]:
    if not kept:
        return ()
    return (
        "A ledger of tanks and stores: quantities, and which user of this desk noted them; until "
        "the operator deletes it.",
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
        also_kept=(
            *ALSO_KEPT,
            *_index(view.index_days),
            *_findings(looked_for=view.findings),
            *_ledger(kept=desk.services.stores is not None),
        ),
        never=NEVER,
    )
