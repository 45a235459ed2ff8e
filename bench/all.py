"""Every bench that speaks of the whole program, one after the other: `make bench`.

    python bench/all.py            about an hour
    python bench/all.py --quick    about ten minutes

How well people are hidden (hiding.py), what hiding costs beside a peer (process.py), what one
camera costs asleep, awake and busy (cost.py), and asleep with a second stream (second.py), how many
cameras a machine carries (cameras.py), and how long after the light (latency.py). What they find
out is kept in bench/results/, by commit.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from hiding import DATA

from record import ROOT, Result, Table, save

HERE = Path(__file__).resolve().parent
PARTS = ("hiding", "process", "cost", "second", "cameras", "latency")


def run(part: str, options: list[str]) -> str | None:
    """What a bench printed, shown while it runs; None if it failed."""
    said = []
    command = [sys.executable, "-u", str(HERE / f"{part}.py"), *options]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            said.append(line)
    return "".join(said) if child.returncode == 0 else None


def table(said: str) -> Table:
    """hiding.py's lines, as a table."""
    head, *rows = [line.split() for line in said.splitlines() if line.strip()]
    return Table("Heads hidden", head, [row for row in rows if len(row) == len(head)])


def arguments(part: str, *, quick: bool) -> list[str]:
    if part == "process":
        return ["--size", "720p", "--runs", "1", "--frames", "60"] if quick else []
    if part == "hiding":
        return []
    return ["--quick"] if quick else []


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=PARTS, action="append", help="default: all")
    wanted = parser.parse_args()
    failed = []
    for part in wanted.only or PARTS:
        if part == "hiding" and not DATA.is_dir():
            print("SKIPPED  hiding: no reference footage (STREETLAMP_SHARED)", file=sys.stderr)
            continue
        print(f"\n== {part} ==", flush=True)
        said = run(part, arguments(part, quick=wanted.quick))
        if said is None:
            failed.append(part)
        elif part == "hiding":
            command = "python bench/hiding.py"
            save(Result("hiding", command, quick=False, tables=[table(said)]))
    if failed:
        print(f"FAILED: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
