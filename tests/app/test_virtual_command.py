"""`streetlamp virtual-camera` as a person meets it: what it says, how it ends, what it refuses."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import pytest
from typer.testing import CliRunner

from streetlamp.app.virtual_command import serve_clips
from streetlamp.cli import app
from streetlamp.errors import UserError
from support.clips import Clip, make_clip

SRC = Path(__file__).parents[2] / "src"
DEFAULTS: dict[str, Any] = {
    "repeat": None, "count": None, "listen": "127.0.0.1", "port": 0, "user": "admin",
    "password_env": None, "sub": False, "recode": False, "noise": 0.0, "clock": False,
    "longest": "5m", "seed": 0,
}  # fmt: skip
ISSUE = "freeze@30s,black@60s,defocus@90s,cover@2m,shift@3m,drop@4m,clock-jump@5m"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return make_clip(tmp_path_factory.mktemp("virtual") / "yard.mp4", frames=50, gop=5)


def start(*arguments: str, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "streetlamp", "virtual-camera", "--port", "0", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(SRC), **env},
    )  # fmt: skip


def read_until(process: subprocess.Popen[str], text: str) -> str:
    said = ""
    assert process.stdout is not None
    while text not in said:
        line = process.stdout.readline()
        assert line, said + (process.stderr.read() if process.stderr else "")
        said += line
    return said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_what_it_serves_and_what_will_happen(clip: Clip, number: signal.Signals) -> None:
    faults = ["--faults", "size@0.2s+0.3s", "--faults", ISSUE]
    with start(str(clip.path), *faults) as process:
        said = read_until(process, "size ends")
        found = re.search(r"  (rtsp://127\.0\.0\.1:\d+/main)  second stream (rtsp://\S+/sub)", said)
        assert found
        for url in found.groups():
            with av.open(url, options={"rtsp_transport": "tcp"}, timeout=10) as container:
                assert next(container.decode(video=0))
        process.send_signal(number)
        rest, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert rest.strip() == "Stopped."
    assert errors == ""
    assert f"{clip.path}: 160×120, 25 pictures a second" in said
    assert "so that its pictures can be altered" in said
    for line in ("30s to 1m: freeze, cam001", "2m to 3m: cover, cam001", "4m: drop, cam001",
                 "5m on: clock-jump, cam001"):  # fmt: skip
        assert f" {line}\n" in said
    assert re.search(r"\d\d:\d\d:\d\d  cam001: size begins\n", said)


def test_many_with_a_login(clip: Clip) -> None:
    with start(
        str(clip.path), "--count", "12", "--no-sub", "--user", "anna", "--password-env", "WORD",
        "--faults", "unplug@1h+5s:all,freeze@90m:all,drop@2h:cam012",
        "--repeat", "3h", WORD="s3cret",
    ) as process:  # fmt: skip
        said = read_until(process, "again every 3h")
        found = re.search(r"rtsp://127\.0\.0\.1:(\d+)/cam012/main", said)
        assert found
        login = f"rtsp://anna:s3cret@127.0.0.1:{found[1]}/cam007"
        with av.open(login, options={"rtsp_transport": "tcp"}, timeout=10) as container:
            assert next(container.decode(video=0))
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    assert "Serving 12 cameras, user anna, password from $WORD:" in said
    assert "cam003" not in said, "a few addresses are enough"
    assert "  1h to 1h5s: unplug, all 12 cameras\n" in said
    assert "  1h30m until the next one: freeze, all 12 cameras\n" in said
    assert "  2h: drop, cam012\n" in said
    assert "s3cret" not in said + rest
    assert process.returncode == 0


def test_all_faults_are_listed_without_a_clip(capsys: pytest.CaptureFixture[str]) -> None:
    serve_clips([], ["list"], **DEFAULTS)
    said = capsys.readouterr().out
    assert "freeze-clock" in said
    assert "should be reported as: the picture stands still" in said
    assert max(map(len, said.splitlines())) <= 100


@pytest.mark.parametrize(
    ("faults", "more", "said"),
    [
        (["freez@3s"], {}, "did you mean freeze"),
        (["freeze@3s:cam004"], {"count": 3}, "for 'cam004', but there are only cam001 to cam003"),
        (["freeze@3m"], {"repeat": "2m"}, "freeze@3m goes beyond the repetition every 2m"),
        ([], {"repeat": "often"}, "--repeat: 'often' is no length of time"),
        ([], {"longest": "0s"}, "--longest must be longer than nothing"),
        ([], {"password_env": "NOT_THERE_AT_ALL"}, "no environment variable NOT_THERE_AT_ALL"),
    ],
)
def test_what_is_wrong_is_said(
    clip: Clip, faults: list[str], more: dict[str, Any], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        serve_clips([clip.path], faults, **{**DEFAULTS, **more})


def test_a_clip_must_be_named_and_must_be_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="name a clip"):
        serve_clips([], [], **DEFAULTS)
    with pytest.raises(UserError, match="No such file"):
        serve_clips([tmp_path / "missing.mp4"], [], **DEFAULTS)


def test_help_is_worth_reading() -> None:
    said = CliRunner().invoke(app, ["virtual-camera", "--help"]).output
    for word in ("NAME@TIME[+DURATION]", "--faults list", "0.0.0.0", "--password-env"):
        assert word in said
