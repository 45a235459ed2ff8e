"""Logging in, staying in, and getting out."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from streetlamp.desk.limit import LoginLimit
from streetlamp.desk.refusal import RefusalError
from support.lamp import PASSWORD, T0, Lamp

Make = Callable[..., Lamp]


def test_nobody_is_logged_in_at_first(lamp: Lamp) -> None:
    with lamp.client() as client:
        said = client.get("/api/session").json()
    assert said["user"] is None
    assert said["setup_needed"] is False


def test_login_and_logout(lamp: Lamp) -> None:
    with lamp.login() as client:
        assert client.get("/api/session").json()["user"] == {"name": "ada"}
        assert client.get("/api/site").status_code == 200
        assert client.post("/api/logout").json()["user"] is None
        assert client.get("/api/site").status_code == 401
    assert [entry[:2] for entry in lamp.said()] == [("ada", "login"), ("ada", "logout")]


def test_a_copied_cookie_dies_with_the_logout(lamp: Lamp) -> None:
    with lamp.login() as client:
        thief = lamp.client()
        thief.cookies.update(client.cookies)
        assert thief.get("/api/site").status_code == 200
        client.post("/api/logout")
        assert thief.get("/api/site").status_code == 401
        thief.close()


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(lamp: Lamp) -> None:
    with lamp.client() as client:
        answer = client.post("/api/login", json={"name": "ada", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(f"streetlamp-{lamp.server.port}=")
    for part in ("httponly", "samesite=strict", "path=/", "max-age=43200"):
        assert part in cookie
    assert "secure" not in cookie  # plain HTTP: a browser would not send it back


def test_over_https_the_cookie_stays_on_https(make_lamp: Make) -> None:
    lamp = make_lamp(names=("lamp.example.org",))
    headers = {"Host": "lamp.example.org", "Origin": "https://lamp.example.org"}
    with lamp.client() as client:
        answer = client.post(
            "/api/login", json={"name": "ada", "password": PASSWORD}, headers=headers
        )
    # The proxy's port is not part of Host, and a Host without a port means 80 to us, 443 to it.
    assert answer.status_code == 200
    assert "secure" in answer.headers["set-cookie"].lower()


def test_a_session_before_the_login_is_not_carried_on(lamp: Lamp) -> None:
    """Session fixation: somebody plants their own session in ada's browser before she logs in."""
    with lamp.login() as planted, lamp.client() as browser:
        browser.cookies.update(planted.cookies)
        browser.post("/api/login", json={"name": "ada", "password": PASSWORD})
        assert dict(browser.cookies) != dict(planted.cookies)
        assert browser.get("/api/site").status_code == 200
        assert planted.get("/api/site").status_code == 401


def test_an_invented_session_is_none(lamp: Lamp) -> None:
    name = f"streetlamp-{lamp.server.port}"
    for token in ("", "x", "a" * 5000, "' OR 1=1 --", "%00"):
        with lamp.client() as client:
            client.cookies.set(name, token)
            assert client.get("/api/site").status_code == 401


def test_a_session_ends_when_it_is_not_used(lamp: Lamp, ada: httpx.Client) -> None:
    lamp.clock.now += 11 * 3600
    assert ada.get("/api/site").status_code == 200  # used: it goes on
    lamp.clock.now += 11 * 3600
    assert ada.get("/api/site").status_code == 200
    lamp.clock.now += 13 * 3600
    answer = ada.get("/api/site")
    assert answer.status_code == 401
    assert answer.json() == {
        "error": "You are not logged in.",
        "hint": "Log in on the desk's page.",
    }


