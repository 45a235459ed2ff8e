"""What of a site file reaches the page."""

from __future__ import annotations

from pathlib import Path

from streetlamp.app.views import site_view
from streetlamp.site import parse_site

TEXT = """\
name: Riverside
operator: {name: Campus Services, contact: lamp@example.org}
cameras:
  gate:
    area: North
    source: {url: rtsp://camera.local/x, username: admin, password: hunter2}
    hide: {delay_seconds: 2}
    zones: {yard: [[0.1, 0.2], [0.5, 0.2], [0.5, 0.9]]}
    lines: {entry: [[0.2, 0.5], [0.8, 0.5]]}
    rules:
      - {rule: intrusion, name: night, zone: yard, severity: critical}
      - {rule: intrusion, name: crowd, zone: yard, count: true, alarm: false, classes: [car]}
      - {rule: line_crossing, name: in and out, line: entry, classes: [person, car]}
      - {rule: intrusion, name: resting, enabled: false}
  attic: {source: '1', enabled: false}
record: {days: 3}
"""


def test_a_site_as_the_page_sees_it() -> None:
    view = site_view(parse_site(TEXT, Path("/sites/site.yaml")))
    (gate,) = view.cameras
    assert (view.delay_s, view.kept_days, view.operator) == (2.0, 3.0, "Campus Services")
    assert (gate.id, gate.name, gate.area) == ("gate", "gate", "North")
    assert [(zone.name, len(zone.points)) for zone in gate.zones] == [("yard", 3)]
    assert gate.lines[0].points == ((0.2, 0.5), (0.8, 0.5))
    assert [rule.name for rule in gate.rules] == ["night", "crowd", "in and out"]


def test_what_the_public_page_says_of_each_rule() -> None:
    view = site_view(parse_site(TEXT, Path("/sites/site.yaml")))
    night, crowd, passing = view.cameras[0].rules
    assert night.watches_for.endswith("nobody should be (person; yard)")
    assert night.counts == ""
    assert (crowd.watches_for, crowd.counts) == ("", "car in yard")
    assert (passing.watches_for, passing.counts) == ("", "person, car passing entry")


def test_nothing_secret_leaves() -> None:
    said = repr(site_view(parse_site(TEXT, Path("/sites/site.yaml"))))
    for secret in ("hunter2", "admin", "camera.local"):
        assert secret not in said


def test_a_site_that_keeps_nothing_says_so() -> None:
    view = site_view(parse_site(TEXT.replace("{days: 3}", "{enabled: false}"), Path("/s.yaml")))
    assert view.kept_days == 0.0
