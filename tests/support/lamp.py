"""A whole desk on a free port, with the real alarm book, users, audit log, recordings and hub."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from websockets.sync.client import ClientConnection, connect

from streetlamp.alarms.book import AlarmBook
from streetlamp.alarms.care import AlarmCare
from streetlamp.alarms.options import AlarmOptions
from streetlamp.desk.app import make_app
from streetlamp.desk.fleet_services import Fleet
from streetlamp.desk.notify_services import Notify
from streetlamp.desk.options import DeskOptions
from streetlamp.desk.server import DeskServer
from streetlamp.desk.services import (
    CameraView,
    DiskView,
    HidingAudit,
    MachineView,
    ModeKeeper,
    PlaceView,
    RuleView,
    Services,
    SiteView,
)
from streetlamp.live.hub import LiveHub
from streetlamp.live.wall import Wall
from streetlamp.store.counts import Counts
from streetlamp.store.database import Database
from streetlamp.store.findings import Findings
from streetlamp.store.heat import Heats
from streetlamp.store.search import EventSearch
from streetlamp.values import CameraState, CameraStatus, Event, Phase, Severity
from streetlamp.vault.accounts import Accounts
from streetlamp.vault.audit import Audit
from streetlamp.vault.roles import EVERY_ROLE
from streetlamp.vault.tokens import Tokens
from streetlamp.vault.users import Cost, Users
from support.house import House, fragments, house

T0 = 1_700_000_000.0
PASSWORD = "four words in a row"

SITE = SiteView(
    name="Riverside",
    timezone="Europe/Berlin",
    cameras=(
        CameraView(
            "gate",
            "Main gate",
            "North",
            zones=(PlaceView("yard", ((0.1, 0.2), (0.5, 0.2), (0.5, 0.9))),),
            lines=(PlaceView("entry", ((0.2, 0.5), (0.8, 0.5))),),
            rules=(
                RuleView("night", "intrusion", "yard", Severity.CRITICAL, watches_for="people"),
                RuleView("entry", "line_crossing", "entry", Severity.INFO, counts="cars"),
            ),
        ),
        CameraView("dock", "Dock"),
    ),
    operator="Campus Services",
    contact="lamp@example.org",
    kept_days=7.0,
)


@dataclass
class Clock:
    """The desk's time; tests move it."""

    now: float = T0

    def __call__(self) -> float:
        return self.now


class Kept(Heats):
    """Heat maps that were kept already."""

    least = 3


@dataclass
class Lamp:
    """A running desk and everything behind it."""

    server: DeskServer
    services: Services
    house: House
    clock: Clock
    users: Users
    accounts: Accounts
    tokens: Tokens
    book: AlarmBook
    hub: LiveHub
    audit: Audit
    wall: Wall
    states: dict[str, CameraStatus] = field(default_factory=dict)
    machine: list[MachineView] = field(default_factory=list)  # the last one counts
    app: FastAPI = field(default_factory=FastAPI)

    def stop(self) -> None:
        self.hub.close()
        self.wall.close()
        self.server.stop()

    @property
    def findings(self) -> Findings:
        found = self.services.findings
        assert isinstance(found, Findings)
        return found

    @property
    def url(self) -> str:
        return self.server.url

    def client(self, **headers: str) -> httpx.Client:
        """Somebody who is not logged in, with a browser's Origin."""
        return httpx.Client(base_url=self.url, headers={"Origin": self.url, **headers}, timeout=20)

    @contextmanager
    def login(self, name: str = "ada") -> Iterator[httpx.Client]:
        """Somebody who is logged in."""
        with self.client() as client:
            answer = client.post("/api/login", json={"name": name, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            yield client

    @contextmanager
    def socket(self, path: str, client: httpx.Client, **rest: Any) -> Iterator[ClientConnection]:
        """A live socket with the cookies of a client."""
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        headers = {"Cookie": cookies} if cookies else {}
        address = self.url.replace("http://", "ws://") + path
        rest = {
            "origin": self.url,
            "additional_headers": headers,
            "compression": None,
            "close_timeout": 2,
            **rest,
        }
        with connect(address, **rest) as socket:
            yield socket

    def raise_alarm(self, id: str = "a1", start: float = T0, **rest: Any) -> None:  # noqa: A002
        about: dict[str, Any] = {
            "phase": Phase.START,
            "camera": "gate",
            "rule": "night",
            "kind": "intrusion",
            "place": "yard",
            "end": None,
            "frame": 7,
            "message": "1 person is in yard",
            "severity": Severity.CRITICAL,
            "box": (1.0, 2.0, 30.0, 40.0),
            "numbers": {"most": 1.0},
            "time": start,
        }
        self.book.handle(Event(id=id, start=start, **{**about, **rest}))

    def said(self) -> list[tuple[str, str, str]]:
        """The audit log, oldest first: who, what, about what."""
        entries = reversed(self.audit.list(1000))
        return [(entry.actor, entry.action, entry.object) for entry in entries]


def put_clip(lamp: Lamp, id: str = "a1") -> bytes:  # noqa: A002
    """Ten recorded seconds of the gate, and a clip of them at the alarm; the clip's bytes."""
    lamp.house.record(fragments(250, start=T0))
    path = lamp.services.data / "clips" / f"{id}.mp4"
    path.parent.mkdir()
    lamp.house.recordings.export("gate", T0 + 1, T0 + 6, path)
    lamp.book.set_clip(id, f"clips/{path.name}")
    return path.read_bytes()


def start_lamp(
    folder: Path,
    users: tuple[str, ...] = ("ada",),
    page: Path | None = None,
    site: SiteView = SITE,
    fleet: Fleet | None = None,
    alarms: AlarmOptions | None = None,
    hiding: HidingAudit | None = None,
    notify: Notify | None = None,
    modes: Callable[[Database, Audit], ModeKeeper] | None = None,
    **options: Any,
) -> Lamp:
    """A running desk in an empty folder; `options` are those of `DeskOptions`."""
    folder.mkdir()
    clock = Clock()
    home = house(folder)
    db = Database(folder / "desk.db")
    book = AlarmBook(db, alarms or AlarmOptions())
    people = Users(db, cost=Cost(n=4))
    for name in users:
        people.add(name, PASSWORD, T0, EVERY_ROLE)
    accounts, tokens = Accounts(db, people), Tokens(db)
    hub = LiveHub([camera.id for camera in site.cameras])
    wall = Wall(hub)
    audit = Audit(db, folder / "audit.head")
    states = {"gate": CameraStatus("gate", CameraState.LIVE, T0, width=192, height=128, fps=25.0)}
    machine = [MachineView()]
    services = Services(
        site=site,
        hub=hub,
        wall=wall,
        alarms=book,
        recordings=home.recordings,
        counts=Counts(db),
        users=people,
        accounts=accounts,
        tokens=tokens,
        audit=audit,
        statuses=lambda: list(states.values()),
        disk=lambda: DiskView(10**9, 10**6, recording=True),
        data=folder,
        now=clock,
        machine=lambda: machine[-1],
        fleet=fleet,
        heat=Kept(db),
        events=EventSearch(db),
        care=AlarmCare(db, book),
        hiding=hiding,
        notify=notify,
        modes=modes and modes(db, audit),
        findings=Findings(db),
    )
    settings = DeskOptions(port=0, **options)
    nowhere = folder / "no page"
    app = make_app(services, settings, page or nowhere)
    server = DeskServer(app, settings)
    server.start()
    return Lamp(
        server, services, home, clock, people, accounts, tokens, book, hub, audit, wall, states,
        machine, app,
    )  # fmt: skip
