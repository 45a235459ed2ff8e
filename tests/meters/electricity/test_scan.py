"""Electricity from a file to its findings, as `streetlamp meters scan` does it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from streetlamp.meters.scan import Progress, Scan
from streetlamp.meters.zone import Zone
from support.load_curves import homes


def test_watts_of_a_file_become_a_finding_with_its_times(tmp_path: Path) -> None:
    curve = homes(2, 30, seed=3) * 1000
    curve[26 * 24 :, 1] = 0.0
    first = datetime(2026, 1, 1, tzinfo=UTC)
    lines = ["meter_id,timestamp,kind,interval,unit"]
    for hour, row in enumerate(np.round(curve, 1)):
        at = (first + timedelta(hours=hour + 1)).isoformat()
        lines += [f"m{i},{at},electricity,{power},W" for i, power in enumerate(row)]
    file = tmp_path / "readings.csv"
    file.write_text("\n".join(lines))
    scan = Scan(Zone(ZoneInfo("UTC")))
    scan.read([file], datetime(2027, 1, 1, tzinfo=UTC).timestamp(), Progress())
    scan.replay(None, Progress())
    (entry,) = [e for e in scan.book.entries() if e.finding.cause == "dead_meter"]
    assert entry.finding.subject == "m1"
    assert entry.finding.start == (first + timedelta(days=26)).timestamp()
    assert entry.finding.detected == (first + timedelta(days=27)).timestamp()
