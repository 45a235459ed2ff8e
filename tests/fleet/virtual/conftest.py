"""One short clip with numbered pictures for all virtual cameras."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.clips import Clip, make_clip

FPS = 25


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """Four seconds, a keyframe every fifth of one: whoever comes sees something soon."""
    path = tmp_path_factory.mktemp("virtual") / "clip.mp4"
    return make_clip(path, frames=4 * FPS, fps=FPS, gop=5)