def test_a_live_view_ends_with_its_session(
    lamp: Lamp, ada: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streetlamp.desk.line._RECHECK", 0.05)
    with lamp.socket("/api/live/events", ada) as socket:
        assert "hello" in socket.recv(5)
        ada.post("/api/logout")
        with pytest.raises(ConnectionClosed) as closed:  # noqa: PT012
            while True:
                socket.recv(10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


WRONG = [
    ("ada", "wrong password"),
    ("nobody", PASSWORD),
    ("' OR '1'='1", PASSWORD),
    ("ada'; DROP TABLE users; --", PASSWORD),
    ("%", "%"),
]


@pytest.mark.parametrize(("name", "password"), WRONG)
def test_wrong_names_and_passwords_get_one_answer(lamp: Lamp, name: str, password: str) -> None:
    with lamp.client() as client:
        answer = client.post("/api/login", json={"name": name, "password": password})
        assert answer.status_code == 401
        assert answer.json()["error"] == "The name or the password is wrong."
        assert "set-cookie" not in answer.headers
    assert lamp.said() == [("nobody", "login refused", "")]
    with lamp.login():  # the table is still there
        pass


def test_guessing_is_slowed_down(lamp: Lamp) -> None:
    with lamp.client() as client:
        wrong = {"name": "ada", "password": "guess"}
        answers = [client.post("/api/login", json=wrong).status_code for _ in range(6)]
        assert answers == [401] * 5 + [429]
        late = client.post("/api/login", json={"name": "ada", "password": PASSWORD})
        assert late.status_code == 429
        assert int(late.headers["retry-after"]) >= 1
        lamp.clock.now += 2.5
        right = client.post("/api/login", json={"name": "ada", "password": PASSWORD})
        assert right.status_code == 200


def _wait(limit: LoginLimit, now: float) -> int:
    """How long the next attempt would have to wait, seconds; 0 if it may come now."""
    try:
        limit.attempt("10.0.0.1", "ada", now)
    except RefusalError as refusal:
        return int((refusal.headers or {})["Retry-After"])
    return 0


def test_waits_grow_and_are_forgotten() -> None:
    limit = LoginLimit(free=2, longest=60)
    now, waits = 0.0, []
    for _ in range(20):
        waits.append(_wait(limit, now))
        now += waits[-1]
    assert waits == [0, 0, 2, 0, 4, 0, 8, 0, 16, 0, 32, 0, 60, 0, 60, 0, 60, 0, 60, 0]
    limit.attempt("10.0.0.2", "bob", now)  # somebody else need not wait
    now += 901
    limit.attempt("10.0.0.1", "ada", now)
    limit.attempt("10.0.0.1", "ada", now)


def test_a_name_guessed_from_many_places_waits_but_not_for_long() -> None:
    limit = LoginLimit(free=2, longest=3600)
    for n in range(8):
        limit.attempt(f"10.0.0.{n}", "ada", 0.0)
    with pytest.raises(RefusalError):
        limit.attempt("10.0.1.1", "ada", 0.0)
    limit.attempt("10.0.1.1", "ada", 31.0)


def test_the_limit_holds_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streetlamp.desk.limit._MOST_KEYS", 100)
    limit = LoginLimit()
    for n in range(1000):
        limit.attempt(f"10.0.{n // 256}.{n % 256}", f"name{n}", 0.0)
    assert len(limit._tries) == 100


def test_the_one_time_link_makes_the_first_user_once(make_lamp: Make) -> None:
    lamp = make_lamp(users=())
    token = lamp.users.new_setup_token(T0)
    link = lamp.server.setup_link(token)
    assert link == f"http://127.0.0.1:{lamp.server.port}/setup#token={token}"
    with lamp.client() as client:
        assert client.get("/api/session").json()["setup_needed"] is True
        body = {"token": token, "name": "ada", "password": "short"}
        weak = client.post("/api/setup", json=body)
        assert weak.status_code == 422
        assert "at least 10" in weak.json()["error"]
        made = client.post("/api/setup", json={**body, "password": PASSWORD})
        assert made.json()["user"] == {"name": "ada"}
        assert client.get("/api/site").status_code == 200
        again = client.post("/api/setup", json={**body, "name": "eve", "password": PASSWORD})
        assert again.status_code == 403
    assert lamp.users.names() == ["ada"]


def test_setup_needs_the_right_token(make_lamp: Make) -> None:
    lamp = make_lamp(users=())
    token = lamp.users.new_setup_token(T0)
    with lamp.client() as client:
        body = {"token": "guess", "name": "eve", "password": PASSWORD}
        assert client.post("/api/setup", json=body).status_code == 403
        lamp.clock.now += 25 * 3600
        assert client.post("/api/setup", json={**body, "token": token}).status_code == 403
    assert lamp.users.names() == []
