"""Stock-takes of a store out of its ledger: a tank's heights by its chart, at 15 °C; or tonnes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.errors import UserError
from streetlamp.stock.arrays import Reals
from streetlamp.stock.balance.series import DAY
from streetlamp.stock.ledger.entries import TAKES, Entry, EntryKind
from streetlamp.stock.ledger.instruments import Instrument, instrument_named
from streetlamp.stock.ledger.stores import Store
from streetlamp.stock.physics.volume import correction

_UNREAD: Final = 3.0  # °C by which a temperature is off that nobody read
_NEAR: Final = DAY / 2
"""A temperature or water level read within this time of a height belongs to it."""


@dataclass(frozen=True, slots=True, eq=False)
class Takes:
    """``n + 1`` stock-takes, times ascending."""

    time: Reals
    stock: Reals  # L at 15 °C, or t
    gross: Reals  # L as they lie there, or t
    filled: Reals  # height as a share of the tank's; NaN for bulk goods
    temperature: Reals  # °C; 15 where nothing is corrected
    chance: Reals  # standard deviation by chance, L or t, without that of the temperature
    thermometer: Reals  # (n + 1,) standard deviation of the temperature, °C
    instruments: tuple[Instrument, ...]
    names: tuple[str, ...]
    by_hand: bool
    seq: tuple[tuple[int, ...], ...]


def takes_of(store: Store, entries: Sequence[Entry]) -> Takes:
    """All stock-takes that stand. UserError where a tank has no chart."""
    return _tank(store, entries) if store.options.form == "tank" else _bulk(store, entries)


def _bulk(store: Store, entries: Sequence[Entry]) -> Takes:
    found = [one for one in entries if one.kind in TAKES]
    tonnes = np.array([one.base for one in found])
    names = _opening_as_the_others([one.instrument for one in found])
    kinds = tuple(instrument_named(name, store.options.instruments, "survey") for name in names)
    chance = np.array([float(kind.chance(t)) for kind, t in zip(kinds, tonnes, strict=True)])
    nothing = np.full(len(found), np.nan)
    return Takes(
        np.array([one.at for one in found]), tonnes, tonnes, nothing, np.full(len(found), 15.0),
        chance, np.zeros(len(found)), kinds, names, True, tuple((one.seq,) for one in found),
    )  # fmt: skip


def _opening_as_the_others(names: list[str]) -> tuple[str, ...]:
    """The stock with which a book is opened was measured as the next one was."""
    if len(names) > 1 and names[0] in ("", "opening"):
        names = [names[1], *names[1:]]
    return tuple(names)


def _tank(store: Store, entries: Sequence[Entry]) -> Takes:
    chart = store.chart
    if chart is None:
        raise UserError(f"{store.name}: a tank needs its chart (height in mm, volume in L).")
    volumes = {one.at: one for one in entries if one.kind in TAKES}
    levels = {one.at: one for one in entries if one.kind is EntryKind.LEVEL}
    warm = [one for one in entries if one.kind is EntryKind.TEMPERATURE]
    wet = [one for one in entries if one.kind is EntryKind.WATER_LEVEL]
    times = sorted(volumes.keys() | levels.keys())
    near_warm, near_wet = _nearest(times, warm), _nearest(times, wet)
    gross, height, chance, temperature = (np.full(len(times), np.nan) for _ in range(4))
    kinds, names, seq = [], [], []
    own = store.options.instruments
    for j, at in enumerate(times):
        level, volume, t, water = levels.get(at), volumes.get(at), near_warm[j], near_wet[j]
        read = level or volume
        assert read is not None
        height[j] = level.base if level else float(chart.height(np.array(read.base)))
        gross[j] = volume.base if volume else float(chart.volume(height[j]))
        if water is not None:
            gross[j] -= float(chart.volume(np.array(water.base)))
        if not np.isfinite(gross[j] + height[j]):
            raise UserError(f"{store.name}: entry {read.seq} lies outside the tank's chart.")
        kind = instrument_named(read.instrument, own, "gauge" if level else "volume")
        area = float(chart.area(height[j]))
        chance[j] = area * float(kind.chance(height[j])) if level else float(kind.chance(gross[j]))
        temperature[j] = 15.0 if t is None else t.base
        kinds.append(kind)
        names.append(read.instrument or ("gauge" if level else "volume"))
        seq.append(tuple(one.seq for one in (level, volume, t, water) if one is not None))
    stick = "stick" in names[0] if names else False
    corrected = gross * correction(store.product.expansion, temperature)
    known = float(instrument_named("thermometer", own, "thermometer").chance(np.array(0.0)))
    thermometer = np.array([_UNREAD if one is None else known for one in near_warm])
    return Takes(
        np.array(times), corrected, gross, height / chart.top, temperature, chance,
        thermometer, tuple(kinds), tuple(names), stick, tuple(seq),
    )  # fmt: skip


def _nearest(times: list[float], found: list[Entry]) -> list[Entry | None]:
    if not found:
        return [None] * len(times)
    at = np.array([one.at for one in found])
    places = np.searchsorted(at, times)
    nearest: list[Entry | None] = []
    for time, place in zip(times, places, strict=True):
        options = [found[k] for k in (place - 1, place) if 0 <= k < len(found)]
        one = min(options, key=lambda each: abs(each.at - time))
        nearest.append(one if abs(one.at - time) <= _NEAR else None)
    return nearest
