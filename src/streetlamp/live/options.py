"""What an owner may set about live pictures."""

from __future__ import annotations

from pydantic import Field

from streetlamp.options import Options


class LiveOptions(Options):
    """How live pictures are sent to screens. None of it costs anything while nobody watches."""

    wall_per_second: float = Field(
        default=5.0,
        gt=0,
        le=10,
        title="Wall pictures a second",
        description="How often a camera's tile on the wall gets a new picture, at most. With "
        "hundreds of cameras, or on a busy machine, it is less often, and never less than once a "
        "second while new pictures come. It is drawn once for all who watch.",
    )
    jpeg_quality: int = Field(
        default=75,
        ge=20,
        le=95,
        title="JPEG quality",
        description="Of the wall and of stills: 95 is finest and largest.",
    )
    still_width: int = Field(
        default=1280,
        ge=160,
        le=3840,
        title="Widest still",
        description="Stills wider than this many pixels are made smaller.",
    )
