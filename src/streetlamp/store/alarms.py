"""Alarms, the steps of their lives, and which still want a clip. What is allowed is not decided
here but in ``alarms/book.py``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, Select, bindparam, func, insert, or_, select, update

from streetlamp.store.chunks import chunks
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
        "group": alarm.group,
        "shelved": alarm.shelved,
        "escalated": alarm.escalated,
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
        group=row["group"],
        shelved=row["shelved"],
        escalated=row["escalated"],
    )


def _new_row(alarm: Alarm) -> dict[str, Any]:
    # what is about no single camera has no picture to show
    after = alarm.raised if alarm.camera else None
    return _row(alarm) | {"id": alarm.id, "clip_tries": 0, "clip_after": after}


def _step_row(alarm: str, step: AlarmStep) -> dict[str, Any]:
    return {
        "alarm": alarm,
        "time": step.time,
        "actor": step.actor,
        "state": step.state.value,
        "note": step.note,
    }


@dataclass(frozen=True, slots=True)
class AlarmTally:
    """How many alarms of one rule are in one state."""

    camera: str
    rule: str
    kind: str
    state: AlarmState
    n: int


class Alarms:
    """The tables of alarms and their steps. Steps are only ever added."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def save(self, alarm: Alarm, steps: Collection[AlarmStep] = ()) -> None:
        """Writes the alarm as it is now and adds these steps. A new one of a camera wants a
        clip."""
        self.save_all([(alarm, steps)])

    def save_all(self, changed: Sequence[tuple[Alarm, Collection[AlarmStep]]]) -> None:
        """As `save`, many at once: a few statements, however many there are. No alarm twice."""
        with self._db.write() as connection:
            known: set[str] = set()
            for ids in chunks([alarm.id for alarm, _ in changed]):
                known.update(connection.scalars(select(alarms.c.id).where(alarms.c.id.in_(ids))))
            old = [alarm for alarm, _ in changed if alarm.id in known]
            new = [alarm for alarm, _ in changed if alarm.id not in known]
            if old:
                names = _row(old[0])
                statement = (
                    update(alarms)
                    .where(alarms.c.id == bindparam("the_id"))
                    .values({name: bindparam(f"new_{name}") for name in names})
                )
                rows = [
                    {f"new_{name}": value for name, value in _row(alarm).items()}
                    | {"the_id": alarm.id}
                    for alarm in old
                ]
                connection.execute(statement, rows)
            if new:
                connection.execute(insert(alarms), [_new_row(alarm) for alarm in new])
            added = [_step_row(alarm.id, step) for alarm, steps in changed for step in steps]
            if added:
                connection.execute(insert(alarm_steps), added)

    def get(self, id: str) -> Alarm | None:  # noqa: A002
        found = self._rows(select(alarms).where(alarms.c.id == id))
        return found[0] if found else None

    def facts(self, ids: Collection[str]) -> dict[str, Alarm]:
        """Those of these alarms that there are, without the steps of their lives."""
        wanted, found = list(ids), {}
        with self._db.read() as connection:
            for start in range(0, len(wanted), 500):
                statement = select(alarms).where(alarms.c.id.in_(wanted[start : start + 500]))
                for row in connection.execute(statement).mappings():
                    found[row["id"]] = _value(row, ())
        return found

    def count(self, states: Collection[AlarmState]) -> int:
        """How many alarms are in one of these states, those on a shelf left out."""
        statement = select(func.count()).where(
            alarms.c.state.in_([one.value for one in states]), alarms.c.shelved.is_(None)
        )
        with self._db.read() as connection:
            return int(connection.execute(statement).scalar_one())

    def cameras(self) -> set[str]:
        """The cameras that alarms are about; "" among them where one is about several."""
        with self._db.read() as connection:
            return set(connection.scalars(select(alarms.c.camera).distinct()))

    def newest(self, limit: int) -> list[tuple[str, str, str, str]]:
        """Camera, rule, place and id of the newest alarms and of all open ones, newest first."""
        columns = (alarms.c.camera, alarms.c.rule, alarms.c.place, alarms.c.id)
        newest = select(*columns).order_by(alarms.c.raised.desc(), alarms.c.id)
        open_ = newest.where(alarms.c.state.in_(["raised", "acknowledged"]))
        with self._db.read() as connection:
            found = [*connection.execute(newest.limit(limit)), *connection.execute(open_)]
        return [(row[0], row[1], row[2], row[3]) for row in found]

    def tallies(self, since: float) -> list[AlarmTally]:
        """How many alarms raised since then (POSIX seconds) are in which state, by rule."""
        by = (alarms.c.camera, alarms.c.rule, alarms.c.kind, alarms.c.state)
        statement = select(*by, func.count()).where(alarms.c.raised >= since).group_by(*by)
        with self._db.read() as connection:
            return [
                AlarmTally(camera, rule, kind, AlarmState(state), int(n))
                for camera, rule, kind, state, n in connection.execute(statement)
            ]

    def by_rule(self, states: Collection[AlarmState]) -> dict[tuple[str, str], int]:
        """How many are in one of these states, by camera and rule."""
        statement = (
            select(alarms.c.camera, alarms.c.rule, func.count())
            .where(alarms.c.state.in_([one.value for one in states]))
            .group_by(alarms.c.camera, alarms.c.rule)
        )
        with self._db.read() as connection:
            return {(camera, rule): n for camera, rule, n in connection.execute(statement)}

    def wanting_clip(self, now: float, limit: int = 100) -> list[tuple[Alarm, int]]:
        """Alarms whose clip may be tried now, each with the tries so far, the longest due first."""
        statement = (
            select(alarms)
            .where(alarms.c.clip_after <= now)
            .order_by(alarms.c.clip_after)
            .limit(limit)
        )
        with self._db.read() as connection:
            rows = connection.execute(statement).mappings().all()
            tries = {row["id"]: int(row["clip_tries"]) for row in rows}
            return [(alarm, tries[alarm.id]) for alarm in self._with_steps(rows)]

    def spans_to_keep(self) -> list[tuple[str, float, float | None]]:
        """Camera, beginning and end (None: it goes on) of what is open or still wants a clip."""
        statement = select(alarms.c.camera, alarms.c.raised, alarms.c.ended).where(
            alarms.c.camera != "",
            or_(
                alarms.c.clip_after.is_not(None),
                alarms.c.state.in_(["raised", "acknowledged"]),
            ),
        )
        with self._db.read() as connection:
            return [(row[0], row[1], row[2]) for row in connection.execute(statement)]

    def set_clip_try(self, id: str, tries: int, after: float | None) -> None:  # noqa: A002
        """``tries`` were made; the next no sooner than ``after``, or never (None)."""
        with self._db.write() as connection:
            connection.execute(
                update(alarms).where(alarms.c.id == id).values(clip_tries=tries, clip_after=after)
            )

    def postpone_clips(self, later: Sequence[tuple[str, float]]) -> None:
        """No sooner than then is each of these tried."""
        if not later:
            return
        where = alarms.c.id == bindparam("the_id")
        statement = update(alarms).where(where).values(clip_after=bindparam("after"))
        with self._db.write() as connection:
            connection.execute(statement, [{"the_id": id_, "after": at} for id_, at in later])

    def _with_steps(self, rows: Iterable[RowMapping]) -> list[Alarm]:
        rows = list(rows)
        steps = self._steps([row["id"] for row in rows])
        return [_value(row, steps.get(row["id"], ())) for row in rows]

    def _steps(self, ids: Collection[str]) -> Mapping[str, list[AlarmStep]]:
        steps: dict[str, list[AlarmStep]] = defaultdict(list)
        with self._db.read() as connection:
            for some in chunks(list(ids)):
                statement = (
                    select(alarm_steps)
                    .where(alarm_steps.c.alarm.in_(some))
                    .order_by(alarm_steps.c.seq)
                )
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
        *,
        group: str | None = None,
        shelved: bool | None = None,
        since: float | None = None,
        offset: int = 0,
        cameras: Collection[str] | None = None,
    ) -> list[Alarm]:
        """Alarms raised in [since, before) (POSIX seconds), newest first.

        group: only those of a group, "" for those of none. shelved: only those on a shelf, or only
        the others. cameras: only those of these.
        """
        statement = select(alarms).order_by(alarms.c.raised.desc(), alarms.c.id)
        if states is not None:
            statement = statement.where(alarms.c.state.in_([one.value for one in states]))
        if camera is not None:
            statement = statement.where(alarms.c.camera == camera)
        if cameras is not None:
            statement = statement.where(alarms.c.camera.in_(cameras))
        if before is not None:
            statement = statement.where(alarms.c.raised < before)
        if since is not None:
            statement = statement.where(alarms.c.raised >= since)
        if group is not None:
            statement = statement.where(alarms.c.group == group)
        if shelved is not None:
            on_shelf = alarms.c.shelved.is_not(None)
            statement = statement.where(on_shelf if shelved else alarms.c.shelved.is_(None))
        if limit is not None:
            statement = statement.limit(limit).offset(offset)
        return self._rows(statement)
