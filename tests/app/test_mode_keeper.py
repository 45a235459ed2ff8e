"""The mode of a site: chosen at the desk or from outside, kept over a restart, written down."""

from __future__ import annotations

from pathlib import Path

import pytest

from streetlamp.app import mode_command
from streetlamp.app.mode_keeper import LEAD_SECONDS, ModeKeeper, choose_from_outside
from streetlamp.errors import UserError
from streetlamp.site import Site, parse_site
from streetlamp.store import Database, ModeChoices, StoreError
from streetlamp.vault.audit import Audit

TEXT = """
modes: [day, {name: night, schedule: [{hours: "22:00-06:00"}]}, armed_away]
cameras: {gate: {source: "test:"}}
"""
T0 = 1_800_000_000.0  # a Friday, 08:00 UTC
NIGHT = T0 + 14 * 3600


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "site.yaml").write_text(TEXT)
    return parse_site(TEXT, tmp_path / "site.yaml")


@pytest.fixture
def database(site: Site) -> Database:
    return Database(site.data / "streetlamp.db")


def keeper(site: Site, database: Database) -> ModeKeeper:
    return ModeKeeper(site, database, Audit(database, site.data / "audit.head"))


def said(site: Site, database: Database) -> list[tuple[str, str, str]]:
    entries = Audit(database, site.data / "audit.head").list()
    return [(one.actor, one.action, one.object) for one in reversed(entries)]


def test_a_choice_holds_at_once_outlives_a_restart_and_is_written_down(
    site: Site, database: Database
) -> None:
    modes = keeper(site, database)
    assert modes.now(T0).mode == "day"
    assert modes.now(T0).until == NIGHT
    view = modes.choose("armed_away", "ada", T0, hold=False)
    assert (view.mode, view.chosen_by, view.until) == ("armed_away", "ada", NIGHT)
    again = keeper(site, database)
    assert again.now(T0 + 60).mode == "armed_away"
    assert again.now(NIGHT).mode == "night"
    assert said(site, database) == [("ada", "choose mode", "mode:armed_away")]


def test_what_the_schedule_changes_is_written_down_too(site: Site, database: Database) -> None:
    modes = keeper(site, database)
    for now in (NIGHT - 2, NIGHT - 1, NIGHT, NIGHT + 1):
        assert modes.turn(now) == ""
    assert said(site, database) == [("schedule", "choose mode", "mode:night")]


def test_a_choice_from_another_process_is_taken_up_before_its_moment(
    site: Site, database: Database
) -> None:
    modes = keeper(site, database)
    modes.turn(T0)
    audit = Audit(database, site.data / "audit.head")
    choose_from_outside(site, database, audit, "armed_away", "root", T0, hold=True)
    modes.turn(T0 + 1)
    assert modes.now(T0 + 1).mode == "day"
    assert modes.now(T0 + LEAD_SECONDS).mode == "armed_away"
    modes.choose("day", "ada", T0 + 60, hold=False)
    modes.turn(T0 + 61)
    assert modes.now(T0 + 61).mode == "day"
    rows = ModeChoices(database).between(T0 + 30, T0 + 3600)
    assert [row.mode for row in rows] == ["armed_away", "day"]


def test_a_choice_that_cannot_be_written_down_is_not_made(
    site: Site, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes = keeper(site, database)

    def full(*_: object) -> int:
        raise StoreError("the disk is full")

    monkeypatch.setattr(ModeChoices, "add", full)
    with pytest.raises(StoreError):
        modes.choose("armed_away", "ada", T0, hold=False)
    assert modes.now(T0 + 1).mode == "day"
    with pytest.raises(UserError, match="did you mean 'night'"):
        modes.choose("nihgt", "ada", T0, hold=False)


def test_the_command_says_and_changes_the_mode(
    site: Site, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "site.yaml"
    mode_command.mode(path, "armed_away", data=None, hold=True)
    out = capsys.readouterr().out
    assert out.startswith("armed_away (chosen by ")
    assert out.endswith(", until somebody changes it); others: day, night\n")
    mode_command.mode(path, "auto", data=None, hold=False)
    assert "(as scheduled, until " in capsys.readouterr().out
    with pytest.raises(UserError, match="there is no mode 'party'"):
        mode_command.mode(path, "party", data=None, hold=False)
    assert [action for _, action, _ in said(site, database)] == ["choose mode"] * 2


def test_a_site_without_modes_and_one_that_never_ran(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text('cameras: {gate: {source: "test:"}}')
    with pytest.raises(UserError, match="has no modes"):
        mode_command.mode(path, None, data=None, hold=False)
    path.write_text(TEXT)
    with pytest.raises(UserError, match="nothing was run"):
        mode_command.mode(path, None, data=None, hold=False)


def test_a_rule_armed_in_a_mode_there_is_not(tmp_path: Path) -> None:
    text = TEXT.replace(
        '"test:"',
        '"test:", rules: [{rule: intrusion, name: Yard, armed_in: [nigth, day]}]',
    )
    with pytest.raises(
        UserError, match=r"line 3, .*there is no mode 'nigth'; did you mean 'night'"
    ):
        parse_site(text, tmp_path / "site.yaml")
    plain = text.replace("modes: [day, ", "holidays: [x, ")
    with pytest.raises(UserError, match="write modes: at the top"):
        parse_site(plain, tmp_path / "site.yaml")
