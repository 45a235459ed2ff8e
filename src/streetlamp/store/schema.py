"""The tables. Migrations in ``migrations/`` build them; a test holds the two equal.

Types are the ones SQLite and PostgreSQL both have. Times are POSIX seconds as double precision.
Nothing here can hold a person's looks: boxes, numbers and words about a place, no colour, no
picture, no track (CHARTER 5).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

HEAD: Final = "0013"
"""The newest migration. A test compares it with the folder, so that a start need not load it."""

metadata: Final = MetaData()

events = Table(
    "events",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("alarm", String(64), nullable=True),
    Column("camera", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("start", Double, nullable=False),
    Column("end", Double, nullable=True),
    Column("updated", Double, nullable=False),
    Column("frame", BigInteger, nullable=False),
    Column("message", Text, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("box", JSON(none_as_null=True), nullable=True),
    Column("numbers", JSON, nullable=False),
    Column("needs_person", Boolean(create_constraint=False), nullable=False),
    Column("mode", Text, nullable=False, server_default=""),
    Index("events_by_camera", "camera", "start"),
    Index("events_by_alarm", "alarm"),
    Index("events_by_time", "start", "id"),
    Index("events_by_facets", "camera", "rule", "kind", "place", "severity", "alarm", "start"),
)

alarms = Table(
    "alarms",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("camera", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Column("raised", Double, nullable=False),
    Column("updated", Double, nullable=False),
    Column("ended", Double, nullable=True),
    Column("state", String(16), nullable=False),
    Column("events", Integer, nullable=False),
    Column("frame", BigInteger, nullable=False),
    Column("box", JSON(none_as_null=True), nullable=True),
    Column("numbers", JSON, nullable=False),
    Column("clip", Text, nullable=False),
    Column("clip_tries", Integer, nullable=False),
    Column("clip_after", Double, nullable=True),  # try no sooner; NULL: nothing left to cut
    Column("group", String(64), nullable=False, server_default=""),  # "": alone
    Column("shelved", Double, nullable=True),  # until when; NULL: it is not
    Column("escalated", Integer, nullable=False, server_default="0"),
    Index("alarms_by_group", "group", "raised"),
    Index("alarms_by_state", "state", "raised"),
    Index("alarms_by_time", "raised"),
    Index("alarms_by_camera", "camera", "raised"),
    Index("alarms_by_clip", "clip_after"),
)

alarm_steps = Table(
    "alarm_steps",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("alarm", String(64), ForeignKey("alarms.id", ondelete="CASCADE"), nullable=False),
    Column("time", Double, nullable=False),
    Column("actor", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("note", Text, nullable=False),
    Index("alarm_steps_by_alarm", "alarm", "seq"),
)

counts = Table(
    "counts",
    metadata,
    Column("camera", Text, primary_key=True),
    Column("minute", BigInteger, primary_key=True),
    Column("place", Text, primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("direction", String(8), primary_key=True),
    Column("n", Integer, nullable=False),
    Index("counts_by_minute", "minute"),
)

segments = Table(
    "segments",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("camera", Text, nullable=False),
    Column("run", String(64), nullable=False),
    Column("path", Text, nullable=False, unique=True),
    Column("start", Double, nullable=False),
    Column("end", Double, nullable=True),
    Column("media_start", Double, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("codec", Text, nullable=False),
    Index("segments_by_camera", "camera", "start"),
    Index("segments_by_time", "start"),
)

users = Table(
    "users",
    metadata,
    Column("name", Text, nullable=False),
    Column("key", Text, primary_key=True),  # the name casefolded: "Ada" and "ada" are one
    Column("salt", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("n", Integer, nullable=False),
    Column("r", Integer, nullable=False),
    Column("p", Integer, nullable=False),
    Column("created", Double, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token", String(64), primary_key=True),  # SHA-256 of it, never the token
    Column("user", Text, ForeignKey("users.key", ondelete="CASCADE"), nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double, nullable=False),
    Index("sessions_by_user", "user"),
)

setup_tokens = Table(
    "setup_tokens",
    metadata,
    Column("token", String(64), primary_key=True),  # SHA-256 of it, never the token
    Column("created", Double, nullable=False),
    Column("expires", Double, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("time", Double, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("hash", String(64), nullable=False),
)

inspections = Table(
    "inspections",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("camera", Text, nullable=False),
    Column("start", Double, nullable=False),
    Column("end", Double, nullable=False),
    Column("made", Double, nullable=False),
    Column("stratum", String(16), nullable=False),
    Column("seconds", Double, nullable=False),
    Column("looks", Integer, nullable=False),
    Column("model", Text, nullable=False),
    Index("inspections_by_camera", "camera", "end"),
)

sightings = Table(
    "sightings",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("inspection", Integer, ForeignKey("inspections.seq"), nullable=False),
    Column("camera", Text, nullable=False),
    Column("time", Double, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("box", JSON(none_as_null=True), nullable=False),
    Column("score", Double, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("judged", Double, nullable=True),
    Column("judge", Text, nullable=False),
    Index("sightings_by_camera", "camera", "time"),
    Index("sightings_by_inspection", "inspection"),
    Index("sightings_by_verdict", "verdict", "time"),
)

ledger_eras = Table(
    "ledger_eras",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("boot", String(64), nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("beat", Double, nullable=False),
    Column("mono", Double, nullable=False),
    Column("settled", Boolean(create_constraint=False), nullable=False),
    Column("claim", Double, nullable=False),
)

ledger_stretches = Table(
    "ledger_stretches",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("era", Integer, nullable=False),
    Column("camera", Text, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reasons", Text, nullable=False),  # by precedence, with commas between
    Column("text", Text, nullable=False),
    Index("ledger_stretches_by_camera", "camera", "era", "start"),
    Index("ledger_stretches_by_time", "end"),
)

ledger_cameras = Table(
    "ledger_cameras",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("camera", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("area", Text, nullable=False),
    Column("start", BigInteger, nullable=False),  # expected from then on …
    Column("end", BigInteger, nullable=True),  # … until then; NULL: still
    Column("start_era", Integer, nullable=False),  # whose idea of time these are
    Column("end_era", Integer, nullable=True),
    Index("ledger_cameras_by_camera", "camera", "start"),
)

ledger_plans = Table(
    "ledger_plans",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("start", BigInteger, nullable=False),  # as far as it had been announced by then
    Column("end", BigInteger, nullable=False),
    Column("cameras", JSON, nullable=False),  # ids
    Column("why", Text, nullable=False),
    Column("announced", Double, nullable=False),
)

ledger_notes = Table(
    "ledger_notes",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("time", Double, nullable=False),
    Column("text", Text, nullable=False),
    Index("ledger_notes_by_time", "time"),
)
