"""Alembic's entry: works on the connection (and in the transaction) that `store.migrate` passes."""

from __future__ import annotations

from alembic import context

from streetlamp.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by building it anew
)
context.run_migrations()
