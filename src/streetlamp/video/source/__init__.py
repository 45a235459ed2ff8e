"""Pictures from files, cameras and drawings: one class a scheme, chosen by `make_source`."""

from streetlamp.video.source.base import (
    SOURCES,
    Capabilities,
    Probe,
    Source,
    SourceError,
    make_source,
    repeats,
)
from streetlamp.video.source.options import SourceOptions

__all__ = [
    "SOURCES",
    "Capabilities",
    "Probe",
    "Source",
    "SourceError",
    "SourceOptions",
    "make_source",
    "repeats",
]
