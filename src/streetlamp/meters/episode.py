"""One finding an episode: what every cause otherwise would write anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from streetlamp.meters.arrays import Indices
from streetlamp.values import Bools, Finding


class Episodes:
    """Which of ``n`` meters have an open finding of one cause."""

    def __init__(self, cause: str, meters: Sequence[str]) -> None:
        self._cause = cause
        self._meters = meters
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
        unit: str = "",
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
            unit=unit,
            confidence=min(max(confidence, 0.0), 0.99),
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

    def end(self, where: Indices, when: float) -> list[Finding]:
        """Closes the findings of some meters."""
        ended = []
        for at in where.tolist():
            finding = self._open.pop(at)
            self.is_open[at] = False
            ended.append(replace(finding, end=max(when, finding.start)))
        return ended
