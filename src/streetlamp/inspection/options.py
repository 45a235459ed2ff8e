"""What an owner may set about auditing the hiding."""

from __future__ import annotations

from pydantic import Field

from streetlamp.options import Options


class AuditOptions(Options):
    """How often stored, masked pictures are looked at again by another model.

    Nothing here changes what is hidden: the audit reads recordings and reports.
    """

    enabled: bool = Field(
        default=True,
        title="Audit the hiding",
        description="Look at a sample of the stored pictures while Streetlamp runs. "
        "`streetlamp audit-hiding` works either way.",
    )
    looks_per_day: int = Field(
        default=1500,
        ge=100,
        le=100_000,
        title="Looks a day",
        description="Pictures of each recorded camera that are looked at in a day. With 1,500, "
        "masks that are off in 1 of 100 pictures with people are found within a day with a chance "
        "of more than 95 %, and one camera costs about a quarter of a percent of one core.",
    )
    every_minutes: float = Field(
        default=15.0,
        ge=1,
        le=1440,
        title="Minutes between two rounds",
        description="How often a camera's newest recordings are sampled.",
    )
    keep_days: float = Field(
        default=90.0,
        gt=0,
        title="Days kept",
        description="How long the audit's figures, and where and when it saw somebody, are kept.",
    )
