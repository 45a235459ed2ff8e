"""Meters over HTTP: what waiting costs, their pages, and who may see a household's readings."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import numpy as np
import pytest

from streetlamp.app.finding_events import event_of
from streetlamp.desk.rights import IN_PERSON, ROLES, Right
from streetlamp.meters.options import MeterOptions
from streetlamp.meters.shown import AFTER, BEFORE
from streetlamp.values import AlarmState
from streetlamp.vault.roles import EVERY_CAMERA, Role
from support.lamp import PASSWORD, T0, Lamp, start_lamp
from support.meter_desk import (
    DAY,
    DAYS,
    HALL,
    HOUR,
    LEAKY,
    NORTH,
    PUMP,
    TIGHT,
    SmallMeters,
    small_meters,
    usage,
)

HOME, TIGHT_ID = f"water-{LEAKY}", f"water-{TIGHT}"
DISTRICT, ENGINE = f"district_inflow-{NORTH}", f"electricity-{PUMP}"
LOOK = "look at household readings"


@dataclass
class Place:
    """A desk with meters, and people of each kind who are logged in."""

    lamp: Lamp
    meters: SmallMeters
    people: dict[str, httpx.Client]

    @property
    def operator(self) -> httpx.Client:
        return self.people["operator"]

    def looks(self) -> list[tuple[str, str]]:
        """Who looked at which household, oldest first."""
        return [(who, what) for who, done, what in self.lamp.said() if done == LOOK]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("meters")
    lamp = start_lamp(folder / "lamp", users=())
    meters = small_meters(folder / "meters", lamp)
    people = {}
    for name, roles, cameras in (
        *((role.value, (role,), EVERY_CAMERA) for role in Role),
        ("narrow", (Role.SUPERVISOR,), ("gate",)),
    ):
        lamp.users.add(name, PASSWORD, T0, roles, cameras)
        people[name] = lamp.client()
        people[name].post("/api/login", json={"name": name, "password": PASSWORD})
    yield Place(lamp, meters, people)
    for client in people.values():
        client.close()
    lamp.stop()


def listed(place: Place, who: str = "operator") -> dict[str, Any]:
    found: dict[str, Any] = place.people[who].get("/api/meters").json()
    return found


def page(place: Place, id_: str, who: str = "operator", **query: float) -> httpx.Response:
    return place.people[who].get(f"/api/meters/{id_}", params=query)


def test_the_list_ranks_what_waiting_costs(place: Place) -> None:
    told = listed(place)
    assert [one["name"] for one in told["waiting"]] == [NORTH, HALL, LEAKY]
    district, hall, home = told["waiting"]
    assert (hall["cost"]["unit"], hall["cost"]["at_most"]) == ("m3", False)
    assert hall["cost"]["week"] == pytest.approx(hall["size"] * 0.168)
    assert hall["cost"]["money"] == pytest.approx(hall["cost"]["week"] * 4.0)
    flowed = (T0 // DAY * DAY - hall["start"]) / 3600 * hall["size"] / 1000
    assert hall["cost"]["so_far"] == pytest.approx(flowed)
    assert hall["cost"]["money_so_far"] == pytest.approx(flowed * 4.0)
    assert district["cost"]["week"] == pytest.approx(district["size"] * 168)
    assert district["cost"]["money"] is None, "no tariff, and ranked as if it had the highest"
    assert (home["household"], home["opens"], home["state"]) == (True, True, "raised")
    assert (told["currency"], told["households"], told["looked"]) == ("EUR", 2, T0)
    assert {one["id"]: one["found"] for one in told["meters"]} == {
        DISTRICT: 1, ENGINE: 0, hall["meter"]: 1,
    }  # fmt: skip
    assert TIGHT not in str(told), "of a household without a finding nothing is said"


def test_a_district_shows_level_band_evidence_and_nights(place: Place) -> None:
    told = page(place, DISTRICT).json()
    readings = told["readings"]
    measured = np.array(readings["measured"])
    used = next(one for (name, _, _), one in usage().items() if name == NORTH)
    assert measured == pytest.approx(used, abs=0.01)
    assert {len(readings[name]) for name in readings} == {DAYS * 24}
    assert (told["unit"], told["length"], told["step"]) == ("m3/h", 3600, 3600)
    expected = np.array([np.nan if one is None else one for one in readings["expected"]])
    assert np.isnan(expected[: 13 * 24]).all(), "two weeks are learnt"
    before = slice(30 * 24, 47 * 24)
    inside = (measured >= _some(readings["low"])) & (measured <= _some(readings["high"]))
    assert inside[before].mean() > 0.9
    assert np.abs(measured - expected)[before].mean() < 4
    (curve,) = told["curves"]
    assert curve["cause"] == "district_leak"
    (finding,) = [one for one in told["findings"] if one["state"]]
    time, share = _some(curve["time"]), _some(curve["statistic"])
    assert set(curve["limit"]) == {1.0}
    found = (time > finding["detected"] - 2 * HOUR) & (time <= finding["detected"])
    assert share[found].max() >= 1
    assert np.nanmax(share[time < finding["start"]]) < 1
    later = np.array(readings["time"]) > finding["detected"] + DAY
    assert (measured - expected)[later].mean() == pytest.approx(finding["size"], rel=0.15)
    nights = told["nights"]
    assert len(nights["time"]) == DAYS
    assert nights["measured"][-1] - nights["measured"][40] > 10, "the leak, at night"
    assert finding["cost"]["week"] > 1000
    assert finding["evidence"]


def _some(values: list[float | None]) -> Any:
    return np.array([np.nan if one is None else one for one in values])


def test_the_evidence_of_a_leak_reaches_its_limit_when_it_is_found(place: Place) -> None:
    told = page(place, listed(place)["waiting"][1]["meter"]).json()
    (finding,) = told["findings"]
    curve = next(one for one in told["curves"] if one["cause"] == "leak")
    time, height, limit = (_some(curve[name]) for name in ("time", "statistic", "limit"))
    over = height >= limit
    assert not over[time < finding["start"]].any()
    assert over[time >= finding["detected"]].all()
    load = page(place, ENGINE).json()
    assert (load["unit"], load["findings"]) == ("kW", [])
    assert {one["cause"] for one in load["curves"]} == {"load_step", "base_load_rise"}


def test_one_may_look_closer(place: Place) -> None:
    whole = page(place, DISTRICT).json()["readings"]["time"]
    part = page(place, DISTRICT, start=whole[100], end=whole[124]).json()
    assert part["readings"]["time"] == whole[100:124]
    assert {one for curve in part["curves"] for one in curve["time"]} <= set(whole[100:124])


def test_a_home_shows_what_lies_around_its_finding_and_the_look_is_logged(place: Place) -> None:
    before = len(place.looks())
    told = page(place, HOME).json()
    assert place.looks()[before:] == [("operator", f"meter:{HOME}")]
    (finding,) = told["findings"]
    detail = next(one for one in place.lamp.audit.list(50) if one.action == LOOK).detail
    assert finding["id"] in detail
    for time in (told["readings"]["time"], *(one["time"] for one in told["curves"])):
        assert min(time) >= finding["start"] - BEFORE
        assert max(time) <= finding["detected"] + AFTER
    wide = page(place, HOME, start=0, end=1e11).json()
    assert wide["readings"] == told["readings"], "no more for whoever asks for more"
    assert place.looks()[before + 1 :] == [], "the same look goes on"
    kept = place.meters.keeper.chart(HOME)
    assert kept is not None
    assert kept.time.min() >= finding["start"] - BEFORE, "and no more is kept"
    assert place.meters.keeper.chart(TIGHT_ID) is None


def test_a_look_that_cannot_be_noted_shows_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    from streetlamp.store.errors import StoreError  # noqa: PLC0415

    def full(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(place.lamp.audit, "record", full)
    place.lamp.clock.now += 3600
    answer = page(place, HOME)
    place.lamp.clock.now -= 3600
    assert answer.status_code == 503
    assert "measured" not in answer.text


CALLERS = [*(role.value for role in Role), "narrow", "nobody", "token"]
THINGS = {"home": HOME, "tight": TIGHT_ID, "district": DISTRICT, "pump": ENGINE, "none": "water-x"}


@pytest.mark.parametrize(("who", "what"), list(itertools.product(CALLERS, THINGS)))
def test_who_may_see_which_meter(place: Place, who: str, what: str) -> None:
    with place.lamp.client() as other:
        client = place.people.get(who, other)
        rights = {Right.VIEW_METERS}
        if who == "token":
            given = frozenset(Right) - IN_PERSON
            _, text = place.lamp.tokens.add("supervisor", "grid", given, EVERY_CAMERA, T0)
            other.headers["Authorization"] = f"Bearer {text}"
        elif who in place.people and who != "narrow":
            rights = set(ROLES[Role(who)])
        before = len(place.looks())
        answer = client.get(f"/api/meters/{THINGS[what]}")
        status = answer.status_code
        if who == "nobody":
            assert status == 401
        elif Right.VIEW_METERS not in rights:
            assert status == 403
        elif who == "narrow" or what == "none":
            assert status == 404
        elif what in ("home", "tight") and Right.HANDLE_FINDINGS not in rights:
            assert status == 403
            assert "handle_findings" in answer.json()["error"]
        elif what == "tight":
            assert status == 403
            assert "open finding" in answer.json()["error"]
        else:
            assert status == 200
        assert "measured" in answer.text or status != 200
        logged = place.looks()[before:]
        assert logged == [] or (status == 200 and what == "home")


def test_a_program_sees_no_households_picture(place: Place) -> None:
    _, text = place.lamp.tokens.add("supervisor", "pager", {"view_alarms"}, EVERY_CAMERA, T0)
    with place.lamp.client(Authorization=f"Bearer {text}") as program:
        for meter, status in ((LEAKY, 403), (HALL, 200)):
            about = f"/api/alarms/{place.meters.row(meter).id}/finding"
            assert program.get(f"{about}.svg").status_code == status
            told = program.get(about).json()
            assert told["has_picture"] is (status == 200)
            assert told["meter"] is None, "it has no right to the page"


def test_the_list_is_for_who_sees_the_whole_site(place: Place) -> None:
    assert listed(place, "narrow")["waiting"] == []
    assert listed(place, "narrow")["meters"] == []
    for who, there in (("operator", True), ("narrow", False), ("admin", False)):
        assert place.people[who].get("/api/site").json()["meters"] is there
    for who in ("admin", Role.PRIVACY.value):
        assert place.people[who].get("/api/meters").status_code == 403


def test_an_answered_finding_closes_the_page_and_the_picture(place: Place) -> None:
    """As the module's last: the alarm is answered for good."""
    row = place.meters.row(LEAKY)
    picture = f"/api/alarms/{row.id}/finding.svg"
    place.lamp.book.acknowledge(row.id, "operator", T0)
    (home,) = [one for one in listed(place)["waiting"] if one["name"] == LEAKY]
    assert (home["state"], home["alarm"]) == ("acknowledged", row.id)
    assert page(place, HOME).status_code == 200, "somebody is on it"
    assert place.operator.get(picture).status_code == 200
    assert place.operator.get(picture.removesuffix(".svg")).json()["has_picture"] is True
    place.lamp.book.resolve(row.id, "operator", T0)
    assert place.lamp.book.get(row.id).state is AlarmState.RESOLVED
    assert page(place, HOME).status_code == 403
    refused = place.operator.get(picture)
    assert (refused.status_code, "open finding" in refused.json()["error"]) == (403, True)
    told = place.operator.get(picture.removesuffix(".svg")).json()
    assert (told["has_picture"], told["evidence"]) == (False, row.evidence)
    assert LEAKY not in str(listed(place))
    hall = place.meters.row(HALL)
    place.lamp.book.resolve(hall.id, "operator", T0)
    site = place.operator.get(f"/api/alarms/{hall.id}/finding.svg")
    assert site.status_code == 200, "the site's own meters are nobody's home"


