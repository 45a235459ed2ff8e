"""What is drawn at the desk is laid over the site file, version by version, and loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from streetlamp.app.desk_rules import DeskRules
from streetlamp.desk.rule_services import NoSuchVersionError, StaleSetError, WrongSetError
from streetlamp.desk.services import SiteView
from streetlamp.rules.runner import RuleRunner
from streetlamp.site import parse_site
from streetlamp.store import Database, RuleSet, RuleSets
from streetlamp.vault.audit import Audit

SITE = """\
cameras:
  gate:
    source: 'test:'
    zones: {yard: [[0.1, 0.2], [0.5, 0.2], [0.5, 0.9]]}
    rules:
      - {rule: intrusion, name: night, zone: yard}
  attic: {source: 'test:', enabled: false}
"""
LAWN = [[0.0, 0.5], [1.0, 0.5], [1.0, 1.0], [0.0, 1.0]]
DRAWN: dict[str, Any] = {
    "zones": {"lawn": LAWN},
    "lines": {},
    "ground": None,
    "rules": [{"rule": "dwell", "name": "too long", "zone": "lawn", "min_seconds": 20.0}],
}


@dataclass
class Desk:
    """The rules of a site whose file may change between two starts."""

    folder: Path
    db: Database = field(init=False)
    audit: Audit = field(init=False)
    runners: list[RuleRunner] = field(default_factory=list)
    views: list[SiteView] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.db = Database(self.folder / "a.db")
        self.audit = Audit(self.db, self.folder / "head")

    def start(self, text: str = SITE) -> DeskRules:
        site = parse_site(text, self.folder / "site.yaml")
        rules = DeskRules(site, RuleSets(self.db), self.audit)
        rules.follow("gate", self.runners.append)
        rules.on_change(self.views.append)
        return rules

    def said(self) -> list[tuple[str, str, str]]:
        return [(one.actor, one.action, one.detail) for one in reversed(self.audit.list())]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.db.close()


def test_the_file_counts_until_something_is_saved(desk: Desk) -> None:
    rules = desk.start()
    view = rules.now("gate")
    assert (view.origin, view.version, view.versions, view.file_changed) == ("file", 0, [], False)
    assert view.set == view.file
    assert view.set["rules"] == [{"rule": "intrusion", "name": "night", "zone": "yard"}]
    with pytest.raises(KeyError):
        rules.now("attic")


def test_saving_takes_effect_and_is_written_down(desk: Desk) -> None:
    rules = desk.start()
    view = rules.save("gate", DRAWN, 0, "Ann", 100.0, "people walk there")
    assert (view.origin, view.version, view.set) == ("desk", 1, DRAWN)
    assert len(desk.runners) == 1
    assert [zone.name for zone in desk.views[0].cameras[0].zones] == ["lawn"]
    assert [rule.name for rule in rules.options("gate").rules] == ["too long"]
    ((who, what, detail),) = desk.said()
    assert (who, what) == ("Ann", "change rules")
    for part in ("zone yard removed", "rule too long added", "people walk there"):
        assert part in detail


def test_it_still_counts_after_a_start(desk: Desk) -> None:
    desk.start().save("gate", DRAWN, 0, "Ann", 100.0)
    again = desk.start()
    assert again.now("gate").set == DRAWN
    assert again.site_view().cameras[0].zones[0].name == "lawn"


def test_nothing_new_is_no_version(desk: Desk) -> None:
    rules = desk.start()
    assert rules.save("gate", rules.now("gate").file, 0, "Ann", 1.0).version == 0
    assert (desk.said(), desk.runners) == ([], [])


def test_two_at_once(desk: Desk) -> None:
    rules = desk.start()
    rules.save("gate", DRAWN, 0, "Ann", 100.0)
    with pytest.raises(StaleSetError, match="Ann saved version 1"):
        rules.save("gate", {**DRAWN, "rules": []}, 0, "Ben", 101.0)
    assert rules.now("gate").set == DRAWN
    assert len(desk.said()) == 1


def test_what_is_wrong_changes_nothing(desk: Desk) -> None:
    rules = desk.start()
    wrong = {**DRAWN, "zones": {}}
    with pytest.raises(WrongSetError, match="there is no zone 'lawn'"):
        rules.save("gate", wrong, 0, "Ann", 1.0)
    assert rules.now("gate").version == 0
    assert desk.said() == []


def test_going_back(desk: Desk) -> None:
    rules = desk.start()
    rules.save("gate", DRAWN, 0, "Ann", 1.0)
    back = rules.revert("gate", 0, 1, "Ben", 2.0)
    assert (back.origin, back.version, back.set) == ("file", 2, back.file)
    forth = rules.revert("gate", 1, 2, "Ben", 3.0)
    assert (forth.origin, forth.version, forth.set) == ("desk", 3, DRAWN)
    assert [one.origin for one in forth.versions] == ["desk", "file", "desk"]
    assert len(desk.runners) == 3
    with pytest.raises(NoSuchVersionError, match="no version 9"):
        rules.revert("gate", 9, 3, "Ben", 4.0)


def test_the_file_changes_later(desk: Desk) -> None:
    desk.start().save("gate", DRAWN, 0, "Ann", 1.0)
    other = SITE.replace("name: night", "name: always")
    rules = desk.start(other)
    view = rules.now("gate")
    assert (view.origin, view.set, view.file_changed) == ("desk", DRAWN, True)
    assert view.file["rules"][0]["name"] == "always", "both are there to choose from"
    kept = rules.save("gate", DRAWN, 1, "Ann", 2.0)
    assert (kept.version, kept.file_changed) == (2, False), "the desk's was chosen"
    assert not desk.start(other).now("gate").file_changed
    assert desk.start().now("gate").file_changed, "and the file changed once more"


def test_a_set_that_this_version_cannot_use(desk: Desk) -> None:
    old = {**DRAWN, "rules": [{"rule": "no_longer", "name": "x"}]}
    RuleSets(desk.db).add(RuleSet("gate", 1, old, {}, "Ann", 1.0))
    view = desk.start().now("gate")
    assert "there is no rule 'no_longer'" in view.problem
    assert view.set == old, "it is shown, so that it can be mended"
    assert [rule.name for rule in desk.start().options("gate").rules] == ["night"]
    mended = desk.start().save("gate", DRAWN, 1, "Ann", 2.0)
    assert (mended.problem, mended.version) == ("", 2)


def test_the_piece_for_the_site_file_reads_as_the_same(desk: Desk) -> None:
    rules = desk.start()
    rules.save("gate", DRAWN, 0, "Ann", 1.0)
    text = rules.text("gate")
    assert "Version 1, saved at the desk by Ann" in text
    piece = text.replace("  gate:", "  gate:\n    source: 'test:'")
    assert desk.start(piece).now("gate").file == DRAWN
