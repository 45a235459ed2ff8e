"""The site as a target may show it: cameras, rules, what is open and who is away. No pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from streetlamp.values import CameraStatus


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """A rule that raises alarms."""

    name: str
    kind: str
    place: str


@dataclass(frozen=True, slots=True)
class CameraFacts:
    id: str
    name: str
    area: str = ""
    rules: tuple[RuleFacts, ...] = ()
    counted: tuple[str, ...] = ()  # zones whose occupancy is noted every minute


class World(Protocol):
    """Called from one thread; may ask the database."""

    @property
    def cameras(self) -> Sequence[CameraFacts]: ...
    def open_alarms(self) -> Mapping[tuple[str, str], int]:
        """How many are raised or acknowledged, by camera and rule."""
        ...

    def statuses(self) -> Sequence[CameraStatus]: ...
    def occupancy(self) -> Mapping[tuple[str, str], int]:
        """How many were in each counted zone at most, in the last whole minute, by camera and
        zone."""
        ...
