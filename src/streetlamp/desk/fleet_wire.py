"""How the fleet looks on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from streetlamp.desk.fleet_services import CameraNow, Figures, Report, Row, Standing, Stretch
from streetlamp.desk.wire import Wire
from streetlamp.health import WORDS, Check, MinuteState, Reason


class SumOut(Wire):
    """Minutes. Every expected minute is either kept or lost."""

    kept: int
    lost: int
    planned: int = Field(description="Of announced maintenance: not expected.")
    share: float | None = Field(description="Kept of expected, 0–1; null: none were expected.")

    @classmethod
    def of(cls, figures: Figures) -> SumOut:
        return cls(
            kept=figures.kept,
            lost=figures.lost_minutes,
            planned=figures.planned,
            share=figures.share,
        )


class LostOut(Wire):
    reason: Reason
    words: str
    minutes: int


class JudgementOut(Wire):
    check: Check
    time: float
    reason: Reason | None = Field(description="null: all is well.")
    number: float = Field(description="What decided, in `unit`.")
    reference: float = Field(description="What it was held against.")
    unit: str
    text: str


class FleetCameraOut(Wire):
    camera: str
    state: Standing
    since: float
    reasons: tuple[Reason, ...] = Field(description="The first one is the root.")
    words: str = Field(description="The root in words; empty while all is well.")
    text: str = Field(description="One sentence with the number that decided, or what is planned.")
    visit: str = Field(description="Why somebody should go there; empty if nobody needs to.")
    judgements: tuple[JudgementOut, ...] = Field(description="The last one of each check.")
    today: SumOut = Field(description="Since midnight at the site.")
    week: SumOut = Field(description="The last 7 days.")
    month: SumOut = Field(description="The last 30 days.")

    @classmethod
    def of(cls, now: CameraNow) -> FleetCameraOut:
        return cls(
            camera=now.camera,
            state=now.state,
            since=now.since,
            reasons=now.reasons,
            words=in_words(now.reasons),
            text=now.text,
            visit=now.visit,
            judgements=tuple(JudgementOut.model_validate(one) for one in now.judgements),
            today=SumOut.of(now.today),
            week=SumOut.of(now.week),
            month=SumOut.of(now.month),
        )


class FleetOut(Wire):
    time: float
    cameras: tuple[FleetCameraOut, ...]


class StretchOut(Wire):
    start: int
    end: int
    state: MinuteState
    reasons: tuple[Reason, ...]
    words: str
    text: str

    @classmethod
    def of(cls, stretch: Stretch) -> StretchOut:
        return cls(
            start=stretch.start,
            end=stretch.end,
            state=stretch.state,
            reasons=stretch.reasons,
            words=in_words(stretch.reasons),
            text=stretch.text,
        )


class WeekOut(Wire):
    camera: str
    stretches: tuple[StretchOut, ...] = Field(description="Oldest first, not overlapping.")


class PeriodOut(Wire):
    name: str
    key: str = Field(description="2026-10, 2026-W43 or 2026-10-25.")
    start: int
    end: int
    before: str = Field(description="Key of the period before.")
    after: str


class BudgetOut(Wire):
    objective: float = Field(description="Share of minutes that must be kept, 0–1.")
    allowed: float = Field(description="Minutes that may be lost in the whole period.")
    spent: int
    left: float = Field(description="Below 0 the objective is missed.")
    burn_rate: float = Field(description="1: all is spent at the period's end; 2: at its half.")


class RowOut(Wire):
    id: str
    name: str
    area: str
    sum: SumOut
    lost: tuple[LostOut, ...] = Field(description="By root reason, most first.")

    @classmethod
    def of(cls, row: Row) -> RowOut:
        lost = row.figures.lost.items()
        return cls(
            id=row.id,
            name=row.name,
            area=row.area,
            sum=SumOut.of(row.figures),
            lost=tuple(LostOut(reason=why, words=WORDS[why], minutes=n) for why, n in lost),
        )


class DayOut(Wire):
    date: str
    start: int
    end: int
    sum: SumOut


class MaintenanceOut(Wire):
    start: int
    end: int
    cameras: tuple[str, ...]
    why: str


class NoteOut(Wire):
    time: float
    text: str


class ReportOut(Wire):
    """A period in figures; every single lost stretch is in the CSV."""

    site: str
    period: PeriodOut
    made: float
    until: int = Field(description="Minutes up to then are in it.")
    whole: RowOut
    budget: BudgetOut
    areas: tuple[RowOut, ...]
    cameras: tuple[RowOut, ...] = Field(description="The worst first.")
    days: tuple[DayOut, ...]
    maintenance: tuple[MaintenanceOut, ...]
    notes: tuple[NoteOut, ...]

    @classmethod
    def of(cls, report: Report) -> ReportOut:
        return cls(
            site=report.site,
            period=PeriodOut.model_validate(report.period),
            made=report.made,
            until=report.until,
            whole=RowOut.of(report.whole),
            budget=BudgetOut.model_validate(report.budget),
            areas=tuple(RowOut.of(row) for row in report.areas),
            cameras=tuple(RowOut.of(row) for row in report.cameras),
            days=tuple(
                DayOut(date=day.date, start=day.start, end=day.end, sum=SumOut.of(day.figures))
                for day in report.days
            ),
            maintenance=tuple(MaintenanceOut.model_validate(one) for one in report.maintenance),
            notes=tuple(NoteOut.model_validate(note) for note in report.notes),
        )


def in_words(reasons: tuple[Reason, ...]) -> str:
    """The root reason for a person."""
    return WORDS[reasons[0]] if reasons else ""


def fleet_message(cameras: Sequence[FleetCameraOut]) -> dict[str, Any]:
    """What the live line says of cameras whose health or figures changed."""
    return {"type": "fleet", "cameras": [one.model_dump(mode="json") for one in cameras]}
