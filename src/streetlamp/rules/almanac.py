"""What a rule must know of the site's time: which days are holidays, and which mode holds when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from streetlamp.rules.holidays import NO_HOLIDAYS, Holidays
from streetlamp.rules.modes import NO_MODES, Modes


@dataclass(frozen=True, slots=True)
class Almanac:
    """Asked with a time, it gives the same answer whenever it is asked: rules replay."""

    holidays: Holidays = NO_HOLIDAYS
    modes: Modes = NO_MODES


PLAIN: Final = Almanac()
"""No holidays, no modes."""
