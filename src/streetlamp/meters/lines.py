"""Lines of a file that may be anything: no line, whatever its length, takes more than its share."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from streetlamp.errors import UserError

LONGEST: Final = 4096  # bytes of a line; a reading has less than 200
_BLOCK: Final = 1 << 19


class Source:
    """A file's bytes, unpacked, and how far into the file itself they reach."""

    def __init__(self, raw: BinaryIO, *, packed: bool) -> None:
        self._raw = raw
        self._plain = gzip.GzipFile(fileobj=raw) if packed else raw
        self._told = 0

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes, b"" at the end. UserError: the file is damaged."""
        try:
            return self._plain.read(size)
        except (OSError, EOFError, zlib.error) as error:
            raise UserError(f"{self._raw.name} breaks off or is damaged: {error}.") from None

    def further(self) -> int:
        """Bytes of the file read since last asked."""
        here = self._raw.tell()
        more, self._told = here - self._told, here
        return more

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self._raw.close()


def opened(path: Path) -> Source:
    """A file, unpacked if it is gzip, to be read from the beginning. UserError: cannot be."""
    try:
        raw = path.open("rb")
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None
    return Source(raw, packed=packed)


def blocks(
    path: Path, told: Callable[[int], None] | None = None
) -> Iterator[tuple[int, list[bytes], list[int]]]:
    """The file's lines, block by block: (number of the first, lines, numbers of those too long).

    A line that is too long comes as b"" so that numbers stay right; its bytes are never gathered.
    told: called with the bytes of the file that were read since last time.
    """
    number, rest, skipping = 1, b"", False
    with opened(path) as source:
        while block := source.read(_BLOCK):
            if told is not None:
                told(source.further())
            lines = block.split(b"\n")
            long = []
            lines[0] = b"" if skipping else rest + lines[0]
            if skipping and len(lines) > 1:
                skipping = False
                long.append(number)
            rest = lines.pop()
            if (not lines and len(rest) > LONGEST) or len(rest) > LONGEST:
                rest, skipping = b"", True
            for index, line in enumerate(lines):
                if len(line) > LONGEST:
                    lines[index] = b""
                    long.append(number + index)
            if lines:
                yield number, lines, long
            number += len(lines)
    if rest or skipping:
        yield number, [rest], [number] if skipping else []
