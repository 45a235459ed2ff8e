"""What happened is told, with its cause, once; and no balance sees a later one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from streetlamp.stock.balance.close import close
from streetlamp.stock.causes.base import CAUSES, StockCause
from streetlamp.stock.causes.judge import JudgeOptions, judge
from streetlamp.stock.ledger.entries import Entry, EntryKind, in_force
from streetlamp.values import Finding
from support.stock import DAY, bags_story, closed, tank_story

Told = tuple[str, int]


def told(findings: tuple[Finding, ...]) -> list[Told]:
    return [(one.cause, int(one.numbers["detected_day"])) for one in findings]


def test_a_quiet_tank_and_a_quiet_depot_say_nothing() -> None:
    for seed in range(3):
        assert judge(closed(tank_story(120, seed=seed))).findings == ()
        assert judge(closed(bags_story(40, seed=seed))).findings == ()


@pytest.mark.parametrize(
    ("cause", "story", "size", "within"),
    [
        ("leak", {"loss": lambda d: 40.0 * (d > 60) + 20.0 * (d == 60)}, 40 / 24, 5),
        ("theft", {"loss": lambda d: 150.0 if d == 60 else 0.0}, 150, 1),
        ("water_in", {"loss": lambda d: -20.0 if d >= 60 else 0.0}, 20, 10),
        ("delivery_short", {"short": lambda d: 0.03 if d >= 60 else 0.0}, 0.03, 14),
        ("meter_drift", {"meter": lambda d: 0.02 * min(max(d - 60, 0) / 60, 1)}, 0.012, 35),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)  # fmt: skip
def test_a_tanks_causes_are_told_apart(
    cause: str, story: dict[str, object], size: float, within: int
) -> None:
    found = judge(closed(tank_story(130, **story))).findings  # type: ignore[arg-type]
    assert [one.cause for one in found] == [cause]
    assert 60 <= found[0].numbers["detected_day"] <= 60 + within
    assert found[0].size == pytest.approx(size, rel=0.5)
    assert found[0].confidence > 0.5


def test_a_lasting_loss_is_told_once_and_the_next_event_is_still_seen() -> None:
    def loss(day: int) -> float:
        return (60.0 if day >= 40 else 0.0) + (400.0 if day == 100 else 0.0)

    found = told(judge(closed(tank_story(130, loss))).findings)
    assert [cause for cause, _ in found] == ["leak", "theft"]
    assert found[1][1] == 101


def test_a_miscount_asks_for_a_recount_and_is_never_a_loss() -> None:
    for bags in (-5, 5):
        story = bags_story(40, miscount=lambda week, b=bags: 0.6 * b if week == 20 else 0.0)
        found = told(judge(closed(story)).findings)
        assert found == [("count_error", 140)]


def test_missing_bags_are_told_when_the_next_count_confirms_it() -> None:
    story = bags_story(40, loss=lambda d: 3.0 if d == 138 else 0.0)
    judged = judge(closed(story))
    assert told(judged.findings) == [("one_off", 147)]
    assert judged.findings[0].size == pytest.approx(3.0, abs=0.8)
    assert judged.findings[0].numbers["asked_day"] == 140
    assert "recount was asked for on day 140" in judged.findings[0].evidence
    assert told(judged.replaced) == [("count_error", 140)]
    assert judged.replaced[0].end == judged.findings[0].detected


def test_a_loss_takes_no_miscount_of_another_week_with_it() -> None:
    story = bags_story(
        40,
        loss=lambda d: 3.0 if d == 200 else 0.0,
        miscount=lambda week: 3.0 if week == 12 else 0.0,
    )
    judged = judge(closed(story))
    assert [cause for cause, _ in told(judged.findings)] == ["count_error", "one_off"]


def test_a_recount_on_the_same_day_settles_it_at_once() -> None:
    store, entries = bags_story(24, loss=lambda d: 3.0 if d == 138 else 0.0)
    doubted = next(e for e in entries if e.kind is EntryKind.STOCK_TAKE and e.at == 141 * DAY)
    recount = replace(doubted, kind=EntryKind.RECOUNT, at=doubted.at + 3600, seq=9000)
    found = judge(close(store, in_force([*entries, recount]))).findings
    assert found[0].cause == "one_off"
    assert found[0].detected == recount.at


@pytest.mark.parametrize(
    ("cause", "story"),
    [
        ("protracted", {"loss": lambda d: 0.4 if d >= 100 else 0.0}),
        ("delivery_short", {"short": lambda d: 0.03 if d >= 100 else 0.0}),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_a_depots_lasting_causes_are_told(cause: str, story: dict[str, object]) -> None:
    found = told(judge(closed(bags_story(40, **story))).findings)  # type: ignore[arg-type]
    losses = [one for one in found if one[0] != "count_error"]
    assert losses
    assert losses[0][0] == cause
    assert losses[0][1] <= 160


@pytest.mark.parametrize("until", [63, 70, 101, 110])
def test_cutting_off_the_future_changes_nothing_told_before(until: int) -> None:
    def loss(day: int) -> float:
        return (60.0 if day >= 60 else 0.0) + (400.0 if day == 100 else 0.0)

    store, entries = tank_story(120, loss)
    whole = judge(close(store, in_force(entries))).findings
    short = [one for one in entries if one.at <= until * DAY]
    cut = judge(close(store, in_force(short))).findings
    assert [_plain(one) for one in cut] == [
        _plain(one) for one in whole if one.detected <= until * DAY
    ]


def _plain(one: Finding) -> Finding:
    """Without the drawing, and to the digits that survive another order of summing."""
    rounded = {name: round(value, 4) for name, value in one.numbers.items()}
    return replace(one, picture=None, numbers=rounded, size=round(one.size, 5),
                   confidence=round(one.confidence, 5))  # fmt: skip


def test_more_false_alarms_allowed_means_a_lower_bound() -> None:
    balances = closed(bags_story(20))
    few = judge(balances, JudgeOptions(false_alarms_per_year=0.05))
    many = judge(balances, JudgeOptions(false_alarms_per_year=1.0))
    assert many.bound == pytest.approx(few.bound - np.log(20))


@pytest.mark.parametrize("cause", CAUSES.members().values(), ids=CAUSES)
def test_every_cause_keeps_the_contract(cause: type[StockCause]) -> None:
    """Its pattern is known at each balance's closing, and looks back from nowhere."""
    one = cause()
    assert cause.name in CAUSES
    assert one.forms
    assert cause.summary.endswith(".")
    story = tank_story(40) if "tank" in one.forms else bags_story(12)
    store, entries = story
    whole = close(store, in_force(entries))
    half = close(store, in_force([e for e in entries if e.at <= whole.time[-9]]))
    n = len(half)
    for long, short in zip(one.patterns(whole), one.patterns(half), strict=True):
        assert long.effect.shape == (len(whole), len(whole))
        np.testing.assert_allclose(long.effect[:n, :n], short.effect)
        np.testing.assert_allclose(long.chance[:n], short.chance)
        np.testing.assert_allclose(long.typical[:n], short.typical)
        assert (np.triu(long.effect, 1) == 0).all()
        assert (long.typical > 0).all()
    assert one.unit(whole)
    assert one.words(1.0, whole)


