"""The table of heat maps: sums by cell of the picture and hour, never whose (CHARTER 5)."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table, Text

from streetlamp.store.schema import metadata

heat: Final = Table(
    "heat",
    metadata,
    Column("camera", Text, primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("start", BigInteger, primary_key=True),
    Column("span", String(8), primary_key=True),
    Column("cells", LargeBinary, nullable=False),
    Index("heat_by_time", "start"),
)
