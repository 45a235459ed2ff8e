"""The table of the stock ledger: see ``streetlamp.stock.ledger``. Rows are added, never changed.

Triggers of the migration refuse every change on SQLite; ``digest`` chains each row to the one
before, so that a change made past them shows.
"""

from __future__ import annotations

from sqlalchemy import Column, Double, Index, Integer, String, Table, Text

from streetlamp.store.schema import metadata

stock_entries = Table(
    "stock_entries",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("key", String(64), nullable=False),  # the same for the same thing told twice
    Column("store", Text, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("at", Double, nullable=False),  # when it happened
    Column("quantity", Double, nullable=False),
    Column("unit", String(16), nullable=False),
    Column("instrument", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("corrects", Integer, nullable=True),
    Column("noted", Double, nullable=False),  # when it was written down
    Column("digest", String(64), nullable=False),
    Index("stock_entries_by_key", "key", unique=True),
    Index("stock_entries_by_store", "store", "at"),
)
