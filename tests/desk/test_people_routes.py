"""Letting people in and out, tokens for programs, and what somebody sees who sees one camera."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from streetlamp.desk.rights import IN_PERSON, ROLES, Right
from streetlamp.desk.scope import Eyes
from streetlamp.desk.seen import alarms_of, open_count
from streetlamp.vault.roles import EVERY_ROLE, Role
from support.lamp import PASSWORD, SITE, T0, Lamp
from support.two_cameras import OTHER, OWN, OWNER, TwoCameras, start_two_cameras

Make = Callable[..., Lamp]
QUERY = {"start": "1699999980", "end": "1700000040"}


@pytest.fixture
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoCameras]:
    running = start_two_cameras(tmp_path_factory.mktemp("people") / "two")
    yield running
    running.lamp.stop()


@pytest.fixture
def ada(two: TwoCameras) -> Iterator[httpx.Client]:
    with two.lamp.login(OWNER) as client:
        yield client


def test_what_is_kept_apart() -> None:
    """The table, as far as it is a promise."""
    pictures = {Right.VIEW_LIVE, Right.VIEW_RECORDINGS, Right.EXPORT}
    assert not ROLES[Role.PRIVACY] & pictures, "who judges the use of pictures has none"
    for role in set(Role) - {Role.PRIVACY}:
        assert not ROLES[role] & {Right.READ_AUDIT, Right.JUDGE_HIDING}
    for role in set(Role) - {Role.ADMIN}:
        assert Right.MANAGE_USERS not in ROLES[role]
    assert not ROLES[Role.ADMIN] & {Right.VIEW_RECORDINGS, Right.EXPORT}
    assert {right for rights in ROLES.values() for right in rights} == set(Right)
    assert Right.MANAGE_USERS in IN_PERSON


LISTS = {
    "/api/site": lambda told: [one["id"] for one in told["cameras"]],
    "/api/status": lambda told: [one["camera"] for one in told["cameras"]],
    "/api/alarms": lambda told: [one["camera"] for one in told["alarms"]],
    "/api/counts": lambda told: [one["camera"] for one in told["rows"]],
    "/api/fleet": lambda told: [one["camera"] for one in told["cameras"]],
    "/api/hiding": lambda told: [one["camera"] for one in told["cameras"]],
}


@pytest.mark.parametrize("path", LISTS)
def test_lists_hold_what_one_may_see(two: TwoCameras, ada: httpx.Client, path: str) -> None:
    cameras = LISTS[path]
    assert set(cameras(ada.get(path, params=QUERY).json())) == {OTHER, OWN}
    with two.lamp.client(Authorization=f"Bearer {two.token}") as program:
        told = program.get(path, params=QUERY)
    assert set(cameras(told.json())) == {OWN}
    assert OTHER not in told.text.lower()


def test_metrics_plans_sightings_and_sums_too(two: TwoCameras, ada: httpx.Client) -> None:
    with two.lamp.client(Authorization=f"Bearer {two.token}") as program:
        figures = program.get("/metrics").text
        assert f'streetlamp_camera_live{{camera="{OWN}"}} 1' in figures
        assert OTHER not in figures
        assert "streetlamp_alarms_open 4" in figures
        assert [one["id"] for one in program.get("/api/site").json()["plans"]] == [f"plan-{OWN}"]
        assert program.get("/api/status").json()["alarms_open"] == 4
        found = program.get("/api/hiding").json()["sightings"]
        assert [one["camera"] for one in found] == [OWN]
        assert program.get("/api/alarms", params={"camera": OTHER}).json()["alarms"] == []
        hidden = program.get("/api/counts", params={**QUERY, "camera": OTHER})
        nowhere = program.get("/api/counts", params={**QUERY, "camera": "nowhere"})
        assert (hidden.status_code, hidden.json()) == (404, nowhere.json())
    assert ada.get("/api/status").json()["alarms_open"] == 8


def test_the_wall_and_the_news_of_one_camera(two: TwoCameras) -> None:
    rest = {"additional_headers": {"Authorization": f"Bearer {two.token}"}, "origin": None}
    with two.lamp.client() as nobody:
        with two.lamp.socket("/api/live/wall", nobody, **rest) as wall:
            assert json.loads(wall.recv(10))["cameras"] == [OWN]
            wall.send('{"show": [[0, 1]]}')
            with pytest.raises(ConnectionClosed) as closed:
                wall.recv(10)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1008
        with two.lamp.socket("/api/live/events", nobody, **rest) as news:
            two.lamp.raise_alarm("b-other", camera=OTHER, rule="new", start=T0 + 900)
            two.lamp.raise_alarm("b-own", camera=OWN, rule="new", start=T0 + 900)
            heard = ""
            while "b-own" not in heard:
                heard += str(news.recv(10))
    assert OTHER not in heard


def test_from_an_invitation_to_the_end_of_it(two: TwoCameras, ada: httpx.Client) -> None:
    body = {"name": "Olga", "roles": ["operator"], "cameras": ["area:North"]}
    made = ada.post("/api/users", json=body)
    assert made.status_code == 201, made.text
    assert made.json()["person"]["invited"] is True
    assert ada.post("/api/users", json=body).status_code == 409
    token = made.json()["link"].removeprefix("/invite#token=")
    with two.lamp.client() as olga:
        said = olga.post("/api/invite", json={"token": token, "password": PASSWORD}).json()
        assert (said["user"]["name"], said["roles"], said["all_cameras"]) == (
            "Olga", ["operator"], False,
        )  # fmt: skip
        assert set(said["rights"]) == ROLES[Role.OPERATOR]
        assert [one["id"] for one in olga.get("/api/site").json()["cameras"]] == [OWN]
        again = olga.post("/api/invite", json={"token": token, "password": PASSWORD})
        assert again.status_code == 403
        grant = {"roles": ["supervisor"], "cameras": ["*"]}
        assert ada.put("/api/users/olga", json=grant).json()["roles"] == ["supervisor"]
        assert olga.get("/api/site").status_code == 401, "a change ends the logins"
    assert ada.delete("/api/users/Olga").status_code == 204
    assert ada.delete("/api/users/Olga").status_code == 404
    log = {entry.action: entry for entry in two.lamp.audit.list(50)}
    assert json.loads(log["grant"].detail) == {
        "roles": "supervisor", "cameras": "*", "enabled": True, "before_roles": "operator",
        "before_cameras": "area:North", "before_enabled": True,
    }  # fmt: skip
    for action in ("invite user", "choose password", "remove user"):
        assert log[action].object == "user:Olga"


def test_the_last_admin_and_a_link_for_a_new_password(two: TwoCameras, ada: httpx.Client) -> None:
    ada.delete("/api/users/admin").raise_for_status()
    nothing = {"roles": [], "cameras": ["*"]}
    assert ada.put(f"/api/users/{OWNER}", json=nothing).status_code == 409
    assert ada.delete(f"/api/users/{OWNER}").status_code == 409
    link = ada.post("/api/users/operator/link").json()["link"]
    with two.lamp.client() as client:
        body = {"token": link.removeprefix("/invite#token="), "password": "another one of mine"}
        assert client.post("/api/invite", json=body).json()["user"]["name"] == "operator"


def test_ones_own_password(two: TwoCameras, ada: httpx.Client) -> None:
    with two.lamp.login(OWNER) as elsewhere:
        fresh = "another four words"
        wrong = ada.post("/api/password", json={"old": "wrong", "new": fresh})
        assert wrong.status_code == 403
        weak = ada.post("/api/password", json={"old": PASSWORD, "new": "short"})
        assert (weak.status_code, "at least 10" in weak.json()["error"]) == (422, True)
        done = ada.post("/api/password", json={"old": PASSWORD, "new": fresh})
        assert done.json()["user"]["name"] == OWNER
        assert ada.get("/api/site").status_code == 200, "this login goes on"
        assert elsewhere.get("/api/site").status_code == 401


def _token(client: httpx.Client, **about: object) -> httpx.Response:
    body = {"name": "report", "rights": ["view_counts"], "cameras": ["*"], "days": 1, **about}
    return client.post("/api/tokens", json=body)


def test_a_token_has_part_of_its_makers_rights(two: TwoCameras, ada: httpx.Client) -> None:
    with two.lamp.login("supervisor") as sue:
        assert _token(sue, rights=["read_audit"]).status_code == 403
        assert _token(sue, rights=["manage_tokens"]).status_code == 403
        made = _token(sue).json()
    with two.lamp.client(Authorization=f"Bearer {made['text']}") as program:
        told = program.get("/api/counts", params=QUERY).json()["rows"]
        assert [row["camera"] for row in told] == [OWN], "its maker sees one camera"
        assert program.get("/api/alarms").status_code == 403
        assert program.get("/api/session").json()["rights"] == ["view_counts"]
        ada.put("/api/users/supervisor", json={"roles": ["privacy_officer"], "cameras": ["*"]})
        assert program.get("/api/counts", params=QUERY).status_code == 403, "its maker may not"
        ada.put(
            "/api/users/supervisor",
            json={"roles": ["operator"], "cameras": ["*"], "enabled": False},
        )
        assert program.get("/api/counts", params=QUERY).status_code == 401


def test_tokens_are_ones_own(two: TwoCameras, ada: httpx.Client) -> None:
    with two.lamp.login("supervisor") as sue:
        own = _token(sue).json()["token"]["id"]
        assert [one["id"] for one in sue.get("/api/tokens").json()["tokens"]] == [own]
        everybodys = [one["id"] for one in ada.get("/api/tokens").json()["tokens"]]
        assert own in everybodys
        assert len(everybodys) == 2
        others = next(one for one in everybodys if one != own)
        assert sue.delete(f"/api/tokens/{others}").status_code == 404
        assert ada.delete(f"/api/tokens/{own}").status_code == 204
    assert two.lamp.said()[-1] == (OWNER, "revoke token", f"token:{own}")


def test_what_a_program_does_is_written_down_as_such(two: TwoCameras) -> None:
    with two.lamp.client(Authorization=f"Bearer {two.token}") as program:
        del program.headers["Origin"]
        assert program.post(f"/api/alarms/a-{OWN}/acknowledge").json()["state"] == "acknowledged"
    who = f"{OWNER} (token all of it)"
    assert two.lamp.said()[-1] == (who, "acknowledge", f"alarm:a-{OWN}")
    assert two.lamp.book.get(f"a-{OWN}").steps[-1].actor == who


def test_wrong_tokens_are_slowed_down_and_right_ones_are_not(two: TwoCameras) -> None:
    wrong = {"Authorization": "Bearer slt_made-up"}
    with two.lamp.client() as client:
        told = [client.get("/api/site", headers=wrong).status_code for _ in range(6)]
        assert told == [401] * 5 + [429]
        right = {"Authorization": f"Bearer {two.token}"}
        assert client.get("/api/site", headers=right).status_code == 200
    assert two.lamp.said().count(("nobody", "token refused", "")) == 5


def test_a_token_takes_the_place_of_cookies_and_never_comes_as_one(
    two: TwoCameras, ada: httpx.Client
) -> None:
    wrong = {"Authorization": "Bearer slt_made-up"}
    assert ada.get("/api/site", headers=wrong).status_code == 401
    another = {"Authorization": "Basic YTpi"}  # a proxy's
    assert ada.get("/api/site", headers=another).status_code == 200
    foreign = {"Origin": "http://evil.example", **another}
    assert ada.post("/api/alarms/a-gate/resolve", headers=foreign).status_code == 403
    with two.lamp.client() as client:
        client.cookies.set(f"streetlamp-{two.lamp.server.port}", two.token)
        assert client.get("/api/site").status_code == 401


def test_the_openapi_is_for_who_is_let_in(two: TwoCameras, ada: httpx.Client) -> None:
    told = ada.get("/api/openapi.json").json()
    assert told["paths"]["/api/counts"]["get"]["x-right"] == "view_counts"
    operations = [one for path in told["paths"].values() for one in path.values()]
    ids = [one["operationId"] for one in operations]
    assert len(set(ids)) == len(ids)
    assert all("421" in one["responses"] for one in operations)
    assert "WS /api/live/wall" in told["info"]["description"]


def test_another_method_is_told_which_ones_there_are(two: TwoCameras, ada: httpx.Client) -> None:
    for method in ("GET", "PATCH"):
        answer = ada.request(method, "/api/users/somebody")
        assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, PUT")
    assert ada.get("/api/nothing").status_code == 404


PATTERNS = [
    (("*",), [], ["gate", "dock", "gone", ""]),
    (("gate",), [], ["gate"]),
    (("g*",), [], ["gate", "gone"]),
    (("area:North",), [], ["gate"]),
    (("area:*",), [], ["gate"]),
    ((), [], []),
    (("gate", "dock"), [("d*",)], ["dock"]),
    (("*",), [("area:N*",)], ["gate"]),
]


@pytest.mark.parametrize(("own", "more", "seen"), PATTERNS)
def test_which_cameras_are_seen(
    own: tuple[str, ...], more: list[tuple[str, ...]], seen: list[str]
) -> None:
    eyes = Eyes.of(SITE, own, *more)  # gate is in the North, dock nowhere
    assert eyes.only(["gate", "dock", "gone", ""], lambda one: one) == seen


def test_of_alarms_as_many_as_were_asked_for(lamp: Lamp) -> None:
    """However many of other cameras stand between them."""
    for n in range(40):
        lamp.raise_alarm(f"a{n}", T0 + n, camera="dock" if n % 10 else "gate", place=f"p{n}")
    eyes = Eyes.of(SITE, ("gate",))
    found = alarms_of(lamp.book, eyes, limit=3)
    assert [one.id for one in found] == ["a30", "a20", "a10"]
    assert open_count(lamp.book, eyes) == 4


def test_everybody_who_is_new_gets_a_role_by_somebody(make_lamp: Make) -> None:
    lamp = make_lamp(users=())
    lamp.users.add("nobody yet", PASSWORD, T0)
    with lamp.login("nobody yet") as client:
        assert client.get("/api/site").status_code == 403
        assert client.get("/api/session").json()["rights"] == []
    assert {role.value for role in EVERY_ROLE} == {one.value for one in Role}
