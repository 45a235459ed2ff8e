"""The table of faults: for ``--faults list``, and for docs/ (``tools/doc_tables.py``)."""

from __future__ import annotations

from streetlamp.fleet.virtual.base import FAULTS, Fault, PictureFault, Strength
from streetlamp.fleet.virtual.schedule import strength_in_words
from streetlamp.health import WORDS


def fault_rows() -> list[tuple[str, str, str, str]]:
    """Name, what happens, what its strength is, and what should be said of the camera."""
    members = FAULTS.members().values()
    ordered = sorted(members, key=lambda each: (not issubclass(each, PictureFault), each.name))
    return [(each.name, each.summary, _strength(each.takes), _said(each)) for each in ordered]


def _strength(takes: Strength | None) -> str:
    if takes is None:
        return ""
    return f"{takes.meaning} ({strength_in_words(takes.default, takes)})"


def _said(fault: type[Fault]) -> str:
    return WORDS[fault.reasons[0]] if fault.reasons else ""


def plain_table() -> str:
    """The table as text for a terminal."""
    rows = fault_rows()
    wide = max(len(row[0]) for row in rows)
    lines: list[str] = []
    for name, summary, strength, said in rows:
        lines.append(f"{name:<{wide}}  {summary}")
        if strength:
            lines.append(f"{'':<{wide}}    :STRENGTH  {strength}")
        if said:
            lines.append(f"{'':<{wide}}    should be reported as: {said}")
    return "\n".join(lines) + "\n"


def markdown_table() -> str:
    """The table as Markdown."""
    lines = ["| fault | what happens | strength (if left out) | Streetlamp should say |"]
    lines.append("|---|---|---|---|")
    lines += [
        f"| `{name}` | {summary} | {strength or '–'} | {said or 'nothing'} |"
        for name, summary, strength, said in fault_rows()
    ]
    return "\n".join(lines) + "\n"
