"""Freed memory goes back to the system."""

from __future__ import annotations

import platform
import re
from pathlib import Path

import numpy as np
import pytest

from streetlamp.app.garbage import give_back

pytestmark = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only glibc can be asked to give memory back"
)


def resident() -> float:
    """MiB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) / 1024


def test_holes_between_what_is_used_are_given_back() -> None:
    blocks = [np.ones(60_000, np.uint8) for _ in range(4000)]  # 229 MiB, none mapped by itself
    kept = blocks[::500]
    del blocks
    before = resident()
    assert give_back()
    assert before - resident() > 150
    assert all(block.all() for block in kept)
