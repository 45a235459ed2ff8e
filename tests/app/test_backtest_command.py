"""`streetlamp backtest`, and the process that answers for the desk."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from streetlamp.app.backtest_command import backtest
from streetlamp.app.backtester import Backtester
from streetlamp.app.kept import FILE
from streetlamp.app.rule_set import written
from streetlamp.backtest.index import Index
from streetlamp.errors import UserError
from streetlamp.site import load_site
from streetlamp.store import Database, RuleSet, RuleSets
from streetlamp.values import Tracks
from support.scene import SIZE, T0

SITE = """\
data: data
cameras:
  gate:
    name: Main gate
    source: "test:"
    zones: {yard: [[0.3, 0.1], [0.6, 0.1], [0.6, 0.9], [0.3, 0.9]]}
    rules: [{rule: intrusion, name: yard at night, zone: yard, min_seconds: MIN}]
"""
WHEN = {"days": 1.0, "start": "2027-01-15T00:00", "end": "2027-01-16T00:00"}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "site.yaml").write_text(SITE.replace("MIN", "2"))
    (tmp_path / "other.yaml").write_text(SITE.replace("MIN", "10"))
    return tmp_path / "site.yaml"


def _keep(site: Path) -> None:
    index = Index(site.parent / "data", 7.0)
    notes = index.notes("gate")
    assert notes is not None
    for n in range(1200):
        there = 100 <= n < 130 or 600 <= n < 700
        rows = {"id": [1], "box": [[380, 100, 420, 250]]} if there else {}
        notes.look(Tracks.make("gate", T0 + n * 0.2, n + 1, SIZE, **rows))
    index.close()


def _run(site: Path, **more: object) -> None:
    asked = {"camera": None, "rule": None, **WHEN, "other": None, "as_json": False, **more}
    backtest(site, **asked)  # type: ignore[arg-type]


def test_it_says_what_would_have_been_raised(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _keep(site)
    _run(site)
    said = capsys.readouterr().out
    assert "Main gate" in said
    assert "“yard at night” would have raised 2 alarms in 4 min." in said
    assert "Here they are:" in said
    assert said.count("1 person was in “yard”") == 2


def test_another_version_beside_it(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _keep(site)
    _run(site, other=site.parent / "other.yaml")
    said = capsys.readouterr().out
    assert "2 as set, 1 as drafted; 1 in both, 1 only as set, 0 only as drafted" in said


def test_json_for_programs(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _keep(site)
    _run(site, as_json=True)
    (answer,) = json.loads(capsys.readouterr().out)
    assert answer["camera"] == "gate"
    assert len(answer["version"]["rules"][0]["incidents"]) == 2


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"rule": "yard at nigt"}, "did you mean 'yard at night'"),
        ({"camera": "gat"}, "did you mean 'gate'"),
        ({"start": "soon"}, "--from 'soon' is no time"),
        ({"start": "2027-02-01"}, "must end after it begins"),
        ({}, "there is no index in"),
    ],
)
def test_what_cannot_be_answered_is_said_in_words(
    site: Path, more: dict[str, str], words: str
) -> None:
    with pytest.raises(UserError, match=words):
        _run(site, **more)


def test_a_process_of_its_own_answers(site: Path) -> None:
    _keep(site)
    tester = Backtester(load_site(site))
    try:
        draft = {"rules": [{"rule": "intrusion", "name": "n", "zone": "yard", "min_seconds": 10}]}
        job = tester.job("gate", T0 - 10, T0 + 4000, draft, compare=True)
        answer = tester.run(job, threading.Event())
        assert answer is not None
        assert [len(one.incidents) for one in answer.version.rules] == [1]
        assert tester.share is None
        with pytest.raises(UserError, match="nothing is kept"):
            tester.run(tester.job("gate", 0.0, 1000.0), threading.Event())
        stopped = threading.Event()
        stopped.set()
        assert tester.run(job, stopped) is None
    finally:
        tester.close()


def test_what_was_saved_at_the_desk_is_what_is_tried(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _keep(site)
    told = load_site(site)
    drawn = written(told.cameras["gate"])
    drawn["rules"][0]["name"] = "drawn at the desk"
    database = Database(told.data / FILE)
    RuleSets(database).add(RuleSet("gate", 1, drawn, written(told.cameras["gate"]), "Anna", T0, ""))
    database.close()
    _run(site)
    said = capsys.readouterr().out
    assert "drawn at the desk" in said
    assert "yard at night" not in said


def test_what_was_left_cannot_be_tried(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _keep(site)
    text = site.read_text().replace("rule: intrusion", "rule: object_left")
    site.write_text(text.replace("min_seconds: 2", "min_seconds: 20"))
    _run(site)
    said = capsys.readouterr().out
    assert "“yard at night” cannot be tried: it asks what was left or taken away" in said
    assert "no alarms" not in said
    _run(site, other=site.parent / "other.yaml")
    assert "cannot be tried" in capsys.readouterr().out
