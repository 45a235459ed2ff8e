"""What an owner may set about the compression of masked video."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from streetlamp.options import Options


class EncodeOptions(Options):
    """How masked pictures are compressed for recordings and screens."""

    crf: float = Field(
        default=26.0,
        ge=0,
        le=51,
        title="Quality",
        description="x264's constant rate factor: lower is finer and larger; 18 looks like the "
        "original, 30 is coarse. Six steps halve or double the size.",
    )
    max_kbps: int | None = Field(
        default=None,
        ge=50,
        title="Highest bit rate",
        description="Kilobits a second that a camera's video may reach at most, whatever the "
        "quality asks for; empty means no limit. An encoder other than x264 aims at this rate.",
    )
    preset: Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium"] = Field(
        default="ultrafast",
        title="Effort",
        description="x264's preset: each step to the right makes smaller files for about twice "
        "the processor time.",
    )
    gop_seconds: float = Field(
        default=1.0,
        gt=0,
        le=10,
        title="Seconds between keyframes",
        description="A viewer can join and a recording can be cut at a keyframe only; shorter "
        "joins faster and makes larger files.",
    )
    fragment_seconds: float = Field(
        default=0.5,
        gt=0,
        le=10,
        title="Seconds a fragment",
        description="Video travels to screens and files in pieces of this length; shorter "
        "means less delay and more pieces.",
    )
