"""Who may use the desk: passwords, the one-time link of the first start, and logins.

Nothing here can be turned back into a password or a session: passwords are kept as scrypt hashes
(RFC 7914) with their own salt and parameters, tokens as SHA-256 of 32 random bytes. Times are given
by the caller, POSIX seconds. Thread-safe.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from streetlamp.errors import UserError
from streetlamp.store.database import Database
from streetlamp.store.people import GrantRow, Grants
from streetlamp.store.users import Sessions, SetupTokens, UserRow
from streetlamp.store.users import Users as UserTable
from streetlamp.vault.roles import EVERY_CAMERA, EVERY_ROLE, Role

MIN_PASSWORD: Final = 10
MAX_PASSWORD: Final = 1000  # scrypt's first step is linear in it
MAX_NAME: Final = 60


class WeakPasswordError(UserError):
    """The password breaks the one rule there is."""


class SetupError(UserError):
    """The one-time link is wrong, used or old, or setup was done before."""


class NameTakenError(UserError):
    """There is a user of this name."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a hash costs: 32 MiB and about a tenth of a second as it stands."""

    n: int = 1 << 15
    r: int = 8
    p: int = 1

    def hash(self, password: str, salt: bytes) -> bytes:
        memory = 128 * self.r * (self.n + self.p + 2)
        return hashlib.scrypt(
            password.encode(), salt=salt, n=self.n, r=self.r, p=self.p, maxmem=memory * 2, dklen=32
        )


def digest(token: str) -> str:
    """The SHA-256 of a token, in hex: what is kept of it."""
    return hashlib.sha256(token.encode()).hexdigest()


def check_password(name: str, password: str) -> None:
    """WeakPasswordError unless it is long enough and not the user's name."""
    if len(password) < MIN_PASSWORD:
        raise WeakPasswordError(
            f"the password has {len(password)} characters: take at least {MIN_PASSWORD}; a few"
            " words in a row are easy to remember"
        )
    if len(password) > MAX_PASSWORD:
        raise WeakPasswordError(f"the password is longer than {MAX_PASSWORD} characters")
    if password.strip().casefold() == name.strip().casefold():
        raise WeakPasswordError("the password is the user name: take another")


