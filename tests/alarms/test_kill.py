"""``kill -9`` at any moment: whatever a call has returned is there, in that state."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from streetlamp.alarms.book import AlarmBook
from streetlamp.alarms.options import AlarmOptions
from streetlamp.store import Database

CHILD = """
    import sys
    from streetlamp.alarms.book import AlarmBook
    from streetlamp.alarms.options import AlarmOptions
    from streetlamp.store import Database
    from streetlamp.values import Event, Phase, Severity

    book = AlarmBook(Database(sys.argv[1]), AlarmOptions(merge_seconds=0))
    book.recover(1.0)
    n = int(sys.argv[2])
    print("ready", flush=True)
    while True:
        n += 1
        book.handle(Event(f"e{n}", Phase.START, "gate", "r", "intrusion", "yard", 1000.0 * n, None,
                          1, "m", Severity.INFO, None))
        print(f"e{n} raised", flush=True)
        book.handle(Event(f"e{n}", Phase.END, "gate", "r", "intrusion", "yard", 1000.0 * n,
                          1000.0 * n + 5, 1, "m", Severity.INFO, None))
        if n % 3:
            book.acknowledge(f"e{n}", "ada", 1000.0 * n + 10)
            print(f"e{n} acknowledged", flush=True)
        if n % 3 == 2:
            book.resolve(f"e{n}", "ada", 1000.0 * n + 20, "seen to")
            print(f"e{n} resolved", flush=True)
"""

ORDER = ["raised", "acknowledged", "resolved"]


def run_and_kill(path: Path, first: int, seconds: float) -> dict[str, str]:
    """What the child said before it was killed: the last state of each alarm."""
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CHILD), str(path), str(first)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == "ready\n"
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
        said = child.stdout.read()
    assert child.wait() == -signal.SIGKILL
    whole = said[: said.rfind("\n") + 1]
    return {line.split()[0]: line.split()[1] for line in whole.splitlines()}


@pytest.mark.parametrize("seed", range(3))
def test_nothing_that_was_said_is_lost(tmp_path: Path, seed: int) -> None:
    pick, path = random.Random(seed), tmp_path / "a.db"
    said: dict[str, str] = {}
    for life in range(2):
        said |= run_and_kill(path, 100_000 * life, pick.uniform(0.02, 0.4))
        copy = tmp_path / f"after{life}.db"
        for end in ("", "-wal"):
            if Path(f"{path}{end}").exists():
                shutil.copy(f"{path}{end}", f"{copy}{end}")
        db = Database(copy)
        book = AlarmBook(db, AlarmOptions())
        for name, state in said.items():
            found = book.get(name)
            assert ORDER.index(found.state.value) >= ORDER.index(state), name
            states = list(dict.fromkeys(step.state.value for step in found.steps))
            assert states == ORDER[: len(states)]
            assert found.steps[-1].state is found.state
        unsaid = len(book.list(limit=None)) - len(said)
        assert 0 <= unsaid <= life + 1, "at each kill one may be written and not yet said"
        for message in book.recover(1e9):
            assert "cut short" in message
        db.close()
    assert len(said) >= 2
