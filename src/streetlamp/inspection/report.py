"""How well people are hidden, by camera: figures for the desk, the terminal and a file."""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final

from streetlamp.inspection.judge import FALSE, POWER
from streetlamp.inspection.plan import Stratum
from streetlamp.inspection.statistics import Rate, Sample, chance, rate
from streetlamp.store.inspections import Inspection, Sighting, Verdict

ONE_IN: Final = 0.01
"""The leak whose chance of being found a report states: masks off in 1 of 100 pictures."""


@dataclass(frozen=True, slots=True)
class CameraReport:
    """One camera's leak rate. Times are seconds on the footage's clock (POSIX for recordings)."""

    camera: str
    start: float  # of the footage that was sampled
    end: float
    inspected: float  # when it was last looked at; 0: never
    model: str
    rates: dict[Stratum, Rate]
    everything: Rate  # all footage, each stratum weighted with its length
    chance: float  # that a leak in 1 of 100 pictures with people would have been found
    found: dict[Verdict, int]  # sightings

    @property
    def people(self) -> Rate:
        """Of footage in which people are hidden: the rate that says how good the hiding is."""
        return self.rates[Stratum.PEOPLE]


def report_camera(
    camera: str, rounds: Sequence[Inspection], sightings: Iterable[Sighting]
) -> CameraReport:
    """The figures of a camera from its rounds and what they saw."""

    samples = [(r.stratum, Sample(r.seconds, r.looks, r.leaking)) for r in rounds]
    rates = {
        stratum: rate([sample for of, sample in samples if of == stratum.value], POWER, FALSE)
        for stratum in Stratum
    }
    found = dict.fromkeys(Verdict, 0)
    for sighting in sightings:
        found[sighting.verdict] += 1
    return CameraReport(
        camera,
        min((r.start for r in rounds), default=0.0),
        max((r.end for r in rounds), default=0.0),
        max((r.made for r in rounds), default=0.0),
        rounds[-1].model if rounds else "",
        rates,
        rate([sample for _, sample in samples], POWER, FALSE),
        chance(ONE_IN, rates[Stratum.PEOPLE].looks, POWER),
        found,
    )


def verdict_in_words(report: CameraReport) -> str:
    """One sentence for a person."""
    people = report.people
    if report.everything.looks == 0:
        return "Not audited yet."
    if people.looks == 0:
        return f"No footage with people; {_looks(report.everything)}."
    if people.leaking:
        return (
            f"{_looks(people)} of people: somebody can be seen in {percent(people.best)} of it "
            f"({percent(people.low)} to {percent(people.high)})."
        )
    return (
        f"{_looks(people)} of people: nobody can be seen; "
        f"at most {percent(people.high)} of it can show somebody."
    )


def _looks(found: Rate) -> str:
    return f"{found.looks} looks at {found.seconds / 60:.0f} minutes"


def percent(share: float) -> str:
    """A share in percent, with as many digits as a small one needs."""
    return f"{100 * share:.{0 if share >= 0.1 else 1 if share >= 0.01 else 2}f} %"


COLUMNS: Final = (
    "camera", "stratum", "minutes", "looks", "leaking", "observed", "low", "best", "high",
)  # fmt: skip


def _rows(reports: Iterable[CameraReport]) -> list[tuple[str | int | float, ...]]:
    rows: list[tuple[str | int | float, ...]] = []
    for report in reports:
        for name, found in [*report.rates.items(), ("all", report.everything)]:
            minutes = round(found.seconds / 60, 1)
            shares = (round(x, 6) for x in (found.share, found.low, found.best, found.high))
            rows.append((report.camera, str(name), minutes, found.looks, found.leaking, *shares))
    return rows


def as_csv(reports: Sequence[CameraReport]) -> str:
    """A row a camera and stratum; shares are 0–1."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_rows(reports))
    return text.getvalue()


def as_json(reports: Sequence[CameraReport], sightings: Sequence[Sighting]) -> str:
    """Everything, with the sightings."""
    document = {
        "power": POWER,
        "false": FALSE,
        "cameras": [asdict(report) for report in reports],
        "sightings": [asdict(sighting) for sighting in sightings],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_html(reports: Sequence[CameraReport], sightings: Sequence[Sighting], title: str) -> str:
    """One page that needs nothing beside it and shows no picture."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        f"<title>{html.escape(title)}</title>",
        "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;"
        "padding:0 1rem}table{border-collapse:collapse;width:100%}td,th{padding:.3rem .6rem;"
        "border-bottom:1px solid #ccc;text-align:right}td:first-child,th:first-child{"
        "text-align:left}</style>",
        f"<h1>{html.escape(title)}</h1>",
        "<p>Another model than the one that hides people looked at a random sample of stored, "
        "masked pictures. Rates are shares of the footage with their 95 % interval (Clopper and "
        "Pearson at the effective number of looks), allowing for an auditor who finds "
        f"{percent(POWER)} of what shows and is wrong in {percent(FALSE)} of pictures.</p>",
    ]
    for report in reports:
        parts.append(f"<h2>{html.escape(report.camera)}</h2>")
        parts.append(f"<p>{html.escape(verdict_in_words(report))}")
        if report.people.looks:
            parts.append(
                f" Masks that are off in {percent(ONE_IN)} of the pictures with people would have "
                f"been found with a chance of {percent(report.chance)}."
            )
        parts.append(
            "</p><table><tr><th>footage<th>minutes<th>looks<th>somebody seen<th>leak rate"
            "<th>interval</tr>"
        )
        for name, found in [*report.rates.items(), ("all", report.everything)]:
            parts.append(
                f"<tr><td>{name}<td>{found.seconds / 60:.0f}<td>{found.looks}<td>{found.leaking}"
                f"<td>{percent(found.best)}<td>{percent(found.low)} – {percent(found.high)}</tr>"
            )
        parts.append("</table>")
    if sightings:
        parts.append("<h2>Sightings</h2><table><tr><th>camera<th>time<th>box<th>score<th>verdict")
        for one in sightings:
            box = ", ".join(f"{value:.0f}" for value in one.box)
            parts.append(
                f"<tr><td>{html.escape(one.camera)}<td>{moment(one.time)}<td>{box}"
                f"<td>{one.score:.2f}<td>{one.verdict}</tr>"
            )
        parts.append("</table>")
    return "".join(parts) + "\n"


def moment(time: float) -> str:
    """A moment of a recording in UTC, or of a clip in seconds from its start."""
    if time < 1e8:
        return f"{time:.2f} s"
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
