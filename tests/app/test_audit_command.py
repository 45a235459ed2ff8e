"""`streetlamp audit-hiding`, as a person types it: clips, a site, reports, refusals."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from streetlamp.app.audit_command import audit_hiding
from streetlamp.errors import UserError
from streetlamp.store import Database, Inspections
from support.house import fragments, house

ROOT = Path(__file__).resolve().parents[2]
FOOTAGE = ROOT / "demo" / "footage"


def ask(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "streetlamp", "audit-hiding", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_clip_that_nobody_masked(tmp_path: Path) -> None:
    """The clearest leak of all: the demo's raw footage."""
    out = tmp_path / "report.json"
    done = ask(FOOTAGE / "crossing.mp4", "--samples", "12", "--seed", "1", "--report", out)
    assert done.returncode == 1, done.stderr
    assert "somebody can be seen" in done.stdout
    told = json.loads(out.read_text())
    (camera,) = told["cameras"]
    assert camera["everything"]["looks"] == 12
    assert camera["everything"]["leaking"] >= 10
    assert camera["everything"]["low"] > 0.5
    assert {s["verdict"] for s in told["sightings"]} >= {"open"}


def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text("data: data\ncameras:\n  gate: {source: 'test:'}\n  dock: {source: 'test:'}\n")
    return path


def test_a_site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = site(tmp_path)
    data = tmp_path / "data"
    data.mkdir()
    start = time.time() - 600
    house(data).record(fragments(250, start=start))
    out = tmp_path / "report.csv"
    assert audit_hiding([path], camera=None, since="1h", samples=10, report=out, seed=1)
    said = capsys.readouterr().out
    assert "gate: No footage with people; 10 looks" in said
    assert "dock: Not audited yet." in said
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert [(r["camera"], r["stratum"], r["looks"]) for r in rows if r["looks"] != "0"] == [
        ("gate", "quiet", "10"),
        ("gate", "all", "10"),
    ]
    assert len(Inspections(Database(data / "streetlamp.db")).rounds("gate", 0, 1e11)) == 1


def test_a_page_with_everything_on_it(tmp_path: Path) -> None:
    path = site(tmp_path)
    (tmp_path / "data").mkdir()
    house(tmp_path / "data").record(fragments(250, start=time.time() - 600))
    out = tmp_path / "report.html"
    audit_hiding([path], camera="gate", since="24h", samples=5, report=out, seed=1)
    page = out.read_text()
    assert "<h2>gate</h2>" in page
    assert "dock" not in page
    assert "http" not in page  # nothing is fetched


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"since": "yesterday"}, "write it like 30m, 24h or 7d"),
        ({"camera": "roof"}, "has no camera 'roof'; it has gate, dock"),
        ({"report": "report.pdf"}, "ends in .html, .csv or .json"),
        ({"paths": "gone.mp4"}, "gone.mp4 cannot be read"),
        ({"paths": "gone.yaml"}, "no site file"),
        ({"paths": "gone.mp4", "camera": "gate"}, "for clips leave it away"),
    ],
)
def test_what_cannot_be_done(tmp_path: Path, change: dict[str, str], said: str) -> None:
    path = site(tmp_path)
    (tmp_path / "data").mkdir()
    house(tmp_path / "data")
    paths = [tmp_path / change["paths"]] if "paths" in change else [path]
    report = tmp_path / change["report"] if "report" in change else None
    with pytest.raises(UserError, match=said):
        audit_hiding(
            paths,
            camera=change.get("camera"),
            since=change.get("since", "1h"),
            samples=5,
            report=report,
            seed=1,
        )


def test_a_site_that_never_ran(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing was recorded"):
        audit_hiding([site(tmp_path)], camera=None, since="1h", samples=5, report=None, seed=1)
