"""What all rules that watch a zone share."""

from __future__ import annotations

from typing import Any

import pytest

from streetlamp.geometry import Zone
from streetlamp.rules import RULES, Rule, make_rule, options_of
from streetlamp.rules.memory import follow, look_at
from streetlamp.rules.zone import ZoneRule, is_inside
from support.check_rule import FLOOR, needed
from support.scene import SIZE, YARD, Actor, look, stand

WATCHERS = [kind for kind in RULES if issubclass(RULES[kind], ZoneRule)]


@pytest.mark.parametrize(
    ("story", "gap", "was_inside", "inside"),
    [
        ("on the border it comes in", 0.0, False, True),
        ("just outside it does not come in", -0.1, False, False),
        ("just outside it has not left", -9.9, True, True),
        ("a tenth of its size outside it has", -10.1, True, False),
    ],
)
def test_in_at_the_border_out_beyond_it(
    story: str, gap: float, was_inside: bool, inside: bool
) -> None:
    assert is_inside(gap, 100.0, was_inside) is inside, story


def test_a_thing_of_a_few_pixels_has_two_to_tremble_in() -> None:
    assert is_inside(-1.9, 5.0, True)
    assert not is_inside(-2.1, 5.0, True)


def any_rule(kind: str, place: str) -> Rule[Any, Any]:
    options = {"name": "r", "kind": kind, "place": place, **needed(RULES[kind])}
    return make_rule(options_of(options), [YARD], ground=FLOOR)


@pytest.mark.parametrize("kind", WATCHERS)
def test_gaps_are_those_of_what_is_seen_now(kind: str) -> None:
    """Each is told apart, and what was lost has none."""
    rule = any_rule(kind, "yard")
    assert isinstance(rule, ZoneRule)
    families = frozenset((True, False))
    actors = [Actor(stand(x, 300), id=n) for n, x in enumerate((300, 420, 600, 900))]
    before = look_at(look([*actors, Actor(stand(500, 300), id=9)], 0.0), 0.0, families)
    now = look_at(look(actors, 0.2), 0.2, families)
    things = follow(follow({}, before, 2.0), now, 2.0)
    gaps = rule.gaps(things, now)
    assert set(things) - set(gaps) == {9}
    for number, gap in gaps.items():
        at = things[number].latest
        x, y = at.centre if kind == "person_lying" else at.foot
        alone = YARD.distance([[x * SIZE[0], y * SIZE[1]]], SIZE)
        assert gap == pytest.approx(float(alone[0]))
    assert [gap > 0 for gap in gaps.values()] == [False, True, True, False]


@pytest.mark.parametrize("kind", WATCHERS)
def test_nothing_seen_has_no_gaps(kind: str) -> None:
    rule = any_rule(kind, "")
    assert isinstance(rule, ZoneRule)
    assert rule.place == Zone.whole()
    assert rule.gaps({}, look_at(look([], 0.0), 0.0, frozenset((True,)))) == {}
