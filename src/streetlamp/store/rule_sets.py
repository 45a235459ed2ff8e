"""What was drawn and ruled at the desk: versions are added, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select

from streetlamp.store.database import Database
from streetlamp.store.schema_rules import rule_sets

Plain = Mapping[str, Any]
"""A camera's zones, lines, ground and rules, in the very form of the site file."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One version of one camera's set. ``drawn`` is None where somebody went back to the file."""

    camera: str
    version: int  # counts from 1 without gaps
    drawn: Plain | None
    file: Plain  # what the site file said then
    author: str
    time: float
    note: str = ""


class RuleSets:
    """The table of versions. Thread-safe; on the disk when `add` returns."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, new: RuleSet) -> None:
        """Adds a version. ValueError when it does not come right after the newest one."""
        row = {name: getattr(new, name) for name in rule_sets.columns.keys()}  # noqa: SIM118
        with self._db.write() as connection:
            newest = self.newest(new.camera)
            if new.version != (newest.version if newest else 0) + 1:
                raise ValueError(f"version {new.version} of {new.camera} is not the next one")
            connection.execute(insert(rule_sets).values(row))

    def newest(self, camera: str) -> RuleSet | None:
        """The version that counts; None when nothing was ever changed at the desk."""
        found = self.list(camera, 1)
        return found[0] if found else None

    def get(self, camera: str, version: int) -> RuleSet | None:
        statement = select(rule_sets).where(
            rule_sets.c.camera == camera, rule_sets.c.version == version
        )
        with self._db.read() as connection:
            row = connection.execute(statement).mappings().first()
        return None if row is None else RuleSet(**row)

    def list(self, camera: str, limit: int = 50) -> list[RuleSet]:
        """The versions of a camera, newest first."""
        statement = (
            select(rule_sets)
            .where(rule_sets.c.camera == camera)
            .order_by(rule_sets.c.version.desc())
            .limit(limit)
        )
        with self._db.read() as connection:
            return [RuleSet(**row) for row in connection.execute(statement).mappings()]
