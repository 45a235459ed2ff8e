"""A site's database, opened by the commands that ask it while Streetlamp may be running."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from streetlamp.errors import UserError
from streetlamp.store import Database

FILE: Final = "streetlamp.db"  # in the site's data folder


@contextmanager
def opened(data: Path) -> Iterator[Database | None]:
    """The database in this data folder; None: nothing was run there yet. StoreError."""
    path = data / FILE
    if not path.exists():
        yield None
        return
    database = Database(path)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def kept(data: Path, missing: str) -> Iterator[Database]:
    """As `opened`; UserError with the sentence `missing` where there is none."""
    with opened(data) as database:
        if database is None:
            raise UserError(missing)
        yield database
