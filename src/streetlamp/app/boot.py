"""The machine's own clock, which nobody sets, and since when it runs."""

from __future__ import annotations

import secrets
import time
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_OURS = secrets.token_hex(16)


def mono() -> float:
    """Seconds since the machine was switched on, those in which it slept among them (on Linux)."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def boot_id() -> str:
    """The same for as long as the machine is on; where it is not known, for this run alone."""
    try:
        return _BOOT_ID.read_text("ascii").strip()[:64] or _OURS
    except (OSError, ValueError):
        return _OURS
