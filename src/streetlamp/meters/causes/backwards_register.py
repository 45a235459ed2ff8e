"""A counter that went down without having come to its end: set back, exchanged or read wrongly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from pydantic import Field

from streetlamp.meters.base import CAUSES, Cause, CauseOptions, Step
from streetlamp.meters.episode import Episodes
from streetlamp.values import Finding

_COUNTED: Final = frozenset({"water", "electricity", "heat", "gas"})
_QUIET: Final = 7 * 86400.0  # s without a fall that end an episode


class BackwardsOptions(CauseOptions):
    """When a fall is told."""

    least_resolutions: float = Field(
        default=10.0, ge=0, le=1e6, title="Least",
        description="A single fall by no more than so many of the register's smallest steps is "
        "what valves and rounding do.",
    )  # fmt: skip
    falls: int = Field(
        default=6, ge=1, le=1000, title="Falls",
        description="So many falls within a week are told however small they are.",
    )  # fmt: skip


@CAUSES.add("backwards_register")
class BackwardsRegister(Cause):
    """No statistics: a counter cannot fall. Falls within a week are one episode."""

    name = "backwards_register"
    kinds = _COUNTED
    summary = "A counter that went down."
    Options = BackwardsOptions
    options: BackwardsOptions

    def __init__(self, meters: Sequence[str], options: Any = None) -> None:
        super().__init__(meters, options)
        n = len(self.meters)
        self._last = np.full(n, np.nan)
        self._least = np.full(n, np.inf)  # the smallest step up there was
        self._first = np.full(n, np.nan)  # POSIX s of the first fall that is not long ago
        self._seen = np.full(n, -np.inf)  # of the last
        self._falls = np.zeros(n)
        self._open = Episodes(self.name, self.meters)

    def update(self, step: Step) -> Sequence[Finding]:
        here = ~np.isnan(step.register)
        with np.errstate(invalid="ignore"):
            change = np.where(here, step.register - self._last, np.nan)
            fell, rose = change < -1e-9, change > 1e-9
        self._least = np.where(rose, np.minimum(self._least, change), self._least)
        calm = ~np.isnan(self._first) & (step.end - self._seen > _QUIET)
        found = self._open.end(np.flatnonzero(calm & self._open.is_open), step.begin - _QUIET)
        self._first[calm] = np.nan
        self._falls[calm] = 0
        self._first = np.where(fell & np.isnan(self._first), step.begin, self._first)
        self._seen = np.where(fell, step.end, self._seen)
        self._falls += fell
        least = np.where(np.isfinite(self._least), self._least, 0.0)
        far = -change > self.options.least_resolutions * least
        told = fell & (far | (self._falls >= self.options.falls)) & ~self._open.is_open
        for at in np.flatnonzero(told).tolist():
            by = float(-change[at])
            found.append(
                self._open.begin(
                    at,
                    start=step.begin if far[at] else float(self._first[at]),
                    detected=step.end,
                    size=by,
                    confidence=0.99,
                    evidence=f"The register went down by {by:.6g}; a counter only goes up."
                    if far[at]
                    else f"The register went down {self._falls[at]:.0f} times within days.",
                    numbers={"by": by, "falls": float(self._falls[at])},
                )
            )
        self._last = np.where(here, step.register, self._last)
        return found
