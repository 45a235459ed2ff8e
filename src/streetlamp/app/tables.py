"""The tables `streetlamp process` writes beside the masked clip: see docs/06-process.md."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, TextIO

from streetlamp.rules.base import Outcome
from streetlamp.rules.tally import Tally
from streetlamp.values import CopiedGop, Event, Kind, MaskedFrame, Tracks

TRACK_COLUMNS = ("frame", "id", "class", "x1", "y1", "x2", "y2", "score")
HIDDEN_COLUMNS = ("frame", "x1", "y1", "x2", "y2")
COUNT_COLUMNS = ("minute", "camera", "place", "class", "direction", "n")
_ROW: Final = "%d,%d,%s,%.1f,%.1f,%.1f,%.1f,%s\n"  # of tracks.csv
_LABELS: Final = tuple(kind.label for kind in Kind)


class Tables:
    """Writes tracks.csv, hidden.csv, events.jsonl and counts.csv, row by row as they come.

    The first two grow with every picture: they hold numbers and class names alone, nothing to be
    quoted, and are put together as text.
    """

    def __init__(self, folder: Path) -> None:
        self._stack = ExitStack()
        self._tally = Tally()
        self._folder = folder
        self.events = 0

        def table(name: str, columns: Iterable[str]) -> TextIO:
            file = self._stack.enter_context((folder / name).open("w", newline=""))
            file.write(",".join(columns) + "\n")
            return file

        self._tracks = table("tracks.csv", TRACK_COLUMNS)
        self._hidden = table("hidden.csv", HIDDEN_COLUMNS)
        self._events = self._stack.enter_context((folder / "events.jsonl").open("w"))

    def __enter__(self) -> Tables:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def shown(self, frame: MaskedFrame, tracks: Tracks) -> None:
        """One picture that left the delay line."""
        numbers = frame.hidden.ravel().tolist()
        row = f"{frame.frame},%d,%d,%d,%d\n"
        self._hidden.write(row * len(frame.hidden) % tuple(numbers))
        self._things(frame.frame, tracks)

    def copied(self, gop: CopiedGop) -> None:
        """A GOP that left as the camera sent it: nothing is hidden in it."""
        for tracks in gop.tracks:
            self._things(tracks.frame, tracks)

    def _things(self, frame: int, tracks: Tracks) -> None:
        if not len(tracks):
            return
        columns = tracks.id, tracks.kind, tracks.box, tracks.score
        rows = zip(*(column.tolist() for column in columns), strict=True)
        self._tracks.writelines(
            _ROW % (frame, number, _LABELS[kind], *box, round(score, 3))
            for number, kind, box, score in rows
        )

    def event(self, event: Event) -> None:
        """One line an event, when it ends (or when the clip does)."""
        if event.end is None:
            return
        self.events += 1
        self._events.write(json.dumps(event_json(event), ensure_ascii=False) + "\n")

    def outcome(self, outcome: Outcome) -> None:
        """What the rules made of one look."""
        for event in outcome.events:
            self.event(event)
        self._tally.add(outcome.counts)

    def close(self) -> None:
        with (self._folder / "counts.csv").open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COUNT_COLUMNS)
            for count in self._tally.rows():
                stamp = datetime.fromtimestamp(count.minute, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                row = (count.camera, count.place, count.kind, count.direction, count.n)
                writer.writerow((stamp, *row))
        self._stack.close()


def event_json(event: Event) -> dict[str, object]:
    """An event as it stands in events.jsonl; times are seconds from the clip's start time."""
    return {
        "id": event.id,
        "camera": event.camera,
        "rule": event.rule,
        "kind": event.kind,
        "place": event.place,
        "start": round(event.start, 3),
        "end": None if event.end is None else round(event.end, 3),
        "frame": event.frame,
        "severity": event.severity.value,
        "alarm": event.alarm,
        "message": event.message,
        "box": None if event.box is None else [round(value, 1) for value in event.box],
        "mode": event.mode,
        "numbers": {name: round(value, 4) for name, value in event.numbers.items()},
    }
