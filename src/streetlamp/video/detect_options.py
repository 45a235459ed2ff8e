"""What an owner may say about looking for people and vehicles."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from streetlamp.options import Options


class DetectOptions(Options):
    """How people and vehicles are found in a picture."""

    model: str = Field(
        default="nanodet-g",
        title="Model",
        description="Name of the detector model; `streetlamp models` lists them.",
    )
    models_folder: Path | None = Field(
        default=None,
        title="Folder of your own models",
        description="A folder with a manifest.json and the ONNX files it names; "
        "its models stand beside the built-in ones.",
    )
    input: Literal["auto"] | int = Field(
        default="auto",
        title="Input size",
        description="Long side in pixels of the small picture the model looks at. Larger finds "
        "smaller people and costs more. `auto` follows the camera's picture.",
    )
    min_score: float = Field(
        default=0.05,
        ge=0.01,
        le=0.9,
        title="Lowest score",
        description="Boxes the model gives a lower score (0–1) are dropped at once. Hiding needs "
        "the weak ones too, so keep it low.",
    )
    min_face_score: float = Field(
        default=0.3,
        ge=0.1,
        le=0.5,
        title="Lowest score of a face",
        description="Faces the face detector gives a lower score (0–1) are not hidden for "
        "themselves. Lower hides more faces that are half outside the picture, and more that is "
        "no face.",
    )
    overlap: float = Field(
        default=0.6,
        gt=0.0,
        lt=1.0,
        title="Overlap of two boxes of one thing",
        description="Of two boxes of the same class that overlap by more than this (intersection "
        "over union), the weaker one is dropped.",
    )
    runtime: Literal["auto", "openvino", "onnxruntime"] = Field(
        default="auto",
        title="Runtime",
        description="What runs the model. `auto` takes OpenVINO where it is installed, the faster "
        "one on CPUs, and ONNX Runtime otherwise.",
    )
    threads: int | None = Field(
        default=None,
        ge=1,
        le=64,
        title="Threads",
        description="Pictures looked at side by side, one thread each; all cameras share them. "
        "Empty: as many as there are processor cores, at most 4.",
    )
