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


BURSTS = """
    import sys
    from streetlamp.alarms.book import AlarmBook
    from streetlamp.alarms.options import AlarmOptions
    from streetlamp.store import Database
    from streetlamp.values import AlarmState, Event, Phase, Severity

    book = AlarmBook(Database(sys.argv[1]), AlarmOptions())
    print("ready", flush=True)
    k = 0
    while True:
        k += 1
        burst = [Event(f"e{k}_{n}", Phase.START, f"c{n}", "r", "intrusion", f"p{k}", 1e6 + k, None,
                       1, "m", Severity.INFO, None, time=1e6 + k) for n in range(40)]
        book.handle_all(burst)
        print(f"raised {k}", flush=True)
        book.acknowledge(f"e{k}_7", "ada", 1e6 + k)
        print(f"one {k}", flush=True)
        if k % 3 == 0:
            book.answer_group("e1_0", AlarmState.ACKNOWLEDGED, "ada", 1e6 + k + 0.5)
            print(f"all {k}", flush=True)
"""


@pytest.mark.parametrize("seed", range(2))
def test_bursts_and_answers_to_whole_groups_survive(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "a.db"
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(BURSTS), str(path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == "ready\n"
        said = [child.stdout.readline() for _ in range(5 + 4 * seed)]
        child.send_signal(signal.SIGKILL)
        said += child.stdout.read().splitlines(keepends=True)
    child.wait()
    db = Database(path)
    stored = {alarm.id: alarm for alarm in AlarmBook(db, AlarmOptions()).list(limit=None)}
    db.close()
    assert len(stored) % 40 == 0, "a burst is there as a whole or not at all"
    for line in (line for line in said if line.endswith("\n")):
        what, k = line.split()
        assert all(f"e{k}_{n}" in stored for n in range(40)), line
        if what == "one":
            assert stored[f"e{k}_7"].state.value == "acknowledged"
        if what == "all":
            until = range(1, int(k) + 1)
            assert {stored[f"e{i}_{n}"].state.value for i in until for n in range(40)} == {
                "acknowledged"
            }
