"""What is normal for each camera: kept through a power cut, and a new view taken over."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from streetlamp.app.health_keeper import HealthKeeper
from streetlamp.app.status import Statuses
from streetlamp.fleet.health import CameraHealth
from streetlamp.video.view.meter import ViewMeter
from support.kept_fleet import T0, site


def keeper(tmp_path: Path) -> HealthKeeper:
    return HealthKeeper(site(tmp_path, 2), tmp_path / "health", Statuses(), lambda: T0)


def test_what_was_learnt_is_on_the_disk_before_it_takes_the_old_ones_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a power cut leaves an empty file under the right name."""
    done: list[str] = []
    sync, replace = os.fsync, Path.replace

    def noted_sync(handle: int) -> None:
        done.append(f"sync {Path(os.readlink(f'/proc/self/fd/{handle}')).name}")
        sync(handle)

    def noted_replace(part: Path, whole: Path) -> Path:
        done.append(f"replace {whole.name}")
        return replace(part, whole)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    keeper(tmp_path).save(T0)
    assert done == [
        "sync cam-0.json.part", "replace cam-0.json",
        "sync cam-1.json.part", "replace cam-1.json",
        "sync health",
    ]  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "health").iterdir()) == [
        "cam-0.json",
        "cam-1.json",
    ]
    json.loads((tmp_path / "health" / "cam-0.json").read_text())


def test_a_view_that_is_taken_over_is_forgotten_with_what_was_usual_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = keeper(tmp_path)
    done: list[str] = []
    monkeypatch.setattr(ViewMeter, "accept", lambda _: done.append("view"))
    monkeypatch.setattr(CameraHealth, "forget_view", lambda one: done.append(one.camera))
    made.accept_view("cam-1")
    assert done == ["cam-1", "view"]
