"""The stock ledger: entries that are added and never changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_REFUSALS = {
    "stock_entries_no_update": "BEFORE UPDATE ON stock_entries",
    "stock_entries_no_delete": "BEFORE DELETE ON stock_entries",
    "stock_entries_no_replace": "BEFORE INSERT ON stock_entries WHEN EXISTS (SELECT 1 FROM"
    " stock_entries WHERE key = NEW.key OR seq = NEW.seq)",
}


def upgrade() -> None:
    op.create_table(
        "stock_entries",
        sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("quantity", sa.Double(), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("instrument", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("corrects", sa.Integer(), nullable=True),
        sa.Column("noted", sa.Double(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
    )
    op.create_index("stock_entries_by_key", "stock_entries", ["key"], unique=True)
    op.create_index("stock_entries_by_store", "stock_entries", ["store", "at"])
    if op.get_bind().dialect.name == "sqlite":
        for name, when in _REFUSALS.items():
            op.execute(
                f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT,"
                " 'an entry of the stock ledger is never changed'); END"
            )
