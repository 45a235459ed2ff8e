"""The table of findings: what meters and stores of goods were found to have."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Double, Index, String, Table, Text

from streetlamp.store.schema import metadata

findings = Table(
    "findings",
    metadata,
    Column("id", String(64), primary_key=True),  # of its event, and of the alarm it began
    Column("room", String(16), nullable=False),  # meters or stock
    Column("subject", Text, nullable=False),
    Column("cause", String(40), nullable=False),
    Column("start", Double, nullable=False),
    Column("detected", Double, nullable=False),
    Column("end", Double, nullable=True),
    Column("size", Double, nullable=True),  # null: the cause has none
    Column("unit", String(16), nullable=False),
    Column("confidence", Double, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("numbers", JSON, nullable=False),
    Column("drawing", Text, nullable=False),  # SVG; "" for none
    Column("alarm", Boolean(create_constraint=False), nullable=False),  # else only noted
    Index("findings_by_subject", "room", "subject", "detected"),
)
