"""The files in which rules keep what they have learnt."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from streetlamp.app.rule_keeper import RuleKeeper
from streetlamp.rules import RuleRunner, options_of
from support.scene import YARD


def rules() -> RuleRunner:
    options = options_of({"name": "Busy", "kind": "unusual_count", "place": "yard"})
    return RuleRunner("gate", [options], (YARD,))


def adopted(folder: Path) -> tuple[RuleKeeper, RuleRunner]:
    keeper, made = RuleKeeper(folder), rules()
    keeper.adopt("gate", lambda: made)
    return keeper, made


def test_what_was_learnt_is_there_after_a_restart(tmp_path: Path) -> None:
    keeper, made = adopted(tmp_path)
    learnt = {"12": [[700_000, [3]]]}
    assert made.restore({"Busy": {**made.keep()["Busy"], "learnt": learnt}}) == []
    keeper.close()
    _, again = adopted(tmp_path)
    assert again.keep()["Busy"]["learnt"] == learnt


def test_nothing_new_is_not_written_again(tmp_path: Path) -> None:
    keeper, _ = adopted(tmp_path)
    keeper.save(0.0)
    (tmp_path / "gate.json").unlink()
    keeper.save(0.0)
    assert not (tmp_path / "gate.json").exists()


def test_cameras_whose_rules_learn_nothing_have_no_file(tmp_path: Path) -> None:
    keeper = RuleKeeper(tmp_path / "rules")
    options = options_of({"name": "Yard", "kind": "intrusion", "place": "yard"})
    keeper.adopt("gate", lambda: RuleRunner("gate", [options], (YARD,)))
    keeper.close()
    assert not (tmp_path / "rules").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"Busy": 7}', "\x00"])
def test_a_spoilt_file_costs_what_was_learnt_and_says_so_once(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "gate.json").write_text(text)
    with caplog.at_level(logging.WARNING):
        keeper, made = adopted(tmp_path)
    assert len(caplog.records) == 1
    assert "anew" in caplog.text
    assert made.keep()["Busy"]["learnt"] == {}
    keeper.save(0.0)
    adopted(tmp_path)
    assert len(caplog.records) == 1
