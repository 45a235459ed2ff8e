"""The one door through which recordings and clips reach the disk, and come back.

Everything that writes masked footage opens its file here. **Today the bytes are written plain.**
Encryption at rest will stand in this module, behind the same two functions, so that no caller has
to change: callers therefore write from the beginning to the end, read with ``seek``, and ask
`encrypted` rather than guess.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Final

encrypted: Final = False
"""Whether `open_write` encrypts. False: whoever can read the disk can read the footage."""


def open_write(path: Path) -> BinaryIO:
    """A new file for footage, made with its folders, readable by the owner alone.

    The file must not exist yet (FileExistsError): footage is never overwritten. The handle may
    ``seek`` back within what was written, because an MP4's index needs it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = path.open("xb")
    path.chmod(0o600)
    return handle


def open_read(path: Path) -> BinaryIO:
    """A file written by `open_write`, for reading and seeking (FileNotFoundError if it is gone)."""
    return path.open("rb")


def size(path: Path) -> int:
    """How many bytes of footage the file holds, as a reader will count them."""
    return path.stat().st_size
