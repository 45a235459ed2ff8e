"""The desk's sentences as the page's catalogues know them."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType

import pytest

from streetlamp.health import WORDS
from streetlamp.rules.base import RULES

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "web" / "src" / "locale"


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "tools")
    return importlib.import_module("server_words")


def _said(source: str, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    monkeypatch.syspath_prepend(ROOT / "tools")
    return {one.text for one in importlib.import_module("sentences").templates(source, "x.py")}


def test_the_kept_sentences_are_those_of_the_sources(tool: ModuleType) -> None:
    kept = (LOCALE / "server.json").read_text("utf-8")
    assert kept == tool.text(), "run: python tools/server_words.py, then translate what is new"


def test_reasons_and_kinds_of_rules_are_among_them() -> None:
    kept = {one["text"] for one in json.loads((LOCALE / "server.json").read_text("utf-8"))}
    assert set(WORDS.values()) <= kept
    assert {kind.replace("_", " ") for kind in RULES.members()} <= kept


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('raise RefusalError(404, "It is gone.", "")', {"It is gone."}),
        ('raise RefusalError(404, f"There is no {what}.")', {"There is no {{what}}."}),
        ('text = f"no picture for {silent:.0f} s"', {"no picture for {{silent}} s"}),
        (
            "def tell(a):\n"
            '    lasted = f"at least {lasting(a)}" if a else lasting(a)\n'
            '    return f"it is there for {lasted}"',
            {"it is there for at least {{lasting}}", "it is there for {{lasting}}",
             "at least {{lasting}}"},
        ),
        (
            'def f(n):\n    verb = "is" if n == 1 else "are"\n    return f"{n} {verb} in the zone"',
            {"{{n}} {{verb}} in the zone", "is", "are"},
        ),
        ('def f(a):\n    """A docstring is not said."""\n    log.info("nor is a log line")', set()),
        ('x = Field(title="Not said", description="an option of the site file")', set()),
        ('if a == "not said either": pass', set()),
        ('f"{name}: {strerror(e)}, and so on"', {"{{name}}: {{strerror}}, and so on"}),
        ('f"{a} of {a} and {b}"', {"{{a}} of {{a}} and {{b}}"}),
    ],
)  # fmt: skip
def test_what_is_a_sentence(source: str, found: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert _said(source, monkeypatch) == found


def test_numbers_lists_and_our_own_parts_are_marked(tool: ModuleType) -> None:
    (made,) = tool.templates("f\"{n:.1f} in {place(z)}: {', '.join(names)}\"", "x.py")
    assert (made.numbers, made.ours, made.lists) == (("n",), ("place",), ("list",))
