"""Results kept by commit: one small JSON a bench and commit, and the table that speaks of them.

    python bench/record.py     write bench/results/README.md again from the JSON files

A bench calls `save` with its tables; what it ran on goes along: processor, cores, versions. Nothing
that names a machine, a user or a folder does.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"
LIBRARIES = ("av", "numpy", "opencv-python-headless", "onnxruntime", "openvino")
BENCHES = (
    "hiding", "cost", "cameras", "latency", "health", "storm", "soak", "rules_people",
    "rules_traffic", "rules_standing", "rules_objects",
)  # fmt: skip


@dataclass
class Bar:
    """What the project promises itself, and what was measured."""

    name: str
    value: float
    limit: float
    at_most: bool = True  # False: at least

    @property
    def holds(self) -> bool:
        return self.value <= self.limit if self.at_most else self.value >= self.limit

    def __str__(self) -> str:
        sign = "≤" if self.at_most else "≥"
        verdict = "PASS" if self.holds else "FAIL"
        return f"{verdict}  {self.name}: {self.value:.2f} ({sign} {self.limit:g})"


@dataclass
class Table:
    title: str
    columns: list[str]
    rows: list[list[str]]
    note: str = ""

    def text(self) -> str:
        """For the terminal: columns under each other, the first to the left."""
        lines = [self.columns, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.columns))]
        shown = [
            "  ".join(
                cell.rjust(width) if i else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        note = [f"  ({self.note})"] if self.note else []
        return "\n".join([self.title, *("  " + line for line in shown), *note])

    def markdown(self) -> str:
        lines = [self.columns, ["---"] * len(self.columns), *self.rows]
        table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        return f"{self.title}:\n\n{table}\n" + (f"\n{self.note}\n" if self.note else "")


@dataclass
class Result:
    """Everything one bench found out in one run."""

    bench: str
    command: str
    quick: bool
    tables: list[Table]
    bars: list[Bar] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def print(self) -> None:
        for table in self.tables:
            print("\n" + table.text())
        print()
        for bar in self.bars:
            print(bar)
        for line in self.skipped:
            print(f"SKIPPED  {line}")


def spread(values: Sequence[float], scale: float = 1.0, digits: int = 2) -> str:
    """Median (least – most), or the only value."""
    middle = f"{scale * statistics.median(values):.{digits}f}"
    if len(values) == 1:
        return middle
    return f"{middle} ({scale * min(values):.{digits}f} – {scale * max(values):.{digits}f})"


def processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def machine() -> dict[str, object]:
    flags = ""
    info = Path("/proc/cpuinfo")
    if info.exists():
        flags = next((x for x in info.read_text().splitlines() if x.startswith("flags")), "")
    versions = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "missing"
    return {
        "processor": processor(),
        "cores": os.cpu_count() or 0,
        "vector units": [x for x in ("avx2", "avx512f", "avx512_vnni") if x in flags.split()],
        "system": f"{platform.system()} {platform.machine()}",
        "versions": versions,
    }


def git(*words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=20
    )
    return done.stdout.strip()


def save(result: Result) -> Path:
    """Writes the result and the table again. Of one bench, commit and length, the last stays.

    A quick run never replaces a full one.
    """
    commit = git("rev-parse", "--short=10", "HEAD") or "unknown"
    dirty = bool(git("status", "--porcelain", "--", "src"))
    kept = {
        **asdict(result),
        "bars": [{**asdict(bar), "holds": bar.holds} for bar in result.bars],
        "commit": commit,
        "changed": dirty,  # the tree held changes that the commit does not
        "committed": git("show", "-s", "--format=%cs", "HEAD"),
        "machine": machine(),
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{commit}-{result.bench}{'-quick' if result.quick else ''}.json"
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    write_table()
    return path


def write_table() -> None:
    """bench/results/README.md: the newest full result of each bench, then one line for each."""
    found = [json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))]
    place = {name: i for i, name in enumerate(git("rev-list", "--abbrev-commit", "--abbrev=10",
                                                  "HEAD").split())}  # fmt: skip
    found.sort(key=lambda one: (place.get(one["commit"], len(place)), one["quick"]))
    lines = [
        "# Results\n",
        "<!-- Written by bench/record.py from the JSON files beside it. -->\n",
        "What the benches measured, by commit. `make bench` measures again and adds to this folder;"
        " times are of one machine, ratios carry over. Medians, with the least and the most.\n",
    ]
    for bench in BENCHES:
        mine = [one for one in found if one["bench"] == bench]
        if mine:
            lines += section(bench, min(mine, key=lambda one: one["quick"]))
    if found:
        lines += [
            "## All\n",
            "| commit | date | bench | bars held | not held |",
            "|---|---|---|---|---|",
        ]
        lines += [history(one) for one in found]
    (RESULTS / "README.md").write_text("\n".join(lines).rstrip() + "\n")


def section(bench: str, one: dict[str, Any]) -> list[str]:
    facts = one["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    lines = [
        f"## {bench.capitalize()}\n",
        f"`{one['command']}` at {named(one)}; {facts['processor']}, {facts['cores']} cores "
        f"({', '.join(facts['vector units'])}), {versions}.\n",
    ]
    lines += [Table(**table).markdown() for table in one["tables"]]
    for bar in one["bars"]:
        shown = Bar(bar["name"], bar["value"], bar["limit"], bar["at_most"])
        lines.append(f"- {shown}")
    lines += [f"- skipped: {reason}" for reason in one["skipped"]]
    return [*lines, ""]


def named(one: dict[str, Any]) -> str:
    return f"{one['commit']}{' with changes' if one['changed'] else ''}"


def history(one: dict[str, Any]) -> str:
    held = [bar["name"] for bar in one["bars"] if bar["holds"]]
    missed = [f"{bar['name']} ({bar['value']:.2f})" for bar in one["bars"] if not bar["holds"]]
    kind = one["bench"] + (", quick" if one["quick"] else "")
    cells = (named(one), one["committed"], kind, str(len(held)), "; ".join(missed) or "–")
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    write_table()
