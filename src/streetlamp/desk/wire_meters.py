"""Meters and districts on the wire: what was found, what waiting costs, and the columns of a page.

Columns hold null where there is no reading, and five figures that matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from streetlamp.desk.handling import Open
from streetlamp.desk.wire import Wire
from streetlamp.meters.shown import Chart, Curve, Nights, ShownFinding, ShownMeter
from streetlamp.meters.waiting import Waiting, waiting

MOST_POINTS: Final = 5000

Column = tuple[float | None, ...]
State = Literal["raised", "acknowledged", "noted"]


class CostOut(Wire):
    """What a finding that goes on costs."""

    unit: str = Field(description="m3 or kWh.")
    week: float = Field(description="Lost in a week at its size.")
    so_far: float = Field(description="Lost since its likely beginning, to the last reading.")
    at_most: bool = Field(description="It does not flow all the time: no more than this.")
    money: float | None = Field(description="Of a week; null: the site file has no tariff.")
    money_so_far: float | None

    @classmethod
    def of(cls, one: Waiting) -> CostOut:
        spent = None if one.price is None else one.so_far * one.price
        return cls(
            unit=one.unit, week=one.week, so_far=one.so_far, at_most=one.at_most,
            money=one.money, money_so_far=spent,
        )  # fmt: skip


class MeterFindingOut(Wire):
    id: str
    cause: str
    start: float = Field(description="The likely beginning, POSIX seconds.")
    detected: float
    end: float | None
    size: float | None
    unit: str
    confidence: float
    evidence: str
    alarm: str | None = Field(description="The alarm that waits for an answer; null: none does.")
    state: State | None = Field(
        description="`noted`: it goes on and never was an alarm; null: it is over or answered."
    )
    cost: CostOut | None = Field(description="null: it is not open, or loses nothing by its size.")

    @classmethod
    def of(cls, one: ShownFinding, how: Open | None, cost: Waiting | None, **more: Any) -> Self:
        return cls.model_validate(
            {name: getattr(one, name) for name in _SAME}
            | {
                "alarm": how.alarm if how else None,
                "state": how.state if how else None,
                "cost": CostOut.of(cost) if cost else None,
            }
            | more
        )


_SAME: Final = (
    "id", "cause", "start", "detected", "end", "size", "unit", "confidence", "evidence",
)  # fmt: skip


class WaitingOut(MeterFindingOut):
    """An open finding, and where."""

    meter: str = Field(description="The meter's id.")
    name: str
    kind: str
    household: bool
    opens: bool = Field(description="Whether this person may look at the meter's readings.")


class MeterLineOut(Wire):
    """A meter that is no household's."""

    id: str
    name: str
    kind: str
    last: float = Field(description="When its last reading ends, POSIX seconds.")
    found: int = Field(description="Open findings.")


class MetersOut(Wire):
    waiting: tuple[WaitingOut, ...] = Field(description="Open findings, the dearest first.")
    meters: tuple[MeterLineOut, ...] = Field(description="The site's own meters and districts.")
    households: int = Field(description="How many meters of households there are.")
    currency: str
    looked: float | None = Field(description="When all was last looked through; null: not yet.")


class ReadingsOut(Wire):
    """Steps of equal length, oldest first."""

    time: tuple[float, ...] = Field(description="When each begins, POSIX seconds.")
    measured: Column
    expected: Column
    low: Column = Field(description="What is usual …")
    high: Column = Field(description="… up to this.")


class CurveOut(Wire):
    """The evidence of one cause over time."""

    cause: str
    time: tuple[float, ...]
    statistic: Column
    limit: Column = Field(description="What it has to reach.")


class NightsOut(Wire):
    """The mean of the hours from two to four, night by night."""

    time: tuple[float, ...]
    measured: Column
    expected: Column


class MeterOut(Wire):
    id: str
    name: str
    kind: str
    household: bool = Field(description="True: only what lies around an open finding is shown.")
    unit: str = Field(description="Of the readings, a mean rate or a level.")
    length: int = Field(description="Seconds between two readings.")
    step: int = Field(description="Seconds of a step here; more than `length`: means of several.")
    last: float
    currency: str
    looked: float | None
    findings: tuple[MeterFindingOut, ...] = Field(description="Oldest first.")
    readings: ReadingsOut
    curves: tuple[CurveOut, ...]
    nights: NightsOut | None = Field(description="Of districts.")

    @classmethod
    def of(
        cls, meter: ShownMeter, chart: Chart, handled: Mapping[str, Open], price: float | None,
        currency: str, looked: float | None,
    ) -> MeterOut:  # fmt: skip
        by = max(ceil(len(chart.time) / MOST_POINTS), 1)
        return cls(
            id=meter.id,
            name=meter.name,
            kind=meter.kind,
            household=meter.household,
            unit=meter.unit,
            length=meter.length,
            step=meter.length * by,
            last=meter.last,
            currency=currency,
            looked=looked,
            findings=tuple(
                MeterFindingOut.of(
                    one, how, cost_of(meter, one, price) if how is not None else None
                )
                for one in meter.findings
                for how in (handled.get(one.id),)
            ),
            readings=ReadingsOut(
                time=tuple(chart.time[::by].tolist()),
                measured=_column(_means(chart.measured, by)),
                expected=_column(_means(chart.expected, by)),
                low=_column(_means(chart.low, by)),
                high=_column(_means(chart.high, by)),
            ),
            curves=tuple(_curve(one) for one in chart.curves),
            nights=None if chart.nights is None else _nights(chart.nights),
        )


def cost_of(meter: ShownMeter, one: ShownFinding, price: float | None) -> Waiting | None:
    """What a finding costs that goes on; None for what is over."""
    if one.end is not None:
        return None
    return waiting(one.cause, one.size, one.unit, one.start, meter.last, price)


def _curve(one: Curve) -> CurveOut:
    by = max(ceil(len(one.time) / MOST_POINTS), 1)
    return CurveOut(
        cause=one.cause,
        time=tuple(one.time[::by].tolist()),
        statistic=_column(_means(one.statistic, by)),
        limit=_column(_means(one.limit, by)),
    )


def _nights(one: Nights) -> NightsOut:
    return NightsOut(
        time=tuple(one.time.tolist()),
        measured=_column(one.measured),
        expected=_column(one.expected),
    )


def _means(values: NDArray[Any], by: int) -> NDArray[Any]:
    """The mean of each ``by`` values, of those that are there; NaN where none is."""
    if by == 1:
        return values
    padded = np.full(ceil(len(values) / by) * by, np.nan)
    padded[: len(values)] = values
    rows = padded.reshape(-1, by)
    known = np.isfinite(rows)
    count = known.sum(axis=1)
    total = np.where(known, rows, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _column(values: NDArray[Any]) -> Column:
    return tuple(
        float(f"{one:.5g}") if one == one and abs(one) != np.inf else None  # noqa: PLR0124  # NaN
        for one in values.tolist()
    )
