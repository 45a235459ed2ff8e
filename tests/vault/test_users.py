"""Passwords, the one-time link, logins."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from streetlamp.errors import UserError
from streetlamp.store import Database
from streetlamp.vault.users import (
    Cost,
    NameTakenError,
    SetupError,
    Users,
    WeakPasswordError,
    check_password,
)

CHEAP = Cost(n=16)
GOOD = "three lamps and a moth"
HOUR = 3600.0


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "a.db")
    yield database
    database.close()


@pytest.fixture
def users(db: Database) -> Users:
    return Users(db, cost=CHEAP)


def test_the_first_start(users: Users) -> None:
    assert users.setup_needed()
    token = users.new_setup_token(0.0)
    session = users.setup(token, "Ada", GOOD, 1.0)
    assert not users.setup_needed()
    assert users.user_of(session, 2.0) == "Ada"
    assert users.names() == ["Ada"]
    with pytest.raises(SetupError, match="done before"):
        users.new_setup_token(3.0)
    with pytest.raises(SetupError, match="done before"):
        users.setup(token, "Eve", GOOD, 3.0)


def test_the_link_works_once_and_not_for_ever(users: Users) -> None:
    old = users.new_setup_token(0.0)
    new = users.new_setup_token(1.0)
    for token, at in ((old, 2.0), ("", 2.0), (new + "x", 2.0), (new, 25 * HOUR)):
        with pytest.raises(SetupError, match="wrong, was used or is too old"):
            users.setup(token, "Ada", GOOD, at)
    with pytest.raises(WeakPasswordError):
        users.setup(new, "Ada", "short", 2.0)
    users.setup(new, "Ada", GOOD, 2.0)  # a weak password has not used it up


def test_login(users: Users) -> None:
    users.add("Ada Lovelace", GOOD, 0.0)
    token = users.login("  ada   LOVELACE ", GOOD, 1.0)
    assert token is not None
    assert users.user_of(token, 2.0) == "Ada Lovelace"
    assert users.login("Ada Lovelace", GOOD + " ", 1.0) is None
    assert users.login("Ada Lovelace", "", 1.0) is None
    assert users.login("", "", 1.0) is None
    assert users.login("Bob", GOOD, 1.0) is None
    assert users.login("Ada Lovelace", GOOD * 100, 1.0) is None
    users.logout(token)
    assert users.user_of(token, 3.0) is None
    assert users.user_of("made up", 3.0) is None


def test_a_session_lives_while_it_is_used(users: Users) -> None:
    users.add("Ada", GOOD, 0.0)
    token = users.login("Ada", GOOD, 0.0)
    assert token is not None
    for hour in range(11, 111, 11):
        assert users.user_of(token, hour * HOUR) == "Ada"
    assert users.user_of(token, 110 * HOUR + 12 * HOUR) is None
    assert users.user_of(token, 110 * HOUR) is None, "an expired session does not come back"


def test_a_new_password_ends_every_login(users: Users) -> None:
    users.add("Ada", GOOD, 0.0)
    token = users.login("Ada", GOOD, 1.0)
    users.change_password("ada", "another long one", 2.0)
    assert users.user_of(token or "", 3.0) is None
    assert users.login("Ada", GOOD, 4.0) is None
    token = users.login("Ada", "another long one", 4.0)
    assert token is not None
    users.logout_everywhere("Ada")
    assert users.user_of(token, 5.0) is None
    with pytest.raises(UserError, match="no user called Bob"):
        users.change_password("Bob", GOOD, 1.0)


def test_one_name_one_user(users: Users) -> None:
    users.add("Ada", GOOD, 0.0)
    with pytest.raises(NameTakenError):
        users.add("ADA", GOOD, 0.0)


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\nb\x00"])
def test_names_that_cannot_be(users: Users, name: str) -> None:
    with pytest.raises(UserError, match="user name"):
        users.add(name, GOOD, 0.0)


@pytest.mark.parametrize(
    ("name", "password", "said"),
    [
        ("ada", "ninechars", "9 characters: take at least 10"),
        ("Ada Lovelace", "ada lovelace", "is the user name"),
        ("ada", "x" * 1001, "longer than 1000"),
    ],
)
def test_weak_passwords(name: str, password: str, said: str) -> None:
    with pytest.raises(WeakPasswordError, match=said):
        check_password(name, password)
    check_password("ada", "aaaaaaaaaa")  # nothing sillier than length


def test_nothing_secret_is_in_the_file(db: Database, users: Users, tmp_path: Path) -> None:
    link = users.new_setup_token(0.0)
    with sqlite3.connect(db.path) as raw:
        before = "".join(map(str, raw.iterdump()))
    raw.close()
    session = users.setup(link, "Ada", GOOD, 1.0)
    with sqlite3.connect(db.path) as raw:
        after = "".join(map(str, raw.iterdump()))
    raw.close()
    for secret in (link, session, GOOD):
        assert secret not in before + after


def test_the_same_password_twice_is_two_hashes_with_the_cost_kept(db: Database) -> None:
    Users(db, cost=CHEAP).add("a", GOOD, 0.0)
    Users(db, cost=Cost(n=32)).add("b", GOOD, 0.0)
    with sqlite3.connect(db.path) as raw:
        rows = raw.execute("SELECT hash, salt, n FROM users").fetchall()
    raw.close()
    assert len({row[0] for row in rows}) == len({row[1] for row in rows}) == 2
    assert {row[2] for row in rows} == {16, 32}
    assert Users(db).login("a", GOOD, 0.0), "an old hash is checked at its own cost"


def test_the_cost_as_it_ships() -> None:
    cost = Cost()
    assert 128 * cost.n * cost.r == 32 << 20
    assert len(cost.hash(GOOD, b"salt" * 4)) == 32
