"""A file of looks, beside the recordings it belongs to: pieces are added, a torn tail is dropped.

::

    recordings/CAMERA/2026-05-01/100000.000000Z-ID.looks

It lies in the folder of its day's recordings, so whoever deletes those by hand deletes it too. A
file holds looks of one hour (UTC). It is a mark, and then pieces: length, checksum (CRC-32), looks.
"""

from __future__ import annotations

import os
import secrets
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from streetlamp.backtest.looks import DamagedLooksError, Looks, join
from streetlamp.record.paths import FOLDER, parse_path, segment_path
from streetlamp.vault.files import open_read, open_write

HOUR: Final = 3600.0
SUFFIX: Final = ".looks"
PART: Final = ".looks-part"
_MARK: Final = b"Streetlamp looks 1\n"
_PIECE: Final = struct.Struct("<II")
_LONGEST: Final = 1 << 26  # bytes of a piece: what claims more is damaged


@dataclass(frozen=True, slots=True)
class Place:
    """A file of looks by its name."""

    path: Path
    camera: str
    start: float  # POSIX seconds of its first look

    @property
    def hour(self) -> tuple[float, float]:
        """Its looks are within this hour."""
        start = self.start // HOUR * HOUR
        return start, start + HOUR


def place_for(data: Path, camera: str, start: float) -> Place:
    """A new file for looks from ``start`` on."""
    recording = segment_path(camera, start, secrets.token_hex(8))
    return Place((data / recording).with_suffix(SUFFIX), camera, start)


def places(data: Path, camera: str | None = None) -> list[Place]:
    """The files there are, by camera and time."""
    found = []
    root = data / FOLDER
    if camera is not None:
        root = (data / segment_path(camera, 0.0, "0" * 16)).parents[1]
    for folder, _, names in os.walk(root):
        for name in names:
            if name.endswith(SUFFIX):
                path = Path(folder) / name
                like = path.with_suffix(".mp4").relative_to(data).as_posix()
                parsed = parse_path(like)
                if parsed is not None:
                    found.append(Place(path, parsed[0], parsed[1]))
    return sorted(found, key=lambda one: (one.camera, one.start, one.path.name))


def read(path: Path) -> list[Looks]:
    """Every whole piece, up to the first that is torn. OSError."""
    with open_read(path) as file:
        if file.read(len(_MARK)) != _MARK:
            return []
        return list(_pieces(file))


def _pieces(file: BinaryIO) -> Iterator[Looks]:
    while len(head := file.read(_PIECE.size)) == _PIECE.size:
        length, check = _PIECE.unpack(head)
        data = file.read(length) if length <= _LONGEST else b""
        if len(data) < length or not data or zlib.crc32(data) != check:
            return
        try:
            yield Looks.unpack(data)
        except DamagedLooksError:
            return


class IndexFile:
    """Adds pieces to one new file. Every method but `abandon` may raise OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._size = 0
        self._handle: BinaryIO = open_write(path)
        try:
            self._add(_MARK)
        except OSError:
            self.abandon()
            raise

    def add(self, looks: Looks) -> None:
        """Writes looks through to the system, so that they survive this process."""
        data = looks.pack()
        self._add(_PIECE.pack(len(data), zlib.crc32(data)) + data)

    def _add(self, data: bytes) -> None:
        self._handle.write(data)
        self._handle.flush()
        self._size += len(data)

    def close(self) -> None:
        self._handle.close()

    def abandon(self) -> None:
        """After an error: closes, and cuts off what was half written."""
        with suppress(OSError):
            self._handle.close()
        with suppress(OSError):
            if self._size <= len(_MARK):
                self.path.unlink(missing_ok=True)
            else:
                os.truncate(self.path, self._size)


def replace(path: Path, looks: Iterable[Looks]) -> None:
    """The file with these looks instead, in few large pieces; none: no file. OSError.

    After a crash there is the old file or the new one, whole.
    """
    kept = join(list(looks))
    if not kept:
        path.unlink(missing_ok=True)
        return
    part = path.with_suffix(PART)
    part.unlink(missing_ok=True)
    new = IndexFile(part)
    try:
        for one in kept:
            new.add(one)
        new.close()
        part.replace(path)
    except OSError:
        new.abandon()
        part.unlink(missing_ok=True)
        raise

