"""What each person may do and which cameras they may see; invitations; tokens for programs.

Whoever had a login until now could do everything on every camera, and still can.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

EVERYTHING = ["operator", "supervisor", "privacy_officer", "admin"]


def upgrade() -> None:
    grants = op.create_table(
        "grants",
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("cameras", sa.JSON(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("invited", sa.Boolean(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user"),
    )
    users = sa.table("users", sa.column("key", sa.Text), sa.column("created", sa.Double))
    for key, created in op.get_bind().execute(sa.select(users.c.key, users.c.created)).all():
        row = {"user": key, "roles": EVERYTHING, "cameras": ["*"], "disabled": False}
        op.bulk_insert(grants, [row | {"invited": False, "changed": created}])

    op.create_table(
        "invites",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("expires", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token"),
    )
    op.create_index("invites_by_user", "invites", ["user"])

    op.create_table(
        "tokens",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("rights", sa.JSON(), nullable=False),
        sa.Column("cameras", sa.JSON(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("expires", sa.Double(), nullable=False),
        sa.Column("used", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["user"], ["users.key"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_index("tokens_by_user", "tokens", ["user"])
