"""Tanks and stores over HTTP: what is shown, who may note and correct, and what never happens."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from streetlamp.vault.roles import EVERY_CAMERA, Role
from support.lamp import PASSWORD, T0, Lamp, start_lamp
from support.stores import DEPOT, EMPTY, TANK, SmallStores, small_stores

HOUR = 3600.0
_KEYS = itertools.count(1)


@dataclass
class Place:
    """A desk with stores, and people of each kind who are logged in."""

    lamp: Lamp
    stores: SmallStores
    people: dict[str, httpx.Client]

    @property
    def operator(self) -> httpx.Client:
        return self.people["operator"]

    @property
    def supervisor(self) -> httpx.Client:
        return self.people["supervisor"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    lamp = start_lamp(tmp_path_factory.mktemp("stores") / "lamp", users=())
    stores = small_stores(lamp.services.data / "stock", lamp.clock)
    desk = lamp.app.state.desk
    desk.services = replace(desk.services, stores=stores.keeper)
    people = {}
    for name, role, cameras in (
        ("operator", Role.OPERATOR, EVERY_CAMERA),
        ("other", Role.OPERATOR, EVERY_CAMERA),
        ("narrow", Role.SUPERVISOR, ("gate",)),
        ("supervisor", Role.SUPERVISOR, EVERY_CAMERA),
        ("admin", Role.ADMIN, EVERY_CAMERA),
        ("privacy", Role.PRIVACY, EVERY_CAMERA),
    ):
        lamp.users.add(name, PASSWORD, T0, (role,), cameras)
        people[name] = lamp.client()
        people[name].post("/api/login", json={"name": name, "password": PASSWORD})
    yield Place(lamp, stores, people)
    for client in people.values():
        client.close()
    stores.keeper.close()
    lamp.stop()


def dip(**more: Any) -> dict[str, Any]:
    """A dip of the tank an hour ago, under a key of its own."""
    body = {
        "key": f"00000000-0000-4000-8000-{next(_KEYS):012d}",
        "kind": "level",
        "at": T0 - HOUR,
        "quantity": 900.0,
        "unit": "mm",
        "instrument": "stick",
    }
    return {**body, **more}


def noted(place: Place, store: str = TANK) -> list[dict[str, Any]]:
    answer = place.supervisor.get(f"/api/stores/{store}/entries", params={"limit": 500})
    found: list[dict[str, Any]] = answer.json()["entries"]
    return found


def send(client: httpx.Client, body: dict[str, Any], store: str = TANK) -> httpx.Response:
    return client.post(f"/api/stores/{store}/entries", json=body)


def test_the_list_says_what_each_store_holds_and_could_lose_unseen(place: Place) -> None:
    told = place.operator.get("/api/stores").json()
    tank, depot, empty = told["stores"]
    assert [one["name"] for one in told["stores"]] == [TANK, DEPOT, EMPTY]
    assert told["reckoned"] == T0
    assert (tank["form"], tank["unit"], tank["found"]) == ("tank", "L", 1)
    assert tank["capacity"] == pytest.approx(20_106, abs=1)
    assert 0 < tank["lasting"] < tank["abrupt"]
    assert (depot["unit"], depot["capacity"]) == ("t", None)
    assert depot["id"].startswith("store."), "a name with a slash is no address"
    assert "two stock-takes" in empty["trouble"]
    assert empty["muf"] is None


def test_a_store_shows_balances_limits_tests_and_findings(place: Place) -> None:
    told = place.operator.get(f"/api/stores/{TANK}").json()
    b, least = told["balances"], told["least"]
    assert {len(b[name]) for name in ("time", "measured", "book", "muf", "sigma", "page")} == {45}
    for book, measured, muf in zip(b["book"], b["measured"], b["muf"], strict=True):
        assert book - measured == pytest.approx(muf, abs=0.1)
    (theft,) = told["findings"]
    assert theft["cause"] == "theft"
    assert theft["size"] == pytest.approx(150, rel=0.3)
    numbers = {one["seq"] for one in noted(place)}
    assert set(theft["entries"]) <= numbers
    assert {seq for some in b["entries"] for seq in some} <= numbers
    assert b["page_limit"] > 0
    assert least["advice"][0]["words"]
    assert told["limits"]["top"] == pytest.approx(2000)


def test_an_entry_is_noted_once_whoever_asks_how_often(place: Place) -> None:
    body = dip()
    first = send(place.operator, body)
    assert (first.status_code, first.json()["new"]) == (201, True)
    answers: list[httpx.Response] = []
    threads = [
        threading.Thread(target=lambda: answers.append(send(place.operator, body)))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.status_code for one in answers} == {200}
    assert {one.json()["entry"]["seq"] for one in answers} == {first.json()["entry"]["seq"]}
    assert [one["author"] for one in noted(place) if one["quantity"] == 900.0] == ["operator"]
    about = [one for one in place.lamp.audit.list(1000) if one.action == "note stock"]
    assert [one.object for one in about].count(f"store:{TANK}") == 1
    assert about[0].actor == "operator"


def test_a_key_is_of_one_entry(place: Place) -> None:
    body = dip(quantity=901.0)
    assert send(place.operator, body).status_code == 201
    assert send(place.operator, {**body, "quantity": 902.0}).status_code == 409
    assert send(place.people["other"], body).status_code == 409, "and of one person"
    assert not [one for one in noted(place) if one["quantity"] == 902.0]


def test_a_correction_is_a_new_entry_and_by_whom_it_may_be(place: Place) -> None:
    wrong = send(place.operator, dip(quantity=90.0)).json()["entry"]["seq"]
    right = dip(quantity=910.0, corrects=wrong)
    assert send(place.people["other"], right).status_code == 403
    answer = send(place.operator, dip(quantity=910.0, corrects=wrong))
    assert answer.status_code == 201, "one's own"
    again = send(place.operator, dip(quantity=911.0, corrects=wrong))
    assert (again.status_code, "already" in again.json()["error"]) == (409, True)
    seq = answer.json()["entry"]["seq"]
    gone = dip(kind="withdrawal", quantity=0.0, corrects=seq, note="never was")
    assert send(place.supervisor, gone).status_code == 201
    by_seq = {one["seq"]: one for one in noted(place)}
    assert by_seq[wrong]["quantity"] == 90.0, "the old one stays as it was"
    assert by_seq[seq]["corrects"] == wrong
    assert send(place.supervisor, dip(corrects=10**9)).status_code == 409


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        ({"quantity": 2500.0}, "ends at 2000 mm"),
        ({"quantity": 2.5, "unit": "m3", "kind": "receipt", "at": T0 + 900}, "in the future"),
        ({"kind": "receipt", "quantity": 21.0, "unit": "m3"}, "holds 20106 L"),
        ({"kind": "temperature", "quantity": 451.0, "unit": "°F"}, "no temperature"),
        ({"at": T0 - 400 * 86_400}, "more than a year ago"),
        ({"quantity": -1.0}, "below zero"),
    ],
)
def test_what_is_odd_is_noted_when_the_person_says_it_is_so(
    place: Place, odd: dict[str, Any], said: str
) -> None:
    body = dip(**odd)
    refused = send(place.operator, body)
    assert refused.status_code == 409
    assert said in refused.json()["error"]
    taken = send(place.operator, {**body, "confirmed": True})
    assert taken.status_code == 201
    assert taken.json()["entry"]["note"].endswith("(unusual, and confirmed)")
    gone = dip(kind="withdrawal", quantity=0.0, unit="L", corrects=taken.json()["entry"]["seq"])
    assert send(place.supervisor, gone).status_code == 201


def test_a_meter_that_falls_is_odd(place: Place) -> None:
    total = {"kind": "meter_total", "unit": "L", "instrument": "pump 1"}
    twice = send(place.operator, dip(**total, quantity=5000.0))
    assert "count twice" in twice.json()["error"], "the records hold issues"
    first = dip(**total, quantity=5000.0, confirmed=True)
    assert send(place.operator, first).status_code == 201
    place.stores.reckon()
    later = dip(**total, quantity=4000.0, at=T0 - 60)
    assert "last total of this meter was 5000.0 L" in send(place.operator, later).json()["error"]


def test_what_is_noted_reaches_the_balances(place: Place) -> None:
    before = place.operator.get(f"/api/stores/{TANK}").json()
    at = T0 - 600
    body = dip(kind="recount", quantity=7000.0, unit="L", instrument="volume", at=at)
    seq = send(place.operator, body).json()["entry"]["seq"]
    told = place.operator.get(f"/api/stores/{TANK}").json()
    assert (told["waiting"], told["balances"]["time"]) == (True, before["balances"]["time"])
    place.stores.reckon()
    told = place.operator.get(f"/api/stores/{TANK}").json()
    assert told["waiting"] is False
    assert (told["balances"]["time"][-1], told["balances"]["measured"][-1]) == (
        at,
        pytest.approx(7000, rel=0.01),
    )
    assert seq in told["balances"]["entries"][-1]


def test_the_sheet_of_a_month_is_a_page_that_runs_nothing(place: Place) -> None:
    path = f"/api/stores/{TANK}/sheet.html"
    answer = place.operator.get(path, params={"month": "2023-10"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy
    assert "Stock in 2023-10" in answer.text
    assert "eak test (SIR)" in answer.text
    assert DEPOT not in answer.text, "of one store only"
    for month in ("October", "2023-13", "0001-01", "2023-10&x=1", ""):
        assert place.operator.get(path, params={"month": month}).status_code == 422
    for name, status in (("narrow", 404), ("admin", 403)):
        refused = place.people[name].get(path, params={"month": "2023-10"})
        assert refused.status_code == status


HOSTILE: list[dict[str, Any]] = [
    {"kind": "gossip"},
    {"unit": "bushel"},
    {"unit": "t"},  # a height in tonnes
    {"quantity": "lots"},
    {"quantity": 1e300},
    {"kind": "receipt", "unit": "L", "quantity": -5.0},
    {"key": "short"},
    {"key": "x" * 51},
    {"key": "'; DROP TABLE stock_entries;--"},
    {"at": -1.0},
    {"at": 1e12},
    {"author": "somebody else"},
    {"note": "x" * 201},
    {"note": "line\nbreak"},
    {"instrument": "bell\x07"},
    {"corrects": 0},
    {"corrects": 2**63},
    {"kind": "withdrawal", "unit": "L", "quantity": 0.0},  # of nothing
]


@pytest.mark.parametrize("wrong", HOSTILE, ids=str)
def test_what_cannot_be_is_refused(place: Place, wrong: dict[str, Any]) -> None:
    n = len(noted(place))
    answer = send(place.supervisor, dip(**wrong))
    assert answer.status_code == 422, answer.text
    assert set(answer.json()) == {"error", "hint"}
    assert len(noted(place)) == n


def test_no_number_is_no_quantity(place: Place) -> None:
    for text in ("NaN", "Infinity", "-Infinity"):
        raw = json.dumps(dip(quantity=5)).replace(": 5,", f": {text},", 1)
        assert text in raw
        answer = place.operator.post(
            f"/api/stores/{TANK}/entries", content=raw, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in (400, 422)


def test_the_store_is_seen_by_who_sees_the_whole_site(place: Place) -> None:
    narrow = place.people["narrow"]
    assert narrow.get("/api/stores").json()["stores"] == []
    assert narrow.get("/api/site").json()["stores"] is False
    for path in (TANK, f"{TANK}/entries"):
        assert narrow.get(f"/api/stores/{path}").status_code == 404
    assert send(narrow, dip()).status_code == 404
    assert place.operator.get("/api/site").json()["stores"] is True
    for name in ("admin", "privacy"):
        assert place.people[name].get("/api/stores").status_code == 403
        assert send(place.people[name], dip()).status_code == 403
    with place.lamp.client() as nobody:
        assert nobody.get("/api/stores").status_code == 401
        assert send(nobody, dip()).status_code == 401


@pytest.mark.parametrize("id_", ["nowhere", "..", "%2e%2e", "a'--", "x" * 65, "%00", "é"])
def test_there_is_no_other_store(place: Place, id_: str) -> None:
    assert place.operator.get(f"/api/stores/{id_}").status_code in (404, 422)
    assert send(place.operator, dip(), id_).status_code in (404, 405, 422)


def test_another_site_cannot_note_anything(place: Place) -> None:
    n = len(noted(place))
    answer = place.operator.post(
        f"/api/stores/{TANK}/entries", json=dip(), headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert len(noted(place)) == n


def test_the_public_page_says_that_a_ledger_is_kept(place: Place) -> None:
    with place.lamp.client() as nobody:
        kept = " ".join(nobody.get("/api/public").json()["also_kept"])
    assert "which user of this desk noted them" in kept
