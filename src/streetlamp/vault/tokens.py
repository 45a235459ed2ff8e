"""Tokens with which programs use the desk: part of what their maker may do, and for a while.

A token is `slt_` and 32 random bytes; only its SHA-256 is kept, so it can be shown once and never
again. Times are given by the caller, POSIX seconds. Thread-safe.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from streetlamp.errors import UserError
from streetlamp.store.database import Database
from streetlamp.store.people import TokenRow, TokenTable
from streetlamp.vault.accounts import clean_cameras
from streetlamp.vault.users import MAX_NAME, digest, key_of

PREFIX: Final = "slt_"
DAYS: Final = 90
MOST_DAYS: Final = 365
_DAY: Final = 86_400.0
_USED_EVERY: Final = 60.0  # seconds between two notes that it was used: not a write a request


@dataclass(frozen=True, slots=True)
class Token:
    """A token as a person sees it. ``rights`` are words of `streetlamp.desk.rights.Right`."""

    id: str
    name: str
    maker: str
    rights: tuple[str, ...]
    cameras: tuple[str, ...]  # as `streetlamp.vault.accounts.Account`
    created: float
    expires: float
    used: float | None


class Tokens:
    """The tokens of all programs."""

    def __init__(self, db: Database) -> None:
        self._table = TokenTable(db)

    def add(
        self,
        maker: str,
        name: str,
        rights: Collection[str],
        cameras: Sequence[str],
        now: float,
        days: float = DAYS,
    ) -> tuple[Token, str]:
        """A new token and its text, which nobody can read again.

        Whoever calls has checked that the maker has these rights. UserError: no name, no right,
        too long a time.
        """
        name = " ".join(name.split())
        if not name or len(name) > MAX_NAME or not name.isprintable():
            raise UserError(f"a token needs a name of at most {MAX_NAME} printable characters")
        if not rights:
            raise UserError("a token without rights opens nothing: give it at least one")
        if not 0 < days <= MOST_DAYS:
            raise UserError(f"a token lasts {MOST_DAYS} days at most")
        text = PREFIX + secrets.token_urlsafe(32)
        row = TokenRow(
            secrets.token_hex(6), digest(text), name, key_of(maker), maker,
            tuple(dict.fromkeys(rights)), clean_cameras(cameras), now, now + days * _DAY, None,
        )  # fmt: skip
        self._table.add(row)
        return _token(row), text

    def of(self, text: str, now: float) -> Token | None:
        """The token with this text, or None: there is none, or its time is over."""
        row = self._table.by_digest(digest(text))
        if row is None or row.expires <= now:
            return None
        if row.used is None or now - row.used >= _USED_EVERY:
            self._table.was_used(row.id, now)
        return _token(row)

    def get(self, id: str) -> Token | None:  # noqa: A002
        row = self._table.get(id)
        return None if row is None else _token(row)

    def all(self, maker: str | None = None) -> list[Token]:
        """The newest first: one person's, or everybody's."""
        key = None if maker is None else key_of(maker)
        return [_token(row) for row in self._table.all(key)]

    def revoke(self, id: str) -> None:  # noqa: A002
        """It stops working at once; nothing happens when there is none."""
        self._table.remove(id)


def _token(row: TokenRow) -> Token:
    return Token(
        row.id, row.name, row.maker, row.rights, row.cameras, row.created, row.expires, row.used
    )
