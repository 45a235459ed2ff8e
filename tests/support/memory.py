"""How far this process's memory rose while something was done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _mib(name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) / 1024


@contextmanager
def rises_less_than(mib: float) -> Iterator[None]:
    """Fails when resident memory was ever `mib` MiB above where it began."""
    try:
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    except OSError:
        pytest.skip("this system does not let a process watch its own memory")
    before = _mib("VmRSS")
    yield
    rose = _mib("VmHWM") - before
    assert rose < mib, f"memory rose by {rose:.0f} MiB"
