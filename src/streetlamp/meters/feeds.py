"""Feeds of meters: what makes sense for one, and how their readings come into the folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from streetlamp.feeds.base import Reading, Refused
from streetlamp.feeds.options import Room, WhatOptions
from streetlamp.meters.feed_file import FeedFile, Row
from streetlamp.meters.kinds import KINDS
from streetlamp.meters.units import unit_of


def _wrong(what: WhatOptions, timed: bool) -> str:
    kind, unit = KINDS.get(what.kind), unit_of(what.unit)
    if kind is None:
        return f"there is no kind {what.kind!r}; there are: {', '.join(KINDS)}"
    fits = None if unit is None else kind.factor(unit, what.counts)
    if fits is None:
        return f"{what.unit!r} is no unit that {what.kind} is counted in"
    if what.instrument:
        return "instrument is for stores; a meter has its own name"
    if what.counts == "interval" and not timed and kind.level is None and not fits[1]:
        return "an interval needs its time: a message that comes twice would count twice"
    return ""


METERS: Final = Room("meters", "meter_id", instruments=False, wrong=_wrong)


class MeterSink:
    """Writes readings into the folder; from there on they are as any other."""

    def __init__(self, file: FeedFile) -> None:
        self._file = file

    def put(self, readings: Sequence[Reading], now: float) -> Sequence[Refused]:
        """What was not taken. OSError: the disk takes none of them now."""
        self._file.add([row_of(one) for one in readings], now)
        return ()


def row_of(one: Reading) -> Row:
    """A reading as a CSV file has it."""
    value = repr(one.value)
    register, interval = (value, "") if one.register else ("", value)
    return Row((one.name, one.time, one.kind, register, interval, one.unit, one.quality))
