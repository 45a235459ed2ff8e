"""docs/api.md and docs/openapi.json are written from the code; here they are compared."""

from __future__ import annotations

from pathlib import Path

from streetlamp.desk.reference import api_document, api_reference

DOCS = Path(__file__).parent.parent.parent / "docs" / "api.md"


def test_the_docs_say_what_the_code_does() -> None:
    assert DOCS.read_text() == api_reference(), (
        "run: python -m streetlamp.desk.reference > docs/api.md"
    )


def test_the_openapi_document_says_what_the_code_does() -> None:
    assert DOCS.with_name("openapi.json").read_text() == api_document(), (
        "run: python -m streetlamp.desk.reference --openapi > docs/openapi.json"
    )


def test_every_field_and_address_is_in_the_docs() -> None:
    text = api_reference()
    for part in ("`POST /api/alarms/{id}/false`", "`whole_hidden`", "WS /api/live/wall", "4401"):
        assert part in text
