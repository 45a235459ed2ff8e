"""How counts by period, and what is usual, look on the wire."""

from __future__ import annotations

from pydantic import Field

from streetlamp.desk.wire import Wire


class PeriodCountOut(Wire):
    start: int
    end: int
    camera: str
    place: str
    kind: str
    direction: str = Field(description="`in`, `out`, or empty for an occupancy.")
    n: int = Field(description="How many passed; of an occupancy, the most at once.")
    mean: float | None = Field(
        description="Of an occupancy: the mean of its minutes' most; a minute without anybody is 0."
    )
    least: int | None = Field(
        description="Of an occupancy: the most at once in its quietest minute."
    )


class PeriodCountsOut(Wire):
    rows: tuple[PeriodCountOut, ...]


class UsualOut(Wire):
    low: float = Field(description="Lower quartile.")
    middle: float = Field(description="Median.")
    high: float = Field(description="Upper quartile.")


class UsualSlotOut(Wire):
    start: int
    end: int
    weeks: int = Field(description="How many weeks are known.")
    passed_in: UsualOut | None = Field(description="null: too few weeks are known.")
    passed_out: UsualOut | None
    present: UsualOut | None = Field(description="The most at once, of all places together.")


class UsualSlotsOut(Wire):
    slots: tuple[UsualSlotOut, ...]
