"""What `streetlamp meters bench` and `stock bench` do: print what the finders reach, and how fast.

The measurements are part of the repository (``bench/``), as are the tests: not of the package.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import streetlamp
from streetlamp.errors import UserError

BENCH = Path(streetlamp.__file__).resolve().parents[2] / "bench"


def bench(programs: Sequence[str], arguments: Sequence[str]) -> int:
    """Runs programs of ``bench/`` one after another; the first exit status that is not 0.

    UserError: this is not a checkout of the repository.
    """
    missing = [name for name in programs if not (BENCH / name).is_file()]
    if missing:
        raise UserError(
            f"bench/{missing[0]} is not here: the measurements come with the repository, not with "
            "the installed package. In a checkout, `make setup` makes this command find them."
        )
    status = 0
    for name in programs:
        done = subprocess.run([sys.executable, str(BENCH / name), *arguments], check=False)
        status = status or done.returncode
    return status
