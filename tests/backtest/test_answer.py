"""Numbers and sentences of an answer; two versions beside each other; how right rules were."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetlamp.alarms.precision import precisions, wilson
from streetlamp.backtest.answer import (
    Incident,
    Version,
    answer_of,
    differences,
    incidents,
    matched,
)
from streetlamp.backtest.said import Said
from streetlamp.rules import RULES
from streetlamp.store.alarms import AlarmTally
from streetlamp.values import AlarmState, Event, Phase, Severity
from support.check_rule import make
from support.scene import T0


def _event(start: float, end: float | None, n: int = 0) -> Event:
    return Event(
        f"e{start}{n}", Phase.END, "cam", "lawn", "intrusion", "yard", T0 + start,
        None if end is None else T0 + end, 1, "1 person was in “yard”", Severity.WARNING, None,
    )  # fmt: skip


def _said(*events: Event, **passed: int) -> Said:
    rule = make(RULES["intrusion"], name="lawn").options
    return Said(rule, events, {("person", way): n for way, n in passed.items()})


def _incident(start: float, end: float | None) -> Incident:
    return Incident(start, end, "", {}, None, 1)


def test_what_begins_soon_after_is_the_same_alarm() -> None:
    found = incidents([_event(0, 10), _event(65, 70), _event(200, 210), _event(400, None)], 60)
    assert [(one.start - T0, one.end, one.events) for one in found] == [
        (0, T0 + 70, 2), (200, T0 + 210, 1), (400, None, 1),
    ]  # fmt: skip


def test_the_sentence_names_the_hour_in_which_it_happens() -> None:
    day = 86_400.0
    late = [_event(n * 7200.0, n * 7200.0 + 5) for n in range(3)]
    rush = [_event(9.2 * 3600 + n * 120, 9.2 * 3600 + n * 120 + 5) for n in range(20)]
    made = answer_of(_said(*late, *rush, **{"in": 3, "out": 1}), T0, T0 + 7 * day, UTC, 60)
    assert made.sentence == (
        "“lawn” would have raised 23 alarms in 7 days, 20 of them between 17 and 18 h and counted"
        " 3 in, 1 out."
    )
    assert sum(made.hours) == sum(n for _, n in made.days) == 23
    assert len(made.days) == 8
    assert len(made.examples) == 6
    assert made.examples == tuple(sorted(made.examples, key=lambda one: one.start))


def test_nothing_is_said_plainly() -> None:
    made = answer_of(_said(), T0, T0 + 86_400, UTC, 60)
    assert made.sentence == "“lawn” would have raised no alarms in 1 day."
    assert made.examples == ()


_spans = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 20)), max_size=8).map(
    lambda many: sorted((_incident(a, a + b) for a, b in many), key=lambda one: one.start)
)


@settings(max_examples=60, deadline=None)
@given(ours=_spans, theirs=_spans)
def test_each_alarm_is_matched_once_and_only_where_they_overlap(
    ours: list[Incident], theirs: list[Incident]
) -> None:
    pairs = matched(ours, theirs)
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)
    for a, b in pairs:
        assert ours[a].start <= (theirs[b].end or 0) + 1
        assert theirs[b].start <= (ours[a].end or 0) + 1
    assert len(matched(ours, ours)) == len(ours)


def test_two_versions_beside_each_other() -> None:
    old = answer_of(_said(_event(0, 10), _event(500, 510)), T0, T0 + 900, UTC, 60)
    new = answer_of(_said(_event(2, 10), _event(700, 710)), T0, T0 + 900, UTC, 60)
    (one,) = differences(Version((old,)), Version((replace(new, name="lawn, stricter"),)))
    assert (len(one.before), len(one.after), one.both) == (1, 1, 1)
    more = differences(Version((old,)), Version((new, replace(new, name="other"))))
    assert [(two.name, two.both, len(two.after)) for two in more] == [
        ("lawn", 1, 1), ("other", 0, 2),
    ]  # fmt: skip


def test_how_right_a_rule_was_counts_what_was_answered() -> None:
    tallies = [
        AlarmTally("gate", "lawn", "intrusion", AlarmState.RESOLVED, 8),
        AlarmTally("gate", "lawn", "intrusion", AlarmState.FALSE, 2),
        AlarmTally("gate", "lawn", "intrusion", AlarmState.RAISED, 3),
        AlarmTally("gate", "entry", "dwell", AlarmState.ACKNOWLEDGED, 1),
    ]
    lawn, entry = precisions(tallies)
    assert (lawn.rule, lawn.raised, lawn.true, lawn.false, lawn.unanswered) == ("lawn", 13, 8, 2, 3)
    assert lawn.precision == 0.8
    assert (round(lawn.low, 3), round(lawn.high, 3)) == (0.49, 0.943)
    assert (entry.precision, entry.low, entry.high) == (None, 0.0, 1.0)


@settings(deadline=None)
@given(n=st.integers(1, 500), share=st.floats(0, 1))
def test_the_interval_holds_the_share(n: int, share: float) -> None:
    hits = round(share * n)
    low, high = wilson(hits, n)
    assert 0 <= low <= hits / n + 1e-9
    assert hits / n - 1e-9 <= high <= 1
    assert pytest.approx(1 - low) == wilson(n - hits, n)[1]
