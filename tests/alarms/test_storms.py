"""Alarms that come together and have a cause in common are one; nothing grave disappears."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streetlamp.alarms.options import StormOptions
from streetlamp.alarms.storms import Cause, Joined, Storms
from streetlamp.values import Alarm, Severity
from support.alarms import T0, alarm

OPTIONS = StormOptions.model_validate({})
BEHIND = {f"c{n}": ("North cabinet",) for n in range(6)}


def take(alarms: list[Alarm], options: StormOptions = OPTIONS) -> dict[str, str]:
    """Each alarm's group at the end; "" for those that stand alone."""
    storms = Storms(options, BEHIND)
    groups = {one.id: "" for one in alarms}
    for one in alarms:
        joined = storms.take(one)
        if joined is not None:
            groups |= dict.fromkeys((one.id, *joined.drawn_in), joined.storm.id)
    return groups


def last(alarms: list[Alarm]) -> Joined | None:
    storms = Storms(OPTIONS, BEHIND)
    return [storms.take(one) for one in alarms][-1]


def same_rule(n: int, **rest: object) -> list[Alarm]:
    return [alarm(f"a{i}", T0 + i, camera=f"c{i}", **rest) for i in range(n)]


def test_the_same_rule_at_many_cameras_is_one_group() -> None:
    groups = take(same_rule(12))
    assert set(groups.values()) == {"a0"}, "named after the alarm that began it"
    joined = last(same_rule(12))
    assert joined is not None
    assert joined.storm.reason == "12 cameras, the same rule (intrusion), within 11 s"


def test_a_few_alarms_are_no_storm() -> None:
    assert set(take(same_rule(4)).values()) == {""}
    one_place = [alarm(f"a{i}", T0 + i) for i in range(6)]
    assert set(take(one_place).values()) == {""}, "one rule at one place chatters; it is no storm"
    apart = [alarm(f"a{i}", T0 + 61 * i, camera=f"c{i}") for i in range(9)]
    assert set(take(apart).values()) == {""}


def test_the_founders_are_told_of_when_a_group_begins() -> None:
    joined = last(same_rule(5))
    assert joined is not None
    assert joined.drawn_in == ("a0", "a1", "a2", "a3")


def test_trouble_of_cameras_behind_one_switch_is_one_group() -> None:
    lost = [alarm(f"a{i}", T0 + i, camera=f"c{i}", kind="camera_down") for i in range(3)]
    joined = last(lost)
    assert joined is not None
    assert joined.storm.cause is Cause.SWITCH
    assert joined.storm.reason == "3 cameras behind North cabinet, within 2 s"
    whole = alarm("b", T0 + 5, camera="", kind="camera_down", place="North cabinet")
    assert take([*lost, whole])["b"] == "a0"


def test_many_rules_at_one_camera_are_one_group() -> None:
    shaken = [alarm(f"a{i}", T0 + i, rule=f"r{i}", kind=f"k{i}") for i in range(5)]
    joined = last(shaken)
    assert joined is not None
    assert joined.storm.cause is Cause.CAMERA
    assert joined.storm.reason == "One camera (gate), 5 rules, within 4 s"


def flood(n: int, **rest: object) -> list[Alarm]:
    return [
        alarm(f"a{i}", T0 + i, camera=f"c{i}", rule=f"r{i % 7}", kind=f"k{i % 7}", **rest)
        for i in range(n)
    ]


def test_so_many_different_things_are_one_flood() -> None:
    groups = take(flood(50))
    assert set(groups.values()) == {"a0"}
    joined = last(flood(50))
    assert joined is not None
    assert joined.storm.cause is Cause.FLOOD
    assert joined.storm.reason == "50 alarms of 7 rules at 50 cameras, within 49 s"


def test_what_is_graver_than_the_storm_stands_by_itself() -> None:
    groups = take([*same_rule(9), alarm("grave", T0 + 9, camera="c1", severity=Severity.HIGH)])
    assert groups["grave"] == ""
    assert groups["a8"] == "a0"
    early = alarm("grave", T0, camera="c9", severity=Severity.CRITICAL)
    assert take([early, *same_rule(9)])["grave"] == "", "also when it came first"


def test_what_is_critical_joins_its_own_kind_only() -> None:
    lies = {"kind": "person_lying", "rule": "lying", "severity": Severity.CRITICAL}
    assert take([*flood(30), alarm("b", T0 + 30, camera="c3", **lies)])["b"] == ""
    many = [alarm(f"b{i}", T0 + i, camera=f"c{i}", **lies) for i in range(5)]
    assert set(take(many).values()) == {"b0"}


def test_a_group_ends_when_nothing_came_for_a_while() -> None:
    later = [alarm(f"b{i}", T0 + 200 + i, camera=f"c{i}") for i in range(5)]
    groups = take([*same_rule(5), *later])
    assert {groups["a0"], groups["b0"]} == {"a0", "b0"}


def test_a_clock_set_back_begins_anew() -> None:
    back = [alarm(f"b{i}", T0 - 7200 + i, camera=f"c{i}") for i in range(5)]
    assert take([*same_rule(5), *back])["b4"] == "b0"


def test_grouping_can_be_switched_off() -> None:
    off = StormOptions.model_validate({"enabled": False})
    assert set(take(same_rule(20), off).values()) == {""}


SOME = st.lists(
    st.builds(
        lambda at, camera, kind, severity: (at, camera, kind, severity),
        st.integers(0, 300), st.integers(0, 8), st.integers(0, 4), st.sampled_from(Severity),
    ),
    max_size=80,
)  # fmt: skip


@given(SOME, st.booleans())
def test_whatever_comes_nothing_is_lost_and_nothing_grave_is_hidden(
    some: list[tuple[int, int, int, Severity]], ordered: bool
) -> None:
    alarms = [
        alarm(f"a{n}", T0 + at, camera=f"c{camera}", kind=f"k{kind}", rule=f"r{kind}",
              severity=severity)
        for n, (at, camera, kind, severity) in enumerate(sorted(some) if ordered else some)
    ]  # fmt: skip
    groups = take(alarms)
    assert groups == take(alarms), "the same alarms make the same groups"
    assert set(groups) == {one.id for one in alarms}
    by_id = {one.id: one for one in alarms}
    for group in set(groups.values()) - {""}:
        members = [by_id[id_] for id_, of in groups.items() if of == group]
        assert group in groups, "named after one of its own"
        assert groups[group] == group
        assert len(members) >= 2
        critical = {one.kind for one in members if one.severity is Severity.CRITICAL}
        assert len(critical) <= 1
