"""A database whose disk takes nothing while asked to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from streetlamp.store import Database, StoreFullError


class SmallDisk(Database):
    """While ``full`` is set, every transaction fails at its end, as on a full disk."""

    full = False

    @contextmanager
    def write(self) -> Iterator[Connection]:
        outermost = not self.writing
        with super().write() as connection:
            yield connection
            if self.full and outermost:
                raise StoreFullError("no room to write: the disk is full")
