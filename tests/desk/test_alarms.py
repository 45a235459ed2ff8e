"""Alarms over HTTP: listed, answered by whoever is logged in, shown by their clip."""

from __future__ import annotations

import cv2
import httpx
import numpy as np

from support.lamp import T0, Lamp, put_clip


def test_the_list_shows_what_is_open_newest_first(lamp: Lamp, ada: httpx.Client) -> None:
    lamp.raise_alarm("a1", T0, rule="one")
    lamp.raise_alarm("a2", T0 + 10, rule="two")
    lamp.raise_alarm("a3", T0 + 20, rule="three", camera="dock")
    ada.post("/api/alarms/a2/false", json={"note": "a cat"})

    def ids(query: str) -> list[str]:
        return [alarm["id"] for alarm in ada.get(f"/api/alarms{query}").json()["alarms"]]

    assert ids("") == ["a3", "a1"]
    assert ids("?state=all") == ["a3", "a2", "a1"]
    assert ids("?state=false") == ["a2"]
    assert ids("?state=all&camera=gate") == ["a2", "a1"]
    assert ids("?state=all&limit=1") == ["a3"]
    assert ids(f"?state=all&before={T0 + 20}") == ["a2", "a1"]
    assert ada.get("/api/status").json()["alarms_open"] == 2


def test_an_alarm_in_full(lamp: Lamp, ada: httpx.Client) -> None:
    lamp.raise_alarm()
    alarm = ada.get("/api/alarms/a1").json()
    assert alarm["severity"] == "critical"
    assert alarm["box"] == [1.0, 2.0, 30.0, 40.0]
    assert alarm["numbers"] == {"most": 1.0}
    assert alarm["has_clip"] is False
    assert [(step["actor"], step["state"]) for step in alarm["steps"]] == [("streetlamp", "raised")]


def test_an_alarm_is_answered_by_whoever_is_logged_in(lamp: Lamp, ada: httpx.Client) -> None:
    lamp.raise_alarm()
    lamp.clock.now += 5
    assert ada.post("/api/alarms/a1/acknowledge").json()["state"] == "acknowledged"
    lamp.clock.now += 5
    done = ada.post("/api/alarms/a1/resolve", json={"note": "sent home"}).json()
    assert [(s["actor"], s["state"], s["time"], s["note"]) for s in done["steps"][1:]] == [
        ("ada", "acknowledged", T0 + 5, ""),
        ("ada", "resolved", T0 + 10, "sent home"),
    ]
    assert lamp.said()[-2:] == [("ada", "acknowledge", "alarm:a1"), ("ada", "resolve", "alarm:a1")]


def test_what_somebody_else_answered_first(lamp: Lamp, ada: httpx.Client) -> None:
    lamp.raise_alarm()
    lamp.book.mark_false("a1", "bob", T0 + 1, "a cat")
    answer = ada.post("/api/alarms/a1/acknowledge")
    assert answer.status_code == 409
    assert "called false by bob" in answer.json()["error"]
    assert ("ada", "acknowledge", "alarm:a1") not in lamp.said()
    assert ada.post("/api/alarms/none/acknowledge").status_code == 404


def test_the_clip(lamp: Lamp, ada: httpx.Client) -> None:
    lamp.raise_alarm()
    early = ada.get("/api/alarms/a1/clip.mp4")
    assert (early.status_code, early.json()["error"]) == (404, "The clip is not there yet.")
    clip = put_clip(lamp)
    assert ada.get("/api/alarms/a1").json()["has_clip"] is True
    whole = ada.get("/api/alarms/a1/clip.mp4")
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    assert whole.content == clip
    part = ada.get("/api/alarms/a1/clip.mp4", headers={"Range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.headers["content-range"] == f"bytes 100-199/{len(clip)}"
    assert part.content == clip[100:200]
    beyond = ada.get("/api/alarms/a1/clip.mp4", headers={"Range": f"bytes={len(clip)}-"})
    assert beyond.status_code == 416


def test_the_still_is_a_picture_of_the_clip(lamp: Lamp, ada: httpx.Client) -> None:
    lamp.raise_alarm()
    assert ada.get("/api/alarms/a1/still.jpg").status_code == 404
    put_clip(lamp)
    still = ada.get("/api/alarms/a1/still.jpg")
    assert still.headers["content-type"] == "image/jpeg"
    picture = cv2.imdecode(np.frombuffer(still.content, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (128, 192, 3)


def test_a_clip_whose_file_is_gone_or_broken(lamp: Lamp, ada: httpx.Client) -> None:
    lamp.raise_alarm()
    put_clip(lamp)
    path = lamp.services.data / "clips" / "a1.mp4"
    path.write_bytes(b"no video")
    assert ada.get("/api/alarms/a1/still.jpg").status_code == 404
    path.unlink()
    assert ada.get("/api/alarms/a1/clip.mp4").status_code == 404


def test_one_look_at_a_clip_is_one_entry_however_many_ranges(lamp: Lamp, ada: httpx.Client) -> None:
    lamp.raise_alarm()
    put_clip(lamp)
    for first in range(0, 1000, 100):
        ada.get("/api/alarms/a1/clip.mp4", headers={"Range": f"bytes={first}-{first + 99}"})
        lamp.clock.now += 1
    look = ("ada", "watch clip", "alarm:a1")
    assert lamp.said().count(look) == 1
    lamp.clock.now += 61
    ada.get("/api/alarms/a1/clip.mp4")
    assert lamp.said().count(look) == 2
    with lamp.login() as second:  # another session of the same person is another look
        second.get("/api/alarms/a1/clip.mp4")
    assert lamp.said().count(look) == 3
    assert lamp.audit.verify().ok
