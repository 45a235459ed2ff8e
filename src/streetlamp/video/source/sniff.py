"""Why a file could not be played, said so that its owner can do something about it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_OTHER_KINDS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"SQLite format 3", "a database"),
    (b"\x7fELF", "a program"),
)
HEAD_BYTES: Final = 4096


def why_unplayable(path: Path) -> str:
    """One sentence about a file FFmpeg could not open; looks at its first bytes only."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except FileNotFoundError:
        return f"there is no file {path}"
    except OSError as error:
        return f"{path} cannot be read: {error.strerror or error}"
    if not size:
        problem = "is empty (0 bytes): was the copy finished?"
    elif not head.strip(b"\0"):
        problem = "holds nothing but zeros: was the copy finished?"
    elif what := _other_kind(head):
        problem = f"is not a video file: it holds {what}"
    elif head[4:8] == b"ftyp" and not _has_index(path):
        problem = (
            "was cut off: the index that stands at an MP4 file's end is missing. "
            "Copy it again, or let its recorder finish it"
        )
    else:
        problem = "is damaged, or not a video file of a known kind"
    return f"{path.name} {problem}"


def _other_kind(head: bytes) -> str:
    found = [what for magic, what in _OTHER_KINDS if head.startswith(magic)]
    if not found and _is_text(head):
        found = ["text"]
    return found[0] if found else ""


def _is_text(head: bytes) -> bool:
    if b"\0" in head:
        return False
    for cut in range(4):  # the head may end inside a character
        try:
            text = head[: len(head) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        odd = sum(not (char.isprintable() or char in "\r\n\t\f\x1b") for char in text)
        return odd <= len(text) // 100
    return False


def _has_index(path: Path) -> bool:
    """Whether an MP4 file's top boxes include moov (or moof), all of it inside the file."""
    size = path.stat().st_size
    with path.open("rb") as file:
        at = 0
        while at + 8 <= size:
            file.seek(at)
            head = file.read(16)
            length, kind = int.from_bytes(head[:4], "big"), head[4:8]
            if length == 1 and len(head) == 16:
                length = int.from_bytes(head[8:16], "big")
            elif length == 0:
                length = size - at
            if kind in (b"moov", b"moof"):
                return at + length <= size
            if length < 8:
                return False
            at += length
    return False
