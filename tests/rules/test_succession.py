"""Rules that are changed while they run: what is the same goes on, what is not ends and says so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streetlamp.geometry import Line, Zone
from streetlamp.rules import Outcome, RuleRunner, options_of
from streetlamp.values import Phase
from support.scene import SIZE, Actor, look, stand, walk

YARD = Zone("yard", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
HALF = Zone("yard", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.9)))
SOMEBODY = Actor(stand(SIZE[0] / 2, SIZE[1] / 2, 0, 1e6), id=1)


def rule(name: str, **rest: Any) -> Any:
    return options_of({"kind": "intrusion", "name": name, "place": "yard", **rest})


def runner(*rules: Any, yard: Zone = YARD) -> RuleRunner:
    return RuleRunner("a", rules, [yard])


def run(rules: RuleRunner, start: float, end: float, actors: Iterable[Actor]) -> Outcome:
    made, at, actors = Outcome(), start, list(actors)
    while at < end:
        made += rules.step(look(actors, at, round(at * 10) + 1))
        at += 0.2
    return made


def test_the_same_rule_goes_on() -> None:
    before = runner(rule("one"), rule("two"))
    began = run(before, 0, 4, [SOMEBODY])
    assert [event.phase for event in began.events] == [Phase.START, Phase.START]
    after = runner(rule("three"), rule("two"))
    handed = after.succeed(before)
    ((end),) = handed.events
    assert (end.rule, end.phase) == ("one", Phase.END)
    assert end.message.endswith("(the rule was taken away)")
    later = run(after, 4, 8, [SOMEBODY])
    assert [(event.rule, event.phase) for event in later.events] == [("three", Phase.START)]
    over = after.finish()
    assert {event.id for event in over.events if event.rule == "two"} == {began.events[1].id}


def test_a_changed_rule_ends_and_begins_anew() -> None:
    before = runner(rule("one"))
    (start,) = run(before, 0, 4, [SOMEBODY]).events
    for after in (runner(rule("one", min_seconds=2)), runner(rule("one"), yard=HALF)):
        (end,) = after.succeed(before).events
        assert (end.id, end.phase) == (start.id, Phase.END)
        assert end.message.endswith("(the rule was changed)")
        (again,) = run(after, 4, 8, [SOMEBODY]).events
        assert again.phase is Phase.START
        assert again.id != start.id


def test_options_left_out_or_written_out_are_the_same() -> None:
    before = runner(rule("one"))
    run(before, 0, 4, [SOMEBODY])
    assert runner(rule("one", min_seconds=1.0)).succeed(before) == Outcome()


def test_two_that_are_alike_keep_a_memory_each() -> None:
    before = runner(rule("one"), rule("one"))
    run(before, 0, 4, [SOMEBODY])
    assert len(runner(rule("one")).succeed(before).events) == 1


def test_a_rule_that_never_looked_leaves_nothing() -> None:
    assert runner().succeed(runner(rule("one"))) == Outcome()


def test_counts_are_handed_out() -> None:
    counting = rule("one", count=True)
    before = runner(counting)
    made = run(before, 0, 4, [SOMEBODY])
    handed = runner().succeed(before)
    assert sum(count.n for count in (made + handed).counts) == 1


def test_a_line_goes_on_counting_across_the_change() -> None:
    line = Line("door", (0.5, 0.0), (0.5, 1.0))
    passing = options_of({"kind": "line_crossing", "name": "in and out", "place": "door"})
    way = walk([(0.2 * SIZE[0], 0.8 * SIZE[1]), (0.8 * SIZE[0], 0.8 * SIZE[1])], 120, 0)
    before = RuleRunner("a", [passing], [line])
    made = run(before, 0, 3, [Actor(way, id=1)])
    after = RuleRunner("a", [passing], [line, YARD])
    made += after.succeed(before)
    made += run(after, 3, 20, [Actor(way, id=1)])
    made += after.finish()
    assert sum(count.n for count in made.counts) == 1
