"""The search over events, and counts by the calendar, as the page asks for them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import httpx
import pytest

from streetlamp.values import Count, Severity
from support.lamp import T0, Lamp, start_lamp


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A desk for questions that change nothing; it has one event."""
    running = start_lamp(tmp_path_factory.mktemp("events") / "lamp")
    running.raise_alarm("a1", T0, message="1 person is there")
    with running.login() as client:
        yield client
    running.stop()


def test_a_search_page_by_page(lamp: Lamp, ada: httpx.Client) -> None:
    for i in range(5):
        lamp.raise_alarm(f"a{i}", T0 + 100 * i, end=T0 + 100 * i + 1)
    first = ada.get("/api/events", params={"limit": 3}).json()
    assert [one["id"] for one in first["events"]] == ["a4", "a3", "a2"]
    lamp.raise_alarm("a9", T0 + 5000)
    then = ada.get("/api/events", params={"limit": 3, "after": first["next"]}).json()
    assert [one["id"] for one in then["events"]] == ["a1", "a0"]
    assert then["next"] is None
    one = then["events"][0]
    assert (one["camera"], one["place"], one["severity"]) == ("gate", "yard", "critical")
    assert (one["state"], one["has_clip"]) == ("raised", False)
    assert not {"box", "numbers", "upper", "colour"} & set(one)


def test_filters_and_facets(lamp: Lamp, ada: httpx.Client) -> None:
    lamp.raise_alarm("a1", T0)
    lamp.raise_alarm("a2", T0 + 1000, camera="dock", severity=Severity.INFO, alarm=False)
    found = ada.get("/api/events?camera=dock&camera=gate&severity=info&state=none").json()
    assert [one["id"] for one in found["events"]] == ["a2"]
    facets = ada.get("/api/events/facets?camera=dock").json()
    assert facets["total"] == 1
    assert facets["camera"] == [{"value": "dock", "n": 1}, {"value": "gate", "n": 1}]


def test_a_table_of_events_is_noted_and_no_formula(lamp: Lamp, ada: httpx.Client) -> None:
    lamp.raise_alarm("a1", T0, message='=HYPERLINK("evil")', place="yard, east")
    answer = ada.get("/api/events.csv?q=hyperlink")
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert row["message"] == '\'=HYPERLINK("evil")'
    assert (row["place"], row["start"]) == ("yard, east", "2023-11-14T23:13:20+01:00")
    assert answer.headers["content-disposition"].endswith('-14.csv"')
    assert ("ada", "export events", "") in lamp.said()


@pytest.mark.parametrize(
    "asked",
    [
        "start=9&end=9",
        "start=inf",
        "start=-1",
        "severity=worst",
        "state=gone",
        "limit=0",
        "limit=999",
        "after=x",
        "after=1_",
        "after=nan_a",
        "after=1e999_a",
        f"q={'x' * 201}",
        f"camera={'x' * 201}",
        "&".join(["camera=gate"] * 51),
    ],
)
def test_what_cannot_be_asked(kept: httpx.Client, asked: str) -> None:
    answer = kept.get(f"/api/events?{asked}")
    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "hint"}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("%", 0),
        ("_", 0),
        ("'; DROP TABLE events; --", 0),
        ("\0", 1),  # nothing is asked
        ("\ud7ff" * 60, 0),
        ("s " * 100, 1),
        ('"*"', 0),
        ("/", 0),
    ],
)
def test_hostile_words_break_nothing(kept: httpx.Client, words: str, found: int) -> None:
    for path in ("/api/events", "/api/events/facets", "/api/events.csv"):
        answer = kept.get(path, params={"q": words})
        assert answer.status_code == 200, answer.text
    assert len(kept.get("/api/events", params={"q": words}).json()["events"]) == found


@pytest.mark.parametrize(
    "asked",
    [
        "camera=gate&start=0&end=99999999999",
        "camera=gate&start=5&end=5",
        "camera=gate&start=0&end=60&unit=second",
        "start=0&end=60",
    ],
)
def test_counts_that_cannot_be_asked(kept: httpx.Client, asked: str) -> None:
    assert kept.get(f"/api/counts/periods?{asked}").status_code == 422
    assert kept.get(f"/api/counts/usual?{asked}").status_code == 422


def test_counts_by_day_and_as_a_table(lamp: Lamp, ada: httpx.Client) -> None:
    minute = int(T0 // 3600) * 3600
    lamp.services.counts.add(  # type: ignore[attr-defined]
        [
            Count("gate", "entry", "car", "in", minute, 2),
            Count("gate", "entry", "car", "in", minute + 3600, 3),  # past midnight in Berlin
            Count("gate", "yard", "person", "", minute, 4),
        ]
    )
    asked = {"camera": "gate", "start": minute - 3600, "end": minute + 7200, "unit": "day"}
    rows = ada.get("/api/counts/periods", params=asked).json()["rows"]
    assert [(row["direction"], row["n"]) for row in rows] == [("in", 2), ("", 4), ("in", 3)]
    slots = ada.get("/api/counts/usual", params=asked).json()["slots"]
    assert [(slot["weeks"], slot["passed_in"]) for slot in slots] == [(0, None)] * 2
    text = ada.get("/api/counts.csv", params={**asked, "unit": "hour"}).text
    table = list(csv.DictReader(io.StringIO(text)))
    assert [row["passed"] for row in table] == ["2", "", "3"]
    assert table[1]["most"] == "4"
    assert table[2]["start"] == "2023-11-15T00:00:00+01:00"
    assert ("ada", "export counts", "camera:gate") in lamp.said()
