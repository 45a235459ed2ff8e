"""One short clip with numbered pictures for all virtual cameras."""

from __future__ import annotations

import pytest

from support.clips import Clip, make_clip

FPS = 50


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """Two seconds, a keyframe every fifth of one: whoever comes sees something soon."""
    path = tmp_path_factory.mktemp("virtual") / "clip.mp4"
    return make_clip(path, frames=2 * FPS, fps=FPS, gop=10)
