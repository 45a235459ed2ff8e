"""Rules are saved at the desk while a camera runs: its thread takes them over between two looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from streetlamp.app import rules_command
from streetlamp.app import worker as workers
from streetlamp.app.house import House
from streetlamp.app.worker import CameraWorker, Sinks
from streetlamp.errors import UserError
from streetlamp.rules.base import Outcome
from streetlamp.site import parse_site
from streetlamp.values import Event, Phase
from streetlamp.video.raw import RawFrame
from streetlamp.video.source.camera_clock import CameraClock
from support.pipeline import Script, people, raw

T0 = 1_700_000_000.0
SITE = """\
cameras:
  gate:
    source: "test:?size=320x240"
    zones: {all: [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]}
    rules:
      - {rule: intrusion, name: stays, zone: all, min_seconds: 0.5, min_score: 0.1}
      - {rule: intrusion, name: goes, zone: all, min_seconds: 0.5, min_score: 0.1}
record: {segment_seconds: 2, min_free_gb: 0}
"""


class Film:
    """A feed of pictures; in the middle of it, somebody does something at the desk."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._act = act
        self.camera_clock = CameraClock()
        self.behind = 0.0

    def items(self) -> Iterator[RawFrame]:
        for i in range(80):
            if i == 40:
                self._act()
            yield raw(i, T0 + i / 10)


class Never:
    def is_set(self) -> bool:
        return False


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    (tmp_path / "site.yaml").write_text(SITE)
    site = parse_site(SITE, tmp_path / "site.yaml").model_copy(update={"data": tmp_path / "data"})
    house = House(site)
    yield house
    house.close()


def saved(house: House) -> dict[str, Any]:
    """Saves the rules with another one instead of "goes"; the set that was saved."""
    plain = dict(house.rules.now("gate").set)
    plain["rules"] = [plain["rules"][0], {**plain["rules"][1], "name": "comes"}]
    house.rules.save("gate", plain, 0, "Ann", T0)
    return plain


def test_a_running_camera_takes_over_new_rules(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[Event] = []

    def outcome(made: Outcome) -> None:
        events.extend(made.events)

    monkeypatch.setattr(workers, "Feed", lambda factory, live: Film(lambda: saved(house)))
    sinks = Sinks(house.hub, outcome, house.recorder("gate"), house.statuses)
    options = house.rules.options("gate")
    looker = Script(lambda i: people(100.0))
    worker = CameraWorker("gate", options, house.site, looker, sinks)
    house.rules.follow("gate", worker.change_rules)
    worker.run(Never())  # type: ignore[arg-type]

    def phases(rule: str) -> list[Phase]:
        return [one.phase for one in events if one.rule == rule and one.phase is not Phase.UPDATE]

    for rule in ("stays", "goes", "comes"):
        assert phases(rule) == [Phase.START, Phase.END]
    (gone,) = (one for one in events if one.rule == "goes" and one.phase is Phase.END)
    assert gone.message.endswith("(the rule was taken away)")
    assert len({one.id for one in events if one.rule == "stays"}) == 1
    order = [one.rule for one in events if one.phase is Phase.END]
    assert order[0] == "goes", "it ended while the camera ran, not with it"


def test_what_was_saved_is_printed_for_the_site_file(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site, data = tmp_path / "site.yaml", tmp_path / "data"
    rules_command.show_rules(site, "gate", data=data, version=None)
    assert "nothing was changed" in capsys.readouterr().out
    saved(house)
    rules_command.show_rules(site, "gate", data=data, version=None)
    said = capsys.readouterr().out
    assert "Version 1, saved at the desk by Ann" in said
    assert "name: comes" in said
    rules_command.show_rules(site, "gate", data=data, version=0)
    assert "name: goes" in capsys.readouterr().out
    site.write_text(SITE.replace("goes", "walks"))
    rules_command.show_rules(site, "gate", data=data, version=None)
    assert "says something else than when this was saved" in capsys.readouterr().err
    with pytest.raises(UserError, match="no version 7"):
        rules_command.show_rules(site, "gate", data=data, version=7)
    with pytest.raises(UserError, match="did you mean 'gate'"):
        rules_command.show_rules(site, "gat", data=data, version=None)
