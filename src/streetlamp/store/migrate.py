"""Runs the migrations that ship in the package. Loaded only when there is something to do."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "streetlamp.store:migrations")
    config.set_main_option("path_separator", "os")
    return config


def known() -> frozenset[str]:
    """The revisions this version has migrations for."""
    scripts = ScriptDirectory.from_config(_config())
    return frozenset(script.revision for script in scripts.walk_revisions())


def upgrade(connection: Connection) -> None:
    """Brings the schema to the newest revision inside the caller's transaction: all or nothing."""
    command.upgrade(_config(connection), "head")
