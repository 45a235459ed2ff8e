"""Messages that wait to be sent, and what each of them tells. What to send, when and to whom is not
decided here but in ``notify/``."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, Select, delete, func, insert, select, update

from streetlamp.store.database import Database
from streetlamp.store.notify_schema import notify_marks, notify_messages, notify_told
from streetlamp.store.schema import alarms

_MANY: Final = 500  # bound values in one statement


class PostState(StrEnum):
    GATHERING = "gathering"  # takes in what happens until it is due
    WAITING = "waiting"  # to be sent, no sooner than it is due
    SENT = "sent"
    DEAD = "dead"  # given up; a person may send it again


@dataclass(frozen=True, slots=True)
class Post:
    """One message to one part of a target."""

    key: str  # the same at every try
    target: str
    part: str
    opened: float  # POSIX seconds
    due: float
    digest: bool = False  # what was missed in a quiet time
    state: PostState = PostState.GATHERING
    level: int = 0
    count: int = 0
    absorbs: bool = False  # sent, and more of the same storm is counted to it in silence
    tries: int = 0
    error: str = ""  # why the last try failed
    sent: float | None = None
    body: dict[str, Any] | None = None  # the message itself, once it is closed

    @property
    def whom(self) -> tuple[str, str]:
        return self.target, self.part


@dataclass(frozen=True, slots=True)
class Told:
    """That a step of an alarm's life stands in a message."""

    target: str
    part: str
    alarm: str
    step: int
    level: int
    time: float
    what: str
    message: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many messages of a part of a target are where."""

    waiting: int = 0
    sent: int = 0
    dead: int = 0
    last_sent: float | None = None


def _row(post: Post) -> dict[str, Any]:
    return asdict(post) | {"state": post.state.value}


def _post(row: RowMapping) -> Post:
    return Post(**{**row, "state": PostState(row["state"])})


class Outbox:
    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, posts: Iterable[Post], told: Iterable[Told] = ()) -> None:
        """Adds new messages and what they tell. Of one that is there, only what it holds changes:
        how far its sending has come is not touched."""
        with self._db.write() as connection:
            for post in posts:
                holds: dict[str, float] = {"count": post.count, "level": post.level}
                if not post.absorbs:
                    holds["due"] = post.due
                where = notify_messages.c.key == post.key
                if not connection.execute(
                    update(notify_messages).where(where).values(holds)
                ).rowcount:
                    connection.execute(insert(notify_messages).values(_row(post)))
            rows = [asdict(one) for one in told]
            if rows:
                connection.execute(insert(notify_told), rows)

    def write(self, post: Post) -> None:
        """Writes all of a message that is there."""
        with self._db.write() as connection:
            where = notify_messages.c.key == post.key
            connection.execute(update(notify_messages).where(where).values(_row(post)))

    def tried(
        self, key: str, state: PostState, tries: int, error: str, due: float, sent: float | None
    ) -> None:
        """What came of a try; what else the message holds is not touched."""
        changed = {
            "state": state.value, "tries": tries, "error": error, "due": due, "sent": sent,
        }  # fmt: skip
        with self._db.write() as connection:
            where = notify_messages.c.key == key
            connection.execute(update(notify_messages).where(where).values(changed))

    def get(self, key: str) -> Post | None:
        found = self._posts(select(notify_messages).where(notify_messages.c.key == key))
        return found[0] if found else None

    def open(self) -> list[Post]:
        """What gathers, and what was sent and still takes in a storm."""
        where = (notify_messages.c.state == PostState.GATHERING.value) | (
            notify_messages.c.absorbs.is_(True)
        )
        return self._posts(select(notify_messages).where(where).order_by(notify_messages.c.opened))

    def next(self, target: str, now: float, without: Collection[str] = ()) -> Post | None:
        """The oldest message of a target, but for some parts of it, that may be sent now."""
        columns = notify_messages.c
        statement = self._waiting(target).where(columns.due <= now, columns.part.not_in(without))
        found = self._posts(statement.order_by(notify_messages.c.opened).limit(1))
        return found[0] if found else None

    def next_due(self, target: str) -> float | None:
        """When the next message of a target may be sent, None when none waits."""
        waiting = self._waiting(target).subquery()
        with self._db.read() as connection:
            found = connection.execute(select(func.min(waiting.c.due))).scalar()
        return None if found is None else float(found)

    def _waiting(self, target: str) -> Select[Any]:
        return select(notify_messages).where(
            notify_messages.c.target == target,
            notify_messages.c.state == PostState.WAITING.value,
        )

    def hurry(self, target: str, part: str, now: float) -> None:
        """All that waits for a part of a target may be sent now."""
        columns = notify_messages.c
        with self._db.write() as connection:
            connection.execute(
                update(notify_messages)
                .where(
                    columns.target == target,
                    columns.part == part,
                    columns.state == PostState.WAITING.value,
                    columns.due > now,
                )
                .values(due=now)
            )

    def again(self, key: str, now: float) -> bool:
        """A message that was given up waits once more; False when there is no such one."""
        return self._revive(now, notify_messages.c.key == key) > 0

    def all_again(self, target: str, now: float) -> int:
        """All that were given up for a target wait once more; how many."""
        return self._revive(now, notify_messages.c.target == target)

    def _revive(self, now: float, which: ColumnElement[bool]) -> int:
        changed = {"state": PostState.WAITING.value, "due": now, "tries": 0, "opened": now}
        with self._db.write() as connection:
            return connection.execute(
                update(notify_messages)
                .where(which, notify_messages.c.state == PostState.DEAD.value)
                .values(changed)
            ).rowcount

    def tallies(self) -> dict[tuple[str, str], Tally]:
        """By target and part. What gathers counts as waiting."""
        columns = notify_messages.c
        statement = select(
            columns.target, columns.part, columns.state, func.count(), func.max(columns.sent)
        ).group_by(columns.target, columns.part, columns.state)
        found: dict[tuple[str, str], Tally] = {}
        with self._db.read() as connection:
            for target, part, state, n, sent in connection.execute(statement):
                tally = found.get((target, part), Tally())
                if state == PostState.SENT.value:
                    tally = replace(tally, sent=n, last_sent=sent)
                elif state == PostState.DEAD.value:
                    tally = replace(tally, dead=n)
                else:
                    tally = replace(tally, waiting=tally.waiting + n)
                found[target, part] = tally
        return found

    # What was told.

    def told_of(self, alarm_ids: Collection[str]) -> dict[tuple[str, str, str, int], int]:
        """The highest level told of each (target, part, alarm, step) of these alarms."""
        ids, found = list(alarm_ids), {}
        columns = notify_told.c
        with self._db.read() as connection:
            for start in range(0, len(ids), _MANY):
                statement = (
                    select(
                        columns.target, columns.part, columns.alarm, columns.step,
                        func.max(columns.level),
                    )
                    .where(columns.alarm.in_(ids[start : start + _MANY]))
                    .group_by(columns.target, columns.part, columns.alarm, columns.step)
                )  # fmt: skip
                for target, part, alarm, step, level in connection.execute(statement):
                    found[target, part, alarm, step] = int(level)
        return found

    def told_in(self, message: str) -> list[Told]:
        """What stands in a message, in the order it happened."""
        statement = (
            select(notify_told)
            .where(notify_told.c.message == message)
            .order_by(notify_told.c.time, notify_told.c.alarm, notify_told.c.step)
        )
        with self._db.read() as connection:
            return [Told(**row) for row in connection.execute(statement).mappings()]

    # What a restart must not miss.

    def mark(self, name: str) -> float | None:
        """A time that was kept under this name."""
        with self._db.read() as connection:
            statement = select(notify_marks.c.time).where(notify_marks.c.name == name)
            found = connection.execute(statement).scalar()
        return None if found is None else float(found)

    def set_mark(self, name: str, time: float) -> None:
        with self._db.write() as connection:
            connection.execute(delete(notify_marks).where(notify_marks.c.name == name))
            connection.execute(insert(notify_marks).values(name=name, time=time))

    def changed_alarms(self, since: float) -> list[str]:
        """Ids of alarms that changed at or after a time, the oldest change first."""
        statement = select(alarms.c.id).where(alarms.c.updated >= since).order_by(alarms.c.updated)
        with self._db.read() as connection:
            return list(connection.execute(statement).scalars())

    def forget(self, before: float) -> int:
        """Removes what was sent or given up before a time, and that it was told; how many."""
        where = (
            notify_messages.c.state.in_([PostState.SENT.value, PostState.DEAD.value]),
            notify_messages.c.opened < before,
        )
        with self._db.write() as connection:
            return connection.execute(delete(notify_messages).where(*where)).rowcount

    def _posts(self, statement: Select[Any]) -> list[Post]:
        with self._db.read() as connection:
            return [_post(row) for row in connection.execute(statement).mappings()]

    def list(
        self, states: Collection[PostState], limit: int = 100, target: str | None = None
    ) -> list[Post]:
        """The newest messages in these states, newest first."""
        statement = select(notify_messages).where(
            notify_messages.c.state.in_([one.value for one in states])
        )
        if target is not None:
            statement = statement.where(notify_messages.c.target == target)
        return self._posts(statement.order_by(notify_messages.c.opened.desc()).limit(limit))
