"""The reference of all rules as Markdown, made from the rules themselves.

``python -m streetlamp.rules.describe`` prints it; ``docs/rules.md`` holds it, and a test compares.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, to_jsonable_python

from streetlamp.geometry import Line
from streetlamp.options import Options
from streetlamp.rules.base import RULES, Rule
from streetlamp.rules.options import RuleOptions
from streetlamp.rules.schedule import Window


def reference() -> str:
    """One section a rule with its own options, then the options all rules have."""
    parts = [_section(kind) for kind in RULES.members().values()]
    parts.append("## What every rule can be told\n")
    parts.append(_table(RuleOptions, skip={"kind", "place", "classes"}))
    parts.append("\n## Schedule\n\nA list of windows; the rule watches in any of them.\n")
    parts.append(_table(Window))
    return "\n".join(parts)


def _section(kind: type[Rule[Any, Any]]) -> str:
    place = "line" if kind.watches is Line else "zone"
    same = {
        name
        for name, field in kind.Options.model_fields.items()
        if name in RuleOptions.model_fields
        and _default(field) == _default(RuleOptions.model_fields[name])
    }
    lead = " ".join((kind.__doc__ or "").split())
    table = _table(kind.Options, skip={"kind", "name", *same}, rename={"place": place})
    ground = " Needs the camera's `ground`." if kind.needs_ground else ""
    head = f"## `{kind.kind}`\n\n{kind.summary} {lead}\n\nWatches a {place}.{ground}\n"
    return f"{head}\n{table}\n"


def _table(
    options: type[Options], skip: set[str] | None = None, rename: dict[str, str] | None = None
) -> str:
    rows = ["| Option | Default | What it does |", "|---|---|---|"]
    for name, field in options.model_fields.items():
        if name in (skip or set()):
            continue
        shown = (rename or {}).get(name, name)
        rows.append(f"| `{shown}` | {_default(field)} | **{field.title}.** {field.description} |")
    return "\n".join(rows)


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "must be given"
    value = field.default
    if isinstance(value, tuple) and value and all(hasattr(one, "label") for one in value):
        return f"`[{', '.join(one.label for one in value)}]`"
    text = json.dumps(to_jsonable_python(value), ensure_ascii=False)
    return f"`{text.replace(chr(34), '')}`" if text not in ('""', "[]") else "empty"


if __name__ == "__main__":
    sys.stdout.write(reference() + "\n")
