"""`streetlamp run` as a person meets it: it starts, records, stops, and survives a sudden end."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import httpx
import pytest

PASSWORD = "correct horse battery"
SITE = """\
name: Test street
cameras:
  street:
    source: "test:?size=640x360&fps=10&seed=3"
    zones: {all: [[0.02, 0.02], [0.98, 0.02], [0.98, 0.98], [0.02, 0.98]]}
    rules:
      - {rule: intrusion, name: somebody, zone: all, min_seconds: 0.5, min_score: 0.1}
record: {segment_seconds: 5, min_free_gb: 0}
desk: {port: 0}
"""


class Running:
    """A `streetlamp run` in a process of its own."""

    def __init__(self, *args: object, data: Path, env: dict[str, str] | None = None) -> None:
        self.data = data
        self.clients: list[httpx.Client] = []
        self.log = data.parent / f"run-{time.monotonic_ns()}.log"
        command = [sys.executable, "-u", "-m", "streetlamp", "run", *map(str, args)]
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                [*command, "--data", str(data)],
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
            )

    @property
    def said(self) -> str:
        return self.log.read_text()

    def find(self, pattern: str, seconds: float = 60.0) -> str:
        """Waits for a line of the terminal."""
        found = self.until(lambda: re.search(pattern, self.said), seconds)
        return found.group(1) if found.groups() else found.group(0)

    def until(self, what: Callable[[], object], seconds: float = 60.0):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if value := what():
                return value
            if self.process.poll() is not None:
                raise AssertionError(f"it ended with {self.process.returncode}:\n{self.said}")
            time.sleep(0.1)
        raise AssertionError(f"waited in vain:\n{self.said}")

    def login(self) -> httpx.Client:
        base = self.find(r"Desk: (http://\S+)/")
        client = httpx.Client(base_url=base, headers={"Origin": base}, timeout=20)
        self.clients.append(client)
        if client.get("/api/session").json()["setup_needed"]:
            token = self.find(r"First login: \S+#token=(\S+)")
            body = {"token": token, "name": "kim", "password": PASSWORD}
            assert client.post("/api/setup", json=body).status_code == 200
        else:
            body = {"name": "kim", "password": PASSWORD}
            assert client.post("/api/login", json=body).status_code == 200
        return client

    def end(self, how: int = signal.SIGINT) -> int:
        self.process.send_signal(how)
        return self.process.wait(timeout=60)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text(SITE)
    return path


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def call(*args: object, data: Path | None = None, **more) -> Running:
        started.append(Running(*args, data=data or tmp_path / "data", **more))
        return started[-1]

    yield call
    for one in started:
        for client in one.clients:
            client.close()
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def first_alarm(running: Running, client: httpx.Client) -> dict:
    return running.until(lambda: client.get("/api/alarms?state=all").json()["alarms"])[0]


def segments(client: httpx.Client, camera: str = "street") -> list[dict]:
    span = {"start": time.time() - 3600, "end": time.time() + 3600}
    return client.get(f"/api/cameras/{camera}/recordings", params=span).json()["segments"]


def playable_seconds(data: bytes, folder: Path) -> float:
    path = folder / "segment.mp4"
    path.write_bytes(data)
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0)) / 10.0


def test_it_starts_alarms_records_and_stops_cleanly(site: Path, start) -> None:
    running = start(site)
    client = running.login()
    alarm = first_alarm(running, client)
    assert (alarm["camera"], alarm["rule"], alarm["state"]) == ("street", "somebody", "raised")
    running.until(lambda: len(segments(client)) >= 2)
    (status,) = client.get("/api/status").json()["cameras"]
    assert status["state"] == "live"
    assert status["recording"]
    assert client.get("/api/cameras/street/still.jpg").headers["content-type"] == "image/jpeg"
    assert running.end() == 0
    assert "Everything is written" in running.said
    assert "Traceback" not in running.said
    again = start(site)
    client = again.login()
    assert "ended suddenly" not in again.said
    assert all(segment["end"] for segment in segments(client)[:-1])


def test_kill_9_loses_no_acknowledged_alarm_and_at_most_the_open_segment(
    site: Path, start, tmp_path: Path
) -> None:
    running = start(site)
    client = running.login()
    alarm = first_alarm(running, client)
    assert client.post(f"/api/alarms/{alarm['id']}/acknowledge").status_code == 200
    running.until(lambda: len(segments(client)) >= 3)
    before = segments(client)
    running.end(signal.SIGKILL)

    again = start(site)
    again.find("ended suddenly")
    client = again.login()
    kept = client.get(f"/api/alarms/{alarm['id']}").json()
    assert kept["state"] == "acknowledged"
    by = [step["actor"] for step in kept["steps"] if step["state"] == "acknowledged"]
    assert by[0] == "kim"
    after = {segment["id"]: segment for segment in segments(client)}
    for segment in before[:-1]:
        assert after[segment["id"]]["end"] == segment["end"]
    if before[-1]["id"] in after:  # the open one: what reached the disk plays
        data = client.get(f"/api/segments/{before[-1]['id']}").content
        assert playable_seconds(data, tmp_path) >= 0.4
    again.until(lambda: len(segments(client)) > len(before))
    assert "Traceback" not in again.said


def test_two_runs_in_one_data_folder_are_refused(site: Path, start) -> None:
    first = start(site)
    first.find("Desk:")
    second = start(site)
    assert second.process.wait(timeout=60) == 2
    assert "another Streetlamp is running" in second.said
    assert "Traceback" not in second.said


def test_a_port_in_use(site: Path, start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        running = start(site, "--port", port)
        assert running.process.wait(timeout=60) == 2
    assert f"Port {port} is in use" in running.said
    assert "Traceback" not in running.said


def test_a_port_in_use_leaves_no_mark_of_a_sudden_end(site: Path, start) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        start(site, "--port", taken.getsockname()[1]).process.wait(timeout=60)
    again = start(site)
    again.find("Desk:")
    assert "ended suddenly" not in again.said


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("zones:", "zonse:"), "did you mean 'zones'"),
        (("[0.98, 0.98]", "[1.4, 0.98]"), "1.4"),
        (("rule: intrusion", "rule: intrusoin"), "intrusion"),
        (("name: Test street", "name: [Test"), "line"),
    ],
    ids=["a typo", "a zone outside the picture", "an unknown rule", "no YAML"],
)
def test_a_wrong_site_file(site: Path, start, change: tuple[str, str], says: str) -> None:
    site.write_text(SITE.replace(*change))
    running = start(site)
    assert running.process.wait(timeout=60) == 2
    assert says in running.said
    assert "line" in running.said
    assert "Traceback" not in running.said


def test_a_camera_that_is_not_there_does_not_stop_the_others(site: Path, start) -> None:
    site.write_text(SITE.replace("cameras:\n", "cameras:\n  gone:\n    source: missing.mp4\n"))
    running = start(site)
    client = running.login()

    def states() -> dict[str, str]:
        cameras = client.get("/api/status").json()["cameras"]
        return {camera["camera"]: camera["state"] for camera in cameras}

    running.until(lambda: states().get("street") == "live")
    assert states()["gone"] in ("waiting", "failed")
    assert running.end() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make a small file system")
def test_a_full_disk_stops_recording_and_nothing_else(site: Path, start, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(small)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("cannot mount a small file system here")
    try:
        running = start(site, data=small / "data")
        client = running.login()
        alarm = first_alarm(running, client)
        filler = small / "filler"
        running.until(lambda: len(segments(client)) >= 1)
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                pass
        # who notices first, the recorder or the database, is chance: wait for the recorder
        disk = running.until(
            lambda: not (d := client.get("/api/status").json()["disk"])["recording"] and d, 90
        )
        assert disk["message"]
        (status,) = client.get("/api/status").json()["cameras"]
        assert status["state"] == "live"
        filler.unlink()
        running.until(lambda: client.get("/api/status").json()["disk"]["recording"], 90)
        assert client.post(f"/api/alarms/{alarm['id']}/acknowledge").status_code == 200
        assert running.end() == 0
        assert "Traceback" not in running.said
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()
        subprocess.run(["umount", str(small)], check=True)


def test_a_source_alone_is_enough(start) -> None:
    running = start("--source", "test:?size=320x180&fps=10", "--port", 0)
    client = running.login()
    (camera,) = client.get("/api/site").json()["cameras"]
    running.until(lambda: segments(client, camera["id"]))
    assert running.end(signal.SIGTERM) == 0


def test_nothing_to_run_says_what_to_do(start, tmp_path: Path) -> None:
    running = start()
    assert running.process.wait(timeout=60) == 2
    assert "--source" in running.said
