"""The sentences that the desk says to people, found in the sources.

``python tools/server_words.py`` writes ``web/src/locale/server.json``: each sentence once, as a
template with named holes, and the file it stands in. The page recognises what the desk says by
them and says it in its own language (``web/src/lib/said.ts``, ``design/words.md``). A test compares
the file with the sources, and another wants every template in every language.

What counts as a sentence: in the files of `ROOMS`, every text of two words or more that is not a
docstring, an option's description, a log line or a programmer's error; and the names in `names`.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sentences import Function, Template, called, refused, returned, template, templates

from streetlamp.alarms.life import _WORDS as STATES
from streetlamp.fleet.storm_words import _LOST
from streetlamp.fleet.watch import TroubleKind
from streetlamp.heading import Heading
from streetlamp.health import WORDS, Check
from streetlamp.notify.words import _DONE as DONE
from streetlamp.notify.words import _MARKS as MARKS
from streetlamp.rules.base import RULES
from streetlamp.rules.form import forms
from streetlamp.rules.kinds.unusual_count import DAYS
from streetlamp.site_explain import _BOUNDS as BOUNDS
from streetlamp.site_explain import _WORDS as EXPECTED
from streetlamp.stock.causes.base import CAUSES
from streetlamp.values import Colour, Kind, Posture, Severity
from streetlamp.vault.roles import Role

ROOT: Final = Path(__file__).parents[1]
SOURCES: Final = ROOT / "src" / "streetlamp"
OUT: Final = ROOT / "web" / "src" / "locale" / "server.json"

ROOMS: Final = (
    "alarms/*.py",
    "app/desk_rules.py",
    "app/house.py",
    "app/inspector.py",
    "app/machine.py",
    "app/feed_runner.py",
    "app/rule_set.py",
    "app/views.py",
    "app/worker.py",
    "broker.py",
    "desk/*.py",
    "desk/routes/*.py",
    "feeds/base.py",
    "feeds/message.py",
    "feeds/port.py",
    "feeds/kinds/*.py",
    "fleet/account.py",
    "fleet/connection.py",
    "fleet/gaps.py",
    "fleet/onvif/addresses.py",
    "fleet/onvif/camera.py",
    "fleet/onvif/discovery.py",
    "fleet/onvif/look.py",
    "fleet/onvif/media.py",
    "fleet/onvif/service.py",
    "fleet/onvif/soap.py",
    "fleet/onvif/transport.py",
    "fleet/onvif/values.py",
    "fleet/periods.py",
    "fleet/picture_checks.py",
    "fleet/storm_words.py",
    "fleet/visits.py",
    "fleet/words.py",
    "fleet/work_checks.py",
    "health.py",
    "inspection/report.py",
    "meters/causes/*.py",
    "meters/districts/*.py",
    "notify/*.py",
    "notify/kinds/*.py",
    "record/export.py",
    "record/recorder.py",
    "record/recordings.py",
    "record/retention.py",
    "record/writer.py",
    "rules/kinds/*.py",
    "rules/runner.py",
    "rules/schedule.py",
    "rules/words.py",
    "rules/zone.py",
    "site_camera.py",
    "site_explain.py",
    "stock/balance/close.py",
    "stock/balance/errors_of.py",
    "stock/balance/takes.py",
    "stock/causes/*.py",
    "stock/feeds.py",
    "stock/ledger/book.py",
    "stock/ledger/entries.py",
    "stock/ledger/plausible.py",
    "store/inspections.py",
    "vault/accounts.py",
    "vault/tokens.py",
    "vault/users.py",
    "video/awake.py",
    "video/camera.py",
    "video/hiding.py",
    "video/inference.py",
    "video/line.py",
    "video/load.py",
    "video/looking.py",
    "video/run.py",
    "video/second.py",
    "video/second_eye.py",
    "video/second_feed.py",
    "video/sleep.py",
    "video/source/*.py",
)
NOT: Final = frozenset(
    {
        "alarms/options.py",  # descriptions for site.yaml
        "desk/app.py",
        "desk/openapi.py",  # docs/api.md
        "desk/options.py",
        "desk/reference.py",  # docs/api.md
        "desk/routes/metrics.py",  # for Prometheus
        "desk/routes/page.py",  # there is no page then
        "desk/server.py",  # said in the terminal
        "notify/home_assistant.py",  # said to Home Assistant
        "notify/options.py",
        "notify/parse.py",  # said in the terminal
        "notify/payload.py",  # for programs
        "video/source/options.py",
        "video/source/sniff.py",  # said in the terminal: a file is looked at before it is run
        "video/source/table.py",  # docs/sources.md
        "video/source/test.py",
    }
)


CHECKED: Final = (
    "geometry.py",
    "rules/options.py",
    "rules/schedule.py",
    "rules/kinds/*.py",
    "site_camera.py",
)
"""Where options are checked that can be written on the page."""


def names() -> dict[str, set[str]]:
    """Single words the desk has names for: by what they are."""

    return {
        "kinds of things": {kind.label for kind in Kind},
        "kinds of rules": {kind.replace("_", " ") for kind in RULES.members()},
        "what rules are for": {kind.summary.removesuffix(".") for kind in RULES.members().values()},
        "colours": {colour.label for colour in Colour},
        "postures": {posture.name.lower() for posture in Posture},
        "headings": {one.label for one in Heading},
        "checks": {check.value for check in Check},
        "reasons": set(WORDS.values()),
        "severities": {one.value for one in Severity},
        "what befell cameras": set(_LOST.values()),
        "kinds of trouble": {kind.value.replace("_", " ") for kind in TroubleKind},
        "directions": {"in", "out"},
        "states of alarms": set(STATES.values()),
        "verdicts": {"leak", "false"},
        "what cameras hang on": {"switch", "power feed", "recorder", "radio link"},
        "hours of a week": {f"{day} {{{{from}}}}–{{{{to}}}}" for day in DAYS},
        "roles": {role.label for role in Role},
        "options of rules": set(_options()),
        "places": {"zone", "line"},
        "causes of loss": {cause.label for cause in CAUSES.members().values()},
        "units of stock": {"L/day", "t/day", "% of sales", "% of the delivery"},
        "what was wrong": {
            "this",
            "nothing",
            *EXPECTED.values(),
            *(words for _, words in BOUNDS.values()),
        },
        "messages": {*MARKS.values(), *DONE.values()},
        "what was tried": {"passwords", "tokens"},
        "details of the audit log": set(_details()),
        "units": {"levels", "share", "ratio", "pictures/s", "looks/s"},
        "what was measured": set(_measured()),
        "audit log": set(_actions()),
    }


def _options() -> Iterator[str]:
    """What the forms of rules say: titles, descriptions, choices, and what each kind is about."""
    for form in forms():
        yield form.summary
        yield form.about
        yield from _said_in(form.schema["properties"])
        for one in form.schema.get("$defs", {}).values():
            yield from _said_in([one.get("properties"), {"enum": one.get("enum", [])}])
            yield from (one[key] for key in ("title", "description") if key in one)


def _said_in(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key in ("title", "description") and isinstance(value, str):
                yield value
            elif key == "enum":
                yield from map(str, value)
            else:
                yield from _said_in(value)
    elif isinstance(schema, list):
        for one in schema:
            yield from _said_in(one)


ROLES: Final = frozenset({"min", "max", "minimum", "limit", "least", "threshold", "band", "margin"})
UNITS: Final = frozenset({"seconds", "s", "px", "kmh", "m", "m2"})
"""As in `numberRows` of ``web/src/lib/words.ts``."""


def _measured() -> Iterator[str]:
    """What the numbers of an alarm are called, without their role and unit."""
    for path in sorted((SOURCES / "rules" / "kinds").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Dict):
                continue
            for key in node.keys:
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    words = [one for one in key.value.split("_") if one not in ROLES]
                    if words and words[-1] in UNITS:
                        words.pop()
                    if words and words[-1] != "per":
                        yield " ".join(words)


def _entries() -> Iterator[ast.Call]:
    """Where something is written into the audit log."""
    for path in sorted(SOURCES.rglob("*.py")):
        source = path.read_text("utf-8")
        if "record(" not in source and "note(" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.Call) or called(node) not in ("record", "note"):
                continue
            if len(node.args) >= 3:
                yield node


def _actions() -> Iterator[str]:
    """What the audit log says was done."""
    for node in _entries():
        for form in Function(node).forms(node.args[2]):
            if not form[0].hole:
                yield template(form).text


def _refused() -> Iterator[tuple[Template, str]]:
    for room in CHECKED:
        for path in sorted(SOURCES.glob(room)):
            for made in refused(path.read_text("utf-8")):
                yield made, path.relative_to(SOURCES).as_posix()


def _details() -> Iterator[str]:
    """What the numbers and names of an entry of the audit log are called."""
    for node in _entries():
        yield from (one.arg for one in node.keywords if one.arg is not None)


def collect() -> list[dict[str, object]]:
    """All templates, sorted by text; of one text the holes of all."""
    found: dict[str, Template] = {}

    def add(made: Template, where: str) -> None:
        one = found.setdefault(made.text, made)
        one.files.add(where)
        one.part = one.part or made.part
        one.ours = tuple(name for name in one.ours if name in made.ours)
        one.numbers = tuple(name for name in one.numbers if name in made.numbers)

    for room in ROOMS:
        for path in sorted(SOURCES.glob(room)):
            where = path.relative_to(SOURCES).as_posix()
            if where not in NOT:
                source = path.read_text("utf-8")
                for made in templates(source, where):
                    add(made, where)
                if where.startswith("rules/"):
                    for made in returned(source):
                        add(made, where)
    for made, where in _refused():
        add(made, where)
    for what, words in names().items():
        for word in words:
            add(Template(word), what)
    return [
        {
            "text": one.text,
            **({"numbers": list(one.numbers)} if one.numbers else {}),
            **({"lists": list(one.lists)} if one.lists else {}),
            **({"ours": list(one.ours)} if one.ours else {}),
            **({"part": one.part} if one.part else {}),
            "in": sorted(one.files),
        }
        for one in sorted(found.values(), key=lambda one: one.text)
        if one.text.strip()
    ]


def text() -> str:
    return json.dumps(collect(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    OUT.write_text(text(), "utf-8")
    sys.stdout.write(f"{len(collect())} sentences in {OUT.relative_to(ROOT)}\n")
