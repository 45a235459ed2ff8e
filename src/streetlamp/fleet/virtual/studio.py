"""Plays one reel in real time, and hands every camera that shows it what it is to send."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from streetlamp.fleet.virtual.altered import Altered
from streetlamp.fleet.virtual.base import FAULTS, PictureFault
from streetlamp.fleet.virtual.camera import Look, Occurrence, Outlet
from streetlamp.fleet.virtual.picture_faults import Active
from streetlamp.fleet.virtual.reel import Reel, Unit
from streetlamp.fleet.virtual.rtp import payloads

_TOO_LATE: Final = 1.0  # seconds: behind by more, pictures are left out up to a keyframe


class Studio:
    """One reel's clock. Cameras without faults share its packets; others share altered ones."""

    def __init__(
        self, reel: Reel, tell: Callable[[str], None], wall: Callable[[], float] = time.time
    ) -> None:
        self._reel = reel
        self._tell = tell
        self._wall = wall
        self.outlets: list[Outlet] = []
        self.skipped = 0  # pictures that were left out because the machine was too slow
        self._altered: dict[Look, Altered] = {}
        self._active: dict[Occurrence, Active] = {}

    async def run(self, start: float) -> None:
        """Play for ever. `start`: the event loop's time at which the server began."""
        loop = asyncio.get_running_loop()
        number = 0
        while True:
            unit, due = self._at(number)
            late = loop.time() - start - due
            if late > _TOO_LATE:
                number = self._skip(number, loop.time() - start)
                continue
            if late < 0:
                await asyncio.sleep(-late)
            await self._show(number, unit, due, self._wall() - (loop.time() - start - due))
            number += 1

    def _at(self, number: int) -> tuple[Unit, float]:
        """A unit, counted over all rounds, and when it is due."""
        rounds, place = divmod(number, len(self._reel.units))
        unit = self._reel.units[place]
        return unit, rounds * self._reel.length + unit.time

    def _skip(self, number: int, now: float) -> int:
        """The next keyframe that is not late."""
        first = number
        while True:
            number += 1
            unit, due = self._at(number)
            if unit.keyframe and due >= now:
                break
        if not self.skipped and any(outlet.watched for outlet in self.outlets):
            self._tell("This machine is too slow for it: pictures are left out.")
        self.skipped += number - first
        return number

    async def _show(self, number: int, unit: Unit, due: float, wall: float) -> None:
        plain: list[Outlet] = []
        groups: dict[Look, list[Outlet]] = {}
        for outlet in self.outlets:
            look = outlet.camera.look
            if not outlet.watched:
                outlet.on_reel, outlet.shown = look.plain, None
            elif look.plain and (outlet.on_reel or unit.keyframe):
                outlet.on_reel, outlet.shown = True, None
                plain.append(outlet)
            else:  # with faults; or without again, but the reel has no keyframe yet
                outlet.on_reel = False
                groups.setdefault(look, []).append(outlet)
        if plain:
            parts = payloads(unit.nals)
            for outlet in plain:
                outlet.send(parts, due, unit.keyframe, wall)
        if groups or self._altered:
            await self._show_altered(number, due, wall, groups)

    async def _show_altered(
        self, number: int, due: float, wall: float, groups: dict[Look, list[Outlet]]
    ) -> None:
        self._forget(groups)
        loop = asyncio.get_running_loop()
        for look, outlets in groups.items():
            altered = self._altered.get(look)
            if altered is None:
                active = [self._begun(one) for one in look.faults]
                altered = self._altered[look] = Altered(self._reel, active, look.codec)
            if any(outlet.shown != look for outlet in outlets):
                altered.want_keyframe()
            shown_wall = None if look.clock is None else wall + look.clock
            nals, keyframe = await loop.run_in_executor(
                None, partial(altered.next, number, due, shown_wall)
            )
            parts = payloads(nals, look.codec)
            for outlet in outlets:
                outlet.shown = look
                outlet.send(parts, due, keyframe, wall)

    def _begun(self, occurrence: Occurrence) -> Active:
        """The fault itself, which lasts as long as any of our cameras has it."""
        if occurrence not in self._active:
            fault = FAULTS[occurrence.fault](occurrence.strength, occurrence.seed)
            assert isinstance(fault, PictureFault)
            self._active[occurrence] = Active(fault, occurrence.begun)
        return self._active[occurrence]

    def _forget(self, groups: dict[Look, list[Outlet]]) -> None:
        """Let go of what nobody shows any more."""
        self._altered = {look: one for look, one in self._altered.items() if look in groups}
        going_on = {each for outlet in self.outlets for each in outlet.camera.look.faults}
        self._active = {each: one for each, one in self._active.items() if each in going_on}
