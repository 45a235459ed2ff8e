"""The site's mode: read, and changed by a person."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from streetlamp.desk.auth import Login, may
from streetlamp.desk.context import TheDesk
from streetlamp.desk.refusal import RefusalError, problems
from streetlamp.desk.rights import Right
from streetlamp.desk.wire_mode import ModeIn, ModeOut, mode_now
from streetlamp.errors import UserError
from streetlamp.store.errors import StoreError

router = APIRouter(prefix="/api", tags=["mode"])

Reader = Annotated[Login, Depends(may(Right.VIEW_SITE))]
Chooser = Annotated[Login, Depends(may(Right.SET_MODE))]

@router.get("/mode")
def mode(desk: TheDesk, _: Reader) -> ModeOut:
    """The mode the site is in, who chose it and until when it holds."""
    return mode_now(desk.services)


@router.put("/mode", responses=problems(404))
def choose(desk: TheDesk, person: Chooser, body: ModeIn) -> ModeOut:
    """Changes it, at once. Without `hold`, until the schedule next changes it."""
    modes = desk.services.modes
    if modes is None:
        raise RefusalError(404, "This site has no modes.", "Write modes: in the site file.")
    try:
        made = modes.choose(body.mode, person.user, desk.services.now(), hold=body.hold)
    except StoreError:
        raise
    except UserError as error:
        raise RefusalError(422, str(error), "") from None
    return ModeOut.model_validate(made)
