"""Tokens with which programs use the desk."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi import Path as InPath

from streetlamp.desk.auth import Login, may
from streetlamp.desk.context import TheDesk
from streetlamp.desk.refusal import RefusalError, not_found
from streetlamp.desk.rights import IN_PERSON, Right
from streetlamp.desk.wire_people import NewTokenOut, TokenIn, TokenOut, TokensOut
from streetlamp.errors import UserError

router = APIRouter(prefix="/api/tokens", tags=["tokens"])

Maker = Annotated[Login, Depends(may(Right.MANAGE_TOKENS))]
TokenId = Annotated[str, InPath(min_length=1, max_length=16, pattern=r"^[0-9a-f]+$")]


@router.get("")
def tokens(desk: TheDesk, person: Maker) -> TokensOut:
    """One's own tokens; for whoever manages users, everybody's. Not the texts: nobody has them."""
    every = person.may(Right.MANAGE_USERS)
    found = desk.services.tokens.all(None if every else person.account.name)
    return TokensOut(tokens=tuple(map(TokenOut.of, found)))


@router.post("", status_code=201)
def make(body: TokenIn, desk: TheDesk, person: Maker) -> NewTokenOut:
    """A token for a program: some of one's own rights, some of one's own cameras, for a while.

    403 for a right one does not have oneself, or that no token can have.
    """
    services, now = desk.services, desk.services.now()
    beyond = [right for right in body.rights if right in IN_PERSON or not person.may(right)]
    if beyond:
        raise RefusalError(
            403, f"You cannot give a token {', '.join(beyond)}.", "Give it rights of your own."
        )
    try:
        token, text = services.tokens.add(
            person.account.name, body.name, body.rights, body.cameras, now, body.days
        )
    except UserError as error:
        raise RefusalError(422, str(error)) from None
    services.audit.record(
        now,
        person.user,
        "make token",
        f"token:{token.id}",
        name=token.name,
        rights=", ".join(token.rights),
        cameras=", ".join(token.cameras),
        days=body.days,
    )
    return NewTokenOut(token=TokenOut.of(token), text=text)


@router.delete("/{id}", status_code=204)
def revoke(id: TokenId, desk: TheDesk, person: Maker) -> None:  # noqa: A002
    """Ends a token at once: one's own, or for whoever manages users, anybody's."""
    found = desk.services.tokens.get(id)
    own = found is not None and found.maker == person.account.name
    if found is None or not (own or person.may(Right.MANAGE_USERS)):
        raise not_found("token")
    desk.services.tokens.revoke(id)
    now = desk.services.now()
    about = f"token:{id}"
    desk.services.audit.record(now, person.user, "revoke token", about, name=found.name)
