"""What `streetlamp virtual-camera` does: serve clips as cameras, and say what happens to them."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from math import inf
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from streetlamp.errors import UserError
from streetlamp.fleet.virtual import VirtualCameras
from streetlamp.fleet.virtual.schedule import (
    EVERYBODY,
    Drill,
    in_words,
    parse_drills,
    schedule_for,
    seconds,
)
from streetlamp.fleet.virtual.server import camera_names
from streetlamp.fleet.virtual.table import plain_table

LIST = "list"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_FEW = 8  # cameras whose addresses are all printed


def serve_clips(
    clips: Sequence[Path],
    faults: Sequence[str],
    *,
    repeat: str | None,
    count: int | None,
    listen: str,
    port: int,
    user: str,
    password_env: str | None,
    sub: bool,
    recode: bool,
    noise: float,
    clock: bool,
    longest: str,
    seed: int,
) -> None:
    """Serves until Ctrl-C. UserError: a clip, a fault, a time or a port that does not do."""
    if LIST in faults:
        sys.stdout.write(plain_table())
        return
    if not clips:
        raise UserError("name a clip to serve: streetlamp virtual-camera CLIP (-h explains)")
    names = camera_names(count or len(clips))
    drills = parse_drills(",".join(faults))
    every = _time("--repeat", repeat) if repeat is not None else None
    _check_names(drills, names)
    for place, name in enumerate(names):  # a repetition that is too short is said before the work
        schedule_for(drills, name, first=place == 0, repeat=every)
    cameras = VirtualCameras(
        clips, drills, count=count, repeat=every, host=listen, port=port, user=user,
        password=_password(password_env), sub=sub, recode=recode, noise=noise, clock=clock,
        longest=_time("--longest", longest), seed=seed, tell=_tell,
        progress=lambda clip: _Bar(bar, clip),
    )  # fmt: skip
    console = Console(stderr=True)
    columns = TextColumn("Reading {task.description}"), BarColumn(), TimeElapsedColumn()
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    bar.start()
    try:
        with cameras:
            bar.stop()
            sys.stdout.write(_served(cameras, clips, password_env, user))
            sys.stdout.write(_planned(drills, names, every))
            sys.stdout.flush()
            if listen not in _LOOPBACK and password_env is None:
                sys.stderr.write(
                    f"Anybody who reaches {listen} can watch: --password-env asks for a login.\n"
                )
            _wait()
    finally:
        bar.stop()


def _wait() -> None:
    """Until Ctrl-C or SIGTERM, which is how this ends and no error."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        sys.stdout.write("\nStopped.\n")


class _Bar:
    """Shows how far the reading of a clip is; called with the seconds that are done."""

    def __init__(self, bar: Progress, clip: Path) -> None:
        self._bar = bar
        self._task = bar.add_task(clip.name, total=None)
        self._clip = clip

    def __call__(self, done: float) -> None:
        self._bar.update(self._task, description=f"{self._clip.name}: {in_words(int(done))}")


def _tell(text: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')}  {text}\n")
    sys.stdout.flush()


def _time(option: str, text: str) -> float:
    try:
        length = seconds(text)
    except ValueError as error:
        raise UserError(f"{option}: {error}") from None
    if length <= 0:
        raise UserError(f"{option} must be longer than nothing")
    return length


def _password(variable: str | None) -> str | None:
    if variable is None:
        return None
    password = os.environ.get(variable)
    if not password:
        raise UserError(f"--password-env: there is no environment variable {variable}")
    return password


def _check_names(drills: Sequence[Drill], names: Sequence[str]) -> None:
    for drill in drills:
        if drill.whom not in ("", EVERYBODY, *names):
            raise UserError(
                f"fault {drill.fault!r} is for {drill.whom!r}, but there are only "
                f"{names[0]} to {names[-1]}, and all"
            )


def _served(cameras: VirtualCameras, clips: Sequence[Path], login: str | None, user: str) -> str:
    lines = []
    for clip, (main, _) in zip(clips, cameras.server.reels, strict=True):
        lines.append(
            f"{clip}: {main.size[0]}×{main.size[1]}, {main.fps:.3g} pictures a second, "
            f"{main.kbps:.0f} kbit/s, {in_words(round(main.length))}; {main.note}"
        )
    names = cameras.names
    with_login = f", user {user}, password from ${login}" if login else ""
    lines.append(f"Serving {len(names)} camera{'s' * (len(names) > 1)}{with_login}:")
    shown = names if len(names) <= _FEW else [names[0], names[1], "…", names[-1]]
    for name in shown:
        if name == "…":
            lines.append("  …")
            continue
        named = name if len(names) > 1 else ""
        second = cameras.url_of(named, sub=True) if cameras.server.reels[0][1] else ""
        lines.append(f"  {cameras.url_of(named)}" + (f"  second stream {second}" * bool(second)))
    lines.append(f"Try: streetlamp run --source {cameras.url_of()}   (Ctrl-C here ends it.)")
    return "\n".join(lines) + "\n"


def _planned(drills: Sequence[Drill], names: Sequence[str], repeat: float | None) -> str:
    """What will happen, a line a fault."""
    if not drills:
        return ""
    ends: dict[Drill, dict[float, str]] = {}  # when it is over, and the first camera for which
    for place, name in enumerate(names):
        schedule = schedule_for(drills, name, first=place == 0, repeat=repeat)
        for drill, end in schedule.spans():
            ends.setdefault(drill, {}).setdefault(end, name)
    found: list[tuple[float, str]] = []
    for drill, cameras in ends.items():
        (end, name), *others = cameras.items()
        lasts = " on" if end == inf else f" to {in_words(end)}" if end > drill.start else ""
        lasts = " until the next one" if others else lasts
        whom = f"all {len(names)} cameras" if drill.whom == EVERYBODY else name
        found.append((drill.start, f"  {in_words(drill.start):>7}{lasts}: {drill.words}, {whom}"))
    lines = ["Faults, from now:", *(line for _, line in sorted(found))]
    if repeat is not None:
        lines.append(f"  and again every {in_words(repeat)}")
    return "\n".join(lines) + "\n"
