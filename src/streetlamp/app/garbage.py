"""Python's search for garbage, set for a program that handles pictures for days.

By default Python looks through everything it ever loaded, modules and all, again and again; that
was one part in seventy of a busy camera's work. What pictures leave behind is freed at once, by
counting references; the search is only for what refers to itself.
"""

from __future__ import annotations

import gc
from typing import Final

YOUNG: Final = 10_000  # objects more than before, until the new ones are searched; usual: 700


def settle() -> None:
    """What is loaded by now is never garbage. Call when everything is loaded, before the work."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
