"""Keeps what rules have learnt over a restart: one small file a camera, numbers alone.

It holds no box, no track and no picture (see ``streetlamp.rules.keeping``). A file that cannot be
read costs what was learnt, and never a start.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from streetlamp.rules.runner import RuleRunner
from streetlamp.store.durable import replace_text, sync_folder

MOST_BYTES: Final = 4_000_000  # of a file that is read: ours have some dozen kilobytes at most

log: Final = logging.getLogger(__name__)


class RuleKeeper:
    """What the rules of all cameras have learnt, in a folder. `adopt` before a camera runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runners: dict[str, Callable[[], RuleRunner]] = {}
        self._written: dict[str, str] = {}

    def adopt(self, camera: str, rules: Callable[[], RuleRunner]) -> None:
        """Gives a camera's rules what they had learnt, and keeps it from now on.

        rules: those that run, whenever it is asked: they may be changed at the desk.
        """
        self._runners[camera] = rules
        try:
            for line in rules().restore(self._read(camera)):
                log.warning("camera %s: %s", camera, line)
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            log.warning("camera %s: its rules start to learn anew: %s", camera, error)

    def save(self, now: float) -> str:
        """Writes what has changed. OSError where the disk refuses."""
        del now
        texts = {
            camera: json.dumps(rules().keep(), separators=(",", ":"))
            for camera, rules in self._runners.items()
        }
        changed = {
            camera: text
            for camera, text in texts.items()
            if text != self._written.get(camera, "{}")
        }
        if changed:
            self._folder.mkdir(parents=True, exist_ok=True)
            for camera, text in changed.items():
                replace_text(self._folder / f"{camera}.json", text)
            sync_folder(self._folder)
            self._written |= changed
        return ""

    def close(self) -> None:
        """Writes for the last time; a disk that refuses costs what was learnt since."""
        try:
            self.save(0.0)
        except OSError as error:
            log.warning("what the rules have learnt was not written: %s", error)

    def _read(self, camera: str) -> dict[str, Any]:
        path = self._folder / f"{camera}.json"
        if path.stat().st_size > MOST_BYTES:
            raise ValueError("the file is too large")
        kept = json.loads(path.read_text("utf-8"))
        if not isinstance(kept, dict):
            raise ValueError("the file is not what was written")  # noqa: TRY004
        return kept
