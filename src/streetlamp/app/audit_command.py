"""What `streetlamp audit-hiding` does: a round now, and a report."""

from __future__ import annotations

import re
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from streetlamp.app.inspector import Inspector
from streetlamp.app.kept import kept
from streetlamp.errors import UserError
from streetlamp.inspection.footage import ClipFootage
from streetlamp.inspection.inspect import Round, Shares, inspect
from streetlamp.inspection.judge import Judge
from streetlamp.inspection.plan import Stratum, share_out
from streetlamp.inspection.report import (
    CameraReport,
    as_csv,
    as_html,
    as_json,
    moment,
    percent,
    report_camera,
    verdict_in_words,
)
from streetlamp.inspection.witness import Witnesses
from streetlamp.record.recordings import Recordings
from streetlamp.site import load_site
from streetlamp.store import Inspection, Inspections, Segments, Sighting, Verdict
from streetlamp.store.inspections import LEAKING

APART: Final = (20.0, 120.0)
"""Seconds: in a clip, what stands there unchanged a quarter of the clip later is a thing, but never
sooner than the first of these nor later than the second."""
_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([mhd])")
_SECONDS: Final = {"m": 60.0, "h": 3600.0, "d": 86_400.0}


def audit_hiding(
    paths: Sequence[Path],
    *,
    camera: str | None,
    since: str,
    samples: int,
    report: Path | None,
    seed: int | None,
) -> bool:
    """Audits a site's recordings, or masked clips; True when nobody can be seen.

    UserError: nothing to audit, files that are no site and no video, a report that cannot be
    written.
    """
    shares = _shares(samples)
    if len(paths) == 1 and paths[0].suffix.lower() in (".yaml", ".yml"):
        reports, seen = _site(paths[0], camera, _span(since), shares, seed)
    else:
        if camera is not None:
            raise UserError("--camera names a camera of a site file; for clips leave it away.")
        reports, seen = _clips(paths, shares, seed)
    for one in reports:
        sys.stdout.write(_said(one, [s for s in seen if s.camera == one.camera]))
    if report is not None:
        _write(report, reports, seen)
        sys.stdout.write(f"Report: {report}\n")
    return not any(s.verdict in (Verdict.OPEN, Verdict.LEAK) for s in seen)


def _site(
    path: Path, camera: str | None, span: float, shares: Shares, seed: int | None
) -> tuple[list[CameraReport], list[Sighting]]:
    site = load_site(path)
    names = list(site.cameras) if camera is None else [camera]
    if camera is not None and camera not in site.cameras:
        raise UserError(f"{path} has no camera {camera!r}; it has {', '.join(site.cameras)}.")
    missing = f"nothing was recorded in {site.data} yet. `streetlamp run` records."
    with kept(site.data, missing) as database:
        recordings = Recordings(site.data, Segments(database), site.record)
        inspections = Inspections(database)
        inspector = Inspector(names, recordings, inspections, site.audit_hiding, seed=seed)
        now = time.time()
        reports, seen = [], []
        for name in names:
            inspector.audit(name, now - span, now, shares, now)
            reports.append(inspector.report(name, now - span, now))
            seen += inspections.sightings(name, start=now - span)
        return reports, seen


def _clips(
    paths: Sequence[Path], shares: Shares, seed: int | None
) -> tuple[list[CameraReport], list[Sighting]]:
    random = np.random.default_rng(secrets.randbits(128) if seed is None else seed)
    clips = [(str(path), ClipFootage(path)) for path in paths]
    judge = Judge.load()
    reports, seen = [], []
    for name, footage in clips:

        def elsewhere(footage: ClipFootage = footage) -> Witnesses:
            apart = min(
                max((footage.cells[-1].end - footage.cells[0].start) / 4, APART[0]), APART[1]
            )
            return Witnesses.draw(footage, footage.cells, random, apart)

        done = inspect(footage, judge, shares, random, elsewhere=elsewhere)
        if done is None:
            raise UserError(f"{name} has no picture in it.")
        found = [
            Sighting.make(name, one.time, one.size, one.box, one.score, one.verdict)
            for one in done.spotted
        ]
        reports.append(report_camera(name, _rounds(name, done, judge.model), found))
        seen += found
    return reports, seen


def _rounds(name: str, done: Round, model: str) -> list[Inspection]:
    """A round as it would come out of the table."""
    leaking = {
        stratum: len(
            {o.time for o in done.spotted if o.stratum is stratum and o.verdict in LEAKING}
        )
        for stratum in Stratum
    }
    return [
        Inspection(
            name, done.start, done.end, time.time(), stratum.value, done.seconds[stratum],
            done.looks[stratum], model, leaking[stratum],
        )
        for stratum in Stratum
    ]  # fmt: skip


def _shares(samples: int) -> Shares:
    def shares(seconds: Mapping[Stratum, float]) -> Mapping[Stratum, int]:
        return share_out(samples, seconds)

    return shares


def _span(text: str) -> float:
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise UserError(f"--since {text!r} is no stretch of time; write it like 30m, 24h or 7d.")
    return float(found[1]) * _SECONDS[found[2]]


def _said(report: CameraReport, seen: Sequence[Sighting]) -> str:
    lines = [f"{report.camera}: {verdict_in_words(report)}"]
    if report.people.looks:
        lines.append(
            f"  Masks off in 1 of 100 pictures with people would have been found with a chance of "
            f"{percent(report.chance)}."
        )
    lines += [
        f"  {stratum}: {rate.looks} looks at {rate.seconds / 60:.0f} minutes, somebody seen in "
        f"{rate.leaking}; leak rate {percent(rate.best)} "
        f"({percent(rate.low)} to {percent(rate.high)})"
        for stratum, rate in [*report.rates.items(), ("all", report.everything)]
        if rate.looks
    ]
    words = {
        Verdict.OPEN: "somebody can be seen",
        Verdict.LEAK: "somebody can be seen (judged)",
        Verdict.PERHAPS: "somebody, perhaps",
        Verdict.THING: "a thing that looks like a person",
    }
    lines += [
        f"  {moment(one.time)}: {words[one.verdict]}, at {', '.join(f'{v:.0f}' for v in one.box)}"
        for one in seen
        if one.verdict in words
    ]
    return "\n".join(lines) + "\n"


def _write(path: Path, reports: Sequence[CameraReport], seen: Sequence[Sighting]) -> None:
    kind = path.suffix.lower()
    if kind == ".csv":
        text = as_csv(reports)
    elif kind == ".json":
        text = as_json(reports, seen)
    elif kind in (".html", ".htm"):
        text = as_html(reports, seen, "How well people are hidden")
    else:
        raise UserError(f"{path}: a report ends in .html, .csv or .json.")
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.") from None
