"""What rules have learnt outlives a restart, as numbers alone; what does not fit starts anew."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetlamp.geometry import Zone
from streetlamp.rules import RULES, Rule, RuleRunner, make_rule, options_of
from streetlamp.rules.keeping import keep, recalled
from streetlamp.rules.usual import Day, Learnt
from support.check_rule import STORY, make
from support.scene import T0, YARD, Actor, look, play, run_on, stand

USUAL = {"name": "Busy", "kind": "unusual_count", "place": "yard", "minutes": 30}


def runner(zone: Zone = YARD, **options: Any) -> RuleRunner:
    return RuleRunner("cam", [options_of({**USUAL, **options})], (zone,))


def rule() -> Rule[Any, Any]:
    return make_rule(options_of(USUAL), (YARD,))


def learnt() -> Learnt:
    return Learnt({12: (Day(700_000, (3, 4)), Day(700_007, (5,))), 167: (Day(700_001, (0, 0)),)})


def kept() -> dict[str, Any]:
    """What a rule that knows something writes, through JSON."""
    state = replace(rule().start(), notes=learnt())
    found: dict[str, Any] = json.loads(json.dumps(keep(rule(), state)))
    return found


def test_it_knows_after_a_restart_what_it_knew() -> None:
    assert recalled(rule(), kept()).notes == learnt()


@settings(max_examples=50)
@given(
    st.dictionaries(
        st.integers(0, 167),
        st.dictionaries(
            st.integers(700_000, 740_000), st.lists(st.integers(0, 999), max_size=2), max_size=8
        ),
    )
)
def test_any_knowledge_comes_back_as_it_was(hours: dict[int, dict[int, list[int]]]) -> None:
    known = Learnt(
        {
            slot: tuple(Day(day, tuple(counts)) for day, counts in sorted(days.items()))
            for slot, days in hours.items()
        }
    )
    written = json.dumps(keep(rule(), replace(rule().start(), notes=known)))
    assert recalled(rule(), json.loads(written)).notes == known


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 0}, "another version"),
        ({"kind": "queue"}, "another kind"),
        ({"about": {"classes": ["car"]}}, "its place or what it counts was changed"),
        ({"learnt": None}, "valid"),
        ({"learnt": {"12": [[700_000, [3, -4]]]}}, "make no sense"),
        ({"learnt": {"168": [[700_000, [3]]]}}, "make no sense"),
        ({"learnt": {"12": [[700_000, [1, 1, 1]]]}}, "make no sense"),
        ({"quiet": "soon"}, "not what was written"),
    ],
)
def test_what_does_not_fit_starts_anew_with_one_line(change: dict[str, Any], said: str) -> None:
    rules = runner()
    about = rules.keep()["Busy"]["about"]
    whole = {**kept(), "about": about}
    assert rules.restore({"Busy": whole}) == []
    (line,) = rules.restore({"Busy": {**whole, **change}})
    assert line.startswith("rule 'Busy' starts to learn anew: ")
    assert said in line
    assert "\n" not in line


def test_a_zone_drawn_anew_is_learnt_anew() -> None:
    before = runner().keep()
    assert runner().restore(before) == []
    (line,) = runner(Zone("yard", ((0, 0), (1, 0), (1, 1)))).restore(before)
    assert "its place or what it counts was changed" in line
    assert runner().restore({"gone": {}}) == []


def test_silence_lasts_over_a_restart() -> None:
    options = options_of(
        {"name": "Yard", "kind": "intrusion", "place": "yard", "cool_down_seconds": 600}
    )
    guest = [Actor(stand(600, 300))]
    rules = RuleRunner("cam", [options], (YARD,))
    for one in play(guest, 20):
        rules.step(one)
    rules.finish()
    after = RuleRunner("cam", [options], (YARD,))
    assert after.restore(json.loads(json.dumps(rules.keep()))) == []
    assert [e for n in range(50) for e in after.step(look(guest, 60 + n, n)).events] == []
    again = [e for n in range(20) for e in after.step(look(guest, 640 + n, n)).events]
    assert len(again) == 1


@pytest.mark.parametrize("kind", list(RULES))
def test_what_any_rule_keeps_is_plain_and_holds_no_things(kind: str) -> None:
    one = make(RULES[kind], cool_down_seconds=60)
    _, state = run_on(one, one.start(), play(STORY, 30))
    written = json.dumps(keep(one, state))
    for word in ("box", "track", "id", "sighting"):
        assert f'"{word}"' not in written
    again = recalled(one, json.loads(written))
    assert again.things == {}
    assert again.incident is None
    assert json.dumps(keep(one, again)) == written
    assert T0 <= again.quiet <= T0 + 90 or again.quiet == float("-inf")
