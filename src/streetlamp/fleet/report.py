"""The serviceability of a site in a period: who was there, what was lost, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo

from streetlamp.fleet.account import Account
from streetlamp.fleet.figures import (
    Budget,
    Day,
    Figures,
    Maintenance,
    Note,
    Period,
    Report,
    Row,
    Stretch,
)
from streetlamp.fleet.periods import days
from streetlamp.health import MinuteState
from streetlamp.store.ledger import Expected, LedgerTables

NO_AREA = "Elsewhere"


@dataclass(frozen=True, slots=True)
class About:
    """What a report says of the site beside figures."""

    site: str
    operator: str
    timezone: str
    objective: float  # 0–1


def report(
    tables: LedgerTables,
    period: Period,
    about: About,
    zone: tzinfo,
    now: float,
    *,
    live: bool,
    sees: Callable[[str], bool] | None = None,
) -> Report:
    """now: POSIX seconds. live: Streetlamp is running; else what is not written by now is lost.
    sees: says of a camera's id whether it is in the report; left out: all are."""
    account = Account(tables, None if live else now)
    until = max(period.start, min(period.end, account.until))
    cut = replace(period, end=until)
    who = account.cameras(period.start, until)
    found = account.stretches(period.start, until)
    if sees is not None:
        who = {id_: one for id_, one in who.items() if sees(id_)}
        found = {id_: one for id_, one in found.items() if sees(id_)}
    cameras = [_camera(one, found[one.camera], period) for one in who.values()]
    cameras.sort(key=_worst_first)
    lost = [one for all_of_it in found.values() for one in all_of_it if _is_lost(one)]
    whole = Row(about.site, about.site, _sum(row.figures for row in cameras))
    return Report(
        site=about.site,
        operator=about.operator,
        timezone=about.timezone,
        period=period,
        made=now,
        until=until,
        whole=whole,
        budget=budget(whole.figures, about.objective, period, until),
        areas=_areas(cameras),
        cameras=tuple(cameras),
        days=tuple(_days(cut, zone, found)),
        lost=tuple(sorted(lost, key=lambda one: (one.start, one.camera))),
        maintenance=tuple(_maintenance(account, period, who)),
        notes=tuple(Note(one.time, one.text) for one in tables.notes(period.start, period.end)),
    )


def budget(figures: Figures, objective: float, period: Period, until: int) -> Budget:
    """What may be lost in the whole period when the rest of it is like what has passed: as many
    cameras, as little maintenance."""
    passed, whole = until - period.start, period.end - period.start
    expected = figures.expected * whole / passed if passed > 0 else 0.0
    allowed = (1.0 - objective) * expected
    so_far = (1.0 - objective) * figures.expected
    rate = figures.lost_minutes / so_far if so_far > 0 else 0.0
    return Budget(objective, round(allowed, 3), figures.lost_minutes, round(rate, 4))


def _camera(one: Expected, stretches: Iterable[Stretch], period: Period) -> Row:
    all_of_it = list(stretches)
    began = all_of_it[0].start if all_of_it and all_of_it[0].start > period.start else None
    gone = one.end if one.end is not None and one.end < period.end else None
    return Row(one.camera, one.name, Figures.of(all_of_it), one.area, began, gone)


def _worst_first(row: Row) -> tuple[float, str]:
    share = row.figures.share
    return (2.0 if share is None else share, row.id)


def _areas(cameras: Iterable[Row]) -> tuple[Row, ...]:
    """Areas by name; none when the site has none."""
    sums: dict[str, Figures] = {}
    for row in cameras:
        sums[row.area] = sums.get(row.area, Figures()) + row.figures
    if set(sums) <= {""}:
        return ()
    rows = [Row(area or NO_AREA, area or NO_AREA, figures) for area, figures in sums.items()]
    return tuple(sorted(rows, key=lambda row: (row.id == NO_AREA, row.id)))


def _days(period: Period, zone: tzinfo, found: Mapping[str, list[Stretch]]) -> Iterable[Day]:
    everything = [one for stretches in found.values() for one in stretches]
    for date, start, end in days(period, zone):
        yield Day(date, start, end, Figures.of(clipped(everything, start, end)))


def clipped(stretches: Iterable[Stretch], start: int, end: int) -> Iterable[Stretch]:
    """What of these lies in [start, end)."""
    for one in stretches:
        first, last = max(one.start, start), min(one.end, end)
        if first < last:
            yield one if (first, last) == (one.start, one.end) else _of(one, first, last)


def _of(one: Stretch, start: int, end: int) -> Stretch:
    return Stretch(one.camera, start, end, one.state, one.reasons, one.text)


def _maintenance(
    account: Account, period: Period, who: Mapping[str, Expected]
) -> Iterable[Maintenance]:
    for plan in account.planned(period.start, period.end):
        cameras = tuple(one for one in plan.cameras if one in who)
        if cameras:
            start, end = max(plan.start, period.start), min(plan.end, period.end)
            yield Maintenance(start, end, cameras, plan.why)


def _is_lost(one: Stretch) -> bool:
    return one.state is MinuteState.LOST


def _sum(all_of_them: Iterable[Figures]) -> Figures:
    total = Figures()
    for one in all_of_them:
        total += one
    return total
