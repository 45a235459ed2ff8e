"""What each person may do: invitations, grants, the last admin; and programs' tokens."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from streetlamp.errors import UserError
from streetlamp.store import Database, Mute, Mutes, Subscription, Subscriptions
from streetlamp.store.migrate import _config
from streetlamp.vault.accounts import Accounts, InviteError, LastAdminError, NoSuchUserError
from streetlamp.vault.roles import EVERY_CAMERA, EVERY_ROLE, Role
from streetlamp.vault.tokens import MOST_DAYS, Tokens
from streetlamp.vault.users import Cost, NameTakenError, Users, WeakPasswordError

GOOD = "three lamps and a moth"
DAY = 86_400.0


@dataclass
class Office:
    db: Database
    users: Users
    accounts: Accounts
    tokens: Tokens


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Ada, who plays every role."""
    db = Database(tmp_path / "a.db")
    users = Users(db, cost=Cost(n=16))
    users.setup(users.new_setup_token(0.0), "Ada", GOOD, 0.0)
    yield Office(db, users, Accounts(db, users), Tokens(db))
    db.close()


def test_the_first_user_plays_every_role(office: Office) -> None:
    ada = office.accounts.get("ADA")
    assert ada is not None
    assert (ada.roles, ada.cameras, ada.invited) == (EVERY_ROLE, EVERY_CAMERA, False)


def test_an_invitation(office: Office) -> None:
    link = office.accounts.invite("Olga", {Role.OPERATOR}, ["north-*", "north-*"], 10.0)
    olga = office.accounts.get("olga")
    assert olga is not None
    assert (olga.roles, olga.cameras, olga.invited) == ({Role.OPERATOR}, ("north-*",), True)
    with pytest.raises(NameTakenError):
        office.accounts.invite("OLGA", (), ["*"], 11.0)
    with pytest.raises(WeakPasswordError):
        office.accounts.accept(link, "short", 11.0)
    assert office.accounts.accept(link, GOOD, 12.0) == "Olga"
    session = office.users.login("Olga", GOOD, 13.0)
    assert session is not None
    assert office.accounts.of_session(session, 14.0) == office.accounts.get("Olga")
    with pytest.raises(InviteError):
        office.accounts.accept(link, GOOD, 15.0)


def test_a_link_is_good_for_a_day_and_until_the_next_one(office: Office) -> None:
    first = office.accounts.invite("Olga", (), ["*"], 0.0)
    second = office.accounts.link("Olga", 1.0)
    for token, when in ((first, 2.0), ("made up", 2.0), (second, 1.0 + DAY)):
        with pytest.raises(InviteError, match="wrong, was used or is too old"):
            office.accounts.accept(token, GOOD, when)
    office.accounts.accept(second, GOOD, DAY)


def test_a_link_for_somebody_switched_off_opens_nothing(office: Office) -> None:
    link = office.accounts.invite("Olga", (), ["*"], 0.0)
    office.accounts.switch("Olga", 1.0, on=False)
    with pytest.raises(InviteError):
        office.accounts.accept(link, GOOD, 2.0)


def test_a_change_ends_the_logins(office: Office) -> None:
    office.users.add("Olga", GOOD, 0.0, {Role.OPERATOR})
    for change in (
        lambda: office.accounts.grant("Olga", {Role.SUPERVISOR}, ["*"], 2.0),
        lambda: office.accounts.grant("Olga", {Role.SUPERVISOR}, ["gate"], 2.0),
        lambda: office.accounts.switch("Olga", 2.0, on=False),
    ):
        session = office.users.login("Olga", GOOD, 1.0)
        assert session is not None
        change()
        assert office.accounts.of_session(session, 3.0) is None
    assert office.users.login("Olga", GOOD, 3.0) is None, "she is switched off"
    office.accounts.switch("Olga", 4.0, on=True)
    assert office.users.login("Olga", GOOD, 5.0)


