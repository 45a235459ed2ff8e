"""A database of before alarm management, notification and roles: everything is still in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text

from streetlamp.store import AlarmGroups, Alarms, Counts, Database, Events, Grants
from streetlamp.store.migrate import _config
from streetlamp.store.schema import HEAD, metadata
from streetlamp.values import AlarmState
from streetlamp.vault.accounts import Accounts
from streetlamp.vault.roles import EVERY_CAMERA, EVERY_ROLE
from streetlamp.vault.users import Users

T0 = 1_700_000_000.0
ROWS: dict[str, dict[str, Any]] = {
    "alarms": {
        "id": "a1", "camera": "gate", "rule": "night", "kind": "intrusion", "place": "yard",
        "severity": "critical", "message": "1 person is in yard", "raised": T0, "updated": T0 + 5,
        "ended": None, "state": "acknowledged", "events": 1, "frame": 7, "box": None,
        "numbers": "{}", "clip": "", "clip_tries": 0, "clip_after": None,
    },
    "alarm_steps": {
        "alarm": "a1", "time": T0 + 5, "actor": "ada", "state": "acknowledged", "note": "on my way",
    },
    "events": {
        "id": "a1", "camera": "gate", "rule": "night", "kind": "intrusion",
        "place": "yard", "start": T0, "end": None, "frame": 7, "message": "1 person is in yard",
        "severity": "critical", "box": None, "numbers": "{}", "alarm": "a1", "updated": T0,
        "needs_person": True,
    },
    "counts": {
        "camera": "gate", "place": "entry", "kind": "person", "direction": "in",
        "minute": int(T0) // 60 * 60, "n": 3,
    },
    "users": {
        "key": "ada", "name": "Ada", "salt": b"s", "hash": b"h", "n": 4, "r": 8, "p": 1,
        "created": T0,
    },
}  # fmt: skip


def _old(path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        command.upgrade(_config(connection), "0003")
        for table, row in ROWS.items():
            _insert(connection, table, row)
    engine.dispose()


def _insert(connection: Connection, table: str, row: dict[str, Any]) -> None:
    columns = ", ".join(f'"{name}"' for name in row)
    values = ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), row)


def test_a_database_of_the_third_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "streetlamp.db"
    _old(path)
    db = Database(path)
    with db.read() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == HEAD
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    alarm = Alarms(db).get("a1")
    assert alarm is not None
    assert (alarm.state, alarm.group, alarm.shelved, alarm.escalated) == (
        AlarmState.ACKNOWLEDGED, "", None, 0,
    )  # fmt: skip
    assert [step.note for step in alarm.steps] == ["on my way"]
    assert AlarmGroups(db).sums() == []
    assert [one.message for one in Events(db).of_alarm("a1")] == ["1 person is in yard"]
    assert [one.n for one in Counts(db).list(T0 - 60, T0 + 60)] == [3]
    assert len(Grants(db).all()) == 1
    account = Accounts(db, Users(db)).get("ada")
    assert account is not None
    assert (account.roles, account.cameras) == (frozenset(EVERY_ROLE), EVERY_CAMERA)
    db.close()
    Database(path).close()  # and once more, with nothing left to do
