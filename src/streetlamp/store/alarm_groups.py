"""Groups of alarms: why they are one, and what stands in each. ``alarms/storms.py`` makes them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, and_, case, func, insert, literal, select, update

from streetlamp.store.database import Database
from streetlamp.store.schema import alarm_steps, alarms
from streetlamp.store.schema_alarms import alarm_groups
from streetlamp.values import AlarmState, Severity


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group as it was last written."""

    id: str
    cause: str
    key: str
    severity: Severity
    reason: str
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class GroupSum:
    """A group with what its alarms come to."""

    group: GroupRow
    alarms: int
    raised: int
    acknowledged: int
    shelved: int  # open ones on a shelf; they are in neither of the two before
    cameras: int
    rules: int
    worst: Severity  # of its open alarms; of all when none is open
    escalated: int  # the farthest of them
    updated: float
    gravest: Severity  # of all its alarms
    first: float  # when the first of them was raised
    last: float


class AlarmGroups:
    def __init__(self, db: Database) -> None:
        self._db = db

    def save_all(self, groups: Sequence[GroupRow]) -> None:
        with self._db.write() as connection:
            for group in groups:
                row = {name: getattr(group, name) for name in _NAMES} | {
                    "severity": group.severity.value
                }
                where = alarm_groups.c.id == group.id
                if connection.execute(update(alarm_groups).where(where).values(row)).rowcount == 0:
                    connection.execute(insert(alarm_groups).values(row))

    def get(self, id: str) -> GroupRow | None:  # noqa: A002
        with self._db.read() as connection:
            row = connection.execute(select(alarm_groups).where(alarm_groups.c.id == id))
            found = row.mappings().first()
            return None if found is None else _value(found)

    def newest(self, limit: int) -> list[tuple[GroupRow, frozenset[str], frozenset[str], int]]:
        """The last groups, each with its cameras, its rules and its number of alarms."""
        found = []
        newest = select(alarm_groups).order_by(alarm_groups.c.last.desc()).limit(limit)
        with self._db.read() as connection:
            for row in connection.execute(newest).mappings().all():
                inside = (
                    select(alarms.c.camera, alarms.c.rule, func.count())
                    .where(alarms.c.group == row["id"])
                    .group_by(alarms.c.camera, alarms.c.rule)
                )
                parts = connection.execute(inside).all()
                cameras = frozenset(str(one[0]) for one in parts)
                rules = frozenset(str(one[1]) for one in parts)
                found.append((_value(row), cameras, rules, sum(int(one[2]) for one in parts)))
        return found

    def sums(
        self,
        ids: Collection[str] | None = None,
        *,
        open_only: bool = False,
        limit: int = 50,
        cameras: Collection[str] | None = None,
    ) -> list[GroupSum]:
        """Groups with their sums, the newest first. open_only: with something open and not on a
        shelf. cameras: as if there were alarms of these alone."""
        is_open = alarms.c.state.in_(["raised", "acknowledged"])
        silent = alarms.c.shelved.is_not(None)

        def number(condition: Any) -> Any:
            return func.sum(case((condition, 1), else_=0))

        raised = number(and_(alarms.c.state == "raised", ~silent))
        taken = number(and_(alarms.c.state == "acknowledged", ~silent))
        rank = case(
            *((alarms.c.severity == one.value, one.rank) for one in Severity), else_=literal(0)
        )
        statement = (
            select(
                alarm_groups,
                func.count().label("n"),
                raised.label("n_raised"),
                taken.label("n_acknowledged"),
                number(and_(is_open, silent)).label("n_shelved"),
                func.count(alarms.c.camera.distinct()).label("n_cameras"),
                func.count(alarms.c.rule.distinct()).label("n_rules"),
                func.max(rank).label("worst"),
                func.max(case((is_open, rank), else_=-1)).label("worst_open"),
                func.max(alarms.c.escalated).label("farthest"),
                func.max(alarms.c.updated).label("newest"),
                func.min(alarms.c.raised).label("first_raised"),
                func.max(alarms.c.raised).label("last_raised"),
            )
            .join(alarms, alarms.c.group == alarm_groups.c.id)
            .group_by(alarm_groups.c.id)
            .limit(limit)
        )
        last: Any = alarm_groups.c.last
        if cameras is not None:
            statement = statement.where(alarms.c.camera.in_(cameras))
            last = func.max(alarms.c.raised)
        statement = statement.order_by(last.desc(), alarm_groups.c.id)
        if ids is not None:
            statement = statement.where(alarm_groups.c.id.in_(list(ids)))
        if open_only:
            some_open = (
                select(alarms.c.group).where(is_open, ~silent, alarms.c.group != "").distinct()
            )
            if cameras is not None:
                some_open = some_open.where(alarms.c.camera.in_(cameras))
            statement = statement.where(alarm_groups.c.id.in_(some_open))
        with self._db.read() as connection:
            return [_sum(row) for row in connection.execute(statement).mappings()]

    def move(
        self,
        group: str,
        states: Collection[AlarmState],
        state: AlarmState,
        actor: str,
        time: float,
        note: str,
        cameras: Collection[str] | None = None,
    ) -> list[str]:
        """Every alarm of a group (of these cameras) that is in one of these states gets that one,
        with a step that says so; their ids, oldest first."""
        inside = and_(alarms.c.group == group, alarms.c.state.in_([one.value for one in states]))
        if cameras is not None:
            inside = and_(inside, alarms.c.camera.in_(cameras))
        with self._db.write() as connection:
            ids = list(
                connection.scalars(select(alarms.c.id).where(inside).order_by(alarms.c.raised))
            )
            if not ids:
                return []
            connection.execute(
                insert(alarm_steps).from_select(
                    ["alarm", "time", "actor", "state", "note"],
                    select(
                        alarms.c.id,
                        literal(time),
                        literal(actor),
                        literal(state.value),
                        literal(note),
                    ).where(inside),
                )
            )
            values: dict[str, Any] = {"state": state.value}
            if state in (AlarmState.RESOLVED, AlarmState.FALSE):
                values["shelved"] = None
            values["updated"] = case((alarms.c.updated > time, alarms.c.updated), else_=time)
            connection.execute(update(alarms).where(inside).values(values))
        return ids


_NAMES = ("id", "cause", "key", "reason", "first", "last")


def _value(row: RowMapping) -> GroupRow:
    return GroupRow(**{name: row[name] for name in _NAMES}, severity=Severity(row["severity"]))


def _sum(row: RowMapping) -> GroupSum:
    ranks = tuple(Severity)
    worst = row["worst_open"] if row["worst_open"] >= 0 else row["worst"]
    return GroupSum(
        group=_value(row),
        alarms=row["n"],
        raised=row["n_raised"],
        acknowledged=row["n_acknowledged"],
        shelved=row["n_shelved"],
        cameras=row["n_cameras"],
        rules=row["n_rules"],
        worst=ranks[worst],
        escalated=row["farthest"],
        updated=row["newest"],
        gravest=ranks[row["worst"]],
        first=row["first_raised"],
        last=row["last_raised"],
    )
