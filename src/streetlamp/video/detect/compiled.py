"""Compiled models kept between starts, so that a process looks at its first picture sooner.

OpenVINO takes a third of a second of processor time to compile the built-in model for one shape of
picture, and half of that to take in what it compiled before (``bench/start.py``). A kept file is
used only if it is the very one that was written: it begins with a digest over what it is for and
what it holds, so a damaged one is compiled anew rather than looking at pictures with wrong weights.

The folder is ``streetlamp`` in the user's cache folder (``XDG_CACHE_HOME``, else ``~/.cache``). One
that others may write to is not used; one that cannot be written to costs nothing but the time.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

FILES_KEPT: Final = 16
"""One takes 4 to 10 MB; the longest unused go first."""
_DIGEST: Final = hashlib.sha256().digest_size


def cache_folder() -> Path | None:
    """Where compiled models are kept for this user, None where there is no such place."""
    told = os.environ.get("XDG_CACHE_HOME", "")
    if told and Path(told).is_absolute():
        return Path(told) / "streetlamp"
    try:
        return Path.home() / ".cache" / "streetlamp"
    except RuntimeError:  # a user without a home
        return None


class Kept:
    """Compiled models in one folder. ``about`` is everything that decides what is compiled."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def read(self, about: str) -> bytes | None:
        """What was kept for this, None if nothing was or it is not what was written."""
        path = self._path(about)
        if path is None:
            return None
        try:
            content = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        digest, blob = content[:_DIGEST], content[_DIGEST:]
        return blob if digest == _digest(about, blob) else None

    def write(self, about: str, blob: bytes) -> None:
        """Keep it, if that can be done; of two processes the later one wins, whole."""
        path = self._path(about, make=True)
        if path is None:
            return
        try:
            handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
        except OSError:
            return
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_digest(about, blob) + blob)
            Path(part).replace(path)
            self._sweep(path.parent)
        except OSError:  # the disk is full: no harm done
            Path(part).unlink(missing_ok=True)

    def _path(self, about: str, *, make: bool = False) -> Path | None:
        folder = self._folder
        if folder is None:
            return None
        try:
            if make:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            state = folder.stat()
        except OSError:
            return None
        others = state.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if others or state.st_uid != os.geteuid():
            return None
        return folder / f"{hashlib.sha256(about.encode()).hexdigest()[:32]}.model"

    @staticmethod
    def _sweep(folder: Path) -> None:
        files = sorted(folder.glob("*.model"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in files[FILES_KEPT:]:
            with suppress(OSError):
                path.unlink()


def _digest(about: str, blob: bytes) -> bytes:
    return hashlib.sha256(about.encode() + b"\0" + blob).digest()
