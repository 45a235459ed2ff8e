"""What causes tell becomes episodes: one event at a meter is one, whoever else notices it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from streetlamp.meters.book import Book
from streetlamp.meters.kinds import KINDS
from streetlamp.meters.panel import Panel
from streetlamp.meters.steps import Stepped
from streetlamp.values import Finding

HOUR, DAY = 3600.0, 86400.0
NONE = np.empty(0)
PANELS = {
    kind: Panel(
        KINDS[kind], 3600, [Stepped(one, NONE.astype(np.int64), NONE, NONE, NONE) for one in "ab"]
    )
    for kind in ("water", "electricity")
}


def found(cause: str, start: float, detected: float, meter: str = "a") -> Finding:
    return Finding(
        id=f"{cause}-{meter}-{start:.0f}", subject=meter, cause=cause, start=start,
        detected=detected, size=300.0, unit="L/h", confidence=0.9, evidence="It flows.",
    )  # fmt: skip


def told(*findings: Finding, kind: str = "water") -> list[Finding]:
    book = Book()
    for one in findings:
        book.add([one], PANELS[kind])
    return [entry.finding for entry in book.entries()]


BURST = found("burst", 10 * DAY, 10 * DAY + 2 * HOUR)
LEAK = found("leak", 10 * DAY - HOUR, 10 * DAY + 18 * HOUR)


def test_a_burst_that_goes_on_as_a_leak_is_one_until_both_are_over() -> None:
    over = replace(BURST, end=11 * DAY)
    (one,) = told(BURST, LEAK, over)
    assert (one.cause, one.detected, one.end) == ("burst", BURST.detected, None)
    (one,) = told(BURST, LEAK, over, replace(LEAK, end=14 * DAY))
    assert (one.cause, one.id, one.end) == ("burst", BURST.id, 14 * DAY)
    (one,) = told(BURST, LEAK, replace(LEAK, end=14 * DAY))
    assert one.end is None, "the burst is not over"


def test_a_leak_told_again_changes_nothing_of_the_burst() -> None:
    (one,) = told(BURST, LEAK, replace(LEAK, size=2.0))
    assert (one.size, one.evidence) == (BURST.size, BURST.evidence)


@pytest.mark.parametrize(
    "other",
    [
        found("leak", 13 * DAY, 14 * DAY),
        found("leak", 10 * DAY, 11 * DAY, "b"),
        found("burst", 11 * DAY, 11 * DAY + HOUR),
        found("dead_meter", 10 * DAY, 11 * DAY),
    ],
    ids=["later", "another meter", "the same cause again", "nothing that flows"],
)
def test_what_is_another_event_stays_one(other: Finding) -> None:
    assert told(BURST, other) == [BURST, other]


def test_what_begins_after_the_first_is_over_is_another() -> None:
    over = replace(BURST, end=10 * DAY + 6 * HOUR)
    leak = found("leak", 11 * DAY, 12 * DAY)
    assert told(BURST, over, leak) == [over, leak]
    assert len(told(BURST, LEAK, kind="electricity")) == 2


def test_an_episode_that_was_over_is_open_again_while_a_part_of_it_goes_on() -> None:
    over = replace(BURST, end=10 * DAY + 12 * HOUR)
    (one,) = told(BURST, over, LEAK)
    assert one.end is None
