"""The table of schemes in ``docs/sources.md``, made from the code.

``python -m streetlamp.video.source.table`` prints it; a test holds the page to it.
"""

from __future__ import annotations

import sys
from typing import Final

from streetlamp.video.source.base import SOURCES, Source
from streetlamp.video.source.options import SourceOptions

_HEAD: Final = ("Address", "What it is", "run", "process", "Ends", "Login", "Times", "Codecs")


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _sources() -> list[type[Source]]:
    return list(dict.fromkeys(SOURCES.members().values()))


def capability_table() -> str:
    """One row a source, in Markdown."""
    lines = [_row(_HEAD), _row(("---",) * len(_HEAD))]
    for source in _sources():
        able = source.capabilities
        marks = tuple("✓" if one else "–" for one in (able.live, able.process, able.ends))
        login = "✓" if able.login else "–"
        lines.append(
            _row((f"`{able.example}`", source.summary, *marks, login, able.times, able.codecs))
        )
    return "\n".join(lines) + "\n"


def options_table() -> str:
    """One row an option of `SourceOptions`, in Markdown."""
    lines = [_row(("Option", "Default", "Meaning")), _row(("---",) * 3)]
    for name, field in SourceOptions.model_fields.items():
        default = "" if field.is_required() else field.default
        shown = "" if default is None or str(default) == "" else f"`{default}`"
        lines.append(_row((f"`{name}`", shown, field.description or "")))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(f"{capability_table()}\n{options_table()}")
