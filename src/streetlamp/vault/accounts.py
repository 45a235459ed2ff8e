"""What each person may do: their roles, the cameras they may see, and how they come in.

Whoever lets people in never knows their passwords: a new user gets a link that can be used once
(and for a day) to choose one. Every change of what somebody may do ends their logins, so that it
holds at once. Times are given by the caller, POSIX seconds. Thread-safe.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from streetlamp.errors import UserError
from streetlamp.store.database import Database
from streetlamp.store.mutes import Mutes, Subscriptions
from streetlamp.store.people import GrantRow, Grants, Invites
from streetlamp.vault.roles import EVERY_CAMERA, Role
from streetlamp.vault.users import Users, check_password, clean_name, digest, key_of

MOST_PATTERNS: Final = 200
LONGEST_PATTERN: Final = 80


class NoSuchUserError(UserError):
    """There is no user of this name."""


class LastAdminError(UserError):
    """Nobody would be left who can let people in."""


class InviteError(UserError):
    """The link is wrong, was used or is too old."""


@dataclass(frozen=True, slots=True)
class Account:
    """A person as the desk knows them.

    ``cameras`` says which ones they may see: ids, patterns such as ``north-*``, or the same of
    areas, ``area:North*``; ``*`` is every camera.
    """

    name: str
    roles: frozenset[Role]
    cameras: tuple[str, ...]
    disabled: bool = False
    invited: bool = False  # has not chosen a password yet
    changed: float = 0.0


class Accounts:
    """The people of the desk and what they may do."""

    def __init__(self, db: Database, users: Users, *, invite_seconds: float = 24 * 3600.0) -> None:
        self._db = db
        self._users = users
        self._grants = Grants(db)
        self._invites = Invites(db)
        self._invite_seconds = invite_seconds

    def of_session(self, token: str, now: float) -> Account | None:
        """Whose session this is, or None. Using a session keeps it alive."""
        name = self._users.user_of(token, now)
        found = self.get(name) if name is not None else None
        return None if found is None or found.disabled else found

    def get(self, name: str) -> Account | None:
        row = self._grants.get(key_of(name))
        return None if row is None else _account(row)

    def all(self) -> list[Account]:
        """Everybody, by name."""
        return [_account(row) for row in self._grants.all()]

    def invite(self, name: str, roles: Collection[Role], cameras: Sequence[str], now: float) -> str:
        """A new user, and the token of the link with which they choose a password.

        UserError: no name, no cameras, or a name that is taken.
        """
        cameras = clean_cameras(cameras)
        with self._db.write():
            nobody_knows = secrets.token_urlsafe(32)
            self._users.add(name, nobody_knows, now, roles, cameras, invited=True)
            return self._link(key_of(name), now)

    def link(self, name: str, now: float) -> str:
        """A fresh link for a user: the first one got lost, or the password did.

        Links from before stop working; the password works until the link is used.
        """
        with self._db.write():
            return self._link(self._row(name).user, now)

    def accept(self, token: str, password: str, now: float) -> str:
        """Chooses a password with a link; the user's name. The link is used up.

        InviteError, WeakPasswordError: nothing has changed.
        """
        user = self._invites.user_of(digest(token), now)
        row = self._grants.get(user) if user is not None else None
        if row is None or row.disabled:
            raise InviteError(
                "this link is wrong, was used or is too old: ask whoever gave it to you for a new"
                " one"
            )
        check_password(row.name, password)
        with self._db.write():
            self._users.change_password(row.name, password, now)
            self._grants.put(replace(row, invited=False, changed=now))
            self._invites.remove_of(row.user)
        return row.name

    def grant(
        self, name: str, roles: Collection[Role], cameras: Sequence[str], now: float
    ) -> Account:
        """What a user may do from now on, and nothing else.

        NoSuchUserError, LastAdminError; UserError for a camera pattern that is none.
        """
        words = tuple(role.value for role in Role if role in roles)
        cameras = clean_cameras(cameras)
        with self._db.write():
            row = replace(self._row(name), roles=words, cameras=cameras, changed=now)
            return self._change(row)

    def switch(self, name: str, now: float, *, on: bool) -> Account:
        """Lets a user log in, or not. NoSuchUserError, LastAdminError."""
        with self._db.write():
            return self._change(replace(self._row(name), disabled=not on, changed=now))

    def remove(self, name: str) -> None:
        """A user with all their logins, tokens, browsers that were told of alarms, and quiet times.
        NoSuchUserError, LastAdminError.

        The name stays in the audit log and on the alarms they answered.
        """
        with self._db.write():
            row = self._row(name)
            self._grants.remove_user(row.user)
            Subscriptions(self._db).remove_of(row.name)
            Mutes(self._db).remove("", row.name)
            self._check_admin(row)

    def _change(self, row: GrantRow) -> Account:
        before = self._grants.get(row.user)
        self._grants.put(row)
        if before is not None:
            self._check_admin(before)
        self._users.logout_everywhere(row.name)
        return _account(row)

    def _check_admin(self, before: GrantRow) -> None:
        """Raises LastAdminError, and so undoes the change, where it took the last admin away."""
        if not _is_admin(before) or any(map(_is_admin, self._grants.all())):
            return
        raise LastAdminError(
            f"{before.name} is the last admin who can log in: make somebody else one first"
        )

    def _link(self, user: str, now: float) -> str:
        token = secrets.token_urlsafe(32)
        self._invites.replace(digest(token), user, now, now + self._invite_seconds)
        return token

    def _row(self, name: str) -> GrantRow:
        found = self._grants.get(key_of(name))
        if found is None:
            raise NoSuchUserError(f"there is no user called {clean_name(name)}")
        return found


def clean_cameras(patterns: Iterable[str]) -> tuple[str, ...]:
    """The patterns without doubles, ``*`` alone where it is among them; UserError."""
    found = tuple(dict.fromkeys(one.strip() for one in patterns))
    if len(found) > MOST_PATTERNS:
        raise UserError(f"more than {MOST_PATTERNS} camera patterns: use an area or a pattern")
    for one in found:
        if not one or len(one) > LONGEST_PATTERN or not one.isprintable():
            raise UserError(
                f"{one!r} names no camera: write an id, a pattern such as north-*, or area:North"
            )
    return EVERY_CAMERA if EVERY_CAMERA[0] in found else found


def _is_admin(row: GrantRow) -> bool:
    return Role.ADMIN.value in row.roles and not row.disabled and not row.invited


def _account(row: GrantRow) -> Account:
    roles = frozenset(role for role in Role if role.value in row.roles)
    return Account(row.name, roles, row.cameras, row.disabled, row.invited, row.changed)
