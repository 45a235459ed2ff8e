"""The seam where encryption at rest will stand."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from streetlamp.vault import files


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.mp4"
    with files.open_write(path) as handle:
        handle.write(b"headerdata")
        handle.seek(0)
        handle.write(b"HEADER")
    with files.open_read(path) as handle:
        handle.seek(6)
        assert handle.read() == b"data"
    assert files.size(path) == 10
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_footage_is_never_overwritten(tmp_path: Path) -> None:
    files.open_write(tmp_path / "a").close()
    with pytest.raises(FileExistsError):
        files.open_write(tmp_path / "a")


def test_it_says_what_it_is(tmp_path: Path) -> None:
    """The day it encrypts, this flag turns and the plain bytes are gone from the disk."""
    with files.open_write(tmp_path / "a") as handle:
        handle.write(b"people, masked")
    assert ((tmp_path / "a").read_bytes() == b"people, masked") is not files.encrypted
