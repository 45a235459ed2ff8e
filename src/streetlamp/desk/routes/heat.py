"""Where people and vehicles walk and wait: sums by cell of a camera's picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response
from starlette.responses import StreamingResponse

from streetlamp.desk.auth import Login, may
from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.heat_map import SETTLE_SECONDS, HeatSum, What, add_up, top_of
from streetlamp.desk.heat_picture import colours, draw
from streetlamp.desk.refusal import RefusalError
from streetlamp.desk.rights import Right
from streetlamp.desk.routes.recordings import CameraId, Time
from streetlamp.desk.search_services import HeatMaps
from streetlamp.desk.spreadsheet import RESPONSES, Cell, csv_answer, local
from streetlamp.desk.wire_heat import HeatOut
from streetlamp.values import HEAT_GRID, Heat, Ints

router = APIRouter(prefix="/api/cameras", tags=["heat maps"])

Viewer = Annotated[Login, Depends(may(Right.VIEW_COUNTS, "id"))]
Exporter = Annotated[Login, Depends(may(Right.EXPORT, "id", also=(Right.VIEW_COUNTS,)))]
# it lies over a picture
Drawer = Annotated[
    Login, Depends(may(Right.EXPORT, "id", also=(Right.VIEW_COUNTS, Right.VIEW_LIVE)))
]

_LONGEST: Final = 400 * 86400.0  # seconds
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WORDS: Final = {"presence": "present", "waiting": "waiting", "passing": "passing"}

Kind = Literal["person", "vehicle"]
Hour = Annotated[int, Query(ge=0, le=23)]


@dataclass(frozen=True, slots=True)
class HeatQuery:
    """What is asked for."""

    start: float
    end: float
    kind: Kind
    what: What
    hours: tuple[int, int]
    weekdays: frozenset[int]

    @property
    def in_words(self) -> str:
        """For a legend: plain ASCII."""
        first, last = self.hours
        parts = [] if (last - first) % 24 == 23 else [f"{first:02}-{(last + 1) % 24 or 24:02} h"]
        if len(self.weekdays) < 7:
            parts.append(" ".join(_DAYS[day] for day in sorted(self.weekdays)))
        return "".join(f", {part}" for part in parts)


def _asked(
    start: Time,
    end: Time,
    kind: Annotated[Kind, Query(description="Bicycles are vehicles.")] = "person",
    what: What = "presence",
    first_hour: Annotated[Hour, Query(description="Of the day, at the site.")] = 0,
    last_hour: Annotated[
        Hour, Query(description="That hour too; less than the first: over midnight.")
    ] = 23,
    weekdays: Annotated[
        str,
        Query(
            max_length=27, pattern=rf"^(({'|'.join(_DAYS)})(,|$))*$", description="As `mon,tue`."
        ),
    ] = ",".join(_DAYS),
) -> HeatQuery:
    if not start < end or end - start > _LONGEST:
        raise RefusalError(
            422, "Ask for a stretch of 400 days at most.", "Times are POSIX seconds."
        )
    days = frozenset(_DAYS.index(day) for day in weekdays.split(",") if day)
    return HeatQuery(start, end, kind, what, (first_hour, last_hour), days)


Asked = Annotated[HeatQuery, Depends(_asked)]


@router.get("/{id}/heat")
def heat(id: CameraId, desk: TheDesk, _: Viewer, asked: Asked) -> HeatOut:  # noqa: A002
    """Where they were, of the hours that begin in [start, end) and are over.

    A cell is in the map of an hour only if `least` different things were in it.
    """
    camera = desk.camera(id)
    sums = _sums(desk, camera.id, asked)
    zone = ZoneInfo(desk.services.site.timezone)
    now = datetime.fromtimestamp(desk.services.now(), zone)
    hour = now.replace(minute=0, second=0, microsecond=0)
    columns, rows = HEAT_GRID
    return HeatOut(
        camera=camera.id,
        kind=asked.kind,
        what=asked.what,
        start=asked.start,
        end=asked.end,
        columns=columns,
        rows=rows,
        hours=sums.hours,
        by_hour=tuple(_listed(values) for values in sums.by_hour),
        rest=_listed(sums.rest),
        least=_maps(desk).least,
        next=hour.timestamp() + 3600 + SETTLE_SECONDS,
        colours=tuple(colours()),
    )


def _listed(values: Ints) -> tuple[int, ...]:
    return tuple(values.tolist()) if values.any() else ()


@router.get(
    "/{id}/heat.png", response_class=Response, responses={200: {"content": {"image/png": {}}}}
)
def picture(id: CameraId, desk: TheDesk, person: Drawer, asked: Asked) -> Response:  # noqa: A002
    """The same as a picture, over the newest masked still."""
    camera = desk.camera(id)
    whole = _sums(desk, camera.id, asked).whole
    still = desk.services.hub.still(camera.id)
    now = desk.services.now()
    desk.services.audit.record(
        now, person.user, "export heat map", f"camera:{camera.id}", start=asked.start, end=asked.end
    )
    top = top_of(whole, asked.what)
    dates = [_date(desk, asked.start), _date(desk, max(asked.start, asked.end - 1))]
    who = {"person": "people", "vehicle": "vehicles"}[asked.kind]
    title = f"{camera.id}: {who} {_WORDS[asked.what]}, {' to '.join(dict.fromkeys(dates))}"
    png = draw(whole, top, still, title + asked.in_words, _ends(asked.what, whole, top))
    name = f"heat-{camera.id}-{dates[0]}.png"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(png, media_type="image/png", headers=headers)


def _ends(what: What, values: Ints, top: int) -> tuple[str, str]:
    """What the scale's end means, and what a cell stands for."""
    more = " or more" if int(values.max()) > top else ""
    if what == "passing":
        return f"{top}{more}", "per cell: how many passed"
    unit, name = (1, "s") if top < 60 else (60, "min") if top < 3600 else (3600, "h")
    return f"{top // unit} {name}{more}", "per cell: the time of all of them together"


