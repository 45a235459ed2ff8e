"""What an owner may set about tracking. The defaults are measured in ``design/tracking.md``."""

from __future__ import annotations

from pydantic import Field, model_validator

from streetlamp.options import Options


class TrackOptions(Options):
    """How boxes of one look are joined to those of the next."""

    sure_score: float = Field(
        0.5,
        ge=0.05,
        le=1,
        title="Score that starts a track",
        description="A new box with at least this score is a track at once: shown, tagged and "
        "given to the rules.",
    )
    start_score: float = Field(
        0.2,
        ge=0.05,
        le=1,
        title="Score that starts a candidate",
        description="A new box with at least this score is followed and can be hidden, but is "
        "shown and given to the rules only once its score reaches the one above or it has walked "
        "like a thing of its own. Lower hides more, and hides more that is nobody.",
    )
    low_score: float = Field(
        0.1,
        ge=0,
        le=1,
        title="Lowest score used",
        description="Boxes below `start_score` and at least this may only carry on a track that "
        "found no better box (ByteTrack's second association).",
    )
    hold_seconds: float = Field(
        1.5,
        ge=0,
        le=30,
        title="Hold a lost thing (s)",
        description="A moving thing that is not found any more is carried along its way for this "
        "long, so that a person stays hidden behind a missed detection.",
    )
    hold_still_seconds: float = Field(
        4.0,
        ge=0,
        le=600,
        title="Hold a lost thing that stood still (s)",
        description="Something that stood still and is not found any more is most likely still "
        "there, so it is held longer.",
    )
    hold_unsure_seconds: float = Field(
        0.5,
        ge=0,
        le=30,
        title="Hold a thing found once (s)",
        description="How long a track is held that was found in a single look only.",
    )

    faint_vehicles: bool = Field(
        True,
        title="Believe faint vehicles on a road",
        description="Cars, buses and trucks the model is unsure of are told to the rules where "
        "others of their size drove the same way before. It changes nothing of what is hidden.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> TrackOptions:
        if not self.low_score <= self.start_score <= self.sure_score:
            raise ValueError("low_score, start_score and sure_score must not fall in this order")
        return self
