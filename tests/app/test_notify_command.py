"""`streetlamp notify`: a test says exactly what went where; what waits is listed and sent again."""

from __future__ import annotations

from pathlib import Path

import pytest

from streetlamp.app import notify_command
from streetlamp.app.notifier import SiteWorld, make_targets
from streetlamp.app.status import Statuses
from streetlamp.errors import UserError
from streetlamp.site import load_site
from streetlamp.store import Database, Outbox, Post, PostState
from support.notify import SECRET, T0, Receiver


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text(
        f"""
data: data
cameras:
  gate:
    source: 'test:'
    zones: {{yard: [[0.1, 0.2], [0.5, 0.2], [0.5, 0.9]]}}
    rules:
      - {{rule: intrusion, name: yard at night, zone: yard, count: true}}
      - {{rule: intrusion, name: only counted, alarm: false}}
notify:
  hook: {{kind: webhook, url: 'http://127.0.0.1:9/x', secret: {SECRET}, allow_internal: true}}
  phones: {{kind: web_push}}
  off: {{kind: mqtt, host: 127.0.0.1, enabled: false}}
"""
    )
    return path


def dead(site: Path, key: str = "msg_1", **rest: object) -> Outbox:
    (site.parent / "data").mkdir(exist_ok=True)
    outbox = Outbox(Database(site.parent / "data" / "streetlamp.db"))
    about = {"state": PostState.DEAD, "tries": 2, "error": "it answered 410", **rest}
    outbox.put([Post(key, "hook", "", T0, T0, **about)])  # type: ignore[arg-type]
    return outbox


def test_a_test_says_what_went_where(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Receiver() as receiver:
        text = site.read_text().replace("127.0.0.1:9/x", f"127.0.0.1:{receiver.port}/x")
        site.write_text(text)
        assert notify_command.test(site, "hook", None)
        said = capsys.readouterr().out
        assert f"hook (webhook): http://127.0.0.1:{receiver.port}\n" in said
        assert "  taken  http://127.0.0.1" in said
        assert "and answered 200" in said
        assert not notify_command.test(site, None, None)
        assert "nobody is registered for it yet" in capsys.readouterr().out


def test_a_test_says_why_not(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not notify_command.test(site, "hook", None)
    said = capsys.readouterr().out
    assert " FAILED  http://127.0.0.1:9 cannot be reached" in said
    assert SECRET not in said
    with pytest.raises(UserError, match="switched off"):
        notify_command.test(site, "off", None)
    with pytest.raises(UserError, match="there are: hook, off, phones"):
        notify_command.test(site, "nobody", None)


def test_what_was_given_up(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notify_command.show(site, None, everything=False)
    assert "Nothing waits" in capsys.readouterr().out
    with pytest.raises(UserError, match="no database"):
        notify_command.retry(site, "hook", None)
    outbox = dead(site)
    dead(site, "msg_2")
    notify_command.show(site, None, everything=True)
    said = capsys.readouterr().out
    assert "msg_1  2023-11-14 22:13:20  GIVEN UP  hook: 0 so far" in said
    assert "tried 2 times: it answered 410" in said
    notify_command.retry(site, "msg_1", None)
    notify_command.retry(site, "hook", None)
    assert "1 message of hook will be sent again." in capsys.readouterr().out
    assert len(outbox.list([PostState.WAITING])) == 2
    with pytest.raises(UserError, match="no message 'msg_1' was given up"):
        notify_command.retry(site, "msg_1", None)


def test_what_a_target_may_see_of_the_site(site: Path) -> None:
    found = load_site(site)
    database = Database(site.parent / "a.db")
    world = SiteWorld(found, database, Statuses())
    (gate,) = world.cameras
    assert [one.name for one in gate.rules] == ["yard at night"]
    assert gate.counted == ("yard",)
    assert world.open_alarms() == {}
    assert world.occupancy() == {}
    assert set(make_targets(found, site.parent, database, world)) == {"hook", "phones"}
