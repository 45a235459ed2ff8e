"""What the desk needs to show and change a camera's places and rules while it runs.

As `streetlamp.app.desk_rules.DeskRules`. A set is plain data in the very form of the site file:
``zones``, ``lines``, ``ground`` and ``rules``. Times are POSIX seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from streetlamp.errors import StreetlampError

if TYPE_CHECKING:
    from streetlamp.desk.services import SiteView

Plain = Mapping[str, Any]
Path = tuple[str | int, ...]
Matrix = tuple[tuple[float, float, float], ...]
Origin = Literal["file", "desk"]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong with a set, and where in it."""

    path: Path
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs between two sets."""

    what: Literal["zone", "line", "ground", "rule"]
    name: str  # "" for the ground
    change: Literal["added", "changed", "removed"]


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a camera's set that was saved at the desk."""

    version: int
    origin: Origin
    author: str
    time: float
    note: str


@dataclass(frozen=True, slots=True)
class SetView:
    """What a camera watches for now, and where that stands."""

    camera: str
    origin: Origin
    version: int  # 0: nothing was ever changed at the desk
    set: Plain
    file: Plain
    file_changed: bool  # the site file says something else than when the desk's set was saved
    problem: str  # why the desk's set is not in force; "" if it is
    versions: Sequence[Version]
    plane: Matrix | None  # from fractions of the picture to metres


@dataclass(frozen=True, slots=True)
class Checked:
    """What is wrong with a set, and what it would change."""

    mistakes: Sequence[Mistake]
    changes: Sequence[Change]
    plane: Matrix | None


class StaleSetError(StreetlampError):
    """Somebody else changed the set meanwhile."""


class WrongSetError(StreetlampError):
    """The set cannot be used."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("; ".join(one.text for one in mistakes[:5]))
        self.mistakes = mistakes


class NoSuchVersionError(StreetlampError):
    """There is no such version of the set."""


class DeskRules(Protocol):
    """Places and rules of the cameras that are switched on. KeyError: no such camera."""

    def now(self, camera: str) -> SetView: ...
    def check(self, camera: str, plain: Plain) -> Checked: ...
    def save(
        self, camera: str, plain: Plain, based_on: int, author: str, time: float, note: str = ""
    ) -> SetView: ...
    def revert(
        self, camera: str, version: int, based_on: int, author: str, time: float, note: str = ""
    ) -> SetView: ...
    def text(self, camera: str, plain: Plain | None = None) -> str: ...  # WrongSetError
    def on_change(self, callback: Callable[[SiteView], None]) -> None: ...
