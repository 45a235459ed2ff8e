"""Every registered rule stands the contract battery."""

from __future__ import annotations

import pytest

from streetlamp.errors import UserError
from streetlamp.geometry import Line, Zone
from streetlamp.rules import RULES, RuleRunner, make_rule, options_of
from support.check_rule import check_rule

KINDS = {
    "crowding",
    "danger_zone",
    "dwell",
    "intrusion",
    "line_crossing",
    "near_miss",
    "object_left",
    "object_removed",
    "occupancy",
    "person_lying",
    "queue",
    "speed",
    "stopped_vehicle",
    "unusual_count",
    "wrong_way",
}


def test_the_rules_are_there() -> None:
    assert set(RULES) == KINDS


@pytest.mark.parametrize("kind", list(RULES))
def test_contract(kind: str) -> None:
    check_rule(RULES[kind])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"name": "x", "kind": "loitering"}, "kind is 'loitering'; there are: .*intrusion"),
        ({"name": "x", "kind": "intrusion", "min_second": 3}, "min_second"),
        ({"name": "x", "kind": "intrusion", "classes": ["cat"]}, "unknown class 'cat'"),
        ({"name": "x", "kind": "intrusion", "classes": []}, "at least 1"),
        ({"name": "", "kind": "intrusion"}, "at least 1 character"),
        ({"name": "x", "kind": "line_crossing"}, "place"),
        (
            {"name": "x", "kind": "intrusion", "schedule": [{"hours": "22-6"}]},
            "no stretch of hours",
        ),
    ],
)
def test_wrong_options_say_what_is_wrong(data: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match="(?s).*" + said):
        options_of(data)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"kind": "intrusion", "place": "yrad"}, "no zone or line called 'yrad'; it has: 'yard'"),
        ({"kind": "intrusion", "place": "gate"}, "intrusion watches a zone, but 'gate' is a line"),
        ({"kind": "line_crossing", "place": "yard"}, "watches a line, but 'yard' is a zone"),
    ],
)
def test_a_place_that_does_not_fit(data: dict[str, str], said: str) -> None:
    places = (Zone.whole("yard"), Line("gate", (0, 0.5), (1, 0.5)))
    options = options_of({"name": "r", **data})
    with pytest.raises(UserError, match=said):
        make_rule(options, places)
    with pytest.raises(UserError, match="camera 'door': rule 'r'"):
        RuleRunner("door", [options], places)


def test_no_place_is_the_whole_picture() -> None:
    rule = make_rule(options_of({"name": "r", "kind": "person_lying"}), ())
    assert rule.place == Zone.whole()
