"""What is known of alarms in numbers, without their texts: for reports and for what is still
unanswered."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from streetlamp.store.database import Database
from streetlamp.store.schema import alarm_steps, alarms
from streetlamp.values import AlarmState, Severity


@dataclass(frozen=True, slots=True)
class AlarmFact:
    """One alarm as a report sees it. Times are POSIX seconds."""

    id: str
    camera: str
    rule: str
    kind: str
    place: str
    severity: Severity
    raised: float
    told: float  # when it first stood at the desk
    ended: float | None  # None: it still goes on
    state: AlarmState
    group: str
    answered: float | None  # when a person first did something about it
    closed: float | None  # when it was resolved or called false, the last time


class AlarmFacts:
    def __init__(self, db: Database) -> None:
        self._db = db

    def between(self, start: float, end: float) -> list[AlarmFact]:
        """Alarms raised in [start, end), oldest first."""
        person = alarm_steps.c.actor != "streetlamp"
        closing = alarm_steps.c.state.in_(["resolved", "false"])
        acting = alarm_steps.c.state != "raised"

        def of(time: Any, *conditions: Any) -> Any:
            return (
                select(time)
                .where(alarm_steps.c.alarm == alarms.c.id, *conditions)
                .scalar_subquery()
            )

        statement = (
            select(
                alarms.c.id, alarms.c.camera, alarms.c.rule, alarms.c.kind, alarms.c.place,
                alarms.c.severity, alarms.c.raised, alarms.c.ended, alarms.c.state,
                alarms.c.group,
                of(func.min(alarm_steps.c.time)).label("told"),
                of(func.min(alarm_steps.c.time), person, acting).label("answered"),
                of(func.max(alarm_steps.c.time), closing).label("closed"),
            )
            .where(alarms.c.raised >= start, alarms.c.raised < end)
            .order_by(alarms.c.raised, alarms.c.id)
        )  # fmt: skip
        with self._db.read() as connection:
            return [
                AlarmFact(
                    **{
                        **row,
                        "severity": Severity(row["severity"]),
                        "state": AlarmState(row["state"]),
                        "told": row["raised"] if row["told"] is None else row["told"],
                    }
                )
                for row in connection.execute(statement).mappings()
            ]

    def unanswered(self, states: Collection[AlarmState]) -> list[str]:
        """One alarm of every row of the queue in these states, none on a shelf: each that stands
        alone, and of each group the first. Ids."""
        wanted = (
            alarms.c.state.in_([one.value for one in states]),
            alarms.c.shelved.is_(None),
        )
        alone = select(alarms.c.id).where(*wanted, alarms.c.group == "")
        order = func.row_number().over(
            partition_by=alarms.c.group, order_by=(alarms.c.raised, alarms.c.id)
        )
        first = select(alarms.c.id, order.label("place")).where(*wanted, alarms.c.group != "")
        numbered = first.subquery()
        grouped = select(numbered.c.id).where(numbered.c.place == 1)
        with self._db.read() as connection:
            return [*connection.scalars(alone), *connection.scalars(grouped)]

    def farthest(self, group: str) -> int:
        """How far the escalation of a group has come."""
        statement = select(func.max(alarms.c.escalated)).where(alarms.c.group == group)
        with self._db.read() as connection:
            return int(connection.execute(statement).scalar() or 0)