COLUMNS: Final = (
    "camera", "kind", "hour", "column", "row", "left", "top", "presence_seconds",
    "waiting_seconds", "passed",
)  # fmt: skip


@router.get("/{id}/heat.csv", response_class=StreamingResponse, responses=RESPONSES)
def table(id: CameraId, desk: TheDesk, person: Exporter, asked: Asked) -> StreamingResponse:  # noqa: A002
    """The same as a table: a row a cell and hour of the day; without an hour, what was kept for
    its day alone. `left` and `top` are fractions of the picture. `what` makes no difference.
    """
    camera = desk.camera(id)
    found = _found(desk, camera.id, asked)
    sums = [_of(desk, found, asked, what) for what in ("presence", "waiting", "passing")]
    now = desk.services.now()
    desk.services.audit.record(
        now, person.user, "export heat map", f"camera:{camera.id}", start=asked.start, end=asked.end
    )
    name = f"heat-{camera.id}-{_date(desk, asked.start)}.csv"
    return csv_answer(name, COLUMNS, _rows(camera.id, asked.kind, sums))


def _rows(camera: str, kind: str, sums: list[HeatSum]) -> Iterator[tuple[Cell, ...]]:
    columns, rows = HEAT_GRID
    tables: list[tuple[Cell, list[Ints]]] = [
        (hour, [one.by_hour[hour] for one in sums]) for hour in range(24)
    ]
    for hour, values in (*tables, ("", [one.rest for one in sums])):
        for cell in range(columns * rows):
            numbers = [int(one[cell]) for one in values]
            if any(numbers):
                row, column = divmod(cell, columns)
                left, top = round(column / columns, 4), round(row / rows, 4)
                yield camera, kind, hour, column, row, left, top, *numbers


def _sums(desk: Desk, camera: str, asked: HeatQuery) -> HeatSum:
    return _of(desk, _found(desk, camera, asked), asked, asked.what)


def _found(desk: Desk, camera: str, asked: HeatQuery) -> list[Heat]:
    return list(_maps(desk).list(camera, asked.kind, asked.start, asked.end))


def _of(desk: Desk, found: list[Heat], asked: HeatQuery, what: What) -> HeatSum:
    zone = ZoneInfo(desk.services.site.timezone)
    return add_up(found, what, zone, desk.services.now(), asked.hours, asked.weekdays)


def _date(desk: Desk, time: float) -> str:
    return local(time, ZoneInfo(desk.services.site.timezone))[:10]


def _maps(desk: Desk) -> HeatMaps:
    if desk.services.heat is None:
        raise RefusalError(404, "No heat maps are kept here.", "")
    return desk.services.heat
