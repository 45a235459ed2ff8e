"""Messages of meters: rows as a file has them, or a reason; and the file they are added to."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from streetlamp.feeds.base import NoReadingError, Reading
from streetlamp.feeds.kinds.mqtt import TopicOptions
from streetlamp.feeds.message import reading_of
from streetlamp.meters.feed_file import FeedFile, Row
from streetlamp.meters.feeds import METERS, row_of
from streetlamp.meters.scan import Progress, Scan
from streetlamp.meters.zone import Zone

NOW = 1_790_000_000.0  # 2026-09-21T14:13:20Z


def topic(**more: Any) -> TopicOptions:
    given_ = {"topic": "water/{meter_id}/state", "kind": "water", "unit": "m3", **more}
    return TopicOptions.model_validate(given_, context=METERS)


def read(sort: TopicOptions, meter: str, body: bytes) -> Reading:
    return reading_of(sort, sort, meter, body, NOW)


def row(sort: TopicOptions, meter: str, body: bytes) -> Row:
    return row_of(read(sort, meter, body))


@pytest.mark.parametrize(
    ("pattern", "name", "meter"),
    [
        ("water/{meter_id}/state", "water/W7/state", "W7"),
        ("water/{meter_id}/state", "water/W7", None),
        ("water/{meter_id}/state", "gas/W7/state", None),
        ("+/{meter_id}/#", "house/W7/tele/SENSOR", "W7"),
        ("+/{meter_id}/#", "house", None),
        ("{meter_id}", "W7", "W7"),
    ],
)
def test_a_topic_names_its_meter(pattern: str, name: str, meter: str | None) -> None:
    found = topic(topic=pattern).named(name)
    assert (found.name if found else None) == meter


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"topic": "water/state"}, "exactly one level"),
        ({"topic": "{meter_id}/{meter_id}"}, "exactly one level"),
        ({"topic": "w{x}/{meter_id}"}, "a level of the topic"),
        ({"topic": "a+/{meter_id}"}, "a level of the topic"),
        ({"topic": "#/{meter_id}"}, "last level"),
        ({"kind": "beer"}, "there is no kind"),
        ({"unit": "kWh"}, "no unit that water"),
        ({"counts": "interval"}, "needs its time"),
        ({"instrument": "gauge"}, "for stores"),
        ({"topic": "{store}/{meter_id}"}, "a level of the topic"),
        ({"topic": "{meter_id}/{instrument}"}, "of stores alone"),
        ({"value": "a..b"}, "value"),
    ],
)
def test_a_topic_that_makes_no_sense_says_so(more: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        topic(**more)


def test_numbers_and_json_are_read() -> None:
    assert row(topic(), "W7", b" 12.5 ").cells == (
        "W7", "2026-09-21T14:13:20+00:00", "water", "12.5", "", "m3", "",
    )  # fmt: skip
    body = json.dumps({"E": {"Total": "7.25"}, "at": 1_790_000_060_000, "q": "estimated"}).encode()
    sort = topic(
        kind="electricity", unit="kWh", counts="interval", value="E.Total", time="at", quality="q"
    )
    assert row(sort, "E1", body).cells == (
        "E1", "2026-09-21T14:14:20+00:00", "electricity", "", "7.25", "kWh", "estimated",
    )  # fmt: skip
    local = topic(time="t", value="v")
    told = row(local, "W7", b'{"t": "2026-09-21 16:00", "v": 1}')
    assert told.cells[1] == "2026-09-21 16:00"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "no JSON"), (b"\xff\xfe", "no JSON"), (b"[" * 5000, "no JSON"),
        (b"null", "no number"), (b"true", "no number"), (b'"wet"', "no number"),
        (b"NaN", "finite"), (b"1e999", "finite"), (b"9" * 400, "finite"),
        (b"[1]", "no number"), (b"1" * 70_000, "longer"),
    ],
)  # fmt: skip
def test_what_is_no_reading_says_why(body: bytes, why: str) -> None:
    with pytest.raises(NoReadingError, match=why):
        read(topic(), "W7", body)


@pytest.mark.parametrize("time", [None, True, 1e40, -1e40, "", "x" * 100, "a\nb", []])
def test_a_time_that_is_none_is_no_reading(time: Any) -> None:
    body = json.dumps({"v": 1, "t": time}).encode()
    with pytest.raises(NoReadingError):
        read(topic(value="v", time="t"), "W7", body)


@given(st.binary(max_size=200), st.text(max_size=130))
def test_any_message_gives_a_row_or_a_reason(body: bytes, meter: str) -> None:
    try:
        cells = row(topic(), meter, body).cells
    except NoReadingError:
        return
    assert not any("\n" in cell for cell in cells)


def test_rows_are_added_and_read_as_any_file(tmp_path: Path) -> None:
    file = FeedFile(tmp_path / "in", "mqtt")
    begin = time.time() // 3600 * 3600 - 40 * 3600
    sort = topic(value="v", time="t")
    rows = [
        row(sort, 'W,"7"', json.dumps({"v": i, "t": begin + i * 3600}).encode()) for i in range(30)
    ]
    file.add(rows[:20], NOW)
    (path,) = (tmp_path / "in").iterdir()
    assert path.name == "mqtt-2026-09.csv"
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open("ab") as out:
        out.write(b'"W,""7""",2026-')  # a sudden end
    file.add(rows[15:], NOW)
    scan = Scan(Zone(ZoneInfo("UTC")))
    scan.read([path], time.time() + 60, Progress())
    ((one,),) = [panel.members for panel in scan.panels]
    assert one.meter == 'W,"7"'
    assert one.register.tolist() == [i * 1000.0 for i in range(30)]
    assert scan.rejects.total == 1, "the broken line, and none of those that came twice"


def test_what_the_disk_does_not_take_is_not_half_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = FeedFile(tmp_path, "mqtt")
    file.add([Row(("W", "t", "water", "1", "", "L", ""))], NOW)
    (path,) = tmp_path.iterdir()
    before = path.read_bytes()

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        file.add([Row(("W", "t", "water", "2", "", "L", ""))], NOW)
    assert path.read_bytes() == before
