"""What can be told to the search for leaks in a network."""

from __future__ import annotations

from pydantic import Field

from streetlamp.options import Options


class NetworkOptions(Options):
    """The search for leaks with pressures and a hydraulic model."""

    alarms_per_year: float = Field(
        default=0.2,
        gt=0,
        le=52,
        title="False alarms",
        description="How many false alarms the whole network may raise in a year",
    )
    learn_days: int = Field(
        default=14,
        ge=5,
        le=400,
        title="Days to learn from",
        description="Days with readings at the beginning that are taken to be without a new leak: "
        "how far the model is from the pressures is learnt from them",
    )
    least_share: float = Field(
        default=0.01,
        ge=0,
        le=0.5,
        title="Smallest leak",
        description="Share of the network's mean demand below which a leak is not told",
    )
    located_within: float = Field(
        default=100.0,
        gt=0,
        title="Located within",
        description="A leak is told as soon as its pipe is expected to be found this near, m",
    )
    wait_hours: int = Field(
        default=72,
        ge=0,
        le=720,
        title="Longest wait",
        description="Hours after which a leak is told however wide the place of it still is",
    )
    wait_volume: float = Field(
        default=400.0,
        ge=0,
        title="Water lost meanwhile",
        description="A leak that has lost this many m3 is told though the place of it is wider",
    )
    signature_error: float = Field(
        default=0.03,
        ge=0,
        le=1,
        title="Error of the model",
        description="How far the model's answer to a leak may be off at each sensor, as a share",
    )
    least_offset: float = Field(
        default=0.2,
        gt=0,
        title="Offset told",
        description="Metres of head by which a sensor is off before that is told; smaller offsets "
        "are got used to",
    )
