"""object_left and object_removed: what lasts, in the zone, of a size that counts."""

from __future__ import annotations

from typing import Any

import pytest

from streetlamp.rules import Rule, make_rule, options_of
from streetlamp.values import Change
from support.scene import T0, YARD, Actor, look, phases, play, run, stand


def rule(kind: str = "object_left", **options: Any) -> Rule[Any, Any]:
    given = {"name": "Bags", "kind": kind, "place": "yard", "min_seconds": 30, **options}
    return make_rule(options_of(given), (YARD,))


def thing(
    change: Change = Change.LEFT, x: float = 600, end: float = 1e9, tall: float = 40, **rest: Any
) -> Actor:
    where = stand(x, 300, 6, end)
    return Actor(where, size=(40, tall), thing=change, since=rest.pop("since", 2.0), **rest)


def test_it_is_told_when_it_has_lasted_and_when_it_is_over() -> None:
    made = run(rule(), play([thing(end=80)], 120))
    assert phases(made.events)[0] == "start"
    assert phases(made.events)[-1] == "end"
    first, last = made.events[0], made.events[-1]
    assert first.start == T0 + 2
    assert 32 <= first.time - T0 <= 32.5
    assert first.message == "1 object was left in “yard”, for at least 30 s"
    assert first.box == (580.0, 260.0, 620.0, 300.0)
    assert last.end == pytest.approx(T0 + 80, abs=0.3)
    assert last.message == "1 object was left in “yard”, for 1 min 18 s"
    assert first.numbers["margin_seconds"] == pytest.approx(0, abs=0.3)


def test_what_is_removed_is_the_other_rules() -> None:
    gone = [thing(Change.REMOVED)]
    assert run(rule(), play(gone, 60)).events == ()
    made = run(rule("object_removed"), play(gone, 60))
    assert made.events[0].message == "1 object was removed from “yard”, for at least 30 s"


@pytest.mark.parametrize(
    "one",
    [
        thing(x=100),  # outside the zone
        thing(tall=5),  # too small
        thing(tall=300),  # too large: a patch of light, a lorry nobody recognised
        thing(end=20),  # gone in time
    ],
)
def test_what_does_not_count(one: Actor) -> None:
    assert run(rule(), play([one], 90)).events == ()


def test_several_are_one_incident() -> None:
    made = run(rule(), play([thing(), thing(x=700, since=20.0)], 90), finish=False)
    assert phases(made.events)[:2] == ["start", "update"]
    assert made.events[1].message.startswith("2 objects were left in “yard”")
    assert len({event.id for event in made.events}) == 1


def test_people_are_not_asked_about() -> None:
    assert run(rule(), play([Actor(stand(600, 300))], 90)).events == ()
    with pytest.raises(ValueError, match="at most 0"):
        options_of({"name": "x", "kind": "object_left", "classes": ["person"]})


def test_a_thing_told_of_with_gaps_is_one() -> None:
    """Somebody passes before it, and the parts of it are drawn a little differently then."""
    blink = Actor(
        lambda s: None if s < 6 or 20 < s < 26 else (600 + (s % 3), 300),
        size=(40, 40), thing=Change.LEFT, since=2.0,
    )  # fmt: skip
    made = run(rule(), play([blink], 60), finish=False)
    assert phases(made.events)[0] == "start"
    assert made.events[0].start == T0 + 2


def test_things_travel_with_tracks() -> None:
    tracks = look([thing()], 10.0)
    later = tracks.at(T0 + 11, 12)
    assert later.things == tracks.things
    assert len(later.things) == 1
    assert len(later) == 0
