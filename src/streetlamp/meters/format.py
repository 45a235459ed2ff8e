"""What a format of readings is: it knows its files, and reads them into `Readings`.

A new format is one file in ``formats/``: a class with ``knows`` and ``read``, and
``@FORMATS.add("name")``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from streetlamp.errors import UserError
from streetlamp.meters.lines import opened
from streetlamp.meters.readings import Readings
from streetlamp.meters.rejects import Rejects
from streetlamp.meters.zone import Zone
from streetlamp.plugins import Registry

_HEAD: Final = 4096


def nothing(_: int) -> None:
    """Progress nobody asked for."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What a format reads into, and what it has to know."""

    readings: Readings
    zone: Zone  # of times without an offset
    latest: float  # POSIX seconds; a reading after it is from a clock gone wrong
    told: Callable[[int], None] = nothing  # bytes read

    @property
    def rejects(self) -> Rejects:
        return self.readings.rejects


class Format(ABC):
    """The base of all formats."""

    summary: ClassVar[str]  # one sentence for the docs

    @staticmethod
    @abstractmethod
    def knows(path: Path, head: bytes) -> bool:
        """Is the file, which begins with ``head``, of this format?"""

    @abstractmethod
    def read(self, path: Path, intake: Intake) -> None:
        """Reads it all. Bad rows are rejected; UserError: it is no such file at all."""


FORMATS: Registry[type[Format]] = Registry("format", "streetlamp.meters.formats")


def read_file(path: Path, intake: Intake) -> None:
    """Reads a file in whatever format it is. UserError: it cannot be read, or nobody knows it."""
    with opened(path) as file:
        head = file.read(_HEAD)
    if not head.strip():
        raise UserError(f"{path} is empty.")
    for member in FORMATS.members().values():
        if member.knows(path, head):
            member().read(path, intake)
            return
    raise UserError(
        f"{path} is in no format known here ({', '.join(FORMATS)}): it begins neither with "
        "a line that names meter_id and timestamp nor as Green Button XML. docs/19-meters.md shows "
        "both."
    )
