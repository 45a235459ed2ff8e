"""After a crash: what was being written is made whole, what is missing is noticed."""

from __future__ import annotations

import os
import secrets
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Final

from streetlamp.record.paths import FOLDER, clock_text, parse_path
from streetlamp.store.segments import Segments
from streetlamp.stream.fmp4 import DamagedError, Layout, scan
from streetlamp.values import Segment
from streetlamp.vault.files import open_read

_ALL: Final = 2**31 - 1


def recover(data: Path, segments: Segments) -> list[str]:
    """Bring table and folder into agreement. Call before any recorder of this folder starts.

    Open segments get the end that their fragments tell, after a torn tail is cut off; rows whose
    file is gone are forgotten; files without a row are taken up again. Gives back a sentence for
    each thing found, none after a clean stop. Raises StoreError.
    """
    messages = [_close(data, segments, segment) for segment in segments.unfinished()]
    known = {segment.path for segment in segments.oldest(_ALL)}
    found = set(_files(data))
    return messages + _forget(segments, known - found) + _adopt(data, segments, found - known)


def _close(data: Path, segments: Segments, segment: Segment) -> str:
    where = f"camera {segment.camera}, {clock_text(segment.start)}"
    path = data / segment.path
    try:
        layout = _layout(path)
    except FileNotFoundError:
        segments.remove(segment.id)
        return f"{where}: a recording had been begun but nothing of it reached the disk."
    except OSError as error:
        return f"{where}: the recording cannot be read ({error.strerror or error}); left as it is."
    if layout is None or not layout.pieces:
        path.unlink(missing_ok=True)
        segments.remove(segment.id)
        return f"{where}: a recording had just been begun; it held no picture and was removed."
    lost = path.stat().st_size - layout.whole
    if lost:
        # The cut is made on the plain file. Once the vault encrypts, it must offer this.
        os.truncate(path, layout.whole)
    seconds = layout.end - layout.start
    segments.finish(segment.id, segment.start + seconds, layout.whole)
    tail = f", its torn last {lost} bytes were cut off" if lost else ""
    return f"{where}: recording was interrupted; {seconds:.1f} seconds are kept{tail}."


def _layout(path: Path) -> Layout | None:
    """What the file holds, None when not even its beginning is whole."""
    with open_read(path) as file:
        try:
            return scan(file)
        except DamagedError:
            return None


def _files(data: Path) -> list[str]:
    """Every file in the recordings folder that is named like a segment, relative to `data`."""
    names = []
    for folder, _, files in os.walk(data / FOLDER):
        relative = Path(folder).relative_to(data).as_posix()
        names += [f"{relative}/{name}" for name in files]
    return [name for name in names if parse_path(name) is not None]


def _forget(segments: Segments, missing: set[str]) -> list[str]:
    """Rows without a file."""
    gone: Counter[str] = Counter()
    for segment in segments.oldest(_ALL):
        if segment.path in missing:
            segments.remove(segment.id)
            gone[segment.camera] += 1
    return [
        f"camera {camera}: {n} recorded file{'s are' if n > 1 else ' is'} missing from the disk "
        "and can no longer be played."
        for camera, n in sorted(gone.items())
    ]


def _adopt(data: Path, segments: Segments, unknown: set[str]) -> list[str]:
    """Files without a row: the database was replaced, or lost its last seconds in a power cut."""
    taken: Counter[str] = Counter()
    for name in sorted(unknown):
        parsed = parse_path(name)
        if parsed is None:
            continue
        camera, start, id_ = parsed
        try:
            layout = _layout(data / name)
        except OSError:
            continue
        if layout is None or not layout.pieces:
            with suppress(OSError):
                (data / name).unlink()
            continue
        segments.add(
            Segment(
                id=id_,
                camera=camera,
                run=secrets.token_hex(8),  # its run is not known: the file stands for itself
                path=name,
                start=start,
                end=start + layout.end - layout.start,
                media_start=layout.start,
                size=layout.whole,
                codec=layout.codec,
            )
        )
        taken[camera] += 1
    return [
        f"camera {camera}: {n} recorded file{'s' if n > 1 else ''} the database did not know of "
        f"{'were' if n > 1 else 'was'} taken up again."
        for camera, n in sorted(taken.items())
    ]