def test_the_last_admin_stays(office: Office) -> None:
    office.accounts.invite("Adam", {Role.ADMIN}, ["*"], 0.0)  # has not come in yet: does not count
    for change in (
        lambda: office.accounts.grant("Ada", {Role.OPERATOR}, ["*"], 1.0),
        lambda: office.accounts.switch("Ada", 1.0, on=False),
        lambda: office.accounts.remove("Ada"),
    ):
        with pytest.raises(LastAdminError):
            change()
    ada = office.accounts.get("Ada")
    assert ada is not None
    assert (ada.roles, ada.disabled) == (EVERY_ROLE, False), "nothing was changed"
    office.accounts.accept(office.accounts.link("Adam", 2.0), GOOD, 2.0)
    office.accounts.remove("Ada")
    assert [one.name for one in office.accounts.all()] == ["Adam"]
    with pytest.raises(NoSuchUserError):
        office.accounts.remove("Ada")


@pytest.mark.parametrize("cameras", [[""], ["a\x00"], ["x" * 81], [f"c{n}" for n in range(201)]])
def test_cameras_that_cannot_be(office: Office, cameras: list[str]) -> None:
    with pytest.raises(UserError, match="camera"):
        office.accounts.grant("Ada", EVERY_ROLE, cameras, 1.0)


def test_a_token(office: Office) -> None:
    token, secret = office.tokens.add("Ada", " a  report ", ["view_counts"], ["gate"], 0.0, days=1)
    assert secret.startswith("slt_")
    assert len(secret) >= 47
    assert (token.name, token.maker, token.expires) == ("a report", "Ada", DAY)
    found = office.tokens.of(secret, 5.0)
    assert found is not None
    assert office.tokens.of(secret + "x", 5.0) is None
    assert office.tokens.of(secret, DAY) is None, "its time is over"
    assert [one.used for one in office.tokens.all("ada")] == [5.0]
    office.tokens.of(secret, 30.0)
    assert office.tokens.all()[0].used == 5.0, "not a write with every request"
    with sqlite3.connect(office.db.path) as raw:
        assert secret not in "".join(raw.iterdump())
    raw.close()
    office.tokens.revoke(token.id)
    assert office.tokens.of(secret, 6.0) is None


def test_a_token_goes_with_its_maker(office: Office) -> None:
    office.users.add("Sue", GOOD, 0.0, {Role.SUPERVISOR})
    _, secret = office.tokens.add("Sue", "x", ["view_counts"], ["*"], 0.0)
    office.accounts.remove("Sue")
    assert office.tokens.of(secret, 1.0) is None


def test_browsers_and_a_quiet_time_go_with_their_owner(office: Office) -> None:
    browsers, mutes = Subscriptions(office.db), Mutes(office.db)
    office.users.add("Sue", GOOD, 0.0, {Role.OPERATOR})
    for name in ("Ada", "Sue"):
        browsers.put(Subscription(f"id of {name}", name, "https://push.example", "", "", 0.0))
        mutes.put(Mute("", name, 0.0, 60.0, name))
    mutes.put(Mute("porter", "", 0.0, 60.0, "Sue"))
    office.accounts.remove("sue")
    assert browsers.users() == ["Ada"]
    assert {(one.target, one.part) for one in mutes.all()} == {("", "Ada"), ("porter", "")}


@pytest.mark.parametrize(
    ("name", "rights", "days"),
    [
        ("", ["view_counts"], 1),
        ("x", [], 1),
        ("x", ["view_counts"], MOST_DAYS + 1),
        ("x", ["a"], 0),
    ],
)
def test_tokens_that_cannot_be(office: Office, name: str, rights: list[str], days: float) -> None:
    with pytest.raises(UserError, match="token"):
        office.tokens.add("Ada", name, rights, ["*"], 0.0, days)


def test_whoever_had_a_login_before_there_were_roles_still_may_do_everything(
    tmp_path: Path,
) -> None:
    scripts = ScriptDirectory.from_config(_config())
    before = scripts.get_revision("0006").down_revision
    path = tmp_path / "old.db"
    path.touch()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        command.upgrade(_config(connection), str(before))
        connection.execute(
            text("INSERT INTO users VALUES ('Old Hand', 'old hand', x'00', x'00', 16, 8, 1, 7)")
        )
    engine.dispose()
    db = Database(path)
    found = Accounts(db, Users(db, cost=Cost(n=16))).get("old hand")
    assert found is not None
    assert (found.roles, found.cameras) == (EVERY_ROLE, EVERY_CAMERA)
    db.close()
