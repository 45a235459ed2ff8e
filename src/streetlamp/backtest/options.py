"""What an owner may set about trying rules on the last days."""

from __future__ import annotations

from pydantic import Field

from streetlamp.options import Options


class BacktestOptions(Options):
    """Whether an index of the recordings is kept, on which rules can be tried."""

    keep_days: float = Field(
        default=7.0,
        ge=0,
        le=365,
        title="Days kept",
        description="Beside the recordings an index is kept of where people were hidden and where "
        "vehicles were, without saying which is which from one moment to the next, so that a rule "
        "can be tried on the last days. It never outlives the recordings it belongs to; 0 keeps "
        "none.",
    )
