"""The database: fresh, reopened, newer, damaged, foreign, full; many threads at once."""

from __future__ import annotations

import resource
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from streetlamp.errors import UserError
from streetlamp.store import (
    Counts,
    Database,
    Segments,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreTooNewError,
)
from streetlamp.store import database as database_module
from streetlamp.store.migrate import _config, known
from streetlamp.store.schema import HEAD, metadata
from streetlamp.values import Count, Segment


def segment(n: int, **changes: object) -> Segment:
    given = {
        "id": f"s{n}",
        "camera": "gate",
        "run": "r1",
        "path": f"gate/{n}.mp4",
        "start": 100.0 * n,
        "end": None,
        "media_start": 0.0,
        "size": 0,
        "codec": "avc1.42C01F",
        **changes,
    }
    return Segment(**given)  # type: ignore[arg-type]


def test_a_fresh_one_has_every_table_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / "streetlamp.db"
    db = Database(path)
    with db.read() as connection:
        assert set(metadata.tables) < set(inspect(connection).get_table_names())
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2  # FULL
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    db.close()


def test_migrations_build_what_the_schema_says(tmp_path: Path) -> None:
    db = Database(tmp_path / "a.db")
    with db.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    db.close()


def test_the_newest_migration_is_the_one_the_start_expects() -> None:
    assert ScriptDirectory.from_config(_config()).get_current_head() == HEAD
    assert HEAD in known()


def test_what_was_written_is_there_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a.db"
    db = Database(url)
    Segments(db).add(segment(1))
    db.close()
    db = Database(url)
    assert Segments(db).get("s1") == segment(1)
    db.close()


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    Database(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(StoreTooNewError, match=r"newer Streetlamp .*schema 9999.*up to " + HEAD):
        Database(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("size", [100, 5000, 100_000])
def test_a_file_that_is_no_database(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"these are notes\n" * (size // 16))
    with pytest.raises(StoreDamagedError, match=r"is damaged .*move the file away"):
        Database(path)


def test_damaged_pages_are_found_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    db = Database(path)
    for n in range(200):
        Segments(db).add(segment(n))
    db.close()
    data = bytearray(path.read_bytes())
    for page in range(2, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = b"\xa5" * 64
    path.write_bytes(data)
    with pytest.raises(StoreDamagedError, match="is damaged"):
        Database(path)


def test_pages_damaged_while_it_runs_are_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.db"
    db = Database(path)
    for n in range(200):
        Segments(db).add(segment(n))
    db.close()
    with sqlite3.connect(path) as raw:
        (page,) = raw.execute(
            "SELECT rootpage FROM sqlite_master WHERE type = 'table' AND name = 'segments'"
        ).fetchone()
    raw.close()
    data = bytearray(path.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    path.write_bytes(data)
    monkeypatch.setattr(database_module, "CHECKED_BYTES", 0)
    db = Database(path)
    with pytest.raises(StoreDamagedError, match="is damaged"):
        Segments(db).list("gate", 0, 1e9)
    db.close()


def test_somebody_else_s_database(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE recipes (id INTEGER)")
    raw.close()
    with pytest.raises(UserError, match="not one of Streetlamp's"):
        Database(path)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://db/x", "postgresql database is not supported yet"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("nonsense://", "not a|not supported|no database address"),
    ],
)
def test_addresses_that_cannot_be(url: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        Database(url)


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot make the database"):
        Database(tmp_path / "file" / "a.db")


def test_a_transaction_is_all_or_nothing_and_nests(tmp_path: Path) -> None:
    db = Database(tmp_path / "a.db")

    def fail_in_the_middle() -> None:
        with db.write():
            Segments(db).add(segment(1))
            assert db.writing
            assert Segments(db).get("s1") is not None, "a transaction sees itself"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_in_the_middle()
    assert not db.writing
    assert Segments(db).get("s1") is None
    db.close()


def test_many_threads_write_and_read_at_once(tmp_path: Path) -> None:
    db = Database(tmp_path / "a.db")
    failed: list[BaseException] = []

    def work(thread: int) -> None:
        try:
            for n in range(20):
                Segments(db).add(segment(thread * 100 + n))
                Counts(db).add([Count("gate", "door", "person", "in", 60, 1)])
                assert len(Segments(db).list("gate", 0, 1e9)) > n
        except BaseException as error:  # noqa: BLE001  the thread's failure is the test's
            failed.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert len(Segments(db).unfinished()) == 160
    assert Counts(db).list(0, 120)[0].n == 160, "reading and then writing is one step"
    db.close()


def test_another_program_that_holds_it_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "BUSY_SECONDS", 0.1)
    path = tmp_path / "a.db"
    db = Database(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusyError, match="second Streetlamp"):
        Segments(db).add(segment(1))
    other.execute("ROLLBACK")
    other.close()
    Segments(db).add(segment(1))
    db.close()


FULL = """
    import resource, signal, sys
    from streetlamp.store import Database, Segments, StoreError
    from streetlamp.values import Segment
    path = sys.argv[1]
    db = Database(path)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (800_000, resource.RLIM_INFINITY))
    written, n = [], 0
    try:
        while n < 5000:
            Segments(db).add(Segment(f"s{n}", "gate", "r", f"{n}.mp4", n, None, 0.0, 0, "x" * 900))
            written.append(n)
            n += 1
    except StoreError as error:
        print(type(error).__name__, error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert Segments(db).get(f"s{n}") is None
    Segments(db).add(Segment("after", "gate", "r", "after.mp4", 1, None, 0.0, 0, "x"))
    assert len(Segments(db).unfinished()) == len(written) + 1, (len(written))
    print("kept", len(written))
"""


def test_no_more_room_is_told_and_loses_nothing_that_was_written(tmp_path: Path) -> None:
    """A quota on the file's size (in a process of its own) stands for a full disk."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FULL), str(tmp_path / "a.db")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, last = done.stdout.splitlines()
    assert first.startswith("Store")
    assert str(tmp_path / "a.db") in first
    assert int(last.removeprefix("kept ")) > 5


def test_a_full_database_is_a_full_disk(tmp_path: Path) -> None:
    db = Database(tmp_path / "a.db")

    def fill() -> None:
        with db.write() as connection:
            pages = connection.execute(text("PRAGMA page_count")).scalar()
            connection.execute(text(f"PRAGMA max_page_count = {pages}"))
            for n in range(1000):
                Segments(db).add(segment(n))

    with pytest.raises(StoreFullError, match="the disk is full"):
        fill()
    assert Segments(db).unfinished() == []
    db.close()


def test_a_fault_of_the_program_is_not_dressed_up(tmp_path: Path) -> None:
    from sqlalchemy.exc import IntegrityError  # noqa: PLC0415

    db = Database(tmp_path / "a.db")
    Segments(db).add(segment(1))
    with pytest.raises(IntegrityError):
        Segments(db).add(segment(1))
    assert not issubclass(IntegrityError, StoreError)
    db.close()
