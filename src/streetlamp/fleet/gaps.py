"""Is what should have been recorded there? Recordings are held against the ledger's minutes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final

from streetlamp.fleet.minutes import MINUTE, TOLERATED
from streetlamp.health import CHECK_OF, PRECEDENCE, Check, Minute, MinuteState, Reason
from streetlamp.values import Segment

NOTHING_TO_RECORD: Final = frozenset({Check.CONNECTED, Check.FLOWING})


def with_gaps(
    minute: int,
    found: Mapping[str, Minute],
    segments: Iterable[Segment],
    recorded: Collection[str],
) -> list[Minute]:
    """The minutes that must be amended, because more than six seconds of them are not recorded.

    minute: the same one by the clock that the recordings go by. found: what each camera has.
    segments: whatever shares time with the minute. A camera that sent nothing has no gap.
    """
    by: dict[str, list[Segment]] = {}
    for segment in segments:
        by.setdefault(segment.camera, []).append(segment)
    amended = []
    for camera, one in found.items():
        silent = any(CHECK_OF[reason] in NOTHING_TO_RECORD for reason in one.reasons)
        if camera not in recorded or one.state is MinuteState.PLANNED or silent:
            continue
        missing = MINUTE - covered(by.get(camera, ()), minute, minute + MINUTE)
        if missing <= TOLERATED or Reason.NOT_RECORDED in one.reasons:
            continue
        reasons = sorted({*one.reasons, Reason.NOT_RECORDED}, key=lambda reason: PRECEDENCE[reason])
        text = one.text
        if reasons[0] is Reason.NOT_RECORDED:
            text = f"{missing:.0f} seconds of the minute are not in the recordings"
        amended.append(replace(one, state=MinuteState.LOST, reasons=tuple(reasons), text=text))
    return amended


def covered(segments: Iterable[Segment], start: float, end: float) -> float:
    """Seconds of [start, end) that are recorded. One that is still being written reaches to it."""
    spans = sorted((one.start, end if one.end is None else one.end) for one in segments)
    seconds, at = 0.0, start
    for first, last in spans:
        low, high = max(first, at), min(last, end)
        if high > low:
            seconds += high - low
            at = high
    return seconds
