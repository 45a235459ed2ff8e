"""What is let go, and when: by age, by free space, by space used; never around an open alarm."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from streetlamp.record.options import RecordOptions
from streetlamp.store.segments import Segments
from streetlamp.values import Segment

_DAY: Final = 86_400.0
_PAGE: Final = 256


class Pin(NamedTuple):
    """A stretch of a camera's recordings that must stay: an open alarm, a clip not yet cut."""

    camera: str
    start: float  # POSIX seconds
    end: float


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep did."""

    deleted: int = 0  # segments
    freed: int = 0  # bytes
    spared: int = 0  # segments that were due but are pinned (or that the disk would not delete)
    short: int = 0  # bytes still wanted and not found: pins, or something else fills the disk

    @property
    def message(self) -> str:
        """One sentence for a person, "" when there is nothing to say."""
        if self.short:
            return (
                f"{self.short / 1e9:.1f} GB more should be free than deleting recordings can give: "
                "something else fills the disk, or open alarms hold what is left."
            )
        return ""


def sweep(
    data: Path,
    segments: Segments,
    options: RecordOptions,
    now: float,
    *,
    pins: Iterable[Pin],
    free: Callable[[], int],
) -> Swept:
    """Delete what is older than `days`, then the oldest until the space rules hold.

    The file goes before its row: a crash in between leaves a row without a file, which the next
    start notices; the other way round a file would stay that nobody knows of. Free space is asked
    for once: file systems that free late must not make us delete more. Raises StoreError.
    """
    held = _Pins(pins)
    too_old = now - options.days * _DAY
    wanted = options.min_free_gb * 1e9 - free()
    if options.max_gb is not None:
        wanted = max(wanted, segments.total_size() - options.max_gb * 1e9)
    deleted = freed = spared = 0
    for segment in _oldest_first(segments):
        end = segment.start if segment.end is None else segment.end
        if end >= too_old and freed >= wanted:
            break
        if held.hold(segment):
            spared += 1
            continue
        try:
            (data / segment.path).unlink(missing_ok=True)
        except OSError:
            spared += 1
            continue
        if now - end > 2 * _DAY:  # nobody begins a file in that day's folder any more
            with suppress(OSError):  # not empty yet
                (data / segment.path).parent.rmdir()
        segments.remove(segment.id)
        deleted += 1
        freed += segment.size
    return Swept(deleted, freed, spared, max(0, int(wanted - freed)))


class _Pins:
    def __init__(self, pins: Iterable[Pin]) -> None:
        self._by_camera: dict[str, list[Pin]] = {}
        for pin in pins:
            self._by_camera.setdefault(pin.camera, []).append(pin)

    def hold(self, segment: Segment) -> bool:
        end = segment.start if segment.end is None else segment.end
        return any(
            pin.start < end and segment.start < pin.end
            for pin in self._by_camera.get(segment.camera, ())
        )


def _oldest_first(segments: Segments) -> Iterator[Segment]:
    """Complete segments from the oldest on, asked for in growing pages: most sweeps need few."""
    limit = _PAGE
    seen: set[str] = set()
    while True:
        page = segments.oldest(limit)
        fresh = [segment for segment in page if segment.id not in seen]
        seen.update(segment.id for segment in fresh)
        yield from fresh
        if len(page) < limit:
            return
        limit *= 4
