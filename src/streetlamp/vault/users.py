"""Who may use the desk: passwords, the one-time link of the first start, and logins.

Nothing here can be turned back into a password or a session: passwords are kept as scrypt hashes
(RFC 7914) with their own salt and parameters, tokens as SHA-256 of 32 random bytes. Times are given
by the caller, POSIX seconds. Thread-safe.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from streetlamp.errors import UserError
from streetlamp.store.database import Database
from streetlamp.store.users import Sessions, SetupTokens, UserRow
from streetlamp.store.users import Users as UserTable

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


def _digest(token: str) -> str:
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
            self._setup.replace(_digest(token), now, now + self._setup_seconds)
        return token

    def setup(self, token: str, name: str, password: str, now: float) -> str:
        """Makes the first user and logs them in: a session token. The setup token is used up.

        SetupError, WeakPasswordError: nothing has changed, the link still works if it did.
        """
        name = _clean(name)
        check_password(name, password)
        row = self._row(name, password, now)
        with self._db.write():
            if not self.setup_needed():
                raise SetupError("setup was done before: log in instead")
            if not self._setup.take(_digest(token), now):
                raise SetupError(
                    "this link is wrong, was used or is too old: start Streetlamp again for a new"
                    " one"
                )
            self._users.add(row)
            return self._login(row, now)

    # Users.

    def add(self, name: str, password: str, now: float) -> None:
        """One more user. NameTakenError, WeakPasswordError."""
        name = _clean(name)
        check_password(name, password)
        row = self._row(name, password, now)
        with self._db.write():
            if self._users.get(row.key) is not None:
                raise NameTakenError(f"there is a user called {name}")
            self._users.add(row)

    def change_password(self, name: str, password: str, now: float) -> None:
        """A new password; every login of the user ends. UserError when there is no such user."""
        check_password(name, password)
        row = self._row(_clean(name), password, now)
        with self._db.write():
            if self._users.get(row.key) is None:
                raise UserError(f"there is no user called {name}")
            self._users.set_password(row)
            self._sessions.remove_of(row.key)

    def names(self) -> list[str]:
        return self._users.names()

    # Logins.

    def login(self, name: str, password: str, now: float) -> str | None:
        """A session token, or None when name or password is wrong.

        Takes as long for a name that does not exist. Whoever calls slows down repeated tries.
        """
        found = self._users.get(_key(name))
        row = found or self._no_one
        given = Cost(row.n, row.r, row.p).hash(password[: MAX_PASSWORD + 1], row.salt)
        right = hmac.compare_digest(given, row.hash)
        return self._login(found, now) if right and found is not None else None

    def user_of(self, token: str, now: float) -> str | None:
        """The user whose session this is, or None. Using a session keeps it alive."""
        digest = _digest(token)
        found = self._sessions.get(digest)
        if found is None:
            return None
        name, expires = found
        if expires <= now:
            self._sessions.remove(digest)
            return None
        if expires - now < self._session_seconds * 0.95:  # not a write with every request
            self._sessions.extend(digest, now + self._session_seconds)
        return name

    def logout(self, token: str) -> None:
        """Ends a session; nothing happens when there is none."""
        self._sessions.remove(_digest(token))

    def logout_everywhere(self, name: str) -> None:
        """Ends every session of a user."""
        self._sessions.remove_of(_key(name))

    def _login(self, row: UserRow, now: float) -> str:
        token = secrets.token_urlsafe(32)
        with self._db.write():
            self._sessions.remove_expired(now)
            self._sessions.add(_digest(token), row.key, now, now + self._session_seconds)
        return token

    def _row(self, name: str, password: str, now: float) -> UserRow:
        salt, cost = secrets.token_bytes(16), self._cost
        hashed = cost.hash(password, salt)
        return UserRow(name, _key(name), salt, hashed, cost.n, cost.r, cost.p, now)


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


def _clean(name: str) -> str:
    """The name with single spaces; UserError when it is empty, too long or not printable."""
    name = " ".join(name.split())
    if not name:
        raise UserError("the user name is empty")
    if len(name) > MAX_NAME or not name.isprintable():
        raise UserError(f"a user name is printable and has at most {MAX_NAME} characters")
    return name
