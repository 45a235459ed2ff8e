"""What an owner may set about tags. How well they do is measured in ``design/tags.md``."""

from __future__ import annotations

from pydantic import Field

from streetlamp.options import Options


class TagOptions(Options):
    """Colours and posture of what is tracked."""

    colours: bool = Field(
        True,
        title="Tell colours",
        description="Name the colours of vehicles and, on the live picture only, of clothes.",
    )
    colour_interval_seconds: float = Field(
        0.5,
        ge=0.05,
        le=60,
        title="Time between colour votes (s)",
        description="How often one track's pixels are looked at. The name is a vote over time; "
        "after six votes the next ones come four times more seldom.",
    )
    tracks_per_look: int = Field(
        6,
        ge=1,
        le=1000,
        title="Colour votes a look, at most",
        description="In a crowd the tracks take turns, so that naming colours never takes more "
        "than about a millisecond a look.",
    )
    sure_share: float = Field(
        0.45,
        ge=0.1,
        le=1,
        title="Share of votes for a colour name",
        description="A colour is named when this share of the votes agree; otherwise nothing is "
        "said.",
    )
    lying_seconds: float = Field(
        0.6,
        ge=0,
        le=60,
        title="Time until somebody counts as lying (s)",
        description="How long the box must have the shape of somebody lying.",
    )
    upright_seconds: float = Field(
        1.0,
        ge=0,
        le=60,
        title="Time until somebody counts as up again (s)",
        description="How long the box must have the shape of somebody upright.",
    )
