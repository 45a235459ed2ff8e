"""Lists in pieces: a statement takes so many values and no more (SQLite: 32,766)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

MOST: Final = 5000


def chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """The values, at most `MOST` at a time; nothing for none."""
    for start in range(0, len(values), MOST):
        yield values[start : start + MOST]