class Users:
    """The people of the desk. ``session_seconds`` without a request end a login."""

    def __init__(
        self,
        db: Database,
        *,
        session_seconds: float = 12 * 3600.0,
        setup_seconds: float = 24 * 3600.0,
        cost: Cost | None = None,
    ) -> None:
        self._db = db
        self._users = UserTable(db)
        self._grants = Grants(db)
        self._sessions = Sessions(db)
        self._setup = SetupTokens(db)
        self._session_seconds = session_seconds
        self._setup_seconds = setup_seconds
        self._cost = cost or Cost()
        self._no_one = self._row("", secrets.token_urlsafe(), 0.0)  # compared for unknown names

    # The first start.

    def setup_needed(self) -> bool:
        """Whether nobody can log in yet."""
        return self._users.count() == 0

    def new_setup_token(self, now: float) -> str:
        """A token for the one-time link; those made before stop working.

        SetupError when there is a user already.
        """
        with self._db.write():
            if not self.setup_needed():
                raise SetupError("setup was done before: log in, or ask somebody who can")
            token = secrets.token_urlsafe(32)
            self._setup.replace(digest(token), now, now + self._setup_seconds)
        return token

    def setup(self, token: str, name: str, password: str, now: float) -> str:
        """Makes the first user and logs them in: a session token. The setup token is used up.

        The first user plays every role: on a site of one person there is nobody else.

        SetupError, WeakPasswordError: nothing has changed, the link still works if it did.
        """
        name = clean_name(name)
        check_password(name, password)
        row = self._row(name, password, now)
        with self._db.write():
            if not self.setup_needed():
                raise SetupError("setup was done before: log in instead")
            if not self._setup.take(digest(token), now):
                raise SetupError(
                    "this link is wrong, was used or is too old: start Streetlamp again for a new"
                    " one"
                )
            self._add(row, EVERY_ROLE, EVERY_CAMERA, now)
            return self._login(row, now)

    # Users.

    def add(
        self,
        name: str,
        password: str,
        now: float,
        roles: Collection[Role] = (),
        cameras: Sequence[str] = EVERY_CAMERA,
        *,
        invited: bool = False,
    ) -> None:
        """One more user; without roles they may log in and nothing else.

        cameras: as `vault.accounts.Account`. invited: nobody knows the password, a link is sent.
        NameTakenError, WeakPasswordError.
        """
        name = clean_name(name)
        check_password(name, password)
        row = self._row(name, password, now)
        with self._db.write():
            if self._users.get(row.key) is not None:
                raise NameTakenError(f"there is a user called {name}")
            self._add(row, roles, cameras, now, invited=invited)

    def change_password(self, name: str, password: str, now: float) -> None:
        """A new password; every login of the user ends. UserError when there is no such user."""
        check_password(name, password)
        row = self._row(clean_name(name), password, now)
        with self._db.write():
            if self._users.get(row.key) is None:
                raise UserError(f"there is no user called {name}")
            self._users.set_password(row)
            self._sessions.remove_of(row.key)

    def names(self) -> list[str]:
        return self._users.names()

    # Logins.

    def login(self, name: str, password: str, now: float) -> str | None:
        """A session token, or None when name or password is wrong or the user is switched off.

        Takes as long for a name that does not exist. Whoever calls slows down repeated tries.
        """
        found = self._users.get(key_of(name))
        row = found or self._no_one
        given = Cost(row.n, row.r, row.p).hash(password[: MAX_PASSWORD + 1], row.salt)
        right = hmac.compare_digest(given, row.hash)
        if not right or found is None:
            return None
        grant = self._grants.get(found.key)
        return None if grant is not None and grant.disabled else self._login(found, now)

    def user_of(self, token: str, now: float) -> str | None:
        """The user whose session this is, or None. Using a session keeps it alive."""
        mark = digest(token)
        found = self._sessions.get(mark)
        if found is None:
            return None
        name, expires = found
        if expires <= now:
            self._sessions.remove(mark)
            return None
        if expires - now < self._session_seconds * 0.95:  # not a write with every request
            self._sessions.extend(mark, now + self._session_seconds)
        return name

    def logout(self, token: str) -> None:
        """Ends a session; nothing happens when there is none."""
        self._sessions.remove(digest(token))

    def logout_everywhere(self, name: str) -> None:
        """Ends every session of a user."""
        self._sessions.remove_of(key_of(name))

    def _add(
        self,
        row: UserRow,
        roles: Collection[Role],
        cameras: Sequence[str],
        now: float,
        *,
        invited: bool = False,
    ) -> None:
        words = tuple(role.value for role in Role if role in roles)
        self._users.add(row)
        self._grants.put(GrantRow(row.key, row.name, words, tuple(cameras), False, invited, now))

    def _login(self, row: UserRow, now: float) -> str:
        token = secrets.token_urlsafe(32)
        with self._db.write():
            self._sessions.remove_expired(now)
            self._sessions.add(digest(token), row.key, now, now + self._session_seconds)
        return token

    def _row(self, name: str, password: str, now: float) -> UserRow:
        salt, cost = secrets.token_bytes(16), self._cost
        hashed = cost.hash(password, salt)
        return UserRow(name, key_of(name), salt, hashed, cost.n, cost.r, cost.p, now)


def key_of(name: str) -> str:
    """What two spellings of one name have in common."""
    return " ".join(name.split()).casefold()


def clean_name(name: str) -> str:
    """The name with single spaces; UserError when it is empty, too long or not printable."""
    name = " ".join(name.split())
    if not name:
        raise UserError("the user name is empty")
    if len(name) > MAX_NAME or not name.isprintable():
        raise UserError(f"a user name is printable and has at most {MAX_NAME} characters")
    return name
