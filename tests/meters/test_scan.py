"""`streetlamp meters scan` from files to findings: the contract, no look-ahead, being stopped."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lxml import etree
from typer.testing import CliRunner

from streetlamp.app import meters_command
from streetlamp.app.meters_command import scan_files
from streetlamp.cli import app
from streetlamp.errors import UserError
from streetlamp.meters import scan
from support.meters import home

START = np.datetime64("2026-03-12T00:37:12")  # over the change to summer time
DAYS = 23
LEAK, DEAD = 20 * 24, 14 * 24


def homes() -> Any:
    used = home(DAYS * 24, n=3, seed=11)
    used[LEAK:, 0] += 6.0
    used[DEAD:, 1] = 0.0
    return used


def write(path: Path, used: Any, hours: int | None = None) -> Path:
    """Registers with the local time of Madrid and its gaps, an odd row now and then."""
    counter = 5000 + used.cumsum(axis=0)
    with path.open("w", encoding="utf-8") as out:
        out.write("meter_id;timestamp;kind;register;unit;quality\n")
        for at, row in enumerate(counter[:hours]):
            time = START + np.timedelta64(at, "h")
            if time < np.datetime64("2026-03-29T02"):
                clock = str(time)
            else:
                clock = str(time + np.timedelta64(1, "h"))
            for meter, value in enumerate(row):
                if (at + 7 * meter) % 50:
                    out.write(f"M{meter};{clock};water;{value / 1000:.3f};m3;\n")
        out.write("M0;2026-03-15T00:00:00;water;NaN;m3;\n")
    return path


def findings(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "findings.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scan")
    path = write(folder / "readings.csv", homes())
    done = CliRunner().invoke(
        app, ["meters", "scan", str(path), "--out", str(folder / "out"),
              "--timezone", "Europe/Madrid", "--quiet"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    return folder / "out"


def test_findings_are_as_promised(scanned: Path) -> None:
    found = {(one["meter"], one["cause"]): one for one in findings(scanned)}
    assert set(found) == {("M0", "leak"), ("M1", "dead_meter")}
    leak = found["M0", "leak"]
    assert {"meter", "cause", "start", "detected", "size", "unit", "confidence", "evidence"} <= set(
        leak
    )
    assert leak["size"] == pytest.approx(6, rel=0.25)
    assert leak["unit"] == "L/h"
    # the leak begins at 00:37 of 1 April by the wall clock, an hour more than before summer time
    assert leak["start"].startswith(("2026-03-31", "2026-04-01"))
    assert leak["detected"].endswith("+02:00")
    assert ":37:12" in leak["detected"]  # of the reading that decided
    assert leak["start"] <= leak["detected"] <= "2026-04-03"


def test_every_finding_has_its_picture(scanned: Path) -> None:
    for one in findings(scanned):
        drawn = etree.parse(scanned / one["picture"])
        words = " ".join(drawn.getroot().itertext())
        assert one["meter"] in words
        assert one["evidence"][:40] in words
        assert len(drawn.getroot().findall(".//{*}polyline")) >= 1
        assert not drawn.getroot().findall(".//{*}script")


def test_the_report_says_what_was_done(scanned: Path) -> None:
    report = json.loads((scanned / "report.json").read_text())
    assert report["whole"] is True
    assert report["meters"] == {"water": 3}
    assert report["rejected"] == {"the value is NaN": 1}
    assert report["findings"] == {"water/dead_meter": 1, "water/leak": 1}
    assert report["findings_per_meter_year"]["water"] > 0
    with (scanned / "rejected.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["reason"] == "the value is NaN"
    assert not list(scanned.rglob("*.part"))


def test_cutting_the_future_off_changes_no_past_finding(scanned: Path, tmp_path: Path) -> None:
    whole = findings(scanned)
    first = min(one["detected"] for one in whole)
    hours = LEAK + 30
    path = write(tmp_path / "readings.csv", homes(), hours)
    assert scan_files([path], tmp_path / "out", "Europe/Madrid", None, quiet=True)
    cut = findings(tmp_path / "out")
    assert first in {one["detected"] for one in cut}
    last = str(START + np.timedelta64(hours, "h"))
    kept = ("meter", "cause", "start", "detected", "confidence", "evidence")
    before = [{k: one[k] for k in kept} for one in whole if one["detected"][:16] < last[:16]]
    assert [{k: one[k] for k in kept} for one in cut] == before


def test_stopped_it_keeps_what_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "readings.csv", homes()[: LEAK + 60])
    count = 0

    def stop(_: int) -> None:
        nonlocal count
        count += 1
        if count == LEAK + 55:
            raise KeyboardInterrupt

    real = scan.Progress
    monkeypatch.setattr(
        meters_command.scan, "Progress", lambda read, known, _: real(read, known, stop)
    )
    assert not scan_files([path], tmp_path / "out", "Europe/Madrid", None, quiet=True)
    assert [one["cause"] for one in findings(tmp_path / "out")].count("leak") == 1
    assert json.loads((tmp_path / "out" / "report.json").read_text())["whole"] is False


def test_one_bad_file_does_not_stop_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write(tmp_path / "good.csv", homes(), 30)
    bad = tmp_path / "bad.csv"
    bad.write_text("what is this\n")
    assert scan_files([good, bad], tmp_path / "out", "UTC", 0.5, quiet=True)
    assert "is in no format known" in " ".join(capsys.readouterr().err.split())
    with pytest.raises(UserError, match=r"bad\.csv"):
        scan_files([bad, tmp_path / "none.csv"], tmp_path / "out", "UTC", None, quiet=True)


def test_names_do_not_leave_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [f"../../etc/x,{np.datetime64('2026-03-02T00') + at},water,{v},L" for at, v in
            enumerate(np.append(np.arange(60), np.arange(60)))]  # fmt: skip
    path.write_text("meter_id,timestamp,kind,register,unit\n" + "\n".join(rows).replace(
        ",water", ":00:00,water") + "\n")  # fmt: skip
    assert scan_files([path], tmp_path / "out", "UTC", None, quiet=True)
    found = findings(tmp_path / "out")
    assert "backwards_register" in {one["cause"] for one in found}
    for one in found:
        assert (tmp_path / "out" / one["picture"]).resolve().is_relative_to(tmp_path / "out")


def test_an_unknown_zone_is_a_users_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no time zone"):
        scan_files([tmp_path / "a.csv"], tmp_path / "out", "Mars/Olympus", None, quiet=True)
