"""The file a segment is written to: whole fragments only, whatever the disk does."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from streetlamp.store.durable import sync_folder
from streetlamp.vault.files import open_write


class SegmentFile:
    """Appends to one file; `size` is always where its last whole piece ends.

    Every method but `abandon` may raise OSError (disk full, quota, read-only, gone). After that the
    file must be abandoned: it is cut back to its whole pieces, or removed when it has none.
    """

    def __init__(self, path: Path, init: bytes) -> None:
        """Create the file with its init segment. OSError leaves no file behind."""
        self.path = path
        self.size = 0
        self._header = len(init)
        self._handle: BinaryIO = open_write(path)
        try:
            self.append(init)
            sync_folder(path.parent)
        except OSError:
            self.abandon()
            raise

    @property
    def is_empty(self) -> bool:
        """Nothing but the init segment is in it."""
        return self.size <= self._header

    def append(self, data: bytes) -> None:
        """Write one piece through to the system, so that it survives this process."""
        self._handle.write(data)
        self._handle.flush()
        self.size += len(data)

    def sync(self) -> None:
        """Wait until the disk itself has it, so that it survives a power cut."""
        os.fdatasync(self._handle.fileno())

    def close(self) -> None:
        """Sync and close."""
        self.sync()
        self._handle.close()

    def abandon(self) -> None:
        """Close after an error and cut off what was half written."""
        # closing first: a buffered file writes its remainder then, and it must not land later
        with suppress(OSError):
            self._handle.close()
        with suppress(OSError):
            if self.is_empty:
                self.path.unlink(missing_ok=True)
            elif self.path.stat().st_size > self.size:
                # The cut is made on the plain file. Once the vault encrypts, it must offer this.
                os.truncate(self.path, self.size)
