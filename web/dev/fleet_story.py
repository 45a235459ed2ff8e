"""A made-up fleet: where its cameras stand, and five weeks of minutes for each, always the same."""

from __future__ import annotations

import calendar
import math
import random
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from streetlamp.errors import UserError
from streetlamp.fleet.figures import (
    Budget,
    CameraNow,
    Day,
    Figures,
    Maintenance,
    Period,
    Report,
    Row,
    Standing,
    Stretch,
)
from streetlamp.health import CHECK_OF, Judgement, MinuteState, Reason

ZONE = ZoneInfo("Europe/Berlin")
OBJECTIVE = 0.95
DAY = 86400
NOW = int(time.time()) // 60 * 60
FROM = NOW - 35 * DAY
TALES: list[tuple[Reason, str, float, float, str]] = [
    (Reason.BLACK, "brightness 2, usually 61 at this hour", 2.0, 61.0, ""),
    (Reason.MOVED, "it matches 11 % of its reference view, at least 45 %", 11.0, 45.0, "%"),
    (Reason.DEFOCUSED, "sharpness 12, usually 80 at this hour", 12.0, 80.0, ""),
    (Reason.FROZEN, "no noise in the picture for 94 s, at most 20 s", 94.0, 20.0, "s"),
    (Reason.UNREACHABLE, "no answer from 10.0.3.17 for 340 s", 340.0, 30.0, "s"),
    (Reason.LOW_CONTRAST, "contrast 6, usually 34 at this hour", 6.0, 34.0, ""),
    (Reason.NOT_RECORDED, "the disk took nothing for 2 min", 120.0, 10.0, "s"),
    (Reason.LOGIN_REFUSED, "401 from the camera since the password was changed", 0.0, 0.0, ""),
]
SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 700" width="1200" height="700">
<rect width="1200" height="700" fill="#fff"/>
<g fill="none" stroke="#333" stroke-width="6">
<path d="M40 40H1160V660H40zM40 260H420V40M420 160H520M620 160H700V40M700 160V420H860M960 420H1160
M420 260V420H40M420 420V560M420 660V620M700 420V660"/></g>
<g fill="#dde6ee" stroke="#9db2c4" stroke-width="2">
<rect x="80" y="470" width="120" height="60"/><rect x="240" y="470" width="120" height="60"/>
<rect x="770" y="90" width="320" height="70"/><rect x="770" y="220" width="320" height="70"/>
<rect x="480" y="480" width="160" height="110" rx="8"/></g>
<g fill="#456" font-family="sans-serif" font-size="26" text-anchor="middle">
<text x="230" y="160">Workshop</text><text x="560" y="110">Gate house</text>
<text x="930" y="200">Store A</text><text x="230" y="350">Office</text>
<text x="560" y="545">Turbine</text><text x="930" y="560">Loading dock</text></g></svg>"""
PLANS: list[dict[str, Any]] = [
    {"id": "ground", "name": "Ground floor", "picture": True, "drawing": True,
     "width": 1200, "height": 700, "width_m": 96.0, "style": False},
    {"id": "town", "name": "Harbour", "picture": False, "drawing": False,
     "width": 0, "height": 0, "width_m": None, "style": False},
    {"id": "chart", "name": "Chart", "picture": False, "drawing": False,
     "width": 0, "height": 0, "width_m": None, "style": True},
]  # fmt: skip
STYLE: dict[str, Any] = {
    "version": 8,
    "sources": {"quay": {"type": "geojson", "data": "/api/plans/chart/files/quay.geojson"}},
    "layers": [
        {"id": "sea", "type": "background", "paint": {"background-color": "#12263a"}},
        {"id": "land", "type": "fill", "source": "quay", "paint": {"fill-color": "#2b3a2e"}},
        {"id": "edge", "type": "line", "source": "quay", "paint": {"line-color": "#6c8a6f"}},
    ],
}
QUAY: dict[str, Any] = {
    "type": "Feature",
    "properties": {},
    "geometry": {
        "type": "MultiPolygon",
        "coordinates": [  # piers, so that land and sea are in every view
            [[[x, 53.4], [x + 0.002, 53.4], [x + 0.002, 53.7], [x, 53.7], [x, 53.4]]]
            for x in (9.85 + 0.004 * i for i in range(60))
        ],
    },
}  # fmt: skip


def place(number: int, of: int) -> dict[str, Any]:
    """Two cameras of three on the floor, the others along the quay."""
    rng = random.Random(number)
    at: dict[str, Any] = {
        "plan": "ground", "x": None, "y": None, "lat": None, "lon": None,
        "direction": rng.randrange(0, 360, 15), "angle": rng.choice([60, 70, 90, 110]),
    }  # fmt: skip
    if number % 3 < 2:
        across = max(2, math.ceil(math.sqrt(of * 0.7 * 12 / 7)))
        nth = number // 3 * 2 + number % 3
        column, line = nth % across, nth // across
        rows = max(1, math.ceil(of * 0.68 / across))
        x = 0.07 + 0.86 * (column + 0.5 * rng.random()) / across
        y = 0.1 + 0.8 * (line + 0.5 * rng.random()) / rows
        return {**at, "x": round(x, 3), "y": round(min(0.95, y), 3)}
    lat = 53.54 + rng.gauss(0, 0.004) + 0.00004 * number
    lon = 9.96 + rng.gauss(0, 0.009) + 0.0001 * number
    return {**at, "plan": "chart" if number % 6 == 5 else "town", "lat": round(lat, 6), "lon": round(lon, 6)}  # noqa: E501


class MadeUpFleet:
    """As the desk's `Fleet`: asked in the same words, made up from the cameras' numbers."""

    def __init__(self, cameras: dict[str, tuple[str, str]]) -> None:
        self._cameras = cameras
        self._accepted: set[str] = set()

    def view_changed(self, camera: str) -> bool:
        return any(one.reason is Reason.MOVED for c in self.now() for one in c.judgements if c.camera == camera)  # noqa: E501

    def accept_view(self, camera: str) -> None:
        self._accepted.add(camera)

    def now(self) -> Sequence[CameraNow]:
        return [self._now(camera, number) for number, camera in enumerate(self._cameras)]

    def _now(self, camera: str, number: int) -> CameraNow:
        whole = stretches(camera, number)
        last = whole[-1]
        if camera in self._accepted:
            last = Stretch(camera, NOW, NOW, MinuteState.KEPT)
        states = {
            MinuteState.KEPT: Standing.WELL,
            MinuteState.LOST: Standing.LOST,
            MinuteState.PLANNED: Standing.PLANNED,
        }
        reason = last.reason
        lasting = reason is not None and last.end - last.start > 3600
        judgements = ()
        if reason is not None:
            _, text, number_, reference, unit = next(t for t in TALES if t[0] is reason)
            judgements = (
                Judgement(CHECK_OF[reason], NOW - 20.0, reason, number_, reference, unit, text),
            )
        midnight = int(
            datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
        )
        return CameraNow(
            camera,
            states[last.state],
            last.start,
            last.reasons,
            last.text,
            judgements,
            Figures.of(cut(whole, midnight, NOW)),
            Figures.of(cut(whole, NOW - 7 * DAY, NOW)),
            Figures.of(cut(whole, NOW - 30 * DAY, NOW)),
            f"{WHAT_TO_DO.get(reason, 'look at it')}" if lasting and reason else "",
        )

    def week(self, camera: str, start: float) -> Sequence[Stretch]:
        day = datetime.fromtimestamp(start, ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
        end = (day + timedelta(days=7)).timestamp()
        number = list(self._cameras).index(camera)
        return cut(stretches(camera, number), int(day.timestamp()), int(end))

    def period(self, text: str) -> Period:
        today = datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
        try:
            if text == "day" or text.count("-") == 2:
                day = today if text == "day" else datetime.fromisoformat(text).replace(tzinfo=ZONE)
                return _period(day, day + timedelta(days=1), "%-d %B %Y", "%Y-%m-%d")
            if text == "week" or "W" in text:
                day = today if text == "week" else datetime.strptime(text + "-1", "%G-W%V-%u")  # noqa: DTZ007
                day = day.replace(tzinfo=ZONE) - timedelta(days=day.weekday())
                return _period(day, day + timedelta(days=7), "Week %-V of %Y", "%G-W%V")
            day = today if text == "month" else datetime.strptime(text, "%Y-%m")  # noqa: DTZ007
            day = day.replace(day=1, tzinfo=ZONE)
            length = calendar.monthrange(day.year, day.month)[1]
            return _period(day, day + timedelta(days=length), "%B %Y", "%Y-%m")
        except ValueError:
            raise UserError(
                f"{text!r} is no period; write 2026-10, 2026-W43 or 2026-10-25"
            ) from None

    def report(self, period: Period) -> Report:
        until = min(period.end, NOW)
        parts = {
            camera: cut(stretches(camera, number), period.start, until)
            for number, camera in enumerate(self._cameras)
        }
        rows = [
            Row(camera, self._cameras[camera][0], Figures.of(part), self._cameras[camera][1])
            for camera, part in parts.items()
        ]
        whole = _sum(rows)
        areas = {row.area: Figures() for row in rows}
        for row in rows:
            areas[row.area] += row.figures
        expected = (period.end - period.start) / 60 * len(rows)
        allowed = (1 - OBJECTIVE) * expected
        gone = max(1, until - period.start) / (period.end - period.start)
        days = []
        for start in range(period.start, until, DAY):
            part = _sum(
                [Row("", "", Figures.of(cut(one, start, start + DAY))) for one in parts.values()]
            )
            date = datetime.fromtimestamp(start + 43200, ZONE).strftime("%Y-%m-%d")
            days.append(Day(date, start, start + DAY, part))
        lost = sorted(
            (s for part in parts.values() for s in part if s.state is MinuteState.LOST),
            key=lambda s: s.start,
        )
        works = [
            Maintenance(s.start, s.end, (s.camera,), s.text)
            for part in parts.values()
            for s in part
            if s.state is MinuteState.PLANNED
        ]
        return Report(
            "Harbour works", "Harbour works ltd.", "Europe/Berlin", period, time.time(), until,
            Row("", "Harbour works", whole),
            Budget(OBJECTIVE, allowed, whole.lost_minutes, whole.lost_minutes / allowed / gone),
            tuple(Row(name, name, figures) for name, figures in areas.items()),
            tuple(sorted(rows, key=lambda row: row.figures.share or 0)),
            tuple(days), tuple(lost), tuple(works), (),
        )  # fmt: skip


WHAT_TO_DO = {
    Reason.BLACK: "black for more than an hour: look at its lamp and its cable",
    Reason.MOVED: "turned away: set it back, or teach it the new view",
    Reason.DEFOCUSED: "out of focus: set the lens",
    Reason.FROZEN: "frozen: switch it off and on",
    Reason.UNREACHABLE: "not to be reached: look at its power and its switch",
    Reason.LOW_CONTRAST: "hardly any contrast: clean the lens",
    Reason.LOGIN_REFUSED: "refuses the login: put the password right",
    Reason.NOT_RECORDED: "not recorded: look at the disk",
}


def _period(start: datetime, end: datetime, name: str, key: str) -> Period:
    before, after = start - timedelta(days=1), end + timedelta(days=1)
    return Period(
        start.strftime(name), start.strftime(key), int(start.timestamp()), int(end.timestamp()),
        before.strftime(key), after.strftime(key) if end.timestamp() < NOW else "",
    )  # fmt: skip


def _sum(rows: Sequence[Row]) -> Figures:
    total = Figures()
    for row in rows:
        total += row.figures
    return total


def cut(whole: Sequence[Stretch], start: int, end: int) -> list[Stretch]:
    """The part of the stretches inside [start, end)."""
    return [
        Stretch(s.camera, max(s.start, start), min(s.end, end), s.state, s.reasons, s.text)
        for s in whole
        if s.start < end and s.end > start
    ]


@cache
def stretches(camera: str, number: int) -> list[Stretch]:
    """Five weeks of one camera, oldest first and without a gap; its end by its number."""
    rng = random.Random(f"fleet {number}")
    made: list[Stretch] = []
    at = FROM
    bad = rng.random() < 0.12
    while at < NOW:
        end = min(
            NOW, at + int(rng.expovariate(1 / (0.9 * DAY if bad else 5 * DAY))) // 60 * 60 + 60
        )
        made.append(Stretch(camera, at, end, MinuteState.KEPT))
        at = end
        if at >= NOW:
            break
        end = min(NOW, at + int(rng.expovariate(1 / (5 * 3600 if bad else 1500))) // 60 * 60 + 60)
        if rng.random() < 0.15:
            made.append(Stretch(camera, at, end, MinuteState.PLANNED, (), "new cable on mast 4"))
        elif rng.random() < 0.2:
            made.append(
                Stretch(camera, at, end, MinuteState.LOST, (Reason.STREETLAMP_DOWN,), "restarted")
            )
        else:
            reason, text, *_ = rng.choice(TALES)
            made.append(Stretch(camera, at, end, MinuteState.LOST, (reason,), text))
        at = end
    ends = {3: TALES[4], 5: TALES[1], 8: TALES[2], 17: TALES[5], 23: TALES[7]}
    tale = ends.get(number % 41)
    if tale is not None:
        start = NOW - rng.randrange(2, 200) * 900
        made = [
            *cut(made, FROM, start),
            Stretch(camera, start, NOW, MinuteState.LOST, (tale[0],), tale[1]),
        ]
    elif number % 41 == 6:
        made = [
            *cut(made, FROM, NOW - 5400),
            Stretch(camera, NOW - 5400, NOW, MinuteState.PLANNED, (), "new cable on mast 4"),
        ]
    elif number % 41 == 10:
        tale = TALES[6]
        made = [
            *cut(made, FROM, NOW - 600),
            Stretch(camera, NOW - 600, NOW, MinuteState.LOST, (tale[0],), tale[1]),
        ]
    else:
        start = NOW - rng.randrange(2, 60) * 3600
        made = [*cut(made, FROM, start), Stretch(camera, start, NOW, MinuteState.KEPT)]
    return made
