"""docs/rules.md says what the code does."""

from __future__ import annotations

from pathlib import Path

import yaml

from streetlamp.rules import RULES
from streetlamp.rules.describe import reference
from streetlamp.site import parse_site

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"
MARK = "<!-- From here on: python -m streetlamp.rules.describe -->\n\n"


def test_the_tables_are_those_of_the_code() -> None:
    _, tables = PAGE.read_text().split(MARK)
    assert tables == reference() + "\n", "run the command that stands in the page and paste"


def test_the_example_is_made_of_rules_that_exist() -> None:
    text = PAGE.read_text().split("```yaml\n")[1].split("```")[0]
    (camera,) = yaml.safe_load(text)["cameras"].values()
    for rule in camera["rules"]:
        kind = rule.pop("rule")
        place = rule.pop("zone", None) or rule.pop("line")
        RULES[kind].Options.model_validate({**rule, "kind": kind, "place": place})
        assert place in {**camera["zones"], **camera["lines"]}


def test_every_rule_has_its_section() -> None:
    for kind in RULES:
        assert f"## `{kind}`" in PAGE.read_text()


def test_the_sites_in_the_page_load(tmp_path: Path) -> None:
    blocks = [part.split("```")[0] for part in PAGE.read_text().split("```yaml\n")[1:]]
    sites = [block for block in blocks if "modes:" in block or "holidays:" in block]
    assert len(sites) == 2
    for text in sites:
        parse_site(text, tmp_path / "site.yaml")
