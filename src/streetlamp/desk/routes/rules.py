"""A camera's zones, lines, ground and rules, shown and changed while it runs.

The site file is never written: what is changed here is kept as versions and laid over it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends

from streetlamp.desk.auth import Login, may
from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.refusal import RefusalError, problems
from streetlamp.desk.rights import Right
from streetlamp.desk.routes.recordings import CameraId
from streetlamp.desk.rule_services import (
    DeskRules,
    NoSuchVersionError,
    SetView,
    StaleSetError,
    WrongSetError,
)
from streetlamp.desk.wire_rules import (
    CameraRulesOut,
    CheckedOut,
    CheckIn,
    RevertIn,
    RuleKindOut,
    RuleKindsOut,
    SaveIn,
    YamlOut,
)
from streetlamp.rules.form import forms

router = APIRouter(prefix="/api", tags=["rules"])

Viewer = Annotated[Login, Depends(may(Right.VIEW_SITE))]
OfCamera = Annotated[Login, Depends(may(Right.VIEW_SITE, "id"))]
Changer = Annotated[Login, Depends(may(Right.CHANGE_RULES, "id"))]

_LOOK: Final = "POST …/rules/check says what, field by field."


@router.get("/rules/kinds")
def kinds(_: Viewer) -> RuleKindsOut:
    """Every kind of rule, with the form of its options."""
    return RuleKindsOut(
        kinds=tuple(
            RuleKindOut(
                kind=one.kind,
                summary=one.summary,
                about=one.about,
                watches="line" if one.watches == "line" else "zone",
                needs_ground=one.needs_ground,
                first=one.first,
                form=one.schema,
            )
            for one in forms()
        )
    )


@router.get("/cameras/{id}/rules")
def rules(id: CameraId, desk: TheDesk, _: OfCamera) -> CameraRulesOut:  # noqa: A002
    """What the camera watches for, whether the file says so or the desk, and earlier versions."""
    return CameraRulesOut.of(_keeper(desk).now(desk.camera(id).id))


@router.put("/cameras/{id}/rules", responses=problems(409))
def save(id: CameraId, desk: TheDesk, person: Changer, body: SaveIn) -> CameraRulesOut:  # noqa: A002
    """Makes this the camera's set, from the next look on. Incidents of unchanged rules go on.

    409 when somebody changed it meanwhile; 422 when something in it is wrong.
    """
    camera, keeper = desk.camera(id).id, _keeper(desk)
    plain = body.set.model_dump()
    now = desk.services.now()
    return _change(
        lambda: keeper.save(camera, plain, body.based_on, person.user, now, body.note.strip())
    )


@router.post("/cameras/{id}/rules/check")
def check(id: CameraId, desk: TheDesk, _: Changer, body: CheckIn) -> CheckedOut:  # noqa: A002
    """What is wrong with a set, field by field, and what it would change. Nothing is changed."""
    return CheckedOut.of(_keeper(desk).check(desk.camera(id).id, body.set.model_dump()))


@router.post("/cameras/{id}/rules/revert", responses=problems(409))
def revert(id: CameraId, desk: TheDesk, person: Changer, body: RevertIn) -> CameraRulesOut:  # noqa: A002
    """Goes back to an earlier version, or to what the site file says. 409 as for saving."""
    camera, keeper = desk.camera(id).id, _keeper(desk)
    now = desk.services.now()
    return _change(
        lambda: keeper.revert(
            camera, body.version, body.based_on, person.user, now, body.note.strip()
        )
    )


@router.get("/cameras/{id}/rules/yaml")
def text(id: CameraId, desk: TheDesk, _: Changer) -> YamlOut:  # noqa: A002
    """What counts now, as a piece of site file."""
    return YamlOut(text=_keeper(desk).text(desk.camera(id).id))


def _change(act: Callable[[], SetView]) -> CameraRulesOut:
    try:
        return CameraRulesOut.of(act())
    except StaleSetError as error:
        raise RefusalError(409, str(error), "Look at it, then save again.") from None
    except WrongSetError as error:
        raise RefusalError(422, f"This cannot be used: {error}", _LOOK) from None
    except NoSuchVersionError as error:
        raise RefusalError(404, str(error), "GET …/rules lists them.") from None


def _keeper(desk: Desk) -> DeskRules:
    if desk.services.rules is None:
        raise RefusalError(404, "Rules cannot be changed at this desk.", "")
    return desk.services.rules
