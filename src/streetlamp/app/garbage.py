"""Memory, set for a program that handles pictures for days.

By default Python looks through everything it ever loaded, modules and all, again and again; that
was one part in seventy of a busy camera's work. What pictures leave behind is freed at once, by
counting references; the search is only for what refers to itself.

What is freed goes back to the C library, which keeps it in as many heaps as there are threads at
work, each as large as it ever was: with six cameras that come and go a third of the heaps was
free, and a little more every minute. `give_back` returns that to the system.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from functools import cache
from typing import Final

YOUNG: Final = 10_000  # objects more than before, until the new ones are searched; usual: 700


def settle() -> None:
    """What is loaded by now is never garbage. Call when everything is loaded, before the work."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])


def give_back() -> bool:
    """Returns freed memory to the system; False where the C library has no such call (not glibc).

    Takes some milliseconds. Any thread.
    """
    trim = _trim()
    return trim is not None and bool(trim(0))


@cache
def _trim() -> Callable[[int], int] | None:
    try:
        found = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None
    found.argtypes, found.restype = [ctypes.c_size_t], ctypes.c_int
    trim: Callable[[int], int] = found
    return trim
