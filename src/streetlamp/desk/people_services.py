"""What the desk asks about people and programs; as the rooms of `streetlamp.vault`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from streetlamp.vault.accounts import Account
from streetlamp.vault.roles import Role
from streetlamp.vault.tokens import Token


class Accounts(Protocol):
    """As `streetlamp.vault.accounts.Accounts`, whose errors are UserErrors."""

    def of_session(self, token: str, now: float) -> Account | None: ...
    def get(self, name: str) -> Account | None: ...
    def all(self) -> Sequence[Account]: ...
    def invite(
        self, name: str, roles: Collection[Role], cameras: Sequence[str], now: float
    ) -> str: ...
    def link(self, name: str, now: float) -> str: ...
    def accept(self, token: str, password: str, now: float) -> str: ...
    def grant(
        self, name: str, roles: Collection[Role], cameras: Sequence[str], now: float
    ) -> Account: ...
    def switch(self, name: str, now: float, *, on: bool) -> Account: ...
    def remove(self, name: str) -> None: ...


class Tokens(Protocol):
    """As `streetlamp.vault.tokens.Tokens`, whose errors are UserErrors."""

    def add(
        self,
        maker: str,
        name: str,
        rights: Collection[str],
        cameras: Sequence[str],
        now: float,
        days: float,
    ) -> tuple[Token, str]: ...
    def of(self, text: str, now: float) -> Token | None: ...
    def get(self, id: str) -> Token | None: ...  # noqa: A002
    def all(self, maker: str | None = None) -> Sequence[Token]: ...
    def revoke(self, id: str) -> None: ...  # noqa: A002


__all__ = ["Account", "Accounts", "Role", "Token", "Tokens"]
