"""A step's use as pulses of the meter's own resolution, over a gap as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.meters.arrays import Doubles
from streetlamp.meters.base import Step
from streetlamp.values import Bools

_FINEST: Final = 1.0  # L: what a finer register shows is added up to this
_MANY: Final = 30  # readings with use after which a coarse resolution is believed
_LONGEST: Final = 48.0  # steps of a gap after which its sum tells nothing


@dataclass(frozen=True, slots=True, eq=False)
class Passed:
    """What ``n`` meters passed since they were last read: parallel arrays."""

    known: Bools  # (n,) there is a reading now, and one before
    pulses: Doubles  # (n,) whole pulses
    steps: Doubles  # (n,) over how many steps; 1 without a gap
    size: Doubles  # (n,) of a pulse, in the unit of the kind


class Pulses:
    """Follows registers (or, where a meter has none, quantities) of ``n`` meters."""

    def __init__(self, n: int) -> None:
        self._last = np.full(n, np.nan)
        self._since = np.zeros(n)
        self._carry = np.zeros(n)
        self._least = np.full(n, np.inf)
        self._uses = np.zeros(n)
        self._odd = np.zeros(n)

    def update(self, step: Step) -> Passed:
        """Takes in a step. A register that fell begins anew and tells nothing of this step."""
        counter = ~np.isnan(step.register)
        self._since += 1
        with np.errstate(invalid="ignore"):
            gone = step.register - self._last
            known = counter & (gone >= 0) & (self._since <= _LONGEST)
        steps = np.where(known, self._since, 1.0)
        plain = ~counter & ~np.isnan(step.used) & np.isnan(self._last)
        amount = np.where(known, gone, np.where(plain, np.maximum(step.used, 0), 0.0))
        known |= plain
        self._last = np.where(counter, step.register, self._last)
        self._since[counter | plain] = 0
        size = self._resolution(amount)
        whole = self._carry + amount / size
        pulses = np.floor(whole + 1e-6)
        self._carry = np.where(known, np.maximum(whole - pulses, 0.0), self._carry)
        return Passed(known, np.where(known, pulses, 0.0), steps, size)

    def _resolution(self, amount: Doubles) -> Doubles:
        used = amount > 1e-9
        self._least = np.where(used, np.minimum(self._least, amount), self._least)
        coarse = np.isfinite(self._least) & (self._least >= 1.5 * _FINEST)
        ratio = np.where(coarse, amount / np.where(coarse, self._least, 1.0), 0.0)
        self._odd += np.abs(ratio - np.rint(ratio)) > 0.02
        self._odd[~coarse] = 0
        self._uses += used
        believed = coarse & (self._uses >= _MANY) & (self._odd < 3)
        return np.where(believed, self._least, _FINEST)
