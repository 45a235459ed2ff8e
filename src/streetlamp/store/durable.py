"""Small files that are replaced whole, and survive a power cut."""

from __future__ import annotations

import os
from pathlib import Path


def replace_text(path: Path, text: str) -> None:
    """Replaces a file: after a power cut there is the old one or the new one, whole. OSError."""
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    part.replace(path)


def sync_folder(folder: Path) -> None:
    """Makes the names of the files in it as durable as their bytes. OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
