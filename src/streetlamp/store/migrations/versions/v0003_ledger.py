"""The serviceability ledger: every camera's minutes, and when Streetlamp itself was running."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "ledger_eras",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("boot", sa.String(length=64), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("beat", sa.Double(), nullable=False),
        sa.Column("mono", sa.Double(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("claim", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )

    op.create_table(
        "ledger_stretches",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("era", sa.Integer(), nullable=False),
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ledger_stretches_by_camera", "ledger_stretches", ["camera", "era", "start"])
    op.create_index("ledger_stretches_by_time", "ledger_stretches", ["end"])

    op.create_table(
        "ledger_cameras",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=True),
        sa.Column("start_era", sa.Integer(), nullable=False),
        sa.Column("end_era", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ledger_cameras_by_camera", "ledger_cameras", ["camera", "start"])

    op.create_table(
        "ledger_plans",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("cameras", sa.JSON(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("announced", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )

    op.create_table(
        "ledger_notes",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("time", sa.Double(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("ledger_notes_by_time", "ledger_notes", ["time"])
