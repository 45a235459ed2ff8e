"""Heat maps, and events in the order of time for the search."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "heat",
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("span", sa.String(length=8), nullable=False),
        sa.Column("cells", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("camera", "kind", "start", "span"),
    )
    op.create_index("heat_by_time", "heat", ["start"])
    op.create_index("events_by_time", "events", ["start", "id"])
