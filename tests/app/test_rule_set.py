"""A camera's set as plain data: from the site file and back, what is wrong, what differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from streetlamp.app.rule_set import as_yaml, changes, in_words, mistakes, with_set, written
from streetlamp.site import parse_site
from streetlamp.site_yaml import read_yaml, write_yaml

SITE = """\
cameras:
  gate:
    source: 'test:'
    zones: {yard: [[0.1, 0.5], [0.5, 0.5], [0.5, 0.9]], '08': [[0, 0], [1, 0], [1, 1]]}
    lines: {entry: [[0.2, 0.5], [0.8, 0.5]]}
    ground: {rectangle: [[0.3, 0.5], [0.7, 0.5], [0.9, 0.9], [0.1, 0.9]], sides_m: [8, 20]}
    rules:
      - {rule: intrusion, name: 'on', zone: yard, schedule: [{days: [mon], hours: '22:00-06:00'}]}
      - {rule: line_crossing, name: passing, line: entry, classes: [car]}
      - {rule: crowding, name: crowd, place: yard, severity: critical}
      - {rule: wrong_way, name: back, arrow: [[0.45, 0.9], [0.45, 0.6]]}
"""
EMPTY: dict[str, Any] = {"zones": {}, "lines": {}, "ground": None, "rules": []}
YARD = [[0.1, 0.5], [0.5, 0.5], [0.5, 0.9]]


def test_there_and_back() -> None:
    gate = parse_site(SITE, Path("site.yaml")).cameras["gate"]
    plain = written(gate)
    assert plain["rules"][2] == {
        "rule": "crowding",
        "name": "crowd",
        "zone": "yard",
        "severity": "critical",
    }
    assert with_set(gate, plain) == gate
    assert read_yaml(as_yaml("gate", plain, ["said"])).data == {"cameras": {"gate": plain}}
    assert mistakes(plain) == []


@pytest.mark.parametrize(
    "word", ["08", "1e3", "on", "no", "22:00", "true", "1_000", "a: b", "~", "x\ny", "0x1f", "<<"]
)
def test_words_that_yaml_might_take_for_something_else(word: str) -> None:
    data = {"zones": {word: [[0, 0.5]]}, "name": word}
    assert read_yaml(write_yaml(data)).data == data


@pytest.mark.parametrize(
    ("wrong", "path", "says"),
    [
        ({"zones": {"a": [[0, 0], [1, 1]]}}, ("zones", "a"), "at least 3 corners"),
        ({"zones": {"a": [[0, 0], [2, 0], [0, 1]]}}, ("zones", "a"), "outside the picture"),
        ({"zones": {"a": [[0, 0]] * 101}}, ("zones", "a"), "100 are the most"),
        ({"zones": {"a": [[0, float("nan")]]}}, ("zones", "a", 0, 1), "finite"),
        ({"zones": {"": YARD}}, ("zones", ""), "at least 1 character"),
        ({"zones": {"a": YARD}, "lines": {"a": [[0, 0], [1, 1]]}}, ("lines", "a"), "rename one"),
        ({"ground": {"rectangle": YARD}}, ("ground",), "sides_m is missing"),
        ({"rules": [{"rule": "intrusion"}]}, ("rules", 0, "name"), "'name' is missing"),
        ({"rules": [{"rule": "x", "name": "n"}]}, ("rules", 0), "there is no rule 'x'"),
        ({"rules": [5]}, ("rules", 0), "a rule is a mapping"),
        (
            {"rules": [{"rule": "dwell", "name": "n", "min_seconds": -1}]},
            ("rules", 0, "min_seconds"),
            "at least 1, not -1",
        ),
        (
            {"rules": [{"rule": "dwell", "name": "n", "zone": "q"}]},
            ("rules", 0, "zone"),
            "there is no zone 'q'",
        ),
        (
            {"rules": [{"rule": "line_crossing", "name": "n"}]},
            ("rules", 0, "line"),
            "'line' is missing",
        ),
        (
            {"rules": [{"rule": "dwell", "name": "n", "schedule": [{"hours": "7"}]}]},
            ("rules", 0, "schedule", 0, "hours"),
            "no stretch of hours",
        ),
        ({"rules": [{"rule": "speed", "name": "n"}]}, ("rules", 0, "rule"), "not calibrated"),
        ({"rules": [[[[[[[[[[1]]]]]]]]]]}, ("rules", 0, 0), "that deep"),
    ],
)
def test_each_mistake_names_its_field(
    wrong: dict[str, Any], path: tuple[str | int, ...], says: str
) -> None:
    (found,) = mistakes({**EMPTY, **wrong})
    assert found.path == path
    assert says in found.text


def test_a_rule_that_cannot_work_at_its_place() -> None:
    """Its zone reaches beyond the horizon, where nothing can be measured."""
    gate = written(parse_site(SITE, Path("site.yaml")).cameras["gate"])
    gate["zones"]["yard"] = [[0, 0], [1, 0], [1, 1], [0, 1]]
    (found,) = mistakes(gate)
    assert found.path == ("rules", 2)


def test_what_differs() -> None:
    before = {**EMPTY, "zones": {"a": YARD, "b": YARD}, "rules": [{"rule": "dwell", "name": "n"}]}
    after = {
        **EMPTY,
        "zones": {"a": YARD[::-1], "c": YARD},
        "ground": {"sides_m": [1, 2]},
        "rules": [{"rule": "dwell", "name": "n", "min_seconds": 5}],
    }
    said = in_words(changes(before, after))
    assert said == "zone a changed, zone b removed, zone c added, ground added, rule n changed"
    assert in_words(changes(before, before)) == "nothing"


def test_a_rule_is_armed_only_in_modes_there_are() -> None:
    rule = {"rule": "intrusion", "name": "night", "zone": "yard", "armed_in": ["night", "nigt"]}
    plain = {**EMPTY, "zones": {"yard": YARD}, "rules": [rule]}
    (found,) = mistakes(plain, modes=["day", "night"])
    assert found.path == ("rules", 0, "armed_in", 1)
    assert "'night'" in found.text
    assert len(mistakes(plain)) == 2, "a site without modes"
