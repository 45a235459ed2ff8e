"""Rows of what people and programs may do. Only hashes of secrets come here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping, Select, delete, insert, select, update

from streetlamp.store.database import Database
from streetlamp.store.schema import users
from streetlamp.store.schema_people import grants, invites, tokens


@dataclass(frozen=True, slots=True)
class GrantRow:
    """What a user may do. ``user`` is the key; ``name`` as written."""

    user: str
    name: str
    roles: tuple[str, ...]
    cameras: tuple[str, ...]
    disabled: bool
    invited: bool  # has no password yet
    changed: float


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A program's token, as its SHA-256. ``user`` is its maker's key, ``maker`` their name."""

    id: str
    digest: str
    name: str
    user: str
    maker: str
    rights: tuple[str, ...]
    cameras: tuple[str, ...]
    created: float
    expires: float
    used: float | None


class Grants:
    """What each user may do."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, row: GrantRow) -> None:
        """This, and nothing from before, for the user."""
        values = {
            "user": row.user,
            "roles": list(row.roles),
            "cameras": list(row.cameras),
            "disabled": row.disabled,
            "invited": row.invited,
            "changed": row.changed,
        }
        with self._db.write() as connection:
            connection.execute(delete(grants).where(grants.c.user == row.user))
            connection.execute(insert(grants).values(values))

    def get(self, user: str) -> GrantRow | None:
        found = self._rows(_GRANTS.where(users.c.key == user))
        return found[0] if found else None

    def all(self) -> list[GrantRow]:
        """Every user's, by name; of one who was granted nothing, too."""
        return self._rows(_GRANTS.order_by(users.c.key))

    def remove_user(self, user: str) -> None:
        """The user, their logins, invitations and tokens are gone."""
        with self._db.write() as connection:
            connection.execute(delete(users).where(users.c.key == user))

    def _rows(self, statement: Select[tuple[object, ...]]) -> list[GrantRow]:
        with self._db.read() as connection:
            return [_grant(row) for row in connection.execute(statement).mappings()]


_GRANTS = select(
    users.c.key, users.c.name, grants.c.roles, grants.c.cameras, grants.c.disabled,
    grants.c.invited, grants.c.changed,
).select_from(users.outerjoin(grants, grants.c.user == users.c.key))  # fmt: skip


def _grant(row: RowMapping) -> GrantRow:
    return GrantRow(
        row["key"],
        row["name"],
        tuple(row["roles"] or ()),
        tuple(row["cameras"] or ()),
        bool(row["disabled"]),
        bool(row["invited"]),
        row["changed"] or 0.0,
    )


class Invites:
    """One-time links to choose a password; at most one a user. ``token`` is a SHA-256 in hex."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def replace(self, token: str, user: str, created: float, expires: float) -> None:
        """This link for the user, and none from before."""
        row = {"token": token, "user": user, "created": created, "expires": expires}
        with self._db.write() as connection:
            connection.execute(delete(invites).where(invites.c.user == user))
            connection.execute(insert(invites).values(row))

    def user_of(self, token: str, now: float) -> str | None:
        """The key of the user the link is for; None: there is none, or it is too old."""
        statement = select(invites.c.user).where(invites.c.token == token, invites.c.expires > now)
        with self._db.read() as connection:
            found = connection.execute(statement).scalar()
        return None if found is None else str(found)

    def remove_of(self, user: str) -> None:
        with self._db.write() as connection:
            connection.execute(delete(invites).where(invites.c.user == user))


class TokenTable:
    """Programs' tokens."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, row: TokenRow) -> None:
        values = {
            "id": row.id,
            "digest": row.digest,
            "name": row.name,
            "user": row.user,
            "rights": list(row.rights),
            "cameras": list(row.cameras),
            "created": row.created,
            "expires": row.expires,
            "used": row.used,
        }
        with self._db.write() as connection:
            connection.execute(insert(tokens).values(values))

    def by_digest(self, digest: str) -> TokenRow | None:
        found = self._rows(_TOKENS.where(tokens.c.digest == digest))
        return found[0] if found else None

    def get(self, id: str) -> TokenRow | None:  # noqa: A002
        found = self._rows(_TOKENS.where(tokens.c.id == id))
        return found[0] if found else None

    def all(self, user: str | None = None) -> list[TokenRow]:
        """The newest first; of one user (their key), or of everybody."""
        statement = _TOKENS.order_by(tokens.c.created.desc(), tokens.c.id)
        return self._rows(statement if user is None else statement.where(tokens.c.user == user))

    def was_used(self, id: str, time: float) -> None:  # noqa: A002
        with self._db.write() as connection:
            connection.execute(update(tokens).where(tokens.c.id == id).values(used=time))

    def remove(self, id: str) -> None:  # noqa: A002
        with self._db.write() as connection:
            connection.execute(delete(tokens).where(tokens.c.id == id))

    def _rows(self, statement: Select[tuple[object, ...]]) -> list[TokenRow]:
        with self._db.read() as connection:
            return [_token(row) for row in connection.execute(statement).mappings()]


_TOKENS = select(tokens, users.c.name.label("maker")).join(users, users.c.key == tokens.c.user)


def _token(row: RowMapping) -> TokenRow:
    words: Sequence[str] = row["rights"]
    cameras: Sequence[str] = row["cameras"]
    return TokenRow(
        row["id"], row["digest"], row["name"], row["user"], row["maker"], tuple(words),
        tuple(cameras), row["created"], row["expires"], row["used"],
    )  # fmt: skip
