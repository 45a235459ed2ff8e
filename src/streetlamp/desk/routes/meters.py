"""Meters and districts: what was found, what it costs to wait, and the page of each.

A meter belongs to no camera: only who may see the whole site sees any. A household's readings are
shown while it has an open finding, to whoever may handle that, no more of them than lie around it,
and each look is in the audit log before it is answered (CHARTER 3 and 7).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi import Path as InPath
from starlette.requests import HTTPConnection

from streetlamp.desk.auth import Login, Need, checked, logged_in, may, needs
from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.handling import Open, may_look, open_findings
from streetlamp.desk.meter_services import Meters
from streetlamp.desk.refusal import RefusalError, not_found, problems
from streetlamp.desk.rights import Right
from streetlamp.desk.wire_meters import (
    MeterLineOut,
    MeterOut,
    MetersOut,
    WaitingOut,
    cost_of,
)
from streetlamp.meters.shown import ShownMeter, Window
from streetlamp.meters.waiting import rank

router = APIRouter(prefix="/api/meters", tags=["meters"])

MeterId = Annotated[str, InPath(max_length=80, pattern=r"^[a-z][a-z_]*-[A-Za-z0-9_-]+$")]
Moment = Annotated[
    float | None, Query(ge=0, le=1e11, description="Only readings of this stretch, POSIX seconds.")
]

_NEED = Need(Right.VIEW_METERS)


def _check(connection: HTTPConnection, desk: TheDesk) -> Login:
    """As `may`, and 404 for whoever may not see the whole site."""
    login = checked(logged_in(connection, desk), _NEED, connection)
    if not login.eyes.everything:
        raise not_found("meter")
    return login


Viewer = Annotated[Login, Depends(may(Right.VIEW_METERS))]
OfMeter = Annotated[Login, Depends(needs(_NEED, _check))]


@router.get("")
def meters(desk: TheDesk, person: Viewer) -> MetersOut:
    """What was found and is open, the dearest first; and the meters that are no household's.

    Empty for somebody who may see some cameras only.
    """
    keeper = desk.services.meters
    if keeper is None or not person.eyes.everything:
        return MetersOut(waiting=(), meters=(), households=0, currency="EUR", looked=None)
    every = keeper.list()
    handled = open_findings(desk, every)
    return MetersOut(
        waiting=_ranked(keeper, every, handled, person),
        meters=tuple(
            MeterLineOut(
                id=one.id,
                name=one.name,
                kind=one.kind,
                last=one.last,
                found=sum(each.id in handled for each in one.findings),
            )
            for one in every
            if not one.household
        ),
        households=sum(one.household for one in every),
        currency=keeper.currency,
        looked=keeper.looked,
    )


@router.get("/{id}", responses=problems(503))
def meter(
    id: MeterId,  # noqa: A002
    desk: TheDesk,
    person: OfMeter,
    start: Moment = None,
    end: Moment = None,
) -> MeterOut:
    """One meter or district: readings, what is usual, the evidence so far, findings.

    403 for a household's without the right `handle_findings`, or while it has no open finding. A
    look at a household's is noted first.
    """
    keeper, found = _find(desk, id)
    handled = open_findings(desk, [found])
    windows = _windows(found, person, handled)
    chart = keeper.chart(found.id)
    if chart is None:
        raise RefusalError(
            503, "The readings are being looked through.", "Wait a moment.", {"Retry-After": "10"}
        )
    if windows is not None:
        chart = chart.between(windows)
        first = next(one.id for one in found.findings if one.id in handled)
        desk.looks.note(
            person.token, person.user, "look at household readings", f"meter:{found.id}",
            desk.services.now(), finding=first,
        )  # fmt: skip
    if start is not None or end is not None:
        chart = chart.between([(start or 0.0, end if end is not None else 1e11)])
    price = keeper.tariffs.get(found.kind)
    return MeterOut.of(found, chart, handled, price, keeper.currency, keeper.looked)


def _windows(found: ShownMeter, person: Login, handled: dict[str, Open]) -> list[Window] | None:
    """What of a household's readings may be shown; None: all, as it is none. RefusalError 403."""
    if not found.household:
        return None
    right = Right.HANDLE_FINDINGS
    if not person.may(right):
        raise RefusalError(
            403, f"This needs the right {right}.",
            "A household's readings are shown to whoever handles a finding there.",
        )  # fmt: skip
    windows = [one.window for one in found.findings if one.id in handled]
    if not windows:
        raise RefusalError(
            403, "A household's readings are shown only while it has an open finding.",
            "There is none here.",
        )  # fmt: skip
    return windows


def _ranked(
    keeper: Meters, every: Sequence[ShownMeter], handled: dict[str, Open], person: Login
) -> tuple[WaitingOut, ...]:
    open_ = [
        (cost_of(meter, one, keeper.tariffs.get(meter.kind)), one, meter)
        for meter in every
        for one in meter.findings
        if one.id in handled
    ]
    open_.sort(key=lambda each: (rank(each[0], keeper.tariffs), each[1].start))
    return tuple(
        WaitingOut.of(
            one, handled[one.id], cost, meter=meter.id, name=meter.name, kind=meter.kind,
            household=meter.household, opens=may_look(meter, person, handled),
        )
        for cost, one, meter in open_
    )  # fmt: skip


def _find(desk: Desk, id: str) -> tuple[Meters, ShownMeter]:  # noqa: A002
    keeper = desk.services.meters
    if keeper is None:
        raise not_found("meter")
    found = keeper.get(id)
    if found is None and keeper.looked is None:
        raise RefusalError(
            503, "The readings are being looked through.", "Wait a moment.", {"Retry-After": "10"}
        )
    if found is None:
        raise not_found("meter")
    return keeper, found
