"""Bounds on what FFmpeg may take, so that a hostile stream cannot take the machine.

`bound_allocations` sets FFmpeg's own limit on one piece of memory (``av_max_alloc``), which PyAV
does not offer: it is looked up in the library that PyAV has loaded.
"""

from __future__ import annotations

import ctypes
import functools
import re
from pathlib import Path
from typing import Final

import av

MOST_PIXELS: Final = 8192 * 4320  # of one picture; 8K has 7680 × 4320
MOST_MEMORY: Final = 192 * 1024 * 1024  # bytes in one piece; a raw picture of 8K has 50 to 100 MB
DECODER: Final = {"max_pixels": str(MOST_PIXELS)}
TOO_LARGE: Final = f"its pictures have more than {MOST_PIXELS / 1e6:.0f} million pixels"


@functools.cache
def bound_allocations() -> bool:
    """Sets the limit, once a process; False where the library cannot be found (not Linux)."""
    assert av.library_versions  # PyAV is loaded, and FFmpeg with it
    try:
        mapped = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    # OpenCV brings an FFmpeg of its own: PyAV's is the one beside av's folder, or the system's
    found = set(re.findall(r"/\S*libavutil[^\s/]*\.so\S*", mapped))
    major = f".so.{av.library_versions['libavutil'][0]}"
    usable = [one for one in sorted(found) if major in one]
    for path in usable:
        limit = ctypes.CDLL(path).av_max_alloc
        limit.argtypes, limit.restype = [ctypes.c_size_t], None
        limit(MOST_MEMORY)
    return bool(usable)
