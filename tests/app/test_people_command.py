"""`streetlamp users` and `streetlamp tokens`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streetlamp.app import people_command
from streetlamp.cli import app
from streetlamp.errors import UserError
from streetlamp.store import Database
from streetlamp.vault.accounts import Accounts
from streetlamp.vault.audit import Audit
from streetlamp.vault.tokens import Tokens
from streetlamp.vault.users import Cost, Users

GOOD = "three lamps and a moth"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site whose first user is Ada."""
    monkeypatch.setattr(people_command, "Users", lambda db: Users(db, cost=Cost(n=16)))
    path = tmp_path / "site.yaml"
    path.write_text(
        "name: Quay\ndata: data\ncameras:\n  gate: {source: 'test:', area: North}\n"
        "  dock: {source: 'test:'}\n"
    )
    (tmp_path / "data").mkdir()
    db = Database(tmp_path / "data" / "streetlamp.db")
    users = Users(db, cost=Cost(n=16))
    users.setup(users.new_setup_token(0.0), "Ada", GOOD, 0.0)
    db.close()
    return path


def say(*words: object) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def open_db(site: Path) -> Database:
    return Database(site.parent / "data" / "streetlamp.db")


def test_from_an_invitation_to_the_end_of_it(site: Path) -> None:
    told = say("users", "add", site, "Olga", "--role", "operator", "--camera", "area:North")
    link = re.search(r"http://127\.0\.0\.1:8600/invite#token=(\S+)", told)
    assert link is not None
    assert "Olga  operator; area:North  (invited)" in say("users", "list", site)
    db = open_db(site)
    Accounts(db, Users(db, cost=Cost(n=16))).accept(link[1], GOOD, 0.0)
    db.close()
    assert "supervisor; area:North" in say("users", "role", site, "olga", "-r", "supervisor")
    assert "supervisor; gate" in say("users", "cameras", site, "olga", "-c", "gate")
    assert "all cameras" in say("users", "cameras", site, "olga")
    say("users", "disable", site, "Olga")
    assert "(disabled)" in say("users", "list", site)
    say("users", "enable", site, "Olga")
    say("users", "remove", site, "Olga")
    assert "Olga" not in say("users", "list", site)
    db = open_db(site)
    audit = Audit(db, site.parent / "data" / "audit.head")
    assert audit.verify().ok
    said = [(one.actor, one.action, one.object) for one in reversed(audit.list())]
    db.close()
    grants = [("terminal", "grant", "user:Olga")] * 5
    assert said == [
        ("terminal", "invite user", "user:Olga"), *grants, ("terminal", "remove user", "user:Olga"),
    ]  # fmt: skip


def test_the_way_back_in(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = ["another four words", "another four words"]
    monkeypatch.setattr("getpass.getpass", lambda prompt: typed.pop(0))
    say("users", "password", site, "Ada")
    db = open_db(site)
    assert Users(db).login("Ada", "another four words", 0.0)
    db.close()
    assert "/invite#token=" in say("users", "password", site, "Ada", "--link")
    typed[:] = ["another four words", "and another"]
    with pytest.raises(UserError, match="differ"):
        people_command.new_password(site, "Ada", link=False)


def test_tokens(site: Path) -> None:
    assert "no tokens" in say("tokens", "list", site)
    told = say("tokens", "add", site, "scraper", "-u", "ada", "-r", "view_metrics", "--days", "3")
    text = told.split()[0]
    db = open_db(site)
    found = Tokens(db).of(text, 0.0)
    db.close()
    assert found is not None
    assert (found.maker, found.rights, found.cameras) == ("Ada", ("view_metrics",), ("*",))
    assert f"{found.id}  scraper, of Ada" in say("tokens", "list", site)
    say("tokens", "revoke", site, found.id)
    assert "no tokens" in say("tokens", "list", site)


WRONG = [
    (["users", "role", "SITE", "Ada", "-r", "operator"], "the last admin"),
    (["users", "role", "SITE", "Eve", "-r", "operator"], "no user called Eve"),
    (["users", "add", "SITE", "ada", "-r", "operator"], "there is a user called ada"),
    (["users", "add", "SITE", "Eve", "-r", "operator", "-c", "gaet"], "There are: gate, dock"),
    (["tokens", "add", "SITE", "x", "-u", "Ada", "-r", "fly"], "no right fly. There are: view_"),
    (["tokens", "add", "SITE", "x", "-u", "Ada", "-r", "manage_users"], "cannot give a token"),
    (["tokens", "revoke", "SITE", "abc"], "no token abc"),
]


@pytest.mark.parametrize(("words", "said"), WRONG)
def test_what_cannot_be(site: Path, words: list[str], said: str) -> None:
    given = [str(site) if word == "SITE" else word for word in words]
    with pytest.raises(UserError) as refused:
        CliRunner().invoke(app, given, catch_exceptions=False)
    assert said in str(refused.value)


def test_before_the_first_start_there_is_nobody(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("data: data\ncameras: {gate: {source: 'test:'}}\n")
    with pytest.raises(UserError, match="streetlamp run"):
        people_command.list_users(path)
