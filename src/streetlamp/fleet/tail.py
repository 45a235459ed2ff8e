"""The newest minutes of one camera: what may still be amended, or waits to be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from streetlamp.health import MinuteState, Reason
from streetlamp.store.ledger import LedgerStretch


class Tail:
    """Stretches of one camera in one era, oldest first, none of them alike side by side."""

    def __init__(self, era: int, camera: str, stretches: Sequence[LedgerStretch] = ()) -> None:
        self.era, self.camera = era, camera
        self._all = list(stretches)

    def put(self, minute: int, state: MinuteState, reasons: tuple[Reason, ...], text: str) -> bool:
        """What a minute was like; whether that is news. Minutes left out stay out."""
        end = minute + 60
        before = [one for one in self._all if one.start < minute]
        after = [one for one in self._all if one.end > end]
        at = self.at(minute)
        if at is not None and (at.state, at.reasons) == (state, reasons):
            return False
        if before and before[-1].end > minute:
            before[-1] = replace(before[-1], end=minute)
        if after and after[0].start < end:
            after[0] = replace(after[0], start=end)
        new = LedgerStretch(self.era, self.camera, minute, end, state, reasons, text)
        self._all = []
        for one in (*before, new, *after):
            self._append(one)
        return True

    def _append(self, one: LedgerStretch) -> None:
        last = self._all[-1] if self._all else None
        if last is None or last.end != one.start or not _alike(last, one):
            self._all.append(one)
        else:
            self._all[-1] = replace(last, end=one.end)

    def at(self, minute: int) -> LedgerStretch | None:
        """The stretch with this minute in it."""
        return next((one for one in reversed(self._all) if one.start <= minute < one.end), None)

    def since(self, minute: int) -> tuple[int, list[LedgerStretch]]:
        """All that reach up to this minute or lie behind it, whole; and where they start."""
        found = [one for one in self._all if one.end >= minute]
        return (found[0].start if found else minute), found

    def forget(self, before: int) -> None:
        """What ended by then cannot be amended any more."""
        self._all = [one for one in self._all if one.end >= before]

    def shift(self, seconds: int) -> None:
        self._all = [
            replace(one, start=one.start + seconds, end=one.end + seconds) for one in self._all
        ]

    def __len__(self) -> int:
        return len(self._all)


def _alike(one: LedgerStretch, other: LedgerStretch) -> bool:
    return (one.state, one.reasons) == (other.state, other.reasons)
