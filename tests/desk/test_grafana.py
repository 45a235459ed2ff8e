"""The dashboard and the alert rules speak of figures that there are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.two_cameras import TwoCameras, start_two_cameras

GRAFANA = Path(__file__).parent.parent.parent / "docs" / "grafana"
DASHBOARD: dict[str, Any] = json.loads((GRAFANA / "streetlamp.json").read_text("utf-8"))
RULES = yaml.safe_load((GRAFANA / "alerts.yaml").read_text("utf-8"))["groups"]
# There only where somebody is notified; held against the notifier's own tests.
ELSEWHERE = re.compile(r"streetlamp_notify_(sent|waiting|dead)")


def _names(text: str) -> set[str]:
    found = set(re.findall(r"\bstreetlamp_[a-z0-9_]+", text))
    return {name for name in found if not ELSEWHERE.fullmatch(name)}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    two: TwoCameras = start_two_cameras(tmp_path_factory.mktemp("grafana") / "two")
    try:
        with two.lamp.client(Authorization=f"Bearer {two.token}") as client:
            text = client.get("/metrics").text
    finally:
        two.lamp.stop()
    return set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))


def test_every_figure_of_the_dashboard_is_there(told: set[str]) -> None:
    asked = [one["expr"] for panel in DASHBOARD["panels"] for one in panel.get("targets", ())]
    assert len(asked) >= 20
    assert set().union(*map(_names, asked)) <= told


def test_every_figure_of_the_alert_rules_is_there(told: set[str]) -> None:
    rules = [rule for group in RULES for rule in group["rules"]]
    assert len(rules) >= 8
    for rule in rules:
        assert _names(rule["expr"]) <= told, rule["alert"]
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert set(rule["annotations"]) == {"summary", "description"}
        assert re.fullmatch(r"\d+[smh]", rule["for"])


def test_the_dashboard_is_one_that_grafana_takes() -> None:
    assert DASHBOARD["schemaVersion"] >= 36
    assert (DASHBOARD["title"], DASHBOARD["uid"]) == ("Streetlamp", "streetlamp")
    source = DASHBOARD["templating"]["list"][0]
    assert (source["type"], source["query"]) == ("datasource", "prometheus")
    panels = DASHBOARD["panels"]
    assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        own = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not own & taken, f"{panel['title']} lies over another panel"
        taken |= own
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "${datasource}"
            assert [one["refId"] for one in panel["targets"]]
