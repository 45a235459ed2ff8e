"""Alarms, targets and receivers for the tests of notification. Nothing leaves this machine."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import insert

from streetlamp.notify.base import Notifier, Picture, Surroundings, no_picture
from streetlamp.notify.errors import NotifyError
from streetlamp.notify.gatherer import Cameras, Gatherer
from streetlamp.notify.message import Item, Message, MessageKind, What
from streetlamp.notify.options import TargetOptions
from streetlamp.notify.sender import Sender
from streetlamp.store import Alarms, Database, Outbox, PostState, schema
from streetlamp.store.alarms import _row
from streetlamp.values import Alarm, AlarmState, AlarmStep, Severity

T0 = 1_700_000_000.0
ABOUT = Cameras("Riverside", ZoneInfo("Europe/Berlin"), {"gate": "Main gate"})
SECRET = "whsec_" + "c3RyZWV0bGFtcC1zaWduaW5nLXNlY3JldA=="
OLD_SECRET = "whsec_" + "YW4tb2xkLW9uZS1vZi10aGUgc2FtZSBraW5k"


def alarm(id: str = "a1", at: float = T0, **rest: Any) -> Alarm:  # noqa: A002
    about: dict[str, Any] = {
        "camera": "gate",
        "rule": "night",
        "kind": "intrusion",
        "place": "yard",
        "severity": Severity.WARNING,
        "message": "1 person is in yard",
        "state": AlarmState.RAISED,
        "steps": (AlarmStep(at, "streetlamp", AlarmState.RAISED, "1 person is in yard"),),
        "updated": at,
        **rest,
    }
    return Alarm(
        id=id, raised=at, ended=None, events=1, frame=7, box=(1.0, 2.0, 30.0, 40.0),
        numbers={"most": 1.0}, **about,
    )  # fmt: skip


def moved(one: Alarm, state: AlarmState, at: float, actor: str = "ada", note: str = "") -> Alarm:
    step = AlarmStep(at, actor, state, note)
    return replace(one, state=state, updated=at, steps=(*one.steps, step))


class Recorder(Notifier):
    """Keeps what it is sent; ``answer`` may refuse it."""

    kind = "recorder"
    summary = "For tests."
    Options = TargetOptions

    def __init__(self, name: str = "porter", **options: Any) -> None:
        self._parts: Sequence[str] = options.pop("parts", ("",))
        self.replaces = options.pop("replaces", False)  # type: ignore[misc]
        around = Surroundings("Riverside", "1", Path("/nowhere"))
        super().__init__(name, TargetOptions(kind="recorder", **options), around)
        self.took: list[Message] = []
        self.tried: list[tuple[float, str]] = []
        self.answer: Callable[[Message, float], NotifyError | None] = lambda message, now: None

    @property
    def where(self) -> str:
        return "nowhere"

    def parts(self) -> Sequence[str]:
        return self._parts

    async def send(self, message: Message, now: float, picture: Picture = no_picture) -> str:
        await picture()
        self.tried.append((now, message.key))
        error = self.answer(message, now)
        if error is not None:
            raise error
        self.took.append(message)
        return "taken"


@dataclass
class Post:
    """A gatherer and its senders over a database of their own, at a time that the test moves."""

    folder: Path
    targets: dict[str, Recorder]
    now: float = T0
    db: Database = field(init=False)
    gatherer: Gatherer = field(init=False)
    senders: list[Sender] = field(init=False)

    def __post_init__(self) -> None:
        self.db = Database(self.folder / "notify.db")
        self.start()

    def start(self) -> None:
        """A start, or (once more) a restart after which only the database is left."""
        self.gatherer = Gatherer(self.db, self.targets, ABOUT, self.now)
        self.outbox = Outbox(self.db)
        self.senders = [Sender(one, self.outbox, lambda: 0.0) for one in self.targets.values()]

    def say(self, *alarms: Alarm) -> None:
        """The book wrote these alarms and told of them."""
        with self.db.write():
            for one in alarms:
                known = Alarms(self.db).get(one.id)
                Alarms(self.db).save(one, one.steps[len(known.steps) if known else 0 :])
        self.gatherer.take(alarms, self.now)

    def say_new(self, *alarms: Alarm) -> None:
        """The same of alarms that nobody knows, quickly: a storm has very many."""
        rows = [
            {**_row(one), "id": one.id, "clip_tries": 0, "clip_after": None} for one in alarms
        ]
        with self.db.write() as connection:
            connection.execute(insert(schema.alarms), rows)
        self.gatherer.take(alarms, self.now)

    def go(self, seconds: float, step: float = 1.0) -> None:
        """Lets time pass."""
        until = self.now + seconds
        while self.now < until:
            self.now = min(until, self.now + step)
            self.gatherer.tick(self.now)
            self.send()

    def send(self) -> None:
        for name, sender in zip(self.targets, self.senders, strict=True):
            due = self.outbox.next_due(name)
            if due is None or due > self.now:
                continue
            while asyncio.run(sender.turn(self.now)) <= self.now:
                pass

    def keys_told(self, target: str = "porter") -> list[str]:
        """Every alarm and step that some message of a target tells, sent or not."""
        posts = self.outbox.list(list(PostState), 100_000, target)
        return [
            f"{one.alarm}:{one.what}" for post in posts for one in self.outbox.told_in(post.key)
        ]


def post(folder: Path, *targets: Recorder) -> Post:
    return Post(folder, {one.name: one for one in targets or (Recorder(),)})


def item(**rest: Any) -> Item:
    about: dict[str, Any] = {
        "what": What.RAISED,
        "time": T0,
        "alarm": "a1",
        "camera": "gate",
        "camera_name": "Main gate",
        "rule": "night",
        "kind": "intrusion",
        "place": "yard",
        "severity": Severity.CRITICAL,
        "message": "1 person is in yard",
        "raised": T0,
        "state": AlarmState.RAISED,
        "numbers": {"most": 1.0},
        "group": "night",
        **rest,
    }
    return Item(**about)


def message(*items: Item, kind: MessageKind = MessageKind.ALARM, **rest: Any) -> Message:
    shown = items or (item(),)
    about: dict[str, Any] = {
        "key": "msg_0123456789abcdef01234567",
        "time": T0,
        "severity": Severity.CRITICAL,
        "title": "CRITICAL: 1 person is in yard – Main gate (Riverside)",
        "text": "1 person is in yard.",
        "items": shown,
        "keys": tuple(f"{one.alarm}:{one.what}" for one in shown),
        "count": len(shown),
        "cameras": 1,
        "rules": 1,
        "until": T0,
        **rest,
    }
    return Message(kind=kind, **about)


@dataclass
class Taken:
    """A request that a receiver got."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """A web server on loopback that keeps what is posted; ``answers`` are used up one by one."""

    def __init__(self, answers: Iterable[tuple[int, dict[str, str]]] = ()) -> None:
        self.taken: list[Taken] = []
        self.answers = list(answers)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                lowered = {name.lower(): value for name, value in self.headers.items()}
                outer.taken.append(Taken(self.path, lowered, body))
                status, headers = outer.answers.pop(0) if outer.answers else (200, {})
                self.send_response(status)
                for name, value in {"Content-Length": "0", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, path: str = "/hook", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def a_browser(endpoint: str) -> dict[str, Any]:
    """A PushSubscription as a browser sends it, with keys that can be used."""
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    keys = {
        name: base64.urlsafe_b64encode(data).rstrip(b"=").decode()
        for name, data in (("p256dh", point), ("auth", bytes(16)))
    }
    return {"endpoint": endpoint, "keys": keys}
