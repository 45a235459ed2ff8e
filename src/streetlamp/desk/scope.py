"""Which cameras somebody may see.

A camera one may not see is answered as if there were none: that there is one is told to nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final, TypeVar

from streetlamp.desk.services import SiteView
from streetlamp.vault.roles import EVERY_CAMERA

AREA: Final = "area:"
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Eyes:
    """Sees a camera if each of ``layers`` has a pattern that means it.

    A person has one layer, a token two: its maker's and its own. Patterns are ids, ``north-*``,
    or ``area:North*``. A camera that is no longer in the site file has no area.
    """

    layers: tuple[tuple[str, ...], ...]
    areas: Mapping[str, str] = field(compare=False, repr=False)

    @classmethod
    def of(cls, site: SiteView, *layers: Sequence[str]) -> Eyes:
        """layers: as `streetlamp.vault.accounts.Account.cameras`."""
        narrow = tuple(tuple(layer) for layer in layers if tuple(layer) != EVERY_CAMERA)
        areas = {one.id: one.area for one in site.cameras} if narrow else {}
        return cls(narrow, areas)

    @property
    def everything(self) -> bool:
        """Whether it sees every camera there is or ever will be."""
        return not self.layers

    def see(self, camera: str) -> bool:
        """Whether it sees the camera with this id. "" is what is about several cameras at once:
        only who sees everything sees that."""
        if self.everything:
            return True
        area = self.areas.get(camera, "")
        return camera != "" and all(_means(layer, camera, area) for layer in self.layers)

    def only(self, things: Iterable[Thing], camera: Callable[[Thing], str]) -> list[Thing]:
        """Of the things, those whose camera it sees."""
        return [one for one in things if self.see(camera(one))]


def _means(patterns: Iterable[str], camera: str, area: str) -> bool:
    for pattern in patterns:
        if pattern.startswith(AREA):
            if area and fnmatchcase(area, pattern.removeprefix(AREA)):
                return True
        elif fnmatchcase(camera, pattern):
            return True
    return False
