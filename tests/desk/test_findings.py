"""What stands behind an alarm of a meter, over HTTP: its evidence, its picture, and the look."""

from __future__ import annotations

import httpx

from streetlamp.app.finding_events import event_of
from streetlamp.store import FindingRow
from support.lamp import T0, Lamp

LEAK = FindingRow(
    "f-1", "meters", "W1", "leak", T0, T0 + 60, None, 3.0, "L/h", 0.9, "3 L/h, every hour.",
    {"hours": 17.0}, '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
)  # fmt: skip


def _tell(lamp: Lamp, row: FindingRow) -> str:
    lamp.findings.put([row])
    alarm = lamp.book.handle(event_of(row))
    assert alarm is not None
    return alarm.id


def test_an_alarm_of_a_meter_shows_its_evidence(lamp: Lamp, ada: httpx.Client) -> None:
    id_ = _tell(lamp, LEAK)
    (alarm,) = ada.get("/api/alarms").json()["alarms"]
    assert (alarm["id"], alarm["camera"], alarm["place"]) == (id_, "", "W1")
    assert alarm["message"] == "Leak at “W1”, 3 L/h"
    found = ada.get(f"/api/alarms/{id_}/finding").json()
    assert (found["cause"], found["size"], found["unit"]) == ("leak", 3.0, "L/h")
    assert found["has_picture"] is True
    picture = ada.get(f"/api/alarms/{id_}/finding.svg")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert "script-src" not in picture.headers["content-security-policy"]
    assert picture.headers["content-security-policy"].startswith("default-src 'none'")
    looks = [one for one in lamp.audit.list() if one.action == "look at readings"]
    assert [one.object for one in looks] == [f"alarm:{id_}"]


def test_an_alarm_of_a_camera_has_no_finding(lamp: Lamp, ada: httpx.Client) -> None:
    lamp.raise_alarm("c-1")
    assert ada.get("/api/alarms/c-1/finding").status_code == 404
    assert ada.get("/api/alarms/c-1/finding.svg").status_code == 404


def test_a_cause_without_a_picture(lamp: Lamp, ada: httpx.Client) -> None:
    row = FindingRow("f-2", "stock", "T1", "theft", T0, T0, None, None, "", 0.9, "Why.", {})
    id_ = _tell(lamp, row)
    assert ada.get(f"/api/alarms/{id_}/finding").json()["has_picture"] is False
    assert ada.get(f"/api/alarms/{id_}/finding.svg").status_code == 404
