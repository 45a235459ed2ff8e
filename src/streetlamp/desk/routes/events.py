"""The search over what rules have said: by time, place, rule and words, never by looks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from starlette.responses import StreamingResponse

from streetlamp.desk.auth import Login, may
from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.refusal import RefusalError
from streetlamp.desk.rights import Right
from streetlamp.desk.search_services import EventSearch
from streetlamp.desk.spreadsheet import RESPONSES, Cell, csv_answer, local
from streetlamp.desk.wire_events import EventOut, EventsOut, FacetOut, FacetsOut
from streetlamp.store.search import EventQuery, FoundEvent
from streetlamp.values import Severity

router = APIRouter(prefix="/api", tags=["events"])

Viewer = Annotated[Login, Depends(may(Right.VIEW_ALARMS))]
Exporter = Annotated[Login, Depends(may(Right.EXPORT, also=(Right.VIEW_ALARMS,)))]

_MOST_ROWS: Final = 100_000  # of a saved table
_PAGE: Final = 1000  # read at once for it
_MOST_VALUES: Final = 50  # of one facet

Value = Annotated[str, Query(max_length=200)]
Values = Annotated[list[Value], Query(max_length=_MOST_VALUES)]
State = Literal["raised", "acknowledged", "resolved", "false", "none"]
When = Annotated[float | None, Query(ge=0, le=1e11, allow_inf_nan=False)]

COLUMNS: Final = (
    "id", "start", "end", "camera", "place", "rule", "kind", "severity", "message", "alarm",
    "state",
)  # fmt: skip


def _asked(
    start: Annotated[When, Query(description="Began at or after, POSIX seconds.")] = None,
    end: Annotated[When, Query(description="Began before, POSIX seconds.")] = None,
    camera: Annotated[Values, Query(description="Any of these; may be given again.")] = [],  # noqa: B006
    rule: Annotated[Values, Query(description="A rule's name.")] = [],  # noqa: B006
    kind: Annotated[Values, Query(description="A rule's kind.")] = [],  # noqa: B006
    place: Annotated[Values, Query(description="A zone's or line's name.")] = [],  # noqa: B006
    severity: Annotated[list[Severity], Query(max_length=3)] = [],  # noqa: B006
    state: Annotated[
        list[State], Query(max_length=5, description="The alarm's; `none`: without an alarm.")
    ] = [],  # noqa: B006
    q: Annotated[
        str,
        Query(
            max_length=200,
            description="Words that are all in the message or the alarm's notes. Names of colours "
            "are sought in messages alone.",
        ),
    ] = "",
) -> EventQuery:
    if start is not None and end is not None and not start < end:
        raise RefusalError(422, "The stretch must end after it starts.", "Times are POSIX seconds.")
    return EventQuery(
        start, end, tuple(camera), tuple(rule), tuple(kind), tuple(place), tuple(severity),
        tuple(state), q.replace("\0", " "),
    )  # fmt: skip


Asked = Annotated[EventQuery, Depends(_asked)]


@router.get("/events")
def events(
    desk: TheDesk,
    person: Viewer,
    asked: Asked,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: Annotated[str | None, Query(max_length=120, description="`next` of a page.")] = None,
) -> EventsOut:
    """Events of the cameras one may see, newest first. What comes in meanwhile moves no page."""
    search = _search(desk)
    found = search.find(
        _seen(search, asked, person), limit, None if after is None else _read(after)
    )
    last = found[-1].event if len(found) == limit else None
    return EventsOut(
        events=tuple(EventOut.of(one) for one in found),
        next=None if last is None else f"{last.start!r}_{last.id}",
    )


@router.get("/events/facets")
def facets(desk: TheDesk, person: Viewer, asked: Asked) -> FacetsOut:
    """How many events there are by camera, rule, kind, place, severity and state.

    What is chosen of one of these does not narrow its own numbers.
    """
    search = _search(desk)
    total, found = search.facets(_seen(search, asked, person))
    rows = {
        name: tuple(FacetOut(value=value, n=n) for value, n in one[:_MOST_VALUES])
        for name, one in found.items()
    }
    return FacetsOut(total=total, **rows)


@router.get("/events.csv", response_class=StreamingResponse, responses=RESPONSES)
def table(desk: TheDesk, person: Exporter, asked: Asked) -> StreamingResponse:
    """The same as a table, at most 100,000 rows, newest first. Times are the site's."""
    search, now = _search(desk), desk.services.now()
    desk.services.audit.record(now, person.user, "export events", "", words=asked.words)
    zone = ZoneInfo(desk.services.site.timezone)
    rows = (_row(one, zone) for one in _all(search, _seen(search, asked, person)))
    return csv_answer(f"events-{local(now, zone)[:10]}.csv", COLUMNS, rows)


def _seen(search: EventSearch, asked: EventQuery, person: Login) -> EventQuery:
    """The same, of the cameras this person may see."""
    eyes = person.eyes
    return (
        asked if eyes.everything else replace(asked, among=tuple(eyes.only(search.cameras(), str)))
    )


def _all(search: EventSearch, asked: EventQuery) -> Iterator[FoundEvent]:
    after: tuple[float, str] | None = None
    for _ in range(_MOST_ROWS // _PAGE):
        page = search.find(asked, _PAGE, after)
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].event.start, page[-1].event.id


def _row(found: FoundEvent, zone: ZoneInfo) -> tuple[Cell, ...]:
    event = found.event
    end = "" if event.end is None else local(event.end, zone)
    return (
        event.id, local(event.start, zone), end, event.camera, event.place, event.rule, event.kind,
        event.severity.value, event.message, found.alarm or "",
        "" if found.state is None else found.state.value,
    )  # fmt: skip


def _read(after: str) -> tuple[float, str]:
    """A page's `next`; RefusalError 422 on anything else."""
    start, mark, last = after.partition("_")
    try:
        time = float(start)
    except ValueError:
        time = math.nan
    if not (mark and last and math.isfinite(time)):
        raise RefusalError(422, "`after` is not what a page said.", "Begin without it.")
    return time, last


def _search(desk: Desk) -> EventSearch:
    if desk.services.events is None:
        raise RefusalError(404, "No events are kept here.", "")
    return desk.services.events
