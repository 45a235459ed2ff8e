"""Recordings over HTTP: found, played by ranges, exported; each look written down."""

from __future__ import annotations

import io

import av
import httpx
import pytest

from streetlamp.store.errors import StoreFullError
from support.house import fragments
from support.lamp import T0, Lamp


def timeline(client: httpx.Client, start: float, end: float, camera: str = "gate") -> list[dict]:
    answer = client.get(f"/api/cameras/{camera}/recordings", params={"start": start, "end": end})
    assert answer.status_code == 200, answer.text
    return answer.json()["segments"]


def pictures(data: bytes) -> int:
    with av.open(io.BytesIO(data)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_the_timeline(lamp: Lamp, ada: httpx.Client) -> None:
    lamp.house.record(fragments(500, start=T0))
    segments = timeline(ada, T0, T0 + 60)
    assert [(s["start"], s["end"]) for s in segments] == [(T0, T0 + 10), (T0 + 10, T0 + 20)]
    assert set(segments[0]) == {"id", "start", "end", "media_start", "size", "codec", "run"}
    assert timeline(ada, T0 + 12, T0 + 60) == segments[1:]
    assert timeline(ada, T0 + 100, T0 + 160) == []
    assert timeline(ada, T0, T0 + 60, "dock") == []
    nowhere = ada.get("/api/cameras/none/recordings", params={"start": 0, "end": 1})
    assert nowhere.status_code == 404


def test_a_segment_plays_whole_and_by_ranges(lamp: Lamp, ada: httpx.Client) -> None:
    lamp.house.record(fragments(250, start=T0))
    (segment,) = timeline(ada, T0, T0 + 60)
    address = f"/api/segments/{segment['id']}"
    whole = ada.get(address)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    assert whole.headers["accept-ranges"] == "bytes"
    assert len(whole.content) == segment["size"]
    assert pictures(whole.content) == 250
    parts, at = [], 0
    while at < segment["size"]:
        part = ada.get(address, headers={"Range": f"bytes={at}-{at + 9999}"})
        assert part.status_code == 206
        parts.append(part.content)
        at += len(part.content)
    assert b"".join(parts) == whole.content
    assert ada.get(address, headers={"Range": "bytes=-5"}).content == whole.content[-5:]
    beyond = ada.get(address, headers={"Range": f"bytes={segment['size']}-"})
    assert beyond.status_code == 416
    assert beyond.headers["content-range"] == f"bytes */{segment['size']}"
    several = ada.get(address, headers={"Range": "bytes=0-1,5-6"})
    assert (several.status_code, several.content) == (200, whole.content)


def test_of_a_segment_being_written_what_is_whole_is_sent(lamp: Lamp, ada: httpx.Client) -> None:
    writer = lamp.house.writer()
    for fragment in fragments(250, start=T0)[:6]:
        writer.write(fragment)
    (segment,) = timeline(ada, T0, T0 + 60)
    assert segment["end"] is None
    assert pictures(ada.get(f"/api/segments/{segment['id']}").content) == 75
    writer.finish()


def test_a_segment_whose_file_is_gone(lamp: Lamp, ada: httpx.Client) -> None:
    lamp.house.record(fragments(250, start=T0))
    (segment,) = timeline(ada, T0, T0 + 60)
    found = lamp.house.segments.get(segment["id"])
    assert found is not None
    (lamp.house.data / found.path).unlink()
    assert ada.get(f"/api/segments/{segment['id']}").status_code == 404


def test_an_export(lamp: Lamp, ada: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = lamp.services.data / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    lamp.house.record(fragments(500, start=T0))
    params = {"start": T0 + 5, "end": T0 + 15}
    made = ada.get("/api/cameras/gate/export.mp4", params=params)
    assert made.status_code == 200
    assert made.headers["content-disposition"] == (
        'attachment; filename="gate-20231114-221325Z.mp4"'
    )
    assert pictures(made.content) == 250
    assert list(scratch.iterdir()) == []
    entry = lamp.audit.list(1)[0]
    assert (entry.actor, entry.action, entry.object) == ("ada", "export", "camera:gate")
    assert str(T0 + 5) in entry.detail


def test_an_export_of_nothing(lamp: Lamp, ada: httpx.Client) -> None:
    nothing = ada.get("/api/cameras/gate/export.mp4", params={"start": T0, "end": T0 + 5})
    assert nothing.status_code == 404
    assert "nothing is recorded" in nothing.json()["error"]
    long = ada.get("/api/cameras/gate/export.mp4", params={"start": T0, "end": T0 + 9e4})
    assert long.status_code == 422


def test_exports_take_turns_and_give_their_place_back(lamp: Lamp, ada: httpx.Client) -> None:
    for _ in range(5):  # more than places: a refused one must not keep its place
        ada.get("/api/cameras/gate/export.mp4", params={"start": T0, "end": T0 + 5})
    lamp.house.record(fragments(250, start=T0))
    for _ in range(5):
        made = ada.get("/api/cameras/gate/export.mp4", params={"start": T0, "end": T0 + 5})
        assert made.status_code == 200


def test_a_download_broken_off_leaves_nothing_open(lamp: Lamp, ada: httpx.Client) -> None:
    lamp.house.record(fragments(250, start=T0))
    for _ in range(5):
        with ada.stream(
            "GET", "/api/cameras/gate/export.mp4", params={"start": T0, "end": T0 + 10}
        ) as answer:
            assert answer.status_code == 200  # and goes away without reading


def test_looks_are_written_down(lamp: Lamp, ada: httpx.Client) -> None:
    lamp.house.record(fragments(500, start=T0))
    for segment in timeline(ada, T0, T0 + 60):  # playing on is one look
        ada.get(f"/api/segments/{segment['id']}")
    assert lamp.said().count(("ada", "watch recording", "camera:gate")) == 1
    seen = ada.get("/api/audit?limit=1").json()["entries"]
    assert [(e["actor"], e["action"], e["object"]) for e in seen] == [
        ("ada", "watch recording", "camera:gate")
    ]


def test_what_cannot_be_written_down_is_not_shown(
    lamp: Lamp, ada: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    lamp.house.record(fragments(250, start=T0))
    (segment,) = timeline(ada, T0, T0 + 60)

    def full(*_: object, **__: object) -> None:
        raise StoreFullError("no room to write the log")

    monkeypatch.setattr(lamp.audit, "record", full)
    for path in (
        f"/api/segments/{segment['id']}",
        f"/api/cameras/gate/export.mp4?start={T0}&end={T0 + 5}",
    ):
        refused = ada.get(path)
        assert refused.status_code == 503
        assert refused.json()["error"] == "no room to write the log"
