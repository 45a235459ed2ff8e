"""What the desk says of a machine that does not keep up, and its figures for monitoring."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from streetlamp.desk.services import MachineView
from streetlamp.values import CameraState, CameraStatus
from support.lamp import T0, Lamp

Make = Callable[..., Lamp]
BUSY = MachineView(
    message="This machine is overloaded: it looks 4 × a second instead of 8.",
    level=2,
    looks_factor=0.5,
    asked=120,
    looked=80,
    failed=3,
    replaced=37,
    waiting=4,
    longest=0.25,
    busy=61.5,
)
LINE = re.compile(r'[a-z_]+(\{camera="(?:[^"\\\n]|\\.)*"\})? -?[0-9][0-9.e+]*')


def test_an_overloaded_machine_is_said(lamp: Lamp, ada: httpx.Client) -> None:
    assert ada.get("/api/status").json()["load"]["message"] == ""
    lamp.machine.append(BUSY)
    assert ada.get("/api/status").json()["load"] == {
        "message": BUSY.message,
        "looking": True,
        "level": 2,
        "looks_factor": 0.5,
        "clear_share": 1.0,
    }


def test_pages_that_are_open_hear_of_it(lamp: Lamp, ada: httpx.Client) -> None:
    with lamp.socket("/api/live/events", ada) as socket:
        lamp.machine.append(BUSY)
        lamp.machine.append(replace(BUSY, asked=121))
        heard = []
        while not heard or heard[-1]["type"] != "load":
            heard.append(json.loads(socket.recv(10)))
        assert heard[0]["type"] == "hello"
        assert heard[-1]["load"]["message"] == BUSY.message
        lamp.machine.append(MachineView())
        while heard[-1]["type"] != "load" or heard[-1]["load"]["message"]:
            heard.append(json.loads(socket.recv(10)))
    assert len([one for one in heard if one["type"] == "load"]) == 2, "figures alone are no news"


def test_metrics(lamp: Lamp, ada: httpx.Client) -> None:
    lamp.machine.append(BUSY)
    odd = 'a "back\\yard"\nwith two lines'
    lamp.states["odd"] = CameraStatus(odd, CameraState.WAITING, T0, hidden_share=0.125)
    answer = ada.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert all(line.startswith("# ") or LINE.fullmatch(line) for line in lines), lines
    figures = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert figures["streetlamp_load_looks_factor"] == "0.5"
    assert figures["streetlamp_looks_asked_total"] == "120"
    assert figures["streetlamp_looks_oldest_seconds"] == "0.25"
    assert figures["streetlamp_detector_up"] == "1"
    assert figures['streetlamp_camera_live{camera="gate"}'] == "1"
    name = 'camera="a \\"back\\\\yard\\"\\nwith two lines"'
    assert figures[f"streetlamp_camera_live{{{name}}}"] == "0"
    assert figures[f"streetlamp_camera_hidden_share{{{name}}}"] == "0.125"
    types = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(types) == len(set(types)), "each name once"


@pytest.mark.parametrize(
    ("open_metrics", "headers", "status"),
    [
        (False, {}, 401),
        (True, {}, 200),
        (True, {"X-Forwarded-For": "203.0.113.7"}, 401),
        (True, {"Via": "1.1 proxy"}, 401),
        (True, {"Forwarded": "for=203.0.113.7"}, 401),
    ],
    ids=["not asked for", "on this machine", "passed on", "by a proxy", "for another"],
)
def test_who_reads_metrics_without_a_login(
    make_lamp: Make, open_metrics: bool, headers: dict[str, str], status: int
) -> None:
    lamp = make_lamp(open_metrics=open_metrics)
    with lamp.client() as client:
        assert client.get("/metrics", headers=headers).status_code == status
