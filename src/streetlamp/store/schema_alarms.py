"""The tables of alarm management: groups, shelves, ticks of checklists, notes for the next shift.

As in ``schema.py``: types that SQLite and PostgreSQL both have, times in POSIX seconds.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from streetlamp.store.schema import metadata

alarm_groups = Table(
    "alarm_groups",
    metadata,
    Column("id", String(64), primary_key=True),  # of the alarm that began it
    Column("cause", String(16), nullable=False),
    Column("key", Text, nullable=False),  # which switch, which kind of rule, which camera
    Column("severity", String(16), nullable=False),  # nothing graver is taken in
    Column("reason", Text, nullable=False),  # in words
    Column("first", Double, nullable=False),
    Column("last", Double, nullable=False),
    Index("alarm_groups_by_time", "last"),
)

alarm_shelves = Table(
    "alarm_shelves",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("alarm", String(64), nullable=False),  # one alarm; "" when it is about a rule
    Column("camera", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("place", Text, nullable=True),  # NULL: wherever the rule watches
    Column("severity", String(16), nullable=False),  # what is graver is not silenced
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("begins", Double, nullable=False),
    Column("until", Double, nullable=False),
    Column("ended", Double, nullable=True),
    Column("ended_by", Text, nullable=False),
    Index("alarm_shelves_by_end", "ended", "until"),
)

alarm_ticks = Table(
    "alarm_ticks",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("alarm", String(64), ForeignKey("alarms.id", ondelete="CASCADE"), nullable=False),
    Column("step", Text, nullable=False),  # its text: a list may change while alarms stand
    Column("done", Boolean(create_constraint=False), nullable=False),
    Column("actor", Text, nullable=False),
    Column("time", Double, nullable=False),
    Index("alarm_ticks_by_alarm", "alarm", "seq"),
)

shift_notes = Table(
    "shift_notes",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("time", Double, nullable=False),
    Column("actor", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index("shift_notes_by_time", "time"),
)
