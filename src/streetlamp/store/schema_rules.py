"""The table of what was drawn and ruled at the desk, one row a version of one camera's set."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, Column, Double, Integer, Table, Text

from streetlamp.store.schema import metadata

rule_sets: Final = Table(
    "rule_sets",
    metadata,
    Column("camera", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),  # counts from 1
    Column("drawn", JSON(none_as_null=True), nullable=True),  # NULL: what the site file says
    Column("file", JSON, nullable=False),  # what the site file said when this was saved
    Column("author", Text, nullable=False),
    Column("time", Double, nullable=False),
    Column("note", Text, nullable=False),
)
