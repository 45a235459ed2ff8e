"""Tanks and stores: their balances, what could go unseen, their ledger, and entries made here.

A store belongs to no camera, and what could go unseen is nobody's business but its keepers': only
who may see the whole site sees stores.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response
from fastapi import Path as InPath
from starlette.requests import HTTPConnection

from streetlamp.desk.auth import Login, Need, checked, logged_in, may, needs
from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.refusal import RefusalError, not_found, problems
from streetlamp.desk.rights import Right
from streetlamp.desk.stock_services import Stores
from streetlamp.desk.wire_stock import (
    EntriesOut,
    EntryIn,
    EntryOut,
    NotedOut,
    StoreLineOut,
    StoreOut,
    StoresOut,
)
from streetlamp.errors import UserError
from streetlamp.stock.ledger.entries import Entry
from streetlamp.stock.ledger.plausible import oddities
from streetlamp.stock.shown import ShownStore

router = APIRouter(prefix="/api/stores", tags=["stores"])

ALONE: Final = {
    # The sheet is one file: it draws, and runs and loads nothing.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "sandbox allow-modals allow-popups"
}

StoreId = Annotated[str, InPath(max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


def _of_store(right: Right) -> Callable[[HTTPConnection, Desk], Login]:
    """As `may`, and 404 for whoever may not see the whole site."""
    need = Need(right)

    def check(connection: HTTPConnection, desk: TheDesk) -> Login:
        login = checked(logged_in(connection, desk), need, connection)
        if not login.eyes.everything:
            raise not_found("store")
        return login

    return needs(need, check)


_view, _note = _of_store(Right.VIEW_STOCK), _of_store(Right.NOTE_STOCK)
Viewer = Annotated[Login, Depends(may(Right.VIEW_STOCK))]
OfStore = Annotated[Login, Depends(_view)]
Noter = Annotated[Login, Depends(_note)]


@router.get("")
def stores(desk: TheDesk, person: Viewer) -> StoresOut:
    """Every tank and store: its stock, its last balance, and what could go unseen.

    Empty for somebody who may see some cameras only.
    """
    keeper = desk.services.stores
    if keeper is None or not person.eyes.everything:
        return StoresOut(stores=(), reckoned=None)
    found = tuple(StoreLineOut.of(one) for one in keeper.list())
    return StoresOut(stores=found, reckoned=keeper.reckoned)


@router.get("/{id}", responses=problems(503))
def store(id: StoreId, desk: TheDesk, _: OfStore) -> StoreOut:  # noqa: A002
    """One store: its balances with their control limits, tests, findings, and what it could have
    lost unseen."""
    keeper, found = _find(desk, id)
    return StoreOut.of(found, keeper.reckoned, waiting=keeper.waiting)


@router.get("/{id}/entries", responses=problems(503))
def entries(
    id: StoreId,  # noqa: A002
    desk: TheDesk,
    _: OfStore,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Annotated[
        int | None, Query(ge=1, le=2**53, description="Only those with a smaller number.")
    ] = None,
) -> EntriesOut:
    """What was noted last, the newest first; corrections are entries of their own."""
    keeper, found = _find(desk, id)
    return EntriesOut.of(keeper.newest(found.name, limit, before))


@router.get(
    "/{id}/sheet.html",
    response_class=Response,
    responses={200: {"content": {"text/html": {}}}, **problems(409, 503)},
)
def sheet(
    id: StoreId,  # noqa: A002
    desk: TheDesk,
    _: OfStore,
    month: Annotated[str, Query(pattern=r"^(19[7-9]|2[0-9]{2})[0-9]-(0[1-9]|1[0-2])$")],
) -> Response:
    """A store's month on one page, to print: leak test, balances, findings, each figure linked to
    the ledger entries it was computed from. 409: its records do not allow it."""
    keeper, found = _find(desk, id)
    desk.exports.enter("sheets")
    try:
        page = keeper.sheet(found.name, month)
    except UserError as error:
        raise RefusalError(409, _sentence(error)) from None
    finally:
        desk.exports.leave()
    return Response(page, media_type="text/html; charset=utf-8", headers=ALONE)


@router.post("/{id}/entries", status_code=201, responses=problems(409, 503))
def note(id: StoreId, body: EntryIn, desk: TheDesk, person: Noter, response: Response) -> NotedOut:  # noqa: A002
    """Notes an entry down, for good. Sent again under its key it is not noted again (200).

    A correction is an entry that names the one it stands for; others' entries are corrected by who
    has the right `correct_stock`. 409: it is odd and not confirmed, the key belongs to another
    entry, or what it corrects is corrected already.
    """
    keeper, found = _find(desk, id)
    now = desk.services.now()
    try:
        entry = body.entry(found.name, person.user)
    except UserError as error:
        raise RefusalError(422, _sentence(error), "Look at the kind and its unit.") from None
    if not keeper.has(body.key):
        _check(entry, body, found, keeper, person, now)
    try:
        noted, new = keeper.note(entry, body.key, now)
    except UserError as error:
        raise RefusalError(409, _sentence(error), "Look at the ledger.") from None
    if new:
        about = f"store:{found.id}"
        what = f"{entry.kind} {entry.quantity:g} {entry.unit}"
        more = {} if entry.corrects is None else {"corrects": float(entry.corrects)}
        desk.services.audit.record(
            now, person.user, "note stock", about, entry=float(noted.seq), what=what, **more
        )
    else:
        response.status_code = 200
    return NotedOut(entry=EntryOut.model_validate(noted), new=new)


def _check(
    entry: Entry, body: EntryIn, store: ShownStore, keeper: Stores, person: Login, now: float
) -> None:
    """Whether this person may note this there; RefusalError says why not."""
    if not store.dated:
        raise RefusalError(
            409,
            "The records of this store only number their days: a date does not fit.",
            "Keep them in ledger.csv, with dates.",
        )
    if entry.corrects is not None and not person.may(Right.CORRECT_STOCK):
        old = next(
            (one for one in keeper.about([entry.corrects]) if one.seq == entry.corrects), None
        )
        if old is None or old.store != store.name or old.author != person.user:
            raise RefusalError(
                403, "Others' entries are corrected by a supervisor.", "Tell them the number."
            )
    odd = [] if body.confirmed else oddities(entry, store.limits, now)
    if odd:
        raise RefusalError(409, " ".join(odd), "If it is so all the same, confirm it.")


def _find(desk: Desk, id: str) -> tuple[Stores, ShownStore]:  # noqa: A002
    keeper = desk.services.stores
    if keeper is None:
        raise not_found("store")
    found = keeper.get(id)
    if found is None and keeper.reckoned is None:
        raise RefusalError(
            503, "The stores are being looked through.", "Wait a moment.", {"Retry-After": "10"}
        )
    if found is None:
        raise not_found("store")
    return keeper, found


def _sentence(error: UserError) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}"
