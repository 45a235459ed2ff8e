"""The tables of what people and programs may do. They belong to the same `metadata`."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, Boolean, Column, Double, ForeignKey, Index, String, Table, Text

from streetlamp.store.schema import metadata

grants: Final = Table(
    "grants",
    metadata,
    Column("user", Text, ForeignKey("users.key", ondelete="CASCADE"), primary_key=True),
    Column("roles", JSON, nullable=False),  # words of `vault.roles`
    Column("cameras", JSON, nullable=False),  # ids, patterns, or area: and a pattern
    Column("disabled", Boolean(create_constraint=False), nullable=False),
    Column("invited", Boolean(create_constraint=False), nullable=False),  # no password yet
    Column("changed", Double, nullable=False),
)

invites: Final = Table(
    "invites",
    metadata,
    Column("token", String(64), primary_key=True),  # SHA-256 of it, never the token
    Column("user", Text, ForeignKey("users.key", ondelete="CASCADE"), nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double, nullable=False),
    Index("invites_by_user", "user"),
)

tokens: Final = Table(
    "tokens",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),  # SHA-256 of it, never the token
    Column("name", Text, nullable=False),
    Column("user", Text, ForeignKey("users.key", ondelete="CASCADE"), nullable=False),
    Column("rights", JSON, nullable=False),  # words of `desk.rights`
    Column("cameras", JSON, nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double, nullable=False),
    Column("used", Double, nullable=True),  # last, to the minute
    Index("tokens_by_user", "user"),
)
