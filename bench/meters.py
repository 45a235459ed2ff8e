"""Meters: what is found, how late, and at how many alarms with nothing there.

    python bench/meters.py houses            household water meters: leaks, bursts, faults
    python bench/meters.py houses --quick    one start a meter instead of two
    python bench/meters.py hanoi districts   districts: LeakDB's Hanoi, real inflow
    python bench/meters.py electricity appliances   injected faults, faults of appliances
    python bench/meters.py speed             1,000 meters x 1 year, 100,000 meters' hourly update
    python bench/meters.py houses --save     also into bench/results/

Every ``bench/meters_*.py`` with a table ``PARTS`` adds its parts. Readings are those of
../shared/data/meters; gaps are left in, thresholds are the product's defaults, and what is not
found counts as later than all that is. Rates stand with Wilson's 95 % interval, alarms with
Poisson's.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from record import Result, save

HERE = Path(__file__).resolve().parent

Part = Callable[[Result, argparse.Namespace], None]


def parts() -> dict[str, Part]:
    """All parts of all files beside this one."""
    found: dict[str, Any] = {}
    for path in sorted(HERE.glob("meters_*.py")):
        found.update(getattr(importlib.import_module(path.stem), "PARTS", {}))
    return found


def main() -> None:
    known = parts()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=" ".join(known))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seed", type=int, default=1, help="other starts of what is injected")
    parser.add_argument("--save", action="store_true")
    args = parser.parse_args()
    wanted = args.parts or list(known)
    unknown = sorted(set(wanted) - known.keys())
    if unknown:
        parser.error(f"no part is called {', '.join(unknown)}; there are: {', '.join(known)}")
    for name in wanted:
        command = f"python bench/meters.py {name}" + (" --quick" if args.quick else "")
        result = Result(f"meters-{name}", command, args.quick, [])
        known[name](result, args)
        result.print()
        if args.save:
            print(f"\n{save(result).name}")


if __name__ == "__main__":
    main()
