"""How found events look on the wire."""

from __future__ import annotations

from pydantic import Field

from streetlamp.desk.wire import Wire
from streetlamp.store.search import FoundEvent
from streetlamp.values import AlarmState, Severity


class EventOut(Wire):
    id: str
    camera: str = Field(description="Empty when it is about several.")
    rule: str
    kind: str
    place: str
    start: float
    end: float | None = Field(description="null while it lasts.")
    message: str
    severity: Severity
    alarm: str | None = Field(description="The alarm it belongs to; null if it needs nobody.")
    state: AlarmState | None = Field(description="That alarm's; null without one.")
    has_clip: bool = Field(description="Whether that alarm has a clip, and so a still.")

    @classmethod
    def of(cls, found: FoundEvent) -> EventOut:
        event = found.event
        return cls(
            id=event.id,
            camera=event.camera,
            rule=event.rule,
            kind=event.kind,
            place=event.place,
            start=event.start,
            end=event.end,
            message=event.message,
            severity=event.severity,
            alarm=found.alarm,
            state=found.state,
            has_clip=found.has_clip,
        )


class EventsOut(Wire):
    events: tuple[EventOut, ...]
    next: str | None = Field(description="Give it as `after` for what follows; null: no more.")


class FacetOut(Wire):
    value: str
    n: int


class FacetsOut(Wire):
    """How many events there are, and what else could be chosen."""

    total: int
    camera: tuple[FacetOut, ...]
    rule: tuple[FacetOut, ...]
    kind: tuple[FacetOut, ...]
    place: tuple[FacetOut, ...]
    severity: tuple[FacetOut, ...]
    state: tuple[FacetOut, ...]
