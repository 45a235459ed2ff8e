"""What an owner may set about hiding and looking. No setting turns hiding off (CHARTER 4)."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from streetlamp.options import Options


class Style(StrEnum):
    MOSAIC = "mosaic"
    SILHOUETTE = "silhouette"
    SOLID = "solid"


class HideOptions(Options):
    """How people are hidden. The lower bounds are the least that still hides."""

    style: Style = Field(
        Style.MOSAIC,
        title="Style",
        description="mosaic: coarse blocks; silhouette: a flat figure on a flat ground; "
        "solid: one flat colour.",
    )
    delay_seconds: float = Field(
        1.0,
        ge=0.5,
        le=10.0,
        title="Delay",
        description="How far shown and recorded pictures run behind the camera, in seconds, so "
        "that a person found now is hidden from the first frame they were in. "
        "Alarms do not wait for it.",
    )
    hold_seconds: float = Field(
        1.0,
        ge=0.5,
        le=30.0,
        title="Hold",
        description="How long the mask of a person stays, and grows, after the detector lost them.",
    )
    margin_side: float = Field(
        0.2,
        ge=0.10,
        le=2.0,
        title="Side margin",
        description="Hidden beyond each side of the person's box, as a share of its width.",
    )
    margin_top: float = Field(
        0.12,
        ge=0.05,
        le=2.0,
        title="Top margin",
        description="Hidden above the person's box, as a share of its height.",
    )
    unexplained_motion: bool = Field(
        True,
        title="Hide unexplained motion",
        description="Also hide what moves and is neither a known person nor a known vehicle.",
    )


class LookOptions(Options):
    """How often the detector looks."""

    looks_per_second: float = Field(
        5.0,
        ge=2.0,
        le=60.0,
        title="Looks a second",
        description="How often the detector looks while something moves, to the nearest picture: "
        "of a camera with 10 pictures a second every second one. A third fewer while everybody "
        "is well seen, slow and alone. A new scene and new motion are looked at at once.",
    )
    quiet_looks_per_second: float = Field(
        3.0,
        ge=1.8,
        le=60.0,
        title="Looks a second, when nothing moves",
        description="How often the detector looks while the picture is still.",
    )
    faces_every_seconds: float = Field(
        0.4,
        ge=0.05,
        le=0.5,
        title="Time between looks for faces",
        description="So often at least the detector also looks for faces of people who are too "
        "close to be seen whole. A face is hidden 0.6 s before and after the look that found it.",
    )
    max_gap_seconds: float = Field(
        0.6,
        ge=0.2,
        le=2.0,
        title="Longest time between looks",
        description="A frame that does not lie between two looks at most this far apart is "
        "hidden whole.",
    )
