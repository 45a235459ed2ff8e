"""What can go wrong with the database, in words a person can act on."""

from __future__ import annotations

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError

from streetlamp.errors import UserError


class StoreError(UserError):
    """The database refused. Nothing of the failed transaction was written."""


class StoreFullError(StoreError):
    """The disk is full, or a quota is reached."""


class StoreDamagedError(StoreError):
    """The file is not a database any more, or has damaged pages."""


class StoreTooNewError(StoreError):
    """A newer Streetlamp has written this database."""


class StoreBusyError(StoreError):
    """Somebody else held the database for too long."""


_FULL: Final = (
    StoreFullError,
    "no room to write {where}: the disk is full or a quota is reached. Free some space; Streetlamp"
    " keeps trying.",
)
_DAMAGED: Final = (
    StoreDamagedError,
    "the database {where} is damaged ({said}). Stop Streetlamp, move the file away together with"
    " its -wal and -shm files, and put a backup in its place; or run `sqlite3 {where} .recover` to"
    " save what can be read. Without the file Streetlamp starts a new one; recordings on disk stay"
    " where they are.",
)
_BUSY: Final = (
    StoreBusyError,
    "the database {where} was in use by another program for too long: is a second Streetlamp"
    " running on the same data folder?",
)
_CLOSED: Final = (
    StoreError,
    "cannot open or write the database {where} ({said}): check that the folder exists and that you"
    " may write there.",
)
_DISK: Final = (
    StoreError,
    "reading or writing the database {where} failed ({said}): check the disk (cable, health, free"
    " space) and the system's log.",
)

_MEANINGS: Final[dict[int, tuple[type[StoreError], str]]] = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_CANTOPEN: _CLOSED,
    sqlite3.SQLITE_READONLY: _CLOSED,
    sqlite3.SQLITE_PERM: _CLOSED,
    sqlite3.SQLITE_IOERR: _DISK,
}


def explain(error: DBAPIError, where: str) -> StoreError | None:
    """The StoreError that says what happened, or None when it is a fault of the program."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is None:
        return None
    found = _MEANINGS.get(int(code) & 0xFF)  # the high bits say where inside SQLite it happened
    if found is None:
        return None
    kind, words = found
    return kind(words.format(where=where, said=error.orig))


def damaged(where: str, said: str) -> StoreDamagedError:
    """The error for a file whose pages do not hold together."""
    return StoreDamagedError(_DAMAGED[1].format(where=where, said=said))
