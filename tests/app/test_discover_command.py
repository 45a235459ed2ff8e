"""`streetlamp discover` and `streetlamp camera`, up to a site that shows the camera's pictures."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from streetlamp.app.discover_command import discover
from streetlamp.cli import app
from streetlamp.errors import UserError
from streetlamp.site import load_site
from support.clips import make_clip
from support.onvif_device import MAIN, SMALL, USERS, OnvifDevice, Stream
from support.rtsp import RtspServer, clip_pipeline, require_gstreamer

PASSWORD = USERS["ada"]


@pytest.fixture
def device() -> Iterator[OnvifDevice]:
    with OnvifDevice([[MAIN, SMALL]], USERS) as running:
        yield running


def streetlamp(*arguments: str, said: str = "", **env: str) -> Result:
    """A command line, in this process. What a person would read of a UserError is in stderr."""
    done = CliRunner().invoke(app, list(arguments), input=said, env={"COLUMNS": "160", **env})
    if isinstance(done.exception, UserError):
        done.stderr_bytes += f"streetlamp: {done.exception}".encode()
    elif done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def login(device: OnvifDevice) -> list[str]:
    return [device.address, "--user", "ada", "--password-env", "GATE_PASSWORD"]


def test_from_a_search_to_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found by multicast, two profiles, a site that `check` likes and `run` shows."""
    require_gstreamer()
    monkeypatch.setenv("GATE_PASSWORD", PASSWORD)
    for name, size in (("main", (1280, 720)), ("small", (640, 360))):
        make_clip(tmp_path / f"{name}.mp4", size=size, fps=10, frames=300, gop=10)
    mounts = {f"/{name}": clip_pipeline(tmp_path / f"{name}.mp4") for name in ("main", "small")}
    site = tmp_path / "site.yaml"
    with RtspServer(mounts, login=f"ada:{PASSWORD}") as server:
        streams = [
            Stream(server.url("/main"), width=1280, height=720, fps=10, gop=10),
            Stream(server.url("/small"), width=640, height=360, fps=10, gop=10),
        ]
        with OnvifDevice([streams], USERS) as device:
            assert discover([], "ada", "GATE_PASSWORD", 1.0, site, device.network)
        text = site.read_text()
        assert PASSWORD not in text
        camera = load_site(site).cameras["front-gate"]
        assert camera.source.url == server.url("/main")
        assert camera.second_stream is not None
        assert camera.second_stream.url == server.url("/small")
        checked = streetlamp("check", str(site))
        assert checked.exit_code == 0, checked.stdout + checked.stderr
        assert "front-gate: h264 1280×720" in checked.stdout
        assert "front-gate, second stream: h264 640×360" in checked.stdout
        shown(site, tmp_path)
    assert PASSWORD not in checked.stdout + checked.stderr


def shown(site: Path, folder: Path) -> None:
    """`streetlamp run` comes up with it, says that it is live, and shows a picture."""
    log = folder / "run.log"
    command = [sys.executable, "-u", "-m", "streetlamp", "run", str(site), "--port", "0"]
    with log.open("w") as out:
        process = subprocess.Popen(
            [*command, "--data", str(folder / "data")], stdout=out, stderr=subprocess.STDOUT
        )
    try:
        base = until(lambda: re.search(r"Desk: (http://\S+)/", log.read_text()), log)[1]
        token = until(lambda: re.search(r"First login: \S+#token=(\S+)", log.read_text()), log)[1]
        with httpx.Client(base_url=base, headers={"Origin": base}, timeout=20) as client:
            body = {"token": token, "name": "kim", "password": "correct horse battery"}
            assert client.post("/api/setup", json=body).status_code == 200

            def state() -> Any:
                (camera,) = client.get("/api/status").json()["cameras"]
                return camera if camera["state"] == "live" and camera["fps"] > 1 else None

            assert until(state, log)["width"] == 1280
            picture = until(
                lambda: (
                    got
                    if (got := client.get("/api/cameras/front-gate/still.jpg")).status_code == 200
                    else None
                ),
                log,
            )
            assert picture.headers["content-type"] == "image/jpeg"
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert PASSWORD not in log.read_text()


def until(what: Any, log: Path, seconds: float = 90.0) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := what():
            return value
        time.sleep(0.1)
    raise AssertionError(f"waited in vain:\n{log.read_text()}")


