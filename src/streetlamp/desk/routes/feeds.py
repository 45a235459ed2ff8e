"""Devices and brokers from which readings of meters and stores come: how they do."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from streetlamp.desk.auth import Login, may
from streetlamp.desk.context import TheDesk
from streetlamp.desk.rights import Right
from streetlamp.desk.wire_feeds import FeedOut, FeedsOut

router = APIRouter(prefix="/api", tags=["feeds"])

Viewer = Annotated[Login, Depends(may(Right.VIEW_FLEET))]


@router.get("/feeds")
def feeds(desk: TheDesk, person: Viewer) -> FeedsOut:
    """Every feed of the site file: does it answer, what was taken, what was refused and why.

    Empty for somebody who may see some cameras only: meters and stores belong to no camera.
    """
    if not person.eyes.everything:
        return FeedsOut(feeds=())
    stock = person.may(Right.VIEW_STOCK)
    found = (
        FeedOut.of(one, refusals=one.room != "stock" or stock) for one in desk.services.feeds()
    )
    return FeedsOut(feeds=tuple(found))
