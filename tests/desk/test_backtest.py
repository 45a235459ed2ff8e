"""Trying rules over the API: what is answered, what is refused, what is written down."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from streetlamp.app.backtester import Backtester
from streetlamp.backtest.answer import Answer
from streetlamp.backtest.engine import Engine, Job
from streetlamp.backtest.index import Index
from streetlamp.desk.app import make_app
from streetlamp.desk.options import DeskOptions
from streetlamp.desk.server import DeskServer
from streetlamp.site import Site
from streetlamp.values import Tracks
from support.lamp import T0, Lamp, start_lamp
from support.scene import SIZE

YARD = [[0.1, 0.2], [0.5, 0.2], [0.5, 0.9]]
RULE = {"rule": "intrusion", "name": "night", "zone": "yard"}


class Here(Backtester):
    """Answers in this process: a test need not start another."""

    def kept(self, camera: str) -> tuple[float, float] | None:
        return (T0, T0 + 3600.0) if camera == "gate" else None

    def run(self, job: Job, stop: threading.Event) -> Answer | None:
        return Engine(self._site.data).answer(job)


def _site(data: Path) -> Site:
    camera = {"source": "test:", "zones": {"yard": YARD}, "rules": [RULE]}
    return Site.model_validate({"cameras": {"gate": camera, "dock": camera}, "data": data})


@pytest.fixture(scope="module")
def lamp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lamp]:
    made = start_lamp(tmp_path_factory.mktemp("tried") / "lamp")
    data = made.services.data
    index = Index(data, 7.0)
    notes = index.notes("gate")
    assert notes is not None
    for n in range(300):  # somebody is in the yard for 20 s, twice
        there = 50 <= n < 150 or 200 <= n < 290
        rows = {"id": [1], "box": [[380, 100, 420, 250]]} if there else {}
        notes.look(Tracks.make("gate", T0 + n * 0.2, n + 1, SIZE, **rows))
    index.close()
    made.server.stop()
    options = DeskOptions(port=0)
    services = replace(made.services, backtest=Here(_site(data)))
    made.server = DeskServer(make_app(services, options), options)
    made.server.start()
    yield made
    made.stop()


@pytest.fixture
def ada(lamp: Lamp) -> Iterator[httpx.Client]:
    with lamp.login() as client:
        yield client


def _ask(client: httpx.Client, camera: str = "gate", **body: Any) -> httpx.Response:
    text = json.dumps({"start": T0 - 100, "end": T0 + 4000, **body})
    return client.post(
        f"/api/cameras/{camera}/backtest", content=text,
        headers={"content-type": "application/json"},
    )  # fmt: skip


def test_the_rules_as_they_are_set(ada: httpx.Client, lamp: Lamp) -> None:
    answer = _ask(ada).json()
    (rule,) = answer["rules"]
    assert (rule["name"], rule["n"], answer["before"]) == ("night", 1, None)  # within a minute: one
    assert rule["sentence"].startswith("“night” would have raised 1 alarm in ")
    assert rule["examples"][0]["events"] == 2
    assert lamp.said()[-1] == ("ada", "back-test", "camera:gate")


def test_a_draft_beside_what_is_set(ada: httpx.Client) -> None:
    draft = {"rules": [{**RULE, "min_seconds": 30}]}
    answer = _ask(ada, compare=True, **draft).json()
    assert [rule["n"] for rule in answer["rules"]] == [0]
    assert [rule["n"] for rule in answer["before"]] == [1]
    (one,) = answer["differences"]
    assert (one["both"], one["only_before"], one["only_after"]) == (0, 1, 0)
    moved = {"zones": {"yard": [[0.7, 0.2], [0.9, 0.2], [0.9, 0.9]]}}
    assert [rule["n"] for rule in _ask(ada, **moved).json()["rules"]] == [0]


def test_since_when_and_where_nothing_is_kept(ada: httpx.Client) -> None:
    assert ada.get("/api/cameras/gate/backtest").json() == {
        "start": T0, "end": T0 + 3600.0, "running": None,
    }  # fmt: skip
    assert ada.get("/api/cameras/dock/backtest").json()["start"] is None
    assert _ask(ada, "dock").status_code == 404
    assert _ask(ada, "nowhere").status_code == 404


def test_nobody_may_ask_who_is_not_logged_in(lamp: Lamp) -> None:
    with lamp.client() as client:
        assert _ask(client).status_code == 401
        assert client.get("/api/rules/precision").status_code == 401


_DEEP: Any = {"rule": "intrusion"}
for _ in range(200):
    _DEEP = {"rule": "intrusion", "zone": _DEEP}

HOSTILE: dict[str, Mapping[str, Any]] = {
    "no time": {"start": None},
    "backwards": {"end": T0 - 200},
    "a year": {"start": T0 - 366 * 86400},
    "nan": {"start": float("nan")},
    "infinite": {"end": float("inf")},
    "words": {"start": "yesterday"},
    "unknown key": {"appearance": "red coat"},
    "outside the picture": {"zones": {"yard": [[0, 0], [2, 0], [1, 1]]}},
    "not a number": {"zones": {"yard": [[0, 0], [float("nan"), 0], [1, 1]]}},
    "two corners": {"zones": {"yard": [[0, 0], [1, 1]]}},
    "crossed": {"zones": {"yard": [[0, 0], [1, 1], [1, 0], [0, 1]]}},
    "many corners": {"zones": {"yard": [[n / 100, 0] for n in range(100)]}},
    "many zones": {"zones": {f"z{n}": YARD for n in range(60)}},
    "long name": {"zones": {"z" * 100: YARD}},
    "a line of three": {"lines": {"entry": YARD}},
    "many rules": {"rules": [{**RULE, "name": f"r{n}"} for n in range(31)]},
    "no such rule": {"rules": [{"rule": "face_recognition", "name": "x"}]},
    "no such zone": {"rules": [{**RULE, "zone": "attic"}]},
    "no ground": {"rules": [{"rule": "speed", "name": "fast", "zone": "yard"}]},
    "wrong kind of value": {"rules": [{**RULE, "min_seconds": "long"}]},
    "endless": {"rules": [{**RULE, "min_seconds": 1e300}]},
    "twice": {"rules": [RULE, RULE]},
    "not a rule": {"rules": ["rm -rf /"]},
    "a number for a rule": {"rules": [{"rule": 5}]},
    "deep": {"rules": [_DEEP]},
    "not a list": {"rules": {"rule": "intrusion"}},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_body_that_makes_no_sense_is_refused_in_words(ada: httpx.Client, name: str) -> None:
    answer = _ask(ada, **HOSTILE[name])
    assert answer.status_code == 422, answer.text
    assert len(answer.json()["error"]) > 10
    assert "Traceback" not in answer.text


def test_a_huge_body_is_refused(ada: httpx.Client) -> None:
    assert _ask(ada, rules=[{**RULE, "name": "x" * 70_000}]).status_code == 413


def test_one_at_a_time(ada: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Here, "share", 0.4)
    assert _ask(ada).status_code == 503
    assert ada.get("/api/cameras/gate/backtest").json()["running"] == 0.4


def test_how_right_rules_were(ada: httpx.Client, lamp: Lamp) -> None:
    for n, verb in enumerate(("resolve", "resolve", "false", "acknowledge")):
        lamp.raise_alarm(f"p{n}", T0 + n * 1000, end=T0 + n * 1000 + 5)
        assert ada.post(f"/api/alarms/p{n}/{verb}").status_code == 200
    lamp.raise_alarm("health", T0, rule="lost", kind="camera_lost", camera="dock")
    (row,) = ada.get("/api/rules/precision").json()["rules"]
    facts = ("rule", "raised", "true", "false", "unanswered")
    assert [row[name] for name in facts] == ["night", 4, 2, 1, 1]
    assert row["precision"] == pytest.approx(2 / 3)
    assert row["low"] < row["precision"] < row["high"]
    assert ada.get("/api/rules/precision?days=0").status_code == 422
