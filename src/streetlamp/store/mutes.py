"""Who wants it quiet until when, and the browsers that take Web Push."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import delete, insert, select

from streetlamp.store.database import Database
from streetlamp.store.notify_schema import notify_mutes, push_subscriptions


@dataclass(frozen=True, slots=True)
class Mute:
    """A target, or (without one) a person, that is not told until a time."""

    target: str
    part: str
    since: float
    until: float
    by: str


class Mutes:
    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, mute: Mute) -> None:
        """This one, in place of one for the same that there may be."""
        with self._db.write() as connection:
            self._remove(mute.target, mute.part)
            connection.execute(insert(notify_mutes).values(asdict(mute)))

    def remove(self, target: str, part: str) -> bool:
        """False when there was none."""
        with self._db.write():
            return self._remove(target, part) > 0

    def _remove(self, target: str, part: str) -> int:
        where = (notify_mutes.c.target == target, notify_mutes.c.part == part)
        with self._db.write() as connection:
            return connection.execute(delete(notify_mutes).where(*where)).rowcount

    def all(self) -> list[Mute]:
        with self._db.read() as connection:
            rows = connection.execute(select(notify_mutes)).mappings()
            return [Mute(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where one browser of a user takes Web Push, and its keys (RFC 8291), base64url."""

    id: str
    user: str
    endpoint: str
    p256dh: str
    auth: str
    created: float

    def __repr__(self) -> str:
        """Without what would let others send to this browser."""
        return f"Subscription({self.id[:8]} of {self.user!r})"


def subscription_id(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode()).hexdigest()


class Subscriptions:
    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, subscription: Subscription) -> None:
        """One browser is one subscription, whoever was logged in there before."""
        with self._db.write() as connection:
            self.remove(subscription.id)
            connection.execute(insert(push_subscriptions).values(asdict(subscription)))

    def remove(self, id: str) -> bool:  # noqa: A002
        """False when there was none."""
        with self._db.write() as connection:
            where = push_subscriptions.c.id == id
            return connection.execute(delete(push_subscriptions).where(where)).rowcount > 0

    def remove_of(self, user: str) -> int:
        """Every one of the user with this name; how many."""
        where = push_subscriptions.c.user == user
        with self._db.write() as connection:
            return connection.execute(delete(push_subscriptions).where(where)).rowcount

    def of(self, user: str) -> Sequence[Subscription]:
        """Of the user with this name, oldest first."""
        statement = select(push_subscriptions).where(push_subscriptions.c.user == user)
        with self._db.read() as connection:
            rows = connection.execute(statement.order_by(push_subscriptions.c.created)).mappings()
            return [Subscription(**row) for row in rows]

    def users(self) -> list[str]:
        """Who has any."""
        statement = select(push_subscriptions.c.user).distinct()
        with self._db.read() as connection:
            return sorted(connection.execute(statement).scalars())
