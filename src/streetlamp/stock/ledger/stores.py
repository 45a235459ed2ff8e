"""What the holder says of a store: a tank or a heap, of what, with which chart and instruments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from pydantic import Field

from streetlamp.options import Options
from streetlamp.stock.ledger.instruments import Instrument
from streetlamp.stock.physics.charts import Chart
from streetlamp.stock.physics.volume import expansion


class Product(Options):
    """What is stored, as far as its quantity cares."""

    density: float = Field(
        default=0.0,
        ge=0,
        title="Density",
        description="kg/m³ at 15 °C; its expansion follows. 0: not corrected",
    )
    evaporation: float = Field(
        default=0.0,
        ge=0,
        le=0.05,
        title="Evaporation",
        description="Share of what is issued that is allowed for as lost to the air",
    )

    @property
    def expansion(self) -> float:
        """Share by which its volume grows per °C at 15 °C (ISO 91)."""
        return expansion(self.density) if self.density else 0.0


PRODUCTS: Final[dict[str, Product]] = {
    "petrol": Product(density=745.0, evaporation=0.00012),
    "diesel": Product(density=840.0),
    "kerosene": Product(density=800.0),
}
OTHER: Final = Product()


class StoreOptions(Options):
    """One tank or one store of bulk goods."""

    form: Literal["tank", "bulk"] = Field(
        title="Form", description="tank: a liquid read by its height; bulk: goods that are weighed"
    )
    product: str = Field(default="", title="Product", description="petrol, diesel, …, or any name")
    instruments: dict[str, Instrument] = Field(
        default={},
        title="Instruments",
        description="By name, what differs from the standard ones: gauge, stick, thermometer, "
        "dispenser, delivery document, weighbridge, survey, count, volume",
    )
    expansion_share: float = Field(
        default=0.02,
        ge=0,
        le=1,
        title="Doubt of the expansion",
        description="How far off the product's expansion may be, as a share (standard deviation)",
    )
    load_degrees: float = Field(
        default=3.0,
        ge=0,
        title="Load temperature",
        description="How far a delivery's temperature is from the tank's, °C, each time anew",
    )
    load_degrees_bias: float = Field(
        default=2.0,
        ge=0,
        title="Load temperature, bias",
        description="The same on average over all deliveries, °C",
    )
    cut_off_minutes: float = Field(
        default=6.0,
        ge=0,
        title="Cut-off",
        description="Minutes of sales between the tank's reading and the sales' total",
    )
    chart_scale: float = Field(
        default=0.002, ge=0, title="Chart's scale", description="Share of every volume"
    )
    chart_shape: float = Field(
        default=0.0007,
        ge=0,
        title="Chart's shape",
        description="How far the tank's form is from the chart's, as a share of its capacity",
    )
    chart_waves: float = Field(
        default=0.055,
        gt=0,
        title="Chart's waves",
        description="Over which share of the tank's height that error stays alike",
    )
    handling_loss: float = Field(
        default=0.00125,
        ge=0,
        title="Handling loss",
        description="Share of what leaves a bulk store that is allowed for: dust, spillage, drying",
    )
    handling_loss_sigma: float = Field(
        default=0.00045, ge=0, title="Doubt of it", description="Standard deviation of that share"
    )


@dataclass(frozen=True, slots=True, eq=False)
class Store:
    """A store with its chart, if it is a tank."""

    name: str
    options: StoreOptions
    chart: Chart | None = None
    origin: float = 0.0  # POSIX seconds at which day 0 begins

    @property
    def product(self) -> Product:
        return PRODUCTS.get(self.options.product, OTHER)
