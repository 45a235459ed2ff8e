"""What an owner may tell the reconciliation: the errors of tank and meters, each with its sigma."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import Field

from streetlamp.options import Options

GALLON: Final = 3.785411784  # L
PER_DAY: Final = GALLON * 24  # L/day that are one gal/h


@dataclass(frozen=True, slots=True)
class Product:
    """What a fuel does when warmed, and how much of it leaves as vapour."""

    name: str
    expansion: float  # per °C at 15 °C
    evaporation: float  # of what is sold


PETROL: Final = Product("petrol", 0.00123, 0.00012)
DIESEL: Final = Product("diesel", 0.00083, 0.0)
PRODUCTS: Final = {each.name: each for each in (PETROL, DIESEL)}


class SirOptions(Options):
    """Errors of a station's tank, as standard deviations; what is random and what stays the same.

    Readings' own errors are measured from the records; these here only repeat too seldom for it.
    """

    test_days: int = Field(
        default=30,
        ge=7,
        le=365,
        title="Days under test",
        description="The last so many days are tested; a loss that began with them is looked for",
    )
    history_days: int = Field(
        default=120,
        ge=0,
        le=400,
        title="Days of history",
        description="How many days before the test are used to learn the tank's and meter's errors",
    )
    chart_scale: float = Field(
        default=0.002,
        ge=0,
        le=0.05,
        title="Chart, scale",
        description="Error of the whole chart, as a fraction",
    )
    chart_wave: float = Field(
        default=0.0008,
        ge=0,
        le=0.05,
        title="Chart, waves",
        description="Amplitude of the slowest wave in the chart's error along the volume, as a "
        "fraction of the capacity; the k-th has 1/k of it",
    )
    meter_bias: float = Field(
        default=0.001,
        ge=0,
        le=0.05,
        title="Dispenser bias",
        description="Lasting error of the dispensers' totals, as a fraction",
    )
    meter_scatter: float = Field(
        default=0.0008,
        ge=0,
        le=0.05,
        title="Dispenser scatter",
        description="Error of a day's sales that is another every day, as a fraction of them",
    )
    document: float = Field(
        default=0.0012,
        ge=0,
        le=0.05,
        title="Delivery document",
        description="Error of a delivery's quantity, as a fraction",
    )
    load_warmer: float = Field(
        default=2.0,
        ge=-30,
        le=30,
        title="Load, warmer by",
        description="How much warmer than the tank a load is on average, °C",
    )
    load_warmer_error: float = Field(
        default=1.0,
        ge=0,
        le=20,
        title="Load, error of that",
        description="How far that may be off at a station, °C",
    )
    load_scatter: float = Field(
        default=3.3,
        ge=0,
        le=20,
        title="Load, scatter",
        description="How far one load's temperature is from the next one's, °C",
    )
    cut_off: float = Field(
        default=0.004,
        gt=0,
        le=0.2,
        title="Cut-off",
        description="What is sold between reading the tank and reading the dispensers, as a "
        "fraction of the day's sales (6 minutes are 0.004); corrected by what the records show",
    )
