"""One finding an episode: what every cause otherwise would write anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from streetlamp.meters.arrays import Indices
from streetlamp.values import Bools, Finding
from streetlamp.values.findings import SURE


class Episodes:
    """Which of ``n`` meters have an open finding of one cause."""

    def __init__(self, cause: str, meters: Sequence[str], unit: str = "") -> None:
        """unit: of sizes, where ``begin`` is not told another."""
        self._cause = cause
        self._meters = meters
        self._unit = unit
        self._open: dict[int, Finding] = {}
        self.is_open: Bools = np.zeros(len(meters), np.bool_)

    def begin(
        self,
        at: int,
        *,
        start: float,
        detected: float,
        evidence: str,
        size: float = float("nan"),
        unit: str | None = None,
        confidence: float = 0.9,
        numbers: Mapping[str, float] | None = None,
    ) -> Finding:
        """Opens meter ``at``'s finding, and gives it."""
        finding = Finding(
            id=f"{self._cause}-{self._meters[at]}-{start:.0f}",
            subject=self._meters[at],
            cause=self._cause,
            start=start,
            detected=detected,
            size=size,
            unit=self._unit if unit is None else unit,
            confidence=min(max(confidence, 0.0), SURE),
            evidence=evidence,
            numbers=dict(numbers or {}),
        )
        self._open[at] = finding
        self.is_open[at] = True
        return finding

    def change(self, at: int, size: float, evidence: str) -> Finding:
        """The open finding with another size, told again."""
        self._open[at] = replace(self._open[at], size=size, evidence=evidence)
        return self._open[at]

    def __contains__(self, at: int) -> bool:
        return at in self._open

    def size(self, at: int) -> float:
        """Of the open finding of meter ``at``; NaN where it has none."""
        return self._open[at].size if at in self._open else float("nan")

    def close(self, at: int, when: float) -> Finding:
        """Closes one meter's finding; gives it with its end."""
        self.is_open[at] = False
        finding = self._open.pop(at)
        return replace(finding, end=max(when, finding.start))

    def end(self, where: Indices, when: float) -> list[Finding]:
        """Closes the findings of some meters."""
        return [self.close(at, when) for at in where.tolist()]
