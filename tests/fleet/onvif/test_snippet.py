"""Which streams a piece of site file takes, and how it is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from streetlamp.fleet.onvif.snippet import pick, snippet
from streetlamp.fleet.onvif.values import Device, Target, VideoProfile
from streetlamp.site import Site, parse_site

GATE = Target("192.168.1.20", 80)


def stream(name: str, **change: Any) -> VideoProfile:
    about: dict[str, Any] = {
        "codec": "H264",
        "width": 1920,
        "height": 1080,
        "fps": 25.0,
        "gop": 50,
        "source": "vs0",
        "uri": f"rtsp://192.168.1.20/{name}",
    }
    return VideoProfile(token=name, name=name, **{**about, **change})


MAIN = stream("main")
SMALL = stream("small", width=640, height=360)
TINY = stream("tiny", width=320, height=180)


def site_of(*devices: Device, username: str = "", variable: str = "") -> Site:
    return parse_site(snippet(devices, username, variable), Path("/nowhere/site.yaml"))


@pytest.mark.parametrize(
    ("story", "profiles", "main", "second"),
    [
        ("a main and a small one", [SMALL, MAIN], "main", "small"),
        ("one stream alone", [MAIN], "main", None),
        ("the tiny one is too small to see anybody", [MAIN, TINY], "main", None),
        ("the smallest that is large enough", [MAIN, stream("mid", width=1280, height=720), SMALL],
         "main", "small"),
        ("H.265 may be the main one, never the second",
         [stream("main", codec="H265"), stream("s", codec="H265", width=640, height=360)],
         "main", None),
        ("H.265 with a small H.264", [stream("main", codec="H265"), SMALL], "main", "small"),
        ("another shape is another view", [MAIN, stream("s", width=640, height=480)],
         "main", None),
        ("nearly the same shape is the same", [MAIN, stream("s", width=704, height=400)],
         "main", "s"),
        ("keyframes too rare", [MAIN, stream("s", width=640, height=360, gop=150)], "main", None),
        ("keyframes a little rarer", [MAIN, stream("s", width=640, height=360, gop=75)],
         "main", "s"),
        ("keyframes more often", [MAIN, stream("s", width=640, height=360, gop=12)], "main", "s"),
        ("nobody says how often", [MAIN, stream("s", width=640, height=360, gop=0)], "main", "s"),
        ("a refused one is not taken", [stream("main", uri="", refused="x"), SMALL],
         "small", None),
        ("JPEG beside H.264 of the same size", [stream("j", codec="JPEG"), MAIN], "main", None),
        ("two names of one stream", [MAIN, stream("s", width=640, height=360, uri=MAIN.uri)],
         "main", None),
        ("a codec that nobody knows", [stream("x", codec="AV2")], None, None),
        ("nothing", [], None, None),
        ("sizes that are not told", [stream("m", width=0, height=0)], "m", None),
    ],
)  # fmt: skip
def test_which_streams_are_taken(
    story: str, profiles: list[VideoProfile], main: str | None, second: str | None
) -> None:
    picked = [one.name if one else None for one in pick(profiles)]
    assert picked == [main, second], story


def test_a_whole_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE", "a secret")
    device = Device(GATE, "Front gate", profiles=(MAIN, SMALL))
    text = snippet([device], "admin", "GATE")
    assert "a secret" not in text
    camera = site_of(device, username="admin", variable="GATE").cameras["front-gate"]
    assert camera.name == "Front gate"
    assert (camera.source.username, camera.source.password.get_secret_value()) == (
        "admin",
        "a secret",
    )
    assert camera.second_stream is not None
    assert camera.second_stream.username == "admin"


def test_channels_and_namesakes_get_ids_of_their_own() -> None:
    recorder = Device(
        GATE,
        "NVR",
        profiles=tuple(
            stream(f"c{n}", source=f"vs{n}", uri=f"rtsp://192.168.1.20/{n}") for n in range(3)
        ),
    )
    gate = Device(GATE, "Gate", profiles=(MAIN,))
    site = site_of(recorder, gate, gate)
    assert list(site.cameras) == ["nvr-1", "nvr-2", "nvr-3", "gate", "gate-2"]


@pytest.mark.parametrize(
    "name",
    [
        "Tor: 'Süd' #1",
        "- x",
        "yes",
        "123",
        "{a}",
        "日本",
        "---",
        "a\u2028b",
        "&x *y",
        "x" * 80,
        "é",
        "1e5",
        "null",
    ],
)
def test_odd_names_stay_one_word(name: str) -> None:
    (camera,) = site_of(Device(GATE, name, profiles=(MAIN,))).cameras.values()
    assert camera.name == name


def test_an_address_that_holds_a_password_is_not_written() -> None:
    secret = "rtsp://192.168.1.20/user=admin&password=hunter2&channel=1"
    device = Device(GATE, "Shop", profiles=(stream("main", uri=secret),))
    text = snippet([device, Device(GATE, "Gate", profiles=(MAIN,))])
    assert "hunter2" not in text
    assert "Shop: its address holds a login" in text
    assert list(parse_site(text, Path("/nowhere/site.yaml")).cameras) == ["gate"]
    assert snippet([device]) == ""


def test_a_second_stream_that_only_needs_a_setting_is_spoken_of() -> None:
    rare = stream("sub", width=640, height=360, gop=150)
    text = snippet([Device(GATE, "Gate", profiles=(MAIN, rare))])
    assert "set the keyframe interval of sub in the camera" in text
    assert "from 6 s to 2 s" in text


def test_nothing_to_write_is_nothing() -> None:
    assert snippet([]) == ""
    assert snippet([Device(GATE, "Gate", needs_login="it wants a login")]) == ""
