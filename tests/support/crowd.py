"""A whole desk with hundreds of made-up cameras, in a process of its own.

    PYTHONPATH=src:tests python -m support.crowd --cameras 300 --rate 1.25

It prints `Desk: …` and `First login: …` as `streetlamp run` does, and obeys lines on its standard
input: `lost ID`, `back ID`, `alarm ID SEVERITY`, `end ID`, `stop`. Cameras publish masked frames
into the real `LiveHub` at `--rate` pictures a second each; those that are watched publish video
through the real encoder as well, and so does camera 0 always. Each picture says its second.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from streetlamp.alarms.book import AlarmBook
from streetlamp.alarms.care import AlarmCare
from streetlamp.alarms.options import AlarmOptions
from streetlamp.desk.app import make_app
from streetlamp.desk.options import DeskOptions
from streetlamp.desk.server import DeskServer
from streetlamp.desk.services import CameraView, DiskView, Services, SiteView
from streetlamp.health import Reason
from streetlamp.live.hub import LiveHub
from streetlamp.live.options import LiveOptions
from streetlamp.live.wall import Wall
from streetlamp.store.counts import Counts
from streetlamp.store.database import Database
from streetlamp.stream.encode import Encoder
from streetlamp.stream.options import EncodeOptions
from streetlamp.values import (
    AlarmState,
    CameraState,
    CameraStatus,
    Event,
    MaskedFrame,
    Phase,
    Severity,
)
from streetlamp.vault.accounts import Accounts
from streetlamp.vault.audit import Audit
from streetlamp.vault.tokens import Tokens
from streetlamp.vault.users import Cost, Users
from support.house import house
from support.masked import masked

AREAS = ("North quay", "Market", "Old town", "Station", "Ring road")
PLACES = ("gate", "corner", "stairs", "bridge", "yard", "crossing")
PHASES = 4  # different pictures of one scene
FPS = 12.5  # of the video
BEFORE = 1.0  # seconds a picture is behind the camera when it is shown


def scene(number: int, phase: int, size: tuple[int, int]) -> MaskedFrame:
    """A made-up street with its number; no two are alike."""
    w, h = size
    rng = np.random.default_rng(number)
    ramp = np.linspace(rng.integers(40, 110), rng.integers(110, 200), h)[:, None]
    y = np.repeat(ramp, w, axis=1)
    for x in range(0, w, w // 9):
        high = int(h * rng.uniform(0.15, 0.45))
        cv2.rectangle(y, (x, high), (x + w // 10, h // 2), float(rng.integers(30, 90)), -1)
    for lane in range(3):
        left = int((phase * 0.07 + rng.random()) % 1 * w)
        top = int(h * (0.55 + 0.13 * lane))
        cv2.rectangle(
            y, (left, top), (left + w // 8, top + h // 12), float(rng.integers(20, 230)), -1
        )
    y = np.clip(y + rng.normal(0, 2.0, (h, w)), 16, 235).astype(np.uint8)
    cv2.putText(y, str(number), (w // 20, h // 5), 0, h / 200, 235.0, max(1, h // 90), cv2.LINE_AA)
    bar = int((phase + 1) / PHASES * w)
    y[-h // 40 :, :bar] = 235
    frame = masked(phase, size)
    tint = rng.integers(108, 148, 2)
    return replace(
        frame,
        y=y,
        u=np.full_like(frame.u, tint[0]),
        v=np.full_like(frame.v, tint[1]),
    )


@dataclass
class Crowd:
    """Cameras that publish until they are stopped."""

    hub: LiveHub
    frames: list[list[MaskedFrame]]
    rate: float

    def __post_init__(self) -> None:
        self.stop = threading.Event()
        self.lost: dict[str, float] = {}
        self.last: dict[str, float] = {}
        self.size = self.frames[0][0].width, self.frames[0][0].height
        self._threads = [
            threading.Thread(target=work, daemon=True) for work in (self._stills, self._videos)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def _stills(self) -> None:
        cameras = self.hub.cameras
        step = 1 / self.rate / len(cameras)
        due = time.monotonic()
        for turn in itertools.count():
            for i, camera in enumerate(cameras):
                due += step
                if self.stop.wait(max(0.0, due - time.monotonic())):
                    return
                if camera not in self.lost:
                    self._publish(i, camera, turn)

    def _publish(self, i: int, camera: str, turn: int) -> None:
        kinds = self.frames[i % len(self.frames)]
        now = time.time() - BEFORE
        self.last[camera] = now
        self.hub.publish_frame(replace(kinds[turn % PHASES], camera=camera, time=now))

    def _videos(self) -> None:
        """Every camera that may be opened has video at hand: real fragments, made as needed."""
        encoders: dict[str, Encoder] = {}
        watched = list(self.hub.cameras[:: max(1, len(self.hub.cameras) // 12)])
        due = time.monotonic()
        for turn in itertools.count():
            due += 1 / FPS
            if self.stop.wait(max(0.0, due - time.monotonic())):
                return
            for camera in watched:
                if camera in self.lost:
                    continue
                encoder = encoders.setdefault(camera, Encoder(camera, EncodeOptions()))
                kinds = self.frames[self.hub.cameras.index(camera) % len(self.frames)]
                now = time.time() - BEFORE
                frame = replace(kinds[turn // 2 % PHASES], camera=camera, time=now)
                for fragment in encoder.push(frame, None):
                    self.hub.publish(fragment)

    def statuses(self) -> list[CameraStatus]:
        out = []
        for camera in self.hub.cameras:
            gone = self.lost.get(camera)
            out.append(
                CameraStatus(
                    camera,
                    CameraState.LIVE if gone is None else CameraState.WAITING,
                    gone or 0.0,
                    message="" if gone is None else "no route to host",
                    width=self.size[0],
                    height=self.size[1],
                    fps=round(self.rate, 1),
                    looks_per_second=1.0,
                    recording=True,
                    last_frame=self.last.get(camera, 0.0),
                    trouble=None if gone is None else Reason.UNREACHABLE,
                )
            )
        return out


def main() -> None:
    ask = argparse.ArgumentParser()
    ask.add_argument("--cameras", type=int, default=300)
    ask.add_argument("--rate", type=float, default=1.25, help="pictures a second each")
    ask.add_argument("--scenes", type=int, default=60)
    ask.add_argument("--size", default="640x360")
    ask.add_argument("--port", type=int, default=0)
    told = ask.parse_args()
    width, height = (int(part) for part in told.size.split("x"))
    names = [f"c{n:03d}" for n in range(told.cameras)]
    views = tuple(
        CameraView(
            name,
            f"{AREAS[n * len(AREAS) // told.cameras].split()[0]} {PLACES[n % 6]} {n}",
            AREAS[n * len(AREAS) // told.cameras],
        )
        for n, name in enumerate(names)
    )
    frames = [
        [scene(n, phase, (width, height)) for phase in range(PHASES)]
        for n in range(min(told.scenes, told.cameras))
    ]
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        home = house(data)
        db = Database(data / "desk.db")
        book = AlarmBook(db, AlarmOptions())
        users = Users(db, cost=Cost(n=4))
        hub = LiveHub(names)
        wall = Wall(hub, LiveOptions())
        crowd = Crowd(hub, frames, told.rate)
        services = Services(
            site=SiteView("Harbour city", "Europe/Berlin", views, kept_days=7.0),
            hub=hub,
            wall=wall,
            alarms=book,
            recordings=home.recordings,
            counts=Counts(db),
            users=users,
            accounts=Accounts(db, users),
            tokens=Tokens(db),
            audit=Audit(db, data / "audit.head"),
            statuses=crowd.statuses,
            disk=lambda: DiskView(10**12, 10**9, recording=True),
            data=data,
            now=time.time,
            care=AlarmCare(db, book),
        )
        settings = DeskOptions(port=told.port)
        server = DeskServer(make_app(services, settings), settings)
        crowd.start()
        server.start()
        print(f"Desk: {server.url}/")
        print(f"First login: {server.setup_link(users.new_setup_token(time.time()))}", flush=True)
        _obey(crowd, book)
        crowd.stop.set()
        hub.close()
        wall.close()
        server.stop()


def _obey(crowd: Crowd, book: AlarmBook) -> None:
    for line in sys.stdin:
        match line.split():
            case ["lost", camera]:
                crowd.lost[camera] = time.time()
            case ["back", camera]:
                crowd.lost.pop(camera, None)
            case ["alarm", camera, severity]:
                book.handle(_event(camera, Severity(severity)))
            case ["end", camera]:
                for alarm in book.list({AlarmState.RAISED, AlarmState.ACKNOWLEDGED}, camera):
                    book.resolve(alarm.id, "crowd", time.time())
            case ["stop"]:
                return


def _event(camera: str, severity: Severity) -> Event:
    now = time.time()
    return Event(
        id=f"{camera}-{now:.3f}",
        phase=Phase.START,
        camera=camera,
        rule="night",
        kind="intrusion",
        place="",
        start=now,
        end=None,
        frame=1,
        message="1 person is where nobody should be",
        severity=severity,
        box=None,
        time=now,
    )


if __name__ == "__main__":
    main()
