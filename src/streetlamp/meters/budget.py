"""How many false alarms a meter may raise in a year, shared out to the causes it is looked for."""

from __future__ import annotations

from collections.abc import Mapping

from streetlamp.meters.base import CAUSES, Cause


def causes_of(kind: str) -> Mapping[str, type[Cause]]:
    """The causes that are looked for at a kind of meter, by name; one that tells two, once."""
    found = {one: name for name, one in reversed(CAUSES.members().items()) if kind in one.kinds}
    return {name: one for one, name in reversed(found.items())}


def make_causes(kind: str, meters: tuple[str, ...], budget: float | None) -> list[Cause]:
    """All causes of a kind for a panel of meters.

    Those that no meter of the panel can show are left out. budget: false alarms a meter-year of all
    together, shared out as their defaults are; None leaves each its own default.
    """
    found = {name: one for name, one in causes_of(kind).items() if one.applies(meters)}
    defaults = {name: one.Options().alarms_per_meter_year for name, one in found.items()}
    whole = sum(defaults.values())
    made = []
    for name, one in found.items():
        if budget is None:
            made.append(one(meters))
        else:
            share = min(max(budget * defaults[name] / whole, 1e-6), 52.0)
            made.append(one(meters, one.Options(alarms_per_meter_year=share)))
    return made
