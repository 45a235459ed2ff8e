"""Alarms, the steps of their lives, and which still want a clip. What is allowed is not decided
here but in ``alarms/book.py``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import RowMapping, Select, func, insert, select, update

from streetlamp.store.database import Database
from streetlamp.store.schema import alarm_steps, alarms
from streetlamp.values import Alarm, AlarmState, AlarmStep, Severity


def _row(alarm: Alarm) -> dict[str, Any]:
    return {
        "camera": alarm.camera,
        "rule": alarm.rule,
        "kind": alarm.kind,
        "place": alarm.place,
        "severity": alarm.severity.value,
        "message": alarm.message,
        "raised": alarm.raised,
        "updated": alarm.updated,
        "ended": alarm.ended,
        "state": alarm.state.value,
        "events": alarm.events,
        "frame": alarm.frame,
        "box": None if alarm.box is None else list(alarm.box),
        "numbers": dict(alarm.numbers),
        "clip": alarm.clip,
    }


def _value(row: RowMapping, steps: Iterable[AlarmStep]) -> Alarm:
    box = row["box"]
    return Alarm(
        id=row["id"],
        camera=row["camera"],
        rule=row["rule"],
        kind=row["kind"],
        place=row["place"],
        severity=Severity(row["severity"]),
        message=row["message"],
        raised=row["raised"],
        updated=row["updated"],
        ended=row["ended"],
        state=AlarmState(row["state"]),
        events=row["events"],
        frame=row["frame"],
        box=None if box is None else (box[0], box[1], box[2], box[3]),
        numbers=row["numbers"],
        steps=tuple(steps),
        clip=row["clip"],
    )


class Alarms:
    """The tables of alarms and their steps. Steps are only ever added."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def save(self, alarm: Alarm, steps: Collection[AlarmStep] = ()) -> None:
        """Writes the alarm as it is now and adds these steps. A new one of a camera wants a
        clip."""
        with self._db.write() as connection:
            row = _row(alarm)
            changed = connection.execute(
                update(alarms).where(alarms.c.id == alarm.id).values(row)
            ).rowcount
            if changed == 0:
                # what is about no single camera has no picture to show
                after = alarm.raised if alarm.camera else None
                row |= {"id": alarm.id, "clip_tries": 0, "clip_after": after}
                connection.execute(insert(alarms).values(row))
            if steps:
                connection.execute(
                    insert(alarm_steps),
                    [
                        {
                            "alarm": alarm.id,
                            "time": step.time,
                            "actor": step.actor,
                            "state": step.state.value,
                            "note": step.note,
                        }
                        for step in steps
                    ],
                )

    def get(self, id: str) -> Alarm | None:  # noqa: A002
        found = self._rows(select(alarms).where(alarms.c.id == id))
        return found[0] if found else None

    def count(self, states: Collection[AlarmState]) -> int:
        """How many alarms are in one of these states."""
        statement = select(func.count()).where(alarms.c.state.in_([one.value for one in states]))
        with self._db.read() as connection:
            return int(connection.execute(statement).scalar_one())

    def wanting_clip(self, now: float) -> list[tuple[Alarm, int]]:
        """Alarms whose clip may be tried now, each with the tries so far, oldest first."""
        statement = select(alarms).where(alarms.c.clip_after <= now).order_by(alarms.c.raised)
        with self._db.read() as connection:
            rows = connection.execute(statement).mappings().all()
            tries = {row["id"]: int(row["clip_tries"]) for row in rows}
            return [(alarm, tries[alarm.id]) for alarm in self._with_steps(rows)]

    def unclipped(self) -> list[Alarm]:
        """Alarms that still want a clip, now or later."""
        return self._rows(select(alarms).where(alarms.c.clip_after.is_not(None)))

    def set_clip_try(self, id: str, tries: int, after: float | None) -> None:  # noqa: A002
        """``tries`` were made; the next no sooner than ``after``, or never (None)."""
        with self._db.write() as connection:
            connection.execute(
                update(alarms).where(alarms.c.id == id).values(clip_tries=tries, clip_after=after)
            )

    def _with_steps(self, rows: Iterable[RowMapping]) -> list[Alarm]:
        rows = list(rows)
        steps = self._steps([row["id"] for row in rows])
        return [_value(row, steps.get(row["id"], ())) for row in rows]

    def _steps(self, ids: Collection[str]) -> Mapping[str, list[AlarmStep]]:
        steps: dict[str, list[AlarmStep]] = defaultdict(list)
        statement = (
            select(alarm_steps).where(alarm_steps.c.alarm.in_(ids)).order_by(alarm_steps.c.seq)
        )
        with self._db.read() as connection:
            for row in connection.execute(statement).mappings():
                steps[row["alarm"]].append(
                    AlarmStep(row["time"], row["actor"], AlarmState(row["state"]), row["note"])
                )
        return steps

    def _rows(self, statement: Select[Any]) -> list[Alarm]:
        with self._db.read() as connection:
            return self._with_steps(connection.execute(statement).mappings().all())

    def list(
        self,
        states: Collection[AlarmState] | None = None,
        camera: str | None = None,
        limit: int | None = 50,
        before: float | None = None,
    ) -> list[Alarm]:
        """Alarms raised before ``before`` (POSIX seconds), newest first."""
        statement = select(alarms).order_by(alarms.c.raised.desc(), alarms.c.id)
        if states is not None:
            statement = statement.where(alarms.c.state.in_([one.value for one in states]))
        if camera is not None:
            statement = statement.where(alarms.c.camera == camera)
        if before is not None:
            statement = statement.where(alarms.c.raised < before)
        if limit is not None:
            statement = statement.limit(limit)
        return self._rows(statement)
