"""``docs/sources.md`` says what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streetlamp.video.source.table import capability_table, options_table
from streetlamp.video.source.test import SceneSettings

PAGE = Path(__file__).parents[3] / "docs" / "sources.md"


@pytest.mark.parametrize(
    ("name", "table"), [("capabilities", capability_table()), ("options", options_table())]
)
def test_the_tables_are_made_from_the_code(name: str, table: str) -> None:
    found = re.search(
        rf"<!-- {name}:[^\n]*-->\n(.*?)<!-- /{name} -->", PAGE.read_text("utf-8"), re.DOTALL
    )
    assert found, f"the page has no {name} table"
    assert found[1] == table, "run: python -m streetlamp.video.source.table, and copy it"


def test_every_setting_of_the_test_camera_is_told() -> None:
    page = PAGE.read_text("utf-8")
    missing = [name for name in SceneSettings.model_fields if f"`{name}`" not in page]
    assert missing == []
