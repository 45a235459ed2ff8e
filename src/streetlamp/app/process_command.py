"""What `streetlamp process` says on the terminal while `process` works."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from streetlamp.app import garbage
from streetlamp.app.process import Clip, Processor, Report, plan
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
    failed = 0
    with Processor(site, name, start_time=_start(start), audio=audio) as processor:
        garbage.settle()
        for clip in planned:
            try:
                with Progress(*columns, console=console, disable=quiet, transient=True) as bar:
                    report = processor.run(clip, _Shown(bar, clip).progress)
            except UserError as error:  # the other clips are done all the same
                failed += 1
                sys.stderr.write(f"streetlamp: {error}\n")
            except KeyboardInterrupt:
                sys.stderr.write(f"Stopped. What was done of {clip.path} is in {clip.out}.\n")
                raise typer.Exit(130) from None
            else:
                sys.stdout.write(_summary(clip, report))
    if failed:
        raise typer.Exit(2)


class _Shown:
    """The progress bar of one clip."""

    def __init__(self, bar: Progress, clip: Clip) -> None:
        self._bar = bar
        self._task = bar.add_task(clip.label, total=clip.frames, speed="starting")
        self._started = time.monotonic()
        self._last = 0.0

    def progress(self, frames: int, seconds: float) -> None:
        now = time.monotonic()
        if now - self._last >= 0.1:
            self._last = now
            speed = f"{seconds / max(1e-3, now - self._started):.1f} × real time"
            self._bar.update(self._task, completed=frames, speed=speed)


def _camera_of(site: Site, camera: str | None, site_file: Path | None) -> str:
    names = list(site.cameras)
    if camera is not None:
        if camera not in site.cameras:
            if site_file is None:
                raise UserError("--camera needs --site: it names a camera of a site file.")
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
