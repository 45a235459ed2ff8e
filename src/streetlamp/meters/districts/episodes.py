"""What rose and fell in one district becomes episodes: one finding a leak, until it is over."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from streetlamp.meters.districts.district import Change
from streetlamp.meters.districts.match import ended_by
from streetlamp.values import Evidence, Finding
from streetlamp.values.findings import SURE

_GONE: Final = 14  # days at or below the level before it, until it is over
_LEFT: Final = 0.2  # of its size, which is as good as nothing
_GROWTH: Final = 14 * 86400.0  # s after a rise in which another is the same leak growing
_AGAIN: Final = 2.0  # of what is open: a larger rise is another leak
_ABRUPT: Final = 48  # hours within which a jump is dated: it came at once
_MOST: Final = 6  # open at once


@dataclass(frozen=True, slots=True)
class _Open:
    finding: Finding
    size: float  # share of the mean inflow
    before: float  # level before it, moved on with the trend that is foreseen
    rose: float  # POSIX seconds of its last rise
    gone: int  # days for which nothing was left of it


class Episodes:
    """The open findings of one district."""

    def __init__(self, name: str, burst_share: float, least_share: float) -> None:
        self._name = name
        self._burst_share = burst_share
        self._least_share = least_share
        self._open: list[_Open] = []

    @property
    def sizes(self) -> tuple[float, ...]:
        """What is open, each as a share of the mean inflow."""
        return tuple(one.size for one in self._open)

    def change(self, change: Change, now: float, scale: float, picture: Evidence) -> list[Finding]:
        """Something rose or fell: gives what begins, grows or ends with it."""
        if change.size <= 0:
            over = [self._open[at] for at in ended_by(-change.size, self.sizes)]
            if over:
                return self._end(over, now - change.since * 3600, now)
            return self._lessen(-change.size, now - change.since * 3600, now, scale)
        last = self._open[-1] if self._open else None
        start = now - change.since * 3600
        slow = change.test == "season"
        grows = last is not None and (slow or change.size <= _AGAIN * last.size)
        if last is not None and grows and (slow or start - last.rose <= _GROWTH):
            return [self._grow(last, change, now, scale)]
        if change.size < self._least_share:
            return []
        return [self._begin(change, now, scale, picture)]

    def day(self, level: float, trend: float, now: float) -> list[Finding]:
        """A day is over: gives what has faded away without a fall that could be seen."""
        self._open = [_aged(one, level, trend) for one in self._open]
        faded = [one for one in self._open if one.gone >= _GONE]
        return self._end(faded, now - _GONE * 86400, now)

    def _lessen(self, fall: float, end: float, now: float, scale: float) -> list[Finding]:
        """No sizes fit: the largest are over as far as the fall goes, and a rest goes on."""
        told: list[Finding] = []
        for one in sorted(self._open, key=lambda each: each.size, reverse=True):
            size = one.size - fall
            if size < self._least_share:
                told += self._end([one], end, now)
            elif fall > self._least_share:
                numbers = {**one.finding.numbers, "share": size}
                finding = replace(one.finding, size=size * scale, numbers=numbers)
                less = replace(one, finding=finding, size=size)
                self._open = [less if each is one else each for each in self._open]
                told.append(finding)
            fall = max(fall - one.size, 0.0)
            if fall <= self._least_share:
                break
        return told

    def _end(self, over: list[_Open], end: float, now: float) -> list[Finding]:
        self._open = [one for one in self._open if one not in over]
        return [replace(one.finding, end=max(min(end, now), one.finding.detected)) for one in over]

    def _begin(self, change: Change, now: float, scale: float, picture: Evidence) -> Finding:
        start = now - change.since * 3600
        sudden = change.since <= _ABRUPT and not change.growing
        burst = sudden and change.size >= self._burst_share
        odds = math.exp(min((change.score**2 - change.limit**2) / 2, 50.0))
        flow = change.size * scale
        finding = Finding(
            id=f"district-{self._name}-{start:.0f}-{now:.0f}",
            subject=self._name,
            cause="burst" if burst else "leak",
            start=start,
            detected=now,
            size=flow,
            unit="m3/h",
            confidence=min(odds / (1 + odds), SURE),
            evidence=_sentence(change, flow),
            numbers={
                "share": change.size,
                "score": change.score,
                "limit": change.limit,
                "incipient": float(change.growing),
            },
            picture=picture,
        )
        self._open = [*self._open, _Open(finding, change.size, change.before, now, 0)][-_MOST:]
        return finding

    def _grow(self, last: _Open, change: Change, now: float, scale: float) -> Finding:
        size = last.size + change.size
        numbers = {**last.finding.numbers, "share": size}
        if now - last.finding.detected > 2 * 86400:
            numbers["incipient"] = 1.0
        finding = replace(last.finding, size=size * scale, numbers=numbers)
        grown = replace(last, finding=finding, size=size, rose=now, gone=0)
        self._open = [*self._open[:-1], grown]
        return finding


def _aged(one: _Open, level: float, trend: float) -> _Open:
    """A day later: the level before it has moved on as was foreseen."""
    before = one.before + trend
    return replace(
        one, before=before, gone=one.gone + 1 if level <= before + _LEFT * one.size else 0
    )


def _sentence(change: Change, flow: float) -> str:
    hours = change.since
    span = f"{hours:.0f} hours" if hours < _ABRUPT else f"{hours / 24:.0f} days"
    more = "grown beyond" if change.growing else "been above"
    return (
        f"For about {span} the inflow has {more} what weekday, hour, season and neighbouring "
        f"districts explain, at all hours, now by {flow:.3g} m3/h ({change.size:.1%} of its mean): "
        f"{change.score:.1f} standard deviations, where {change.limit:.1f} is enough."
    )
