"""The findings of a scan as they are told: one an episode, however often it is told again."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from streetlamp.meters.panel import Panel
from streetlamp.meters.zone import iso
from streetlamp.values import Finding
from streetlamp.values.findings import SURE

Key = tuple[str, str, str]  # kind of meter, meter, the finding's id

_FLOWS: Final = frozenset({"leak", "burst", "running_toilet", "intermittent_leak"})
_TOGETHER: Final = 48 * 3600.0  # s between the beginnings of what is one event


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding, and the panel its meter is in."""

    finding: Finding
    panel: Panel


class Book:
    """Takes what causes tell; keeps the first word on when, the last word on size and end.

    Causes do not know of each other: a burst that goes on is a leak a day later, and a cistern that
    runs all night is both. What flows at a meter and began at about the same time is one episode,
    named as it was told first, and over when all of it is.
    """

    def __init__(self) -> None:
        self._entries: dict[Key, Entry] = {}
        self._part_of: dict[Key, Key] = {}  # told by another cause: whose episode it is
        self._flowing: dict[Key, dict[str, float | None]] = {}  # each part's end
        self._last: dict[tuple[str, str], Key] = {}  # a meter's last episode of something flowing

    def add(self, findings: Sequence[Finding], panel: Panel) -> None:
        for one in findings:
            key = (panel.kind.name, one.subject, one.id)
            if one.cause in _FLOWS and panel.kind.name == "water":
                joined = self._joined(key, one)
                if joined is None:
                    continue
                key, one = joined  # noqa: PLW2901
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

    def _joined(self, key: Key, one: Finding) -> tuple[Key, Finding] | None:
        """The episode it belongs to, and the news of that; None where there is none."""
        whole = self._part_of.get(key)
        if whole is None:
            whole = self._begun_with(key, one)
            self._part_of[key] = whole
            self._last[key[:2]] = whole
        parts = self._flowing.setdefault(whole, {})
        parts[one.id] = one.end
        ends = [end for end in parts.values() if end is not None]
        end = max(ends) if len(ends) == len(parts) else None
        if key == whole:
            return whole, replace(one, end=end)
        said = self._entries[whole].finding
        return None if said.end == end else (whole, replace(said, end=end))

    def _begun_with(self, key: Key, one: Finding) -> Key:
        last = self._last.get(key[:2])
        if last is None:
            return key
        other = self._entries[last].finding
        over = other.cause == one.cause or (other.end is not None and other.end < one.start)
        return key if over or abs(one.start - other.start) > _TOGETHER else last

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
