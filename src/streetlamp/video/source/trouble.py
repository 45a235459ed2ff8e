"""Why a source gives no pictures: for a person in a sentence, for the ledger in one word."""

from __future__ import annotations

from dataclasses import dataclass

from streetlamp.health import Reason


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong. ``retry``: trying again later may help."""

    reason: Reason
    text: str
    retry: bool = True


class TroubleError(Exception):
    """Carries a `Trouble` inside ``video/source``; it becomes a SourceError at the source."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.text)
        self.trouble = trouble
