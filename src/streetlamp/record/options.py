"""What an owner may set about recording."""

from __future__ import annotations

from pydantic import Field

from streetlamp.options import Options


class RecordOptions(Options):
    """Whether masked video is kept, in what pieces, and for how long."""

    enabled: bool = Field(
        default=True, title="Record", description="Keep masked video on the disk at all."
    )
    days: float = Field(
        default=7.0,
        gt=0,
        title="Days kept",
        description="Recordings older than this are deleted, except around alarms that are still "
        "open.",
    )
    min_free_gb: float = Field(
        default=2.0,
        ge=0,
        title="Free space kept",
        description="When the disk has less free than this many gigabytes (1 GB = 10⁹ bytes), the "
        "oldest recordings go, however young. Below a tenth of it recording stops, so that alarms "
        "can still be written.",
    )
    max_gb: float | None = Field(
        default=None,
        gt=0,
        title="Most space used",
        description="Recordings of all cameras together take at most this many gigabytes; empty "
        "means only the free space counts.",
    )
    segment_seconds: float = Field(
        default=60.0,
        ge=2,
        le=3600,
        title="Seconds a file",
        description="A new file is begun at the first keyframe after this time. What a crash can "
        "cost is less than one fragment of the open file, whatever this says.",
    )
