"""What `streetlamp stock sir` does: a folder of tanks' records into rates, verdicts and a sheet."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Final

from streetlamp.errors import UserError
from streetlamp.stock.sir.estimate import estimate
from streetlamp.stock.sir.options import SirOptions
from streetlamp.stock.sir.records import Tank, read_folder
from streetlamp.stock.sir.sheet import Row, as_csv, as_html, problems_csv
from streetlamp.stock.sir.verdict import judge

LISTED: Final = 10  # problems on the terminal


def reconcile_tanks(folder: Path, out: Path, *, test_days: int) -> None:
    """Writes ``sir.csv``, ``sir.html`` and ``problems.csv``.

    UserError where nothing can be read or written.
    """
    options = SirOptions(test_days=test_days)
    tanks, problems = read_folder(folder)
    rows = [_row(tank, options) for tank in tanks]
    judged = {row.name for row in rows}
    whole = [one for one in problems if one.row == 0 and one.dataset not in judged]
    rows += [Row(one.dataset, None, None, one.what) for one in whole]
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "sir.csv").write_text(as_csv(rows), "utf-8")
        (out / "sir.html").write_text(as_html(rows, problems, options), "utf-8")
        (out / "problems.csv").write_text(problems_csv(problems), "utf-8")
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error}).") from error
    for one in problems[:LISTED]:
        where = f"row {one.row}" if one.row else "not reconciled"
        sys.stderr.write(f"tank {one.dataset}, {where}: {one.what}\n")
    if len(problems) > LISTED:
        sys.stderr.write(f"… and {len(problems) - LISTED} more, in {out / 'problems.csv'}\n")
    counts = Counter(row.verdict for row in rows)
    said = ", ".join(f"{counts[each]} {each}" for each in ("pass", "fail", "inconclusive"))
    sys.stdout.write(f"{len(rows)} tanks: {said}\n")
    sys.stdout.write(f"Written: {out / 'sir.csv'}, {out / 'sir.html'}\n")


def _row(tank: Tank, options: SirOptions) -> Row:
    found = estimate(tank, options)
    if isinstance(found, str):
        return Row(tank.name, None, None, found)
    return Row(tank.name, found, judge(found))
