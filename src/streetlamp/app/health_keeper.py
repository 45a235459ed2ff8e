"""Joins each camera's measures and status to the judge of its health, and keeps what it learns.

What is kept is small and shows nobody: usual values by hour, and the coarse reference views (see
``design/health.md``). One file a camera, in the data folder's `health`.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from streetlamp.app.status import Statuses
from streetlamp.fleet.health import CameraHealth
from streetlamp.health import Judgement, Minute
from streetlamp.site import Site
from streetlamp.store.durable import replace_text, sync_folder
from streetlamp.values import CameraStatus
from streetlamp.video.source import repeats
from streetlamp.video.view.meter import ViewMeter

MOST_BYTES: Final = 4_000_000  # of a file that is read: ours have some hundred kilobytes at most

log: Final = logging.getLogger(__name__)


class HealthKeeper:
    """The health of all cameras of a site. Any thread."""

    def __init__(
        self,
        site: Site,
        folder: Path,
        statuses: Statuses,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._health: dict[str, CameraHealth] = {}
        self._meters: dict[str, ViewMeter] = {}
        for name, camera in site.switched_on.items():
            health = CameraHealth(
                name,
                camera.health,
                max_gap=camera.look.max_gap_seconds,
                recorded=site.record.enabled and camera.record,
            )
            self._health[name] = health
            self._meters[name] = ViewMeter(name, health.view, repeats=repeats(camera.source))
            self._restore(name)
        statuses.on_change(self._status)

    def meter(self, camera: str) -> ViewMeter:
        """What measures this camera's pictures."""
        return self._meters[camera]

    def minutes(self, now: float) -> list[Minute]:
        """The minutes of all cameras that are finished and settled, each told once."""
        return [minute for one in self._health.values() for minute in one.minutes(now)]

    def last_minutes(self, now: float) -> list[Minute]:
        """The minutes that are finished, when Streetlamp stops: settled or not."""
        return [
            minute for one in self._health.values() for minute in one.minutes(now, all_of_them=True)
        ]

    def judgements(self, camera: str) -> list[Judgement]:
        """What each check of a camera came to by now."""
        return self._health[camera].judgements()

    def accept_view(self, camera: str) -> None:
        """What the camera shows now is what it is meant to show from now on."""
        self._health[camera].forget_view()
        self._meters[camera].accept()

    def _status(self, status: CameraStatus) -> None:
        health = self._health.get(status.camera)
        if health is not None:
            health.status(status, self._clock())

    def save(self, now: float) -> str:
        """Writes what was learnt. OSError where the disk refuses."""
        del now
        self._folder.mkdir(parents=True, exist_ok=True)
        for name, health in self._health.items():
            state = {"usual": health.state(), "view": self._meters[name].state()}
            replace_text(self._folder / f"{name}.json", json.dumps(state, separators=(",", ":")))
        sync_folder(self._folder)
        return ""

    def close(self) -> None:
        """Writes for the last time; a disk that refuses costs what was learnt since."""
        try:
            self.save(0.0)
        except OSError as error:
            log.warning("what is normal for the cameras was not written: %s", error)

    def _restore(self, name: str) -> None:
        path = self._folder / f"{name}.json"
        try:
            if path.stat().st_size > MOST_BYTES:
                raise ValueError("it is too large")  # noqa: TRY301
            state: Any = json.loads(path.read_text("utf-8"))
            if not isinstance(state, dict):
                raise ValueError("it is not what was written")  # noqa: TRY004, TRY301
            self._health[name].restore(state.get("usual") or {})
            self._meters[name].restore(state.get("view") or {})
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            log.warning("camera %s: what was normal for it is learnt anew: %s", name, error)
