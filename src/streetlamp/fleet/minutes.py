"""What a minute was like as far as a camera's status tells: was it there, was it recorded?

This is the ledger's first word on a minute, given when it ends. Whoever judges the picture gives
the last one (`MinuteSource`), some minutes later, when it is sure.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from streetlamp.fleet.connection import STARTING, Trouble, away
from streetlamp.health import PRECEDENCE, Judgement, Minute, MinuteState, Reason
from streetlamp.values import CameraState, CameraStatus

MINUTE: Final = 60
TOLERATED: Final = 6.0  # seconds of a minute that may be lost without losing it
REMEMBERED: Final = 900.0


class MinuteSource(Protocol):
    """Whoever judges cameras: `streetlamp.app.health_keeper.HealthKeeper`. Wall clock's minutes."""

    def minutes(self, now: float) -> Sequence[Minute]:
        """The minutes that are judged, each given once, oldest first."""
        ...

    def last_minutes(self, now: float) -> Sequence[Minute]:
        """Those that are not yet sure too, because Streetlamp stops."""
        ...

    def judgements(self, camera: str) -> Sequence[Judgement]:
        """What each check of a camera came to by now."""
        ...

    def accept_view(self, camera: str) -> None:
        """What the camera shows now is what it is meant to show from now on."""
        ...


@dataclass(slots=True)
class _Span:
    """Since when a camera has been in some trouble. end: None while it lasts."""

    start: float
    reason: Reason
    text: str
    end: float | None = None


class StatusMinutes:
    """Follows the cameras' status. Thread-safe. Times are the caller's (the ledger's)."""

    def __init__(self, recorded: Collection[str]) -> None:
        """recorded: the cameras that are to be recorded."""
        self._recorded = frozenset(recorded)
        self._turn = threading.Lock()
        self._spans: dict[str, list[_Span]] = {}
        self._now: dict[str, Trouble | None] = {}

    def status(self, status: CameraStatus, now: float) -> None:
        """How a camera does from now on."""
        before = self._now.get(status.camera, STARTING)  # told by one thread for each camera
        trouble = self._trouble(status, before)
        if status.camera in self._now and trouble == before:
            return  # mostly: a hundred cameras a second do not wait for each other here
        with self._turn:
            self._now[status.camera] = trouble
            spans = self._spans.setdefault(status.camera, [])
            last = spans[-1] if spans and spans[-1].end is None else None
            if last is not None and (trouble is None or trouble[0] is not last.reason):
                last.end = max(now, last.start)
                last = None
            if last is None and trouble is not None:
                spans.append(_Span(now, *trouble))
            self._spans[status.camera] = [
                one for one in spans if one.end is None or one.end > now - REMEMBERED
            ]

    def _trouble(self, status: CameraStatus, before: Trouble | None) -> Trouble | None:
        if status.state is not CameraState.LIVE:
            return away(status, before)
        if status.camera in self._recorded and not status.recording and status.last_frame:
            return Reason.NOT_RECORDED, "nothing is being recorded"
        return None

    def trouble(self, camera: str) -> Trouble | None:
        """What is wrong with a camera now: the reason, and a sentence."""
        with self._turn:
            return self._now.get(camera, STARTING)

    def minute(self, camera: str, minute: int) -> Minute:
        """What is known of a minute that has ended."""
        with self._turn:
            spans = self._spans.get(camera, [_Span(float("-inf"), *STARTING)])
            found = within(spans, minute)
        if sum(seconds for _, seconds in found) <= TOLERATED:
            return Minute(camera, minute, MinuteState.KEPT)
        return lost_to(camera, minute, found)


def named(lost: Iterable[tuple[Reason, float]]) -> tuple[Reason, ...]:
    """Under which reasons a minute stands, by precedence, of those it was lost for and how long.

    Each that alone took more of it than is tolerated, so that a second of something else at its
    edge does not make an outage two; where none did, the root of all.
    """
    seconds: dict[Reason, float] = {}
    for reason, some in lost:
        seconds[reason] = seconds.get(reason, 0.0) + some
    ordered = sorted(seconds, key=lambda reason: PRECEDENCE[reason])
    return tuple(one for one in ordered if seconds[one] > TOLERATED) or tuple(ordered[:1])


class Span(Protocol):
    """A stretch of trouble; end: None while it lasts."""

    @property
    def start(self) -> float: ...
    @property
    def end(self) -> float | None: ...
    @property
    def reason(self) -> Reason: ...
    @property
    def text(self) -> str: ...


SpanT = TypeVar("SpanT", bound=Span)


def within(spans: Iterable[SpanT], minute: int) -> list[tuple[SpanT, float]]:
    """Those that have a part in a minute, with their seconds of it."""
    last = minute + MINUTE
    found = [
        (one, (last if one.end is None else min(one.end, last)) - max(one.start, minute))
        for one in spans
    ]
    return [(one, seconds) for one, seconds in found if seconds > 0.0]


def lost_to(camera: str, minute: int, found: Sequence[tuple[Span, float]]) -> Minute:
    """A minute that is lost to these, each with its seconds of it."""
    reasons = named((one.reason, seconds) for one, seconds in found)
    text = next(one.text for one, _ in found if one.reason is reasons[0])
    return Minute(camera, minute, MinuteState.LOST, reasons, text)
