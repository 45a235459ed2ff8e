"""The audit of the hiding: what was looked at, and who could be seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "inspections",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("start", sa.Double(), nullable=False),
        sa.Column("end", sa.Double(), nullable=False),
        sa.Column("made", sa.Double(), nullable=False),
        sa.Column("stratum", sa.String(length=16), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("inspections_by_camera", "inspections", ["camera", "end"])

    op.create_table(
        "sightings",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("inspection", sa.Integer(), nullable=False),
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("time", sa.Double(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("box", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("judged", sa.Double(), nullable=True),
        sa.Column("judge", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["inspection"], ["inspections.seq"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("sightings_by_camera", "sightings", ["camera", "time"])
    op.create_index("sightings_by_inspection", "sightings", ["inspection"])
    op.create_index("sightings_by_verdict", "sightings", ["verdict", "time"])
