"""What `streetlamp process` says on the terminal while `process` works."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from streetlamp.app.process import Clip, Report, plan, process
from streetlamp.errors import UserError
from streetlamp.site import Site, load_site, site_from_sources


def process_files(
    clips: Sequence[Path],
    out: Path,
    site_file: Path | None,
    camera: str | None,
    start: str | None,
    *,
    audio: bool,
    quiet: bool,
) -> None:
    """Processes the clips with a progress bar, then says what came out and where it is."""
    planned = plan(clips, out)
    site = load_site(site_file) if site_file is not None else site_from_sources([str(clips[0])])
    name = _camera_of(site, camera, site_file)
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("frames · {task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=quiet, transient=True) as bar:
        shown = _Shown(bar)
        reports = process(
            planned, site, name, shown.progress, start_time=_start(start), audio=audio
        )
    for clip, report in zip(planned, reports, strict=True):
        sys.stdout.write(_summary(clip, report))


class _Shown:
    """The progress bar's tasks, one a clip."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._tasks: dict[Path, tuple[object, float]] = {}
        self._last = 0.0

    def progress(self, clip: Clip, frames: int, seconds: float) -> None:
        now = time.monotonic()
        if clip.path not in self._tasks:
            task = self._bar.add_task(clip.label, total=clip.frames, speed="starting")
            self._tasks[clip.path] = (task, now)
        task, started = self._tasks[clip.path]
        if now - self._last < 0.1 and frames != clip.frames:
            return
        self._last = now
        speed = f"{seconds / max(1e-3, now - started):.1f} × real time"
        self._bar.update(task, completed=frames, speed=speed)  # type: ignore[arg-type]


def _camera_of(site: Site, camera: str | None, site_file: Path | None) -> str:
    names = list(site.cameras)
    if camera is not None:
        if camera not in site.cameras:
            raise UserError(f"{site_file} has no camera {camera!r}; it has {', '.join(names)}.")
        return camera
    if len(names) > 1:
        raise UserError(
            f"{site_file} has {len(names)} cameras; say which one the clips are from with "
            f"--camera: {', '.join(names)}."
        )
    return names[0]


def _start(text: str | None) -> float:
    if text is None:
        return 0.0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(
            f"--start {text!r} is not a date and time; write it like 2026-05-01T08:00:00+02:00."
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _summary(clip: Clip, report: Report) -> str:
    lines = [
        f"{clip.path} → {clip.out}",
        f"  {report.frames} frames, {report.times_real_time:g} × real time, "
        f"{1000 * report.cpu_seconds / max(1, report.frames):.1f} ms of CPU a frame, "
        f"{report.frames_looked_at} looked at, {report.events} events"
        + (
            f", {report.frames_hidden_whole} frames hidden whole"
            if report.frames_hidden_whole
            else ""
        ),
        *(f"  note: {warning}" for warning in report.warnings),
    ]
    return "\n".join(lines) + "\n"
