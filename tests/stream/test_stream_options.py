"""Every option of these rooms explains itself and refuses nonsense."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from streetlamp.live.options import LiveOptions
from streetlamp.options import Options
from streetlamp.record.options import RecordOptions
from streetlamp.stream.options import EncodeOptions


@pytest.mark.parametrize("kind", [EncodeOptions, RecordOptions, LiveOptions])
def test_every_field_has_a_title_and_a_description(kind: type[Options]) -> None:
    kind()
    for name, field in kind.model_fields.items():
        assert field.title, name
        assert field.description, name
        assert field.description.endswith("."), name


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (EncodeOptions, {"gop_seconds": 0}),
        (EncodeOptions, {"preset": "placebo"}),
        (EncodeOptions, {"crf": 52}),
        (EncodeOptions, {"crff": 23}),
        (RecordOptions, {"days": 0}),
        (RecordOptions, {"segment_seconds": 1}),
        (RecordOptions, {"min_free_gb": -1}),
        (LiveOptions, {"wall_per_second": 11}),
    ],
)
def test_nonsense_is_refused(kind: type[Options], wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        kind(**wrong)
