"""The database of one machine: SQLite beside the recordings, one writer at a time, durable.

``WAL`` lets readers go on while one writes; ``synchronous=FULL`` makes a commit wait for the disk,
so an acknowledged alarm survives a power cut. Writers inside the process take turns at a lock
instead of polling SQLite's, and take the write lock up front (``BEGIN IMMEDIATE``) so that a
transaction that reads first cannot fail at its first write.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import QueuePool

from streetlamp.errors import UserError
from streetlamp.store.errors import StoreDamagedError, StoreTooNewError, damaged, explain
from streetlamp.store.schema import HEAD

BUSY_SECONDS: Final = 10.0
CHECKED_BYTES: Final = 32 << 20
"""Files up to this size are checked page by page when opened (some milliseconds)."""


class Database:
    """Opens (and makes, and migrates) the database; hands out connections. Thread-safe.

    ``url`` is a path, or ``sqlite:///path``. Raises `UserError`: unknown kind of database, folder
    not writable, a damaged file, a schema newer than this version.
    """

    def __init__(self, url: str | Path) -> None:
        self.path = _path_of(url)
        self._turn = threading.Lock()
        self._writer = threading.local()
        _make_private(self.path)
        self._engine = _engine(self.path)
        with ExitStack() as failed:
            failed.callback(self._engine.dispose)
            self._open()
            failed.pop_all()

    def _open(self) -> None:
        small = self.path.stat().st_size <= CHECKED_BYTES
        with self.write() as connection:
            if small:
                self._check_pages(connection)
            found = _revision(connection)
            if found == HEAD:
                return
            from streetlamp.store.migrate import known, upgrade  # noqa: PLC0415  slow, seldom needed

            if found is not None and found not in known():
                raise StoreTooNewError(
                    f"the database {self.path} was written by a newer Streetlamp (schema {found};"
                    f" this version knows up to {HEAD}). Install that version again, or start with"
                    " another data folder."
                )
            if found is None and inspect(connection).get_table_names():
                raise StoreDamagedError(
                    f"{self.path} is a database, but not one of Streetlamp's: choose another data"
                    " folder, or move the file away."
                )
            upgrade(connection)

    def _check_pages(self, connection: Connection) -> None:
        said = connection.execute(text("PRAGMA quick_check(1)")).scalar()
        if said != "ok":
            raise damaged(str(self.path), str(said))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection on one consistent view. Inside `write` of the same thread: that one."""
        current: Connection | None = getattr(self._writer, "connection", None)
        if current is not None:
            yield current
            return
        with self._errors(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection in a transaction: on the disk when the block ends, undone if it raises.

        Nested calls in one thread join the outer transaction, so functions of this room compose.
        Raises `StoreError` (full, damaged, busy): then nothing was written.
        """
        current: Connection | None = getattr(self._writer, "connection", None)
        if current is not None:
            yield current
            return
        with self._turn, self._errors():
            writer = self._engine.execution_options(streetlamp_write=True)
            with writer.begin() as connection:
                self._writer.connection = connection
                try:
                    yield connection
                finally:
                    self._writer.connection = None

    @property
    def writing(self) -> bool:
        """Whether this thread is inside `write`."""
        return getattr(self._writer, "connection", None) is not None

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            meaning = explain(error, str(self.path))
            if meaning is None:
                raise
            raise meaning from error

    def close(self) -> None:
        """Gives every connection back; the last one folds the write-ahead log into the file."""
        self._engine.dispose()


def _path_of(url: str | Path) -> Path:
    if isinstance(url, Path) or "://" not in url:
        return Path(url)
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UserError(
            f"{url!r} is no database address: write sqlite:///path/to/file.db"
        ) from None
    if parsed.get_backend_name() != "sqlite":
        raise UserError(
            f"a {parsed.get_backend_name()} database is not supported yet: write"
            " sqlite:///path/to/file.db"
        )
    if not parsed.database or parsed.database == ":memory:":
        raise UserError(
            "the database needs a file, or alarms would be lost: sqlite:///path/to/file"
        )
    return Path(parsed.database)


def _make_private(path: Path) -> None:
    """The file, readable by the owner alone: it holds password hashes and who looked at what."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"cannot make the database {path}: {error.strerror or error}. Choose a data folder that"
            " you may write to and that has room."
        ) from error


def _engine(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=4,
        max_overflow=28,
        pool_timeout=BUSY_SECONDS,
        connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        del record
        connection.isolation_level = None  # we say BEGIN ourselves, see `begin`
        for pragma in (
            f"busy_timeout={int(BUSY_SECONDS * 1000)}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("streetlamp_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)
