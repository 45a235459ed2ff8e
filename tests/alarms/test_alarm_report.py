"""A month of alarms in the figures of EEMUA 191 and ISA-18.2, from made-up alarms."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streetlamp.alarms import handover
from streetlamp.alarms.neighbours import Spot, neighbours
from streetlamp.alarms.report import AlarmReport, report
from streetlamp.store import AlarmFact
from streetlamp.values import AlarmState, Severity
from support.alarms import T0, alarm, fact

HOUR, DAY = 3600.0, 86_400.0


def made(facts: list[AlarmFact], hours: float = 10, operators: float = 1.0) -> AlarmReport:
    return report(facts, T0, T0 + hours * HOUR, operators, 6.0)


def test_no_alarms() -> None:
    found = made([])
    assert (found.alarms, found.per_hour, found.peak, found.peak_at) == (0, 0, 0, None)
    assert (found.response_median, found.offenders, found.within_budget) == (None, (), True)


def test_the_rate_of_an_operators_hour() -> None:
    facts = [fact(f"a{n}", T0 + n * 300) for n in range(120)]  # one in five minutes
    assert made(facts).per_hour == 12
    assert not made(facts).within_budget
    assert made(facts, operators=2).per_hour == 6
    assert made(facts, operators=2).within_budget
    assert made(facts).peak == 2


def test_a_group_is_one_row() -> None:
    facts = [fact(f"a{n}", T0 + n, group="a0") for n in range(500)]
    found = made([*facts, fact("b", T0 + 700)])
    assert (found.alarms, found.rows, found.peak, found.floods) == (501, 2, 1, 0)


def test_a_flood_begins_above_ten_and_ends_below_five() -> None:
    def slice_(number: int, n: int) -> list[AlarmFact]:
        return [fact(f"{number}.{i}", T0 + number * 600 + i) for i in range(n)]

    counts = [0, 10, 11, 5, 4, 0, 12, 3]
    facts = [one for number, n in enumerate(counts) for one in slice_(number, n)]
    found = report(facts, T0, T0 + len(counts) * 600, 1.0, 6.0)
    assert (found.floods, found.flood_share, found.busy_share) == (2, 3 / 8, 2 / 8)
    assert (found.peak, found.peak_at) == (12, T0 + 6 * 600)


def test_chattering_is_three_within_a_minute() -> None:
    quick = [fact(f"a{n}", T0 + 30 * n) for n in range(3)]
    slow = [fact(f"b{n}", T0 + 31 * n, place="ramp") for n in range(3)]
    found = made([*quick, *slow])
    assert [(one.place, one.alarms) for one in found.chattering] == [("yard", 3)]


def test_stale_is_more_than_a_day() -> None:
    facts = [
        fact("a", T0, ended=T0 + DAY), fact("b", T0, ended=T0 + DAY + 1), fact("c", T0, ended=None),
        fact("d", T0 + DAY, ended=None),
    ]  # fmt: skip
    found = made(facts, hours=48)
    assert (found.stale, found.standing) == (2, 1)


def test_the_ten_most_frequent() -> None:
    facts = [fact(f"{k}.{n}", T0 + n, rule=f"r{k}") for k in range(12) for n in range(12 - k)]
    found = made(facts)
    assert [(one.rule, one.alarms) for one in found.offenders[:2]] == [("r0", 12), ("r1", 11)]
    assert len(found.offenders) == 10
    assert found.offenders_share == 75 / 78


def test_how_soon_somebody_answered() -> None:
    facts = [fact(f"a{n}", T0, told=T0 + 5, answered=T0 + 5 + n) for n in range(1, 11)]
    found = made([*facts, fact("b")])
    assert (found.response_median, found.response_90, found.unanswered) == (5, 9, 1)


def test_priorities_and_what_people_said() -> None:
    facts = [
        fact("a", severity=Severity.CRITICAL, state=AlarmState.RESOLVED),
        fact("b", state=AlarmState.FALSE), fact("c", state=AlarmState.RESOLVED),
        fact("d", state=AlarmState.RESOLVED), fact("e", kind="speed"),
    ]  # fmt: skip
    found = made(facts)
    shares = {one.severity: (one.share, one.target) for one in found.priorities}
    assert shares[Severity.CRITICAL] == (0.2, 0.01)
    assert sum(target for _, target in shares.values()) >= 1
    assert [(one.kind, one.precision) for one in found.precision] == [("intrusion", 0.75)]


@given(st.lists(st.tuples(st.floats(0, 10 * HOUR, exclude_max=True), st.sampled_from("abc ")),
                max_size=60))  # fmt: skip
def test_every_row_is_counted_once(some: list[tuple[float, str]]) -> None:
    facts = [fact(f"a{n}", T0 + at, group=group.strip()) for n, (at, group) in enumerate(some)]
    found = made(facts)
    groups = {one.group for one in facts if one.group}
    assert found.rows == len(groups) + sum(not one.group for one in facts)
    assert sum(found.days) == found.rows
    assert 0 <= found.flood_share <= 1


def test_the_numbers_of_a_shift() -> None:
    facts = [
        fact("a", state=AlarmState.RESOLVED, answered=T0 + 30), fact("b", state=AlarmState.FALSE),
        fact("c", group="c"), fact("d", group="c"), fact("e", state=AlarmState.ACKNOWLEDGED),
    ]  # fmt: skip
    found = handover.numbers(facts)
    assert (found.raised, found.rows, found.unanswered, found.acknowledged) == (5, 4, 2, 1)
    assert (found.resolved, found.false, found.response_median) == (1, 1, 30)
    old = alarm("old", T0)
    assert handover.stale([old, alarm("new", T0 + DAY)], T0 + DAY + 1) == (old,)


SPOTS = {
    "gate": Spot("yard", "ground", 10.0, 5.0, "metres"),
    "dock": Spot("yard", "ground", 40.0, 45.0, "metres"),
    "far": Spot("street", "ground", 200.0, 5.0, "metres"),
    "lawn": Spot("yard"),
    "a": Spot("", "town", 8.0, 50.0, "degrees"),
    "b": Spot("", "town", 8.0003, 50.0, "degrees"),
    "c": Spot("", "attic", 0.1, 0.1),
    "d": Spot("", "attic", 0.2, 0.1),
}


def test_neighbours_in_time_and_place() -> None:
    def why(camera: str, other: str, **rest: object) -> str:
        near = alarm("near", T0 + 60, camera=other, **{"place": "x", **rest})
        found = neighbours(alarm("it", camera=camera), [near], SPOTS)
        return found[0].why if found else ""

    assert why("gate", "gate") == "the same camera"
    assert why("gate", "gate", place="yard") == "the same place"
    assert why("gate", "dock") == "50 m away"
    assert why("gate", "lawn") == "the same area"
    assert why("gate", "far") == ""
    assert why("gate", "far", place="yard") == "another camera's yard"
    assert why("a", "b") == "21 m away"
    assert why("c", "d") == "close by on the plan"
    assert why("gate", "") == ""


def test_the_nearest_in_time_first_and_none_beyond_ten_minutes() -> None:
    others = [alarm(f"n{at}", T0 + at, place="x") for at in (-601, -600, 30, -20, 601)]
    found = neighbours(alarm("it"), [*others, alarm("it")], {})
    assert [(one.alarm.id, one.seconds) for one in found] == [
        ("n-20", -20), ("n30", 30), ("n-600", -600),
    ]  # fmt: skip