def test_without_a_login_it_says_who_needs_one(device: OnvifDevice) -> None:
    told = streetlamp("discover", "--address", device.address)
    assert told.exit_code == 1
    assert "LOGIN NEEDED: it wants a login" in told.stderr
    assert "--user NAME --password-env VARIABLE" in told.stderr
    assert told.stdout == ""


def test_the_piece_of_site_file_alone_goes_to_standard_output(
    device: OnvifDevice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATE_PASSWORD", PASSWORD)
    told = streetlamp("discover", "--address", *login(device))
    assert told.exit_code == 0, told.stderr
    site = tmp_path / "piped.yaml"
    site.write_text(told.stdout)
    camera = load_site(site).cameras["front-gate"]
    assert camera.source.password.get_secret_value() == PASSWORD
    assert camera.second_stream is not None
    assert camera.second_stream.username == "ada"
    assert "H264 1920×1080, 25/s" in told.stderr
    assert "Lampworks LW-2" in told.stderr
    assert PASSWORD not in told.stdout + told.stderr


def test_a_file_that_is_there_is_left_as_it_is(
    device: OnvifDevice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATE_PASSWORD", PASSWORD)
    site = tmp_path / "site.yaml"
    site.write_text("mine")
    with pytest.raises(UserError, match="exists already and is left as it is"):
        discover([device.address], "ada", "GATE_PASSWORD", 0.3, site)
    assert site.read_text() == "mine"


@pytest.mark.parametrize(
    ("user", "variable", "said"),
    [
        ("ada", "", "Give both --user and --password-env"),
        ("", "X", "Give both --user and --password-env"),
        ("ada", "NOT_SET_ANYWHERE", "NOT_SET_ANYWHERE is not set"),
    ],
)
def test_half_a_login_is_none(user: str, variable: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        discover(["127.0.0.1:9"], user, variable, 0.3, None)


def test_nothing_found_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with OnvifDevice([[MAIN]], answer=lambda _device, _to: []) as silent:
        assert not discover([], "", "", 0.3, None, silent.network)
    assert "No camera answered" in capsys.readouterr().err


def test_a_camera_of_its_own(device: OnvifDevice) -> None:
    """info, time, presets, goto: what a person reads."""
    env = {"GATE_PASSWORD": PASSWORD}
    info = streetlamp("camera", "info", *login(device), **env)
    assert f"Front gate at {device.address}: Lampworks LW-2 1.2.3" in info.stdout
    assert "preset Car park" in info.stdout
    clock = streetlamp("camera", "time", device.address)  # needs no login
    assert re.search(r"offset  [+-]\d\.\d s \(±", clock.stdout), clock.stdout + clock.stderr
    presets = streetlamp("camera", "presets", *login(device), **env)
    assert presets.stdout.split("\n")[:2] == ["       1  Gate", "       2  Car park"]
    there, *rest = login(device)
    turned = streetlamp("camera", "goto", there, "Car park", *rest, **env)
    assert turned.stdout == "Turning to Car park.\n"
    assert device.at_preset == "2"
    wrong = streetlamp("camera", "goto", there, "Roof", *rest, **env)
    assert "There is no preset 'Roof'. It knows: Gate, Car park." in wrong.stderr


def test_a_reboot_is_asked_for_first(device: OnvifDevice) -> None:
    env = {"GATE_PASSWORD": PASSWORD}
    asked = streetlamp("camera", "reboot", *login(device), said="n\n", **env)
    assert "Nothing was done." in asked.stdout
    assert device.reboots == 0
    done = streetlamp("camera", "reboot", *login(device), said="y\n", **env)
    assert "It starts anew. It says: Rebooting in 3 seconds" in done.stdout
    assert device.reboots == 1


def test_events_are_printed(device: OnvifDevice) -> None:
    device.report("tns1:RuleEngine/TamperDetector/Tamper", "IsTamper", "true")
    told = streetlamp("camera", "events", *login(device), "--seconds", "1", GATE_PASSWORD=PASSWORD)
    assert re.search(r"^\d\d:\d\d:\d\d  tamper begins  vs0$", told.stdout, re.MULTILINE), told


def test_streetlamp_starts_without_the_libraries_of_onvif() -> None:
    """They take a second to load, and most people never need them."""
    code = (
        "import sys, streetlamp.app.live, streetlamp.cli; "
        "print([one for one in sys.modules if one.split('.')[0] in ('zeep', 'onvif', 'aiohttp', "
        "'lxml') or one.startswith('streetlamp.fleet.onvif.') and not one.endswith('.errors')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
