"""Cut a stretch out of what is recorded, for good: somebody can be seen in it."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from streetlamp.record.paths import segment_path
from streetlamp.record.segment_file import SegmentFile
from streetlamp.store.segments import Segments
from streetlamp.stream.fmp4 import DamagedError, Layout, Piece, scan
from streetlamp.values import Segment
from streetlamp.vault.files import open_read


@dataclass(frozen=True, slots=True)
class Cut:
    """What was removed, POSIX seconds: whole GOPs, so never less than was asked for."""

    start: float
    end: float
    bytes: int


def cut_out(data: Path, segments: Segments, camera: str, start: float, end: float) -> list[Cut]:
    """Remove every GOP of complete segments that shares time with [start, end).

    What is left of a segment becomes segments of its own with the same pictures, byte for byte. The
    new files are written first, then the old one goes, then the table is told: a crash in between
    loses nothing else, and never brings the stretch back (see `recover`). Raises OSError and
    StoreError; a segment that is damaged goes as a whole.
    """
    return [
        _cut(data, segments, segment, start, end)
        for segment in segments.list(camera, start, end)
        if segment.end is not None
    ]


def _cut(data: Path, segments: Segments, segment: Segment, start: float, end: float) -> Cut:
    assert segment.end is not None
    old = data / segment.path
    kept: list[Segment] = []
    cut = Cut(segment.start, segment.end, segment.size)
    with suppress(FileNotFoundError), open_read(old) as file:
        try:
            layout = scan(file)
        except DamagedError:
            layout = Layout(b"", "", (), 0)
        ahead = segment.start - layout.start
        gops = _gops(layout.pieces)
        gone = [g for g in gops if g[0].start + ahead < end and g[-1].end + ahead > start]
        if gone:
            cut = Cut(
                gone[0][0].start + ahead,
                gone[-1][-1].end + ahead,
                sum(piece.size for gop in gone for piece in gop),
            )
            first, last = gops.index(gone[0]), gops.index(gone[-1])
            for part in (gops[:first], gops[last + 1 :]):
                if part:
                    pieces = [piece for gop in part for piece in gop]
                    kept.append(_rewrite(data, segment, file, layout, pieces, ahead))
    old.unlink(missing_ok=True)
    for one in kept:
        segments.add(one)
    segments.remove(segment.id)
    return cut


def _gops(pieces: tuple[Piece, ...]) -> list[list[Piece]]:
    gops: list[list[Piece]] = []
    for piece in pieces:
        if piece.keyframe or not gops:
            gops.append([])
        gops[-1].append(piece)
    return gops


def _rewrite(
    data: Path,
    segment: Segment,
    file: BinaryIO,
    layout: Layout,
    pieces: list[Piece],
    ahead: float,
) -> Segment:
    """A file of its own for some pieces that follow each other."""
    id_ = secrets.token_hex(8)
    start = pieces[0].start + ahead
    path = segment_path(segment.camera, start, id_)
    new = SegmentFile(data / path, layout.init)
    try:
        for piece in pieces:
            file.seek(piece.offset)
            new.append(file.read(piece.size))
        new.close()
    except OSError:
        new.abandon()
        raise
    return replace(
        segment,
        id=id_,
        path=path,
        start=start,
        end=pieces[-1].end + ahead,
        media_start=pieces[0].start,
        size=new.size,
    )
