"""The tables of notification: what waits to be sent, what was told, who wants it quiet for a while.

They hold words about places, never a picture. An address that a browser gave us for Web Push is a
secret of that browser: the database is readable by its owner alone.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
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

notify_messages: Final = Table(
    "notify_messages",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("target", Text, nullable=False),
    Column("part", Text, nullable=False),  # whom of the target: a user, one of several addresses
    Column("digest", Boolean(create_constraint=False), nullable=False),
    Column("state", String(16), nullable=False),
    Column("opened", Double, nullable=False),
    Column("due", Double, nullable=False),  # gathering: until when; waiting: not before
    Column("level", Integer, nullable=False),  # of the most urgent thing in it
    Column("count", Integer, nullable=False),  # things in it
    Column("absorbs", Boolean(create_constraint=False), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("sent", Double, nullable=True),
    Column("body", JSON(none_as_null=True), nullable=True),
    Index("notify_messages_by_target", "target", "part", "state", "due"),
    Index("notify_messages_by_state", "state", "due"),
)

notify_told: Final = Table(
    "notify_told",
    metadata,
    Column("target", Text, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("alarm", String(64), primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("level", Integer, primary_key=True),
    Column("time", Double, nullable=False),
    Column("what", String(16), nullable=False),
    Column(
        "message",
        String(64),
        ForeignKey("notify_messages.key", ondelete="CASCADE"),
        nullable=False,
    ),
    Index("notify_told_by_message", "message"),
    Index("notify_told_by_alarm", "alarm"),
)

notify_mutes: Final = Table(
    "notify_mutes",
    metadata,
    Column("target", Text, primary_key=True),  # "" with a part: a person, wherever they are told
    Column("part", Text, primary_key=True),
    Column("since", Double, nullable=False),
    Column("until", Double, nullable=False),
    Column("by", Text, nullable=False),
)

notify_marks: Final = Table(
    "notify_marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("time", Double, nullable=False),
)

push_subscriptions: Final = Table(
    "push_subscriptions",
    metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of the endpoint
    Column("user", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("p256dh", Text, nullable=False),
    Column("auth", Text, nullable=False),
    Column("created", Double, nullable=False),
    Index("push_subscriptions_by_user", "user"),
)
