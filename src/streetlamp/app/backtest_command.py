"""What `streetlamp backtest` does: rules on the last days, said on the terminal."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Final

from streetlamp.app.backtester import setup_of
from streetlamp.app.desk_rules import in_force
from streetlamp.app.kept import opened
from streetlamp.backtest.answer import Answer, Incident, RuleAnswer, stretch
from streetlamp.backtest.engine import Engine, Job, NothingKeptError
from streetlamp.errors import UserError
from streetlamp.record.paths import FOLDER
from streetlamp.site import Site, load_site
from streetlamp.site_explain import did_you_mean
from streetlamp.store import RuleSets

DAY: Final = 86_400.0
_BARS: Final = " ▁▂▃▄▅▆▇█"


def backtest(
    path: Path,
    *,
    camera: str | None,
    rule: str | None,
    days: float,
    start: str | None,
    end: str | None,
    other: Path | None,
    as_json: bool,
) -> None:
    """Prints what a site's rules would have raised. UserError: nothing kept, an unknown name.

    The rules are those in force: what was saved at the desk, or what the site file says.
    other: a site file whose rules, zones and lines are compared with those of the site.
    """
    site = load_site(path)
    with opened(site.data) as database:
        if database is not None:
            site = in_force(site, RuleSets(database))
    draft = None if other is None else load_site(other)
    first, last = _stretch(site, days, start, end)
    cameras = _cameras(site, camera, path)
    _known_rule(site, draft, cameras, rule)
    engine = Engine(site.data)
    answers = []
    for name in cameras:
        job = _job(site, draft, name, rule, first, last)
        if job is None:
            continue
        try:
            answers.append(engine.answer(job, _Progress(name, quiet=as_json)))
        except NothingKeptError:
            if camera is not None:
                raise
    _clear()
    if not answers:
        raise UserError(_nothing(site))
    if as_json:
        sys.stdout.write(json.dumps([asdict(one) for one in answers], indent=2) + "\n")
        return
    for answer in answers:
        sys.stdout.write("\n".join(_said(site, answer)) + "\n")


def _stretch(site: Site, days: float, start: str | None, end: str | None) -> tuple[float, float]:
    now = time.time()
    last = now if end is None else _moment(site, end, "--to")
    first = last - days * DAY if start is None else _moment(site, start, "--from")
    if not first < last:
        raise UserError("the stretch must end after it begins.")
    return first, last


def _moment(site: Site, text: str, option: str) -> float:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(
            f"{option} {text!r} is no time; write it like 2026-05-01 or 2026-05-01T08:00."
        ) from None
    return (found if found.tzinfo is not None else found.replace(tzinfo=site.zone)).timestamp()


def _cameras(site: Site, camera: str | None, path: Path) -> list[str]:
    if camera is None:
        return list(site.cameras)
    if camera not in site.cameras:
        raise UserError(f"{path} has no camera {camera!r}{did_you_mean(camera, site.cameras)}")
    return [camera]


def _known_rule(site: Site, draft: Site | None, cameras: Sequence[str], rule: str | None) -> None:
    if rule is None:
        return
    known = {
        one.name
        for where in (site, draft)
        if where is not None
        for name in cameras
        if name in where.cameras
        for one in where.cameras[name].rules
    }
    if rule not in known:
        raise UserError(f"there is no rule {rule!r}{did_you_mean(rule, known)}")


def _job(
    site: Site, draft: Site | None, camera: str, rule: str | None, start: float, end: float
) -> Job | None:
    """None: this camera has none of the rules asked for."""
    almanac, merge = site.almanac(), site.alarms.merge_seconds
    now = setup_of(site, site.cameras[camera], almanac, rule)
    if draft is None:
        return Job(camera, start, end, now, None, merge) if now.enabled else None
    if camera not in draft.cameras:
        return None
    new = setup_of(site, draft.cameras[camera], almanac, rule)
    return Job(camera, start, end, new, now, merge) if new.enabled or now.enabled else None


def _nothing(site: Site) -> str:
    if not any((site.data / FOLDER).glob("*/*/*.looks")):
        why = (
            "backtest: keep_days is 0, so none is kept."
            if not site.backtest.keep_days
            else "`streetlamp run` writes it beside the recordings."
        )
        return f"there is no index in {site.data} yet that rules could be tried on. {why}"
    return "nothing is kept of that stretch of time, or these cameras have no rules."


class _Progress:
    """One line on a terminal that says how far it is."""

    def __init__(self, camera: str, *, quiet: bool) -> None:
        self._camera, self._shown, self._told = camera, sys.stderr.isatty() and not quiet, 0.0

    def __call__(self, share: float) -> None:
        now = time.monotonic()
        if self._shown and now - self._told > 0.2:
            self._told = now
            sys.stderr.write(f"\r{self._camera}: {share:4.0%} ")
            sys.stderr.flush()


def _clear() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")


def _said(site: Site, answer: Answer) -> Iterator[str]:
    name = site.cameras[answer.camera].name or answer.camera
    watched = stretch(answer.watched)
    yield f"{name}, {_when(site, answer.start)} to {_when(site, answer.end)} ({watched} are kept)"
    if answer.before is not None:
        for one in answer.differences:
            yield f"  {one.sentence}"
            yield from _listed(site, "only as set", one.before)
            yield from _listed(site, "only as drafted", one.after)
        return
    for rule in answer.version.rules:
        yield f"  {rule.sentence}"
        if rule.incidents:
            yield f"    by hour  0 {_bars(rule.hours)} 24"
            yield "    by day   " + ", ".join(f"{day[5:]}: {n}" for day, n in rule.days)
        yield from _examples(site, rule)


def _examples(site: Site, rule: RuleAnswer) -> Iterator[str]:
    n, some = len(rule.incidents), rule.examples
    if not some:
        return
    yield "    " + ("Here they are:" if n == len(some) else f"Here are {len(some)} of them:")
    for one in some:
        yield f"      {_when(site, one.start)}  {one.message}"


def _listed(site: Site, title: str, found: Sequence[Incident]) -> Iterator[str]:
    if found:
        more = "" if len(found) <= 6 else f" (the first 6 of {len(found)})"
        yield f"    {title}{more}:"
        for one in found[:6]:
            yield f"      {_when(site, one.start)}  {one.message}"


def _bars(hours: Sequence[int]) -> str:
    most = max(hours)
    return "".join(_BARS[-(-8 * n // most)] for n in hours)


def _when(site: Site, seconds: float) -> str:
    return datetime.fromtimestamp(seconds, site.zone).strftime("%a %Y-%m-%d %H:%M:%S")
