"""Findings on the wire."""

from __future__ import annotations

from pydantic import Field

from streetlamp.desk.wire import Wire
from streetlamp.store import FindingRow


class FindingOut(Wire):
    room: str = Field(description="`meters` or `stock`.")
    subject: str = Field(description="The meter, district or store.")
    cause: str = Field(description="Such as leak, burst, stuck_meter, theft.")
    start: float = Field(description="The likely beginning, POSIX seconds.")
    detected: float = Field(description="When the reading came that decided.")
    end: float | None = Field(description="null: it goes on, or nobody knows.")
    size: float | None = Field(description="In `unit`; null: the cause has none.")
    unit: str
    confidence: float = Field(description="0–1, never 1.")
    evidence: str = Field(description="One sentence, with its numbers.")
    meter: str | None = Field(description="The id of the page that this person may open.")
    has_picture: bool = Field(description="Whether there is one that this person may see.")

    @classmethod
    def of(cls, row: FindingRow, *, meter: str | None, shown: bool) -> FindingOut:
        return cls(
            room=row.room,
            subject=row.subject,
            cause=row.cause,
            start=row.start,
            detected=row.detected,
            end=row.end,
            size=row.size,
            unit=row.unit,
            confidence=row.confidence,
            evidence=row.evidence,
            meter=meter,
            has_picture=bool(row.drawing) and shown,
        )
