"""Adds counts up: passages are summed, occupancies are the most."""

from __future__ import annotations

from collections.abc import Iterable

from streetlamp.values import Count

_Key = tuple[str, int, str, str, str]


class Tally:
    """Counts by camera, minute, place, class and direction. Holds what was not taken yet."""

    def __init__(self) -> None:
        self._n: dict[_Key, int] = {}

    def add(self, counts: Iterable[Count]) -> None:
        """A direction makes it a number of passages, to be summed; none, a most at one time."""
        for count in counts:
            key = (count.camera, count.minute, count.place, count.kind, count.direction)
            had = self._n.get(key, 0)
            self._n[key] = had + count.n if count.direction else max(had, count.n)

    def rows(self) -> list[Count]:
        """One count a key, in order of camera, minute, place, class, direction."""
        return [
            Count(camera, place, kind, direction, minute, n)
            for (camera, minute, place, kind, direction), n in sorted(self._n.items())
        ]

    def take(self) -> list[Count]:
        """The same, and begins anew."""
        rows = self.rows()
        self._n.clear()
        return rows
