"""Alarm management: groups, shelves, escalation, checklists, notes for the next shift."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for column in (
        sa.Column("group", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("shelved", sa.Double(), nullable=True),
        sa.Column("escalated", sa.Integer(), nullable=False, server_default="0"),
    ):
        op.add_column("alarms", column)
    op.create_index("alarms_by_group", "alarms", ["group", "raised"])

    op.create_table(
        "alarm_groups",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("first", sa.Double(), nullable=False),
        sa.Column("last", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("alarm_groups_by_time", "alarm_groups", ["last"])

    op.create_table(
        "alarm_shelves",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("alarm", sa.String(length=64), nullable=False),
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("begins", sa.Double(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("ended", sa.Double(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("alarm_shelves_by_end", "alarm_shelves", ["ended", "until"])

    op.create_table(
        "alarm_ticks",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("alarm", sa.String(length=64), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("time", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["alarm"], ["alarms.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("alarm_ticks_by_alarm", "alarm_ticks", ["alarm", "seq"])

    op.create_table(
        "shift_notes",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("time", sa.Double(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("shift_notes_by_time", "shift_notes", ["time"])
