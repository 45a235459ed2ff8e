"""The table of modes that people chose: see ``streetlamp.rules.modes``."""

from __future__ import annotations

from sqlalchemy import Column, Double, Index, Integer, Table, Text

from streetlamp.store.schema import metadata

mode_choices = Table(
    "mode_choices",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("time", Double, nullable=False),
    Column("mode", Text, nullable=False),
    Column("until", Double, nullable=True),  # NULL: until the next choice
    Column("actor", Text, nullable=False),
    Index("mode_choices_by_time", "time"),
)
