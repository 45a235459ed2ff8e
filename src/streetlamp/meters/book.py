"""The findings of a scan as they are told: one an episode, however often it is told again."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from streetlamp.meters.panel import Panel
from streetlamp.meters.zone import iso
from streetlamp.values import Finding
from streetlamp.values.findings import SURE


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding, and the panel its meter is in."""

    finding: Finding
    panel: Panel


class Book:
    """Takes what causes tell; keeps the first word on when, the last word on size and end."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str, str], Entry] = {}

    def add(self, findings: Sequence[Finding], panel: Panel) -> None:
        for one in findings:
            key = (panel.kind.name, one.subject, one.id)
            known = self._entries.get(key)
            if known is None:
                detected = panel.reading_time(one.subject, one.detected)
                one = replace(one, detected=detected, start=min(one.start, detected))  # noqa: PLW2901
            else:
                first = known.finding
                end = None if one.end is None else max(one.end, first.detected)
                one = replace(  # noqa: PLW2901
                    one, end=end, start=min(one.start, first.detected), detected=first.detected,
                    picture=one.picture or first.picture,
                )  # fmt: skip
            self._entries[key] = Entry(one, panel)

    def entries(self) -> list[Entry]:
        """In the order in which they were raised."""
        return sorted(self._entries.values(), key=lambda e: (e.finding.detected, e.finding.subject))


def as_json(finding: Finding, kind: str, picture: str | None, zone: ZoneInfo) -> dict[str, Any]:
    """One line of findings.jsonl: times in ISO 8601 with the offset of the zone."""
    return {
        "meter": finding.subject,
        "kind": kind,
        "cause": finding.cause,
        "start": iso(finding.start, zone),
        "detected": iso(finding.detected, zone),
        "end": None if finding.end is None else iso(finding.end, zone),
        "size": round(finding.size, 4) if math.isfinite(finding.size) else None,
        "unit": finding.unit,
        "confidence": round(min(finding.confidence, SURE), 4),
        "evidence": finding.evidence,
        "id": finding.id,
        "numbers": {
            name: round(float(value), 6) if math.isfinite(value) else None
            for name, value in finding.numbers.items()
        },
        "picture": picture,
    }


def write_lines(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    """JSON Lines, whole or not at all."""
    part = path.with_name(path.name + ".part")
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    part.write_text(text, encoding="utf-8")
    part.replace(path)
