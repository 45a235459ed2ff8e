"""What an owner may set about sleeping cameras and copied recordings."""

from __future__ import annotations

from pydantic import Field

from streetlamp.options import Options


class SleepOptions(Options):
    """How a camera in front of which nothing happens is spared."""

    enabled: bool = Field(
        True,
        title="Sleep while nothing happens",
        description="Decode only keyframes while nothing moves and nobody is there; a change in a "
        "keyframe, larger packets than usual, or a look that finds somebody wakes the camera, and "
        "what came since the last keyframe is looked at then. Needs H.264 with closed GOPs.",
    )
    copy_clear: bool = Field(
        True,
        title="Copy what needs no mask",
        description="Record and show the camera's own compressed pictures where there is nothing "
        "to hide in them and around them, instead of encoding them anew. Needs H.264 with closed "
        "GOPs; pictures then run behind by the length of a GOP more.",
    )
    after_seconds: float = Field(
        3.0,
        ge=1.0,
        le=600.0,
        title="Sleep after",
        description="How long nothing must have moved and nothing been hidden before it sleeps.",
    )
    look_seconds: float = Field(
        10.0,
        ge=1.0,
        le=60.0,
        title="Look again after",
        description="After how many seconds the detector looks at a keyframe of a camera that has "
        "fallen asleep, even if nothing in it has changed. Each look that finds nothing doubles "
        "the time to the next.",
    )
    look_seconds_most: float = Field(
        60.0,
        ge=1.0,
        le=600.0,
        title="Look at least every",
        description="The longest time between two such looks, in seconds.",
    )
    max_gop_seconds: float = Field(
        4.0,
        ge=0.5,
        le=10.0,
        title="Longest GOP",
        description="A camera whose keyframes are further apart than this neither sleeps nor is "
        "copied: pictures would run behind by as much.",
    )
