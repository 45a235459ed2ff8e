"""The RTSP server of all virtual cameras of a process, and the drills that happen to them."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from secrets import token_hex
from typing import Any, Final

from streetlamp.errors import UserError
from streetlamp.fleet.virtual.base import Door
from streetlamp.fleet.virtual.camera import Camera, Occurrence, Outlet
from streetlamp.fleet.virtual.connection import Connection
from streetlamp.fleet.virtual.listen import open_udp
from streetlamp.fleet.virtual.message import MOST_HEAD
from streetlamp.fleet.virtual.reel import Reel
from streetlamp.fleet.virtual.rtp import MOST
from streetlamp.fleet.virtual.schedule import Drill, Event, schedule_for
from streetlamp.fleet.virtual.sdp import TRACK
from streetlamp.fleet.virtual.studio import Studio
from streetlamp.fleet.virtual.viewer import UdpViewer, Viewer

_MOST_CONNECTIONS: Final = 2000
_LISTEN_AGAIN: Final = 1.0  # seconds, where a port that was closed is not free at once
assert MOST < 65_000  # an interleaved packet counts its bytes in 16 bits


@dataclass(frozen=True, slots=True)
class Plan:
    """What a server serves, and how."""

    reels: Sequence[tuple[Reel, Reel | None]]  # a main and a second stream a clip
    count: int = 1  # cameras; the clips go round
    drills: Sequence[Drill] = ()
    repeat: float | None = None
    host: str = "127.0.0.1"
    port: int = 0
    user: str = "admin"
    password: str | None = field(default=None, repr=False)
    clock: bool = False  # burn a clock into every picture
    seed: int = 0


class Server:
    """Lives in one event loop. `tell` gets a line for a person when something happens."""

    def __init__(
        self,
        plan: Plan,
        tell: Callable[[str], None] = lambda _: None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._plan = plan
        self._tell = tell
        self.user, self.password, self.nonce = plan.user, plan.password, token_hex(16)
        self.port = plan.port
        self.udp: tuple[asyncio.DatagramTransport, asyncio.DatagramTransport] | None = None
        self.cameras = [Camera(name, clocked=plan.clock) for name in camera_names(plan.count)]
        self.studios: list[Studio] = []
        self._outlets: list[Outlet] = []
        self._by_path: dict[str, Outlet] = {}
        self._wall = wall
        self._build()
        self._listener: asyncio.Server | None = None
        self._connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._heard: dict[tuple[str, int], float] = {}
        self._occurrences: dict[tuple[Drill, int], Occurrence] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._start = 0.0

    def _build(self) -> None:
        made: dict[tuple[int, bool], Studio] = {}
        for place, camera in enumerate(self.cameras):
            clip = place % len(self._plan.reels)
            for reel, sub in zip(self._plan.reels[clip], (False, True), strict=True):
                if reel is None:
                    continue
                if (clip, sub) not in made:
                    made[clip, sub] = Studio(reel, self._tell, self._wall)
                path = f"/{camera.name}/{'sub' if sub else 'main'}"
                outlet = Outlet(camera, reel, path, self._plan.seed)
                made[clip, sub].outlets.append(outlet)
                self._outlets.append(outlet)
                paths = [path] if sub else [path, f"/{camera.name}"]
                if len(self.cameras) == 1:
                    paths += ["/sub"] if sub else ["/main", ""]
                self._by_path.update(dict.fromkeys(paths, outlet))
        self.studios = list(made.values())

    # What connections ask.

    def outlet(self, path: str) -> Outlet | None:
        """The stream of a path, with or without its track."""
        return self._by_path.get(path.removesuffix(f"/{TRACK}"))

    @property
    def reels(self) -> Sequence[tuple[Reel, Reel | None]]:
        """What is served: a main and a second stream a clip."""
        return self._plan.reels

    def now(self) -> float:
        """Seconds since the server began."""
        assert self._loop is not None
        return self._loop.time() - self._start

    def heard(self, viewer: Viewer | None, within: float) -> bool:
        """Whether a UDP viewer sent receiver reports within so many seconds."""
        if not isinstance(viewer, UdpViewer):
            return False
        return self.now() - self._heard.get(viewer.rtcp_address, -within) < within

    def expect(self, viewer: UdpViewer) -> None:
        """Receiver reports from this viewer count from now on."""
        self._heard[viewer.rtcp_address] = self.now()

    def forget(self, viewer: Viewer) -> None:
        """They count no more."""
        if isinstance(viewer, UdpViewer):
            self._heard.pop(viewer.rtcp_address, None)

    def viewers(self) -> int:
        """How many clients watch now."""
        return sum(viewer.playing for one in self._outlets for viewer in one.viewers)

    # Its life.

    async def open(self) -> None:
        """Listen and play. UserError when the port cannot be had."""
        self._loop = asyncio.get_running_loop()
        self._start = self._loop.time()
        try:
            await self._listen()
        except OSError as error:
            raise UserError(
                f"cannot listen on {self._plan.host} port {self._plan.port}: {error.strerror}"
            ) from None
        self.udp = await open_udp(self._plan.host, self.port, self._ear)
        for studio in self.studios:
            self._run(studio.run(self._start))
        self._run(self._drill())

    async def close(self) -> None:
        """End all streams with a farewell, and all tasks."""
        for outlet in self._outlets:
            outlet.farewell()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._stop_listening()
        while self._connections:
            await asyncio.sleep(0.01)
        for transport in self.udp or ():
            transport.close()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        """A task has ended: none of them should while the server runs."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._tell(f"Broken, please start again: {error!r}")

    async def _listen(self) -> None:
        self._listener = await asyncio.start_server(
            self._serve, self._plan.host, self.port, limit=MOST_HEAD
        )
        self.port = self._listener.sockets[0].getsockname()[1]

    async def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for connection in list(self._connections):
            connection.cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= _MOST_CONNECTIONS:
            writer.transport.abort()
            return
        connection = Connection(self, reader, writer)
        self._connections.add(connection)
        try:
            await connection.run()
        finally:
            self._connections.discard(connection)

    def _ear(self, address: tuple[str, int]) -> None:
        if address in self._heard:
            self._heard[address] = self.now()

    # Drills.

    async def _drill(self) -> None:
        for event, cameras in self._events():
            await asyncio.sleep(event.time - self.now())
            key = event.drill, event.round
            quiet = event.drill.duration == 0  # begins and ends at once
            if event.begins:
                self._occurrences[key] = self._occurrence(
                    event.drill.fault, event.drill.strength, event.time, event.round
                )
                await self.begin(self._occurrences[key], cameras, brief=quiet)
            else:
                await self.end(self._occurrences[key], cameras, quiet=quiet)
                if not any(one.has(self._occurrences[key]) for one in self.cameras):
                    del self._occurrences[key]  # others may have it for longer

    def _events(self) -> Iterator[tuple[Event, list[Camera]]]:
        """What happens when, and to which cameras."""
        streams = []
        for place, camera in enumerate(self.cameras):
            schedule = schedule_for(
                self._plan.drills, camera.name, first=place == 0, repeat=self._plan.repeat
            )
            streams.append(zip(schedule.events(), _always(place), strict=False))
        merged = heapq.merge(*streams, key=lambda pair: pair[0].time)
        for _, group in groupby(merged, key=lambda pair: pair[0].time):
            together: dict[Event, list[Camera]] = {}
            for event, place in group:
                together.setdefault(event, []).append(self.cameras[place])
            yield from together.items()

    def _occurrence(
        self, fault: str, strength: float | None, begun: float, number: int
    ) -> Occurrence:
        return Occurrence(fault, strength, self._plan.seed + number, begun)

    async def start_fault(
        self, name: str, strength: float | None, cameras: Sequence[Camera]
    ) -> None:
        """A fault begins now, by call."""
        await self.begin(self._occurrence(name, strength, self.now(), 0), cameras)

    async def stop_fault(self, name: str, cameras: Sequence[Camera]) -> None:
        """All of a kind of fault end now."""
        found = {each: None for camera in cameras for each in camera.faults(name)}
        for occurrence in found:
            await self.end(occurrence, [one for one in cameras if occurrence in one.faults(name)])

    async def begin(
        self, occurrence: Occurrence, cameras: Sequence[Camera], *, brief: bool = False
    ) -> None:
        """A fault begins at cameras."""
        self._cut([camera for camera in cameras if camera.begin(occurrence)])
        self._tell(f"{self._whom(cameras)}: {occurrence.fault}" + ("" if brief else " begins"))
        if self._unplugged():
            await self._stop_listening()

    async def end(
        self, occurrence: Occurrence, cameras: Sequence[Camera], *, quiet: bool = False
    ) -> None:
        """A fault ends at cameras."""
        self._cut([camera for camera in cameras if camera.end(occurrence)])
        if not quiet:
            self._tell(f"{self._whom(cameras)}: {occurrence.fault} ends")
        while self._listener is None and not self._unplugged():
            try:
                await self._listen()
            except OSError as error:
                self._tell(f"Cannot listen on port {self.port} again: {error.strerror}")
                await asyncio.sleep(_LISTEN_AGAIN)

    def _unplugged(self) -> bool:
        return all(camera.door is Door.GONE for camera in self.cameras)

    def _cut(self, cameras: Sequence[Camera]) -> None:
        hit = set(map(id, cameras))
        for connection in list(self._connections):
            if connection.outlet is not None and id(connection.outlet.camera) in hit:
                connection.cut()

    def _whom(self, cameras: Sequence[Camera]) -> str:
        if len(cameras) == len(self.cameras) > 1:
            return f"all {len(cameras)} cameras"
        names = [camera.name for camera in cameras]
        return ", ".join(names if len(names) <= 4 else [*names[:3], f"{len(names) - 3} others"])


def camera_names(count: int) -> list[str]:
    """cam001, cam002, … (with as many digits as the last one needs, three at least)."""
    digits = max(3, len(str(count)))
    return [f"cam{number:0{digits}d}" for number in range(1, count + 1)]


def _always(value: int) -> Iterator[int]:
    while True:
        yield value
