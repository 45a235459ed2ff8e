"""How long to wait before another try. Pure; the chance is passed in."""

from __future__ import annotations

from typing import Final

FIRST_SECONDS: Final = 5.0
MOST_SECONDS: Final = 300.0
MOST_ASKED: Final = 3600.0  # we wait no longer than this because somebody asks for it


def pause(failures: int, chance: float, after: float | None = None) -> float:
    """Seconds to wait after so many failures in a row (1, 2, …).

    Doubled each time, and shortened by up to a half so that many senders do not come back
    together. ``chance`` is in [0, 1). ``after``: what the other side asks for; it gets no less.
    """
    longest = min(MOST_SECONDS, FIRST_SECONDS * 2.0 ** min(failures - 1, 30))
    own = longest * (1.0 - 0.5 * chance)
    return own if after is None else max(own, min(after, MOST_ASKED))