def test_thefts_out_of_hours_are_likelier() -> None:
    store, entries = tank_story(30)
    shut = [e for e in entries if not (e.kind is EntryKind.ISSUE and e.at == 20.5 * DAY)]
    pattern = CAUSES["theft"]().patterns(close(store, in_force(shut)))[0]
    assert pattern.chance[20] == pytest.approx(4 * pattern.chance[19])


def test_a_store_told_in_gallons_gives_the_same() -> None:
    store, entries = tank_story(90, lambda d: 150.0 if d == 60 else 0.0)
    imperial = [
        replace(e, quantity=e.quantity / 3.785411784, unit="gal") if e.unit == "L" else e
        for e in entries
    ]
    assert told(judge(close(store, in_force(imperial))).findings) == told(
        judge(close(store, in_force(entries))).findings
    )


def test_days_of_which_nothing_was_noted_are_no_theft() -> None:
    store, entries = tank_story(60)
    kept = [one for one in entries if not 30 * DAY < one.at < 33 * DAY]
    assert judge(close(store, in_force(kept))).findings == ()


def test_an_entry_of_another_kind_changes_nothing() -> None:
    store, entries = bags_story(10)
    note = Entry("d", EntryKind.METER_TOTAL, 3 * DAY, 5.0, "t", "belt scale", seq=9999)
    assert (
        close(store, in_force([*entries, note])).muf.tolist()
        == close(store, in_force(entries)).muf.tolist()
    )
