"""Virtual cameras for whoever wants some: a context manager around a server in a thread."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from streetlamp.errors import UserError
from streetlamp.fleet.virtual.base import FAULTS, PictureFault
from streetlamp.fleet.virtual.camera import Camera
from streetlamp.fleet.virtual.reel import LONGEST, Progress, Reel, load_reels
from streetlamp.fleet.virtual.schedule import EVERYBODY, Drill, parse_drills
from streetlamp.fleet.virtual.server import Plan, Server

_PATIENCE: Final = 30.0  # seconds that a call may take until the server's loop answers


def load_clips(
    clips: Sequence[Path],
    drills: Sequence[Drill],
    *,
    sub: bool = True,
    recode: bool = False,
    noise: float = 0.0,
    longest: float = LONGEST,
    seed: int = 0,
    progress: Callable[[Path], Progress] | None = None,
) -> list[tuple[Reel, Reel | None]]:
    """The clips' streams; encoded anew where drills will alter pictures.

    Then a fault neither begins nor ends with other parameter sets than the camera had before.
    """
    recode = recode or any(issubclass(FAULTS[one.fault], PictureFault) for one in drills)
    return [
        load_reels(
            clip, sub=sub, recode=recode, noise=noise, longest=longest, seed=seed,
            progress=progress(clip) if progress is not None else None,
        )
        for clip in clips
    ]  # fmt: skip


class VirtualCameras:
    """Cameras that serve clips over RTSP on this machine; a context manager.

    `clips`: video files; camera 1 shows the first, and so on, round and round. `count`: how many
    cameras (default: one a clip). `faults`: drills as on the command line, or as values; seconds
    count from when the cameras begin. `port` 0 picks a free one. `password` asks for a login.
    `noise`, `clock`, `recode`, `sub`, `longest`: see `load_reels` and `Plan`. `tell` gets a line
    for a person when a fault begins or ends, from another thread.

    UserError: a clip that cannot be played, faults that cannot be read, a port that is taken.
    """

    def __init__(
        self,
        clips: Sequence[Path | str],
        faults: str | Sequence[Drill] = (),
        *,
        count: int | None = None,
        repeat: float | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        user: str = "admin",
        password: str | None = None,
        sub: bool = True,
        recode: bool = False,
        noise: float = 0.0,
        clock: bool = False,
        longest: float = LONGEST,
        seed: int = 0,
        tell: Callable[[str], None] = lambda _: None,
        progress: Callable[[Path], Progress] | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        drills = parse_drills(faults) if isinstance(faults, str) else tuple(faults)
        self._load = partial(
            load_clips, [Path(clip) for clip in clips], drills, sub=sub, recode=recode, noise=noise,
            longest=longest, seed=seed, progress=progress,
        )  # fmt: skip
        self._plan = Plan(
            [], count or len(clips), drills, repeat, host, port, user, password, clock, seed
        )
        self._tell = tell
        self._wall = wall
        self._host = host

    def __enter__(self) -> Self:
        self.server = Server(replace(self._plan, reels=self._load()), self._tell, self._wall)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="virtual-cameras", daemon=True)
        self._thread.start()
        with ExitStack() as undo:
            undo.callback(self._end)
            self._call(self.server.open())
            undo.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all streams; a second time it does nothing."""
        if not self._thread.is_alive():
            return
        try:
            self._call(self.server.close())
        finally:
            self._end()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE)

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        future: Future[None] = asyncio.run_coroutine_threadsafe(work, self._loop)
        future.result(_PATIENCE)

    @property
    def names(self) -> list[str]:
        """The cameras' names: cam001, cam002, …"""
        return [camera.name for camera in self.server.cameras]

    @property
    def port(self) -> int:
        return self.server.port

    def url_of(self, camera: str = "", *, sub: bool = False) -> str:
        """The address of a camera (the first one), without its login."""
        stream = "sub" if sub else "main"
        host = f"[{self._host}]" if ":" in self._host else self._host
        name = f"{camera}/" if camera or len(self.names) > 1 else ""
        if not camera and name:
            name = f"{self.names[0]}/"
        return f"rtsp://{host}:{self.port}/{name}{stream}"

    def start(self, fault: str, strength: float | None = None, camera: str = EVERYBODY) -> None:
        """A fault begins now, at one camera or all; it lasts until `stop`."""
        if fault not in FAULTS:
            raise UserError(f"no fault is called {fault!r}; there are: {', '.join(FAULTS)}")
        self._call(self.server.start_fault(fault, strength, self._cameras(camera)))

    def stop(self, fault: str, camera: str = EVERYBODY) -> None:
        """All faults of that name end now, at one camera or all."""
        self._call(self.server.stop_fault(fault, self._cameras(camera)))

    def _cameras(self, name: str) -> list[Camera]:
        found = [one for one in self.server.cameras if name in (EVERYBODY, one.name)]
        if not found:
            raise UserError(f"no camera is called {name!r}; there are: {', '.join(self.names)}")
        return found


class VirtualCamera(VirtualCameras):
    """One of them: ``with VirtualCamera("clip.mp4") as camera: camera.url``."""

    def __init__(self, clip: Path | str, faults: str | Sequence[Drill] = (), **more: Any) -> None:
        super().__init__([clip], faults, count=1, **more)

    @property
    def url(self) -> str:
        return self.url_of()

    @property
    def sub_url(self) -> str:
        return self.url_of(sub=True)