def test_what_was_never_an_alarm_is_open_until_it_is_over(place: Place) -> None:
    row = place.meters.row(LEAKY)
    place.lamp.findings.put([replace(row, alarm=False)])
    (home,) = [one for one in listed(place)["waiting"] if one["name"] == LEAKY]
    assert (home["state"], home["alarm"], home["opens"]) == ("noted", None, True)
    assert page(place, HOME).status_code == 200
    place.lamp.findings.put([row])


def test_before_the_first_look_everything_is_a_households(lamp: Lamp, ada: httpx.Client) -> None:
    from streetlamp.app.meter_keeper import MeterKeeper  # noqa: PLC0415
    from streetlamp.store import FindingRow  # noqa: PLC0415

    desk = lamp.app.state.desk
    keeper = MeterKeeper(lamp.services.data, lamp.clock, MeterOptions())
    desk.services = replace(desk.services, meters=keeper)
    assert ada.get("/api/meters").json()["looked"] is None
    answer = ada.get(f"/api/meters/{HOME}")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    row = FindingRow(
        "f-1", "meters", "W1", "leak", T0, T0, None, 3.0, "L/h", 0.9, "3 L/h.", {}, "<svg/>"
    )
    lamp.findings.put([row])
    lamp.book.handle(event_of(row))
    assert ada.get("/api/alarms/f-1/finding.svg").status_code == 200
    lamp.book.resolve("f-1", "ada", T0)
    assert ada.get("/api/alarms/f-1/finding.svg").status_code == 403


@pytest.mark.parametrize("id_", ["nowhere", "..", "water-/x", "water-a'--", "w" * 90, "water-é"])
def test_there_is_no_other_meter(place: Place, id_: str) -> None:
    assert page(place, id_).status_code in (404, 422)


def test_the_public_page_says_how_households_are_kept(place: Place) -> None:
    desk = place.lamp.app.state.desk
    desk.services = replace(desk.services, site=replace(desk.services.site, findings=True))
    with place.lamp.client() as nobody:
        kept = " ".join(nobody.get("/api/public").json()["also_kept"])
    assert "only while it has an open finding" in kept
