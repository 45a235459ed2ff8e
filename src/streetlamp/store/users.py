"""Rows of users, sessions and setup tokens. Only hashes come here; `vault.users` makes them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update

from streetlamp.store.database import Database
from streetlamp.store.schema import sessions, setup_tokens, users


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user: the name as written, its casefolded key, and the scrypt hash with its parameters."""

    name: str
    key: str
    salt: bytes
    hash: bytes
    n: int
    r: int
    p: int
    created: float


class Users:
    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, user: UserRow) -> None:
        row = {name: getattr(user, name) for name in users.columns.keys()}  # noqa: SIM118
        with self._db.write() as connection:
            connection.execute(insert(users).values(row))

    def set_password(self, user: UserRow) -> None:
        """Replaces salt, hash and parameters of the user with this key."""
        changed = {name: getattr(user, name) for name in ("salt", "hash", "n", "r", "p")}
        with self._db.write() as connection:
            connection.execute(update(users).where(users.c.key == user.key).values(changed))

    def get(self, key: str) -> UserRow | None:
        with self._db.read() as connection:
            row = connection.execute(select(users).where(users.c.key == key)).mappings().first()
        return None if row is None else UserRow(**row)

    def count(self) -> int:
        with self._db.read() as connection:
            return int(connection.execute(select(func.count()).select_from(users)).scalar_one())

    def names(self) -> list[str]:
        with self._db.read() as connection:
            return list(connection.execute(select(users.c.name).order_by(users.c.key)).scalars())


class Sessions:
    """Logins. ``token`` is everywhere the SHA-256 of the token, in hex."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, token: str, user: str, created: float, expires: float) -> None:
        """``user`` is the user's key."""
        row = {"token": token, "user": user, "created": created, "expires": expires}
        with self._db.write() as connection:
            connection.execute(insert(sessions).values(row))

    def get(self, token: str) -> tuple[str, float] | None:
        """The user's name and when the session expires (POSIX seconds)."""
        statement = (
            select(users.c.name, sessions.c.expires)
            .join(users, users.c.key == sessions.c.user)
            .where(sessions.c.token == token)
        )
        with self._db.read() as connection:
            row = connection.execute(statement).first()
        return None if row is None else (row.name, row.expires)

    def extend(self, token: str, expires: float) -> None:
        with self._db.write() as connection:
            connection.execute(
                update(sessions).where(sessions.c.token == token).values(expires=expires)
            )

    def remove(self, token: str) -> None:
        with self._db.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.token == token))

    def remove_of(self, user: str) -> None:
        """Ends every session of the user with this key."""
        with self._db.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.user == user))

    def remove_expired(self, now: float) -> None:
        with self._db.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.expires <= now))


class SetupTokens:
    """The one-time token of the first start; at most one, as SHA-256 in hex."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def replace(self, token: str, created: float, expires: float) -> None:
        """This token, and none from before."""
        with self._db.write() as connection:
            connection.execute(delete(setup_tokens))
            connection.execute(
                insert(setup_tokens).values(token=token, created=created, expires=expires)
            )

    def take(self, token: str, now: float) -> bool:
        """Uses the token up: True once, if it is there and has not expired."""
        where = (setup_tokens.c.token == token, setup_tokens.c.expires > now)
        with self._db.write() as connection:
            return connection.execute(delete(setup_tokens).where(*where)).rowcount > 0
