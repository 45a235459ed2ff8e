"""Which plan a camera stands on, and whether it can."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Final

IMPLIED: Final = "map"
"""The plain map a site gets whose cameras have lat and lon while it names no map."""


def kind_of(plan: Any) -> str:
    """``picture`` or ``map``; "" when it is neither, or both."""
    if not isinstance(plan, Mapping):
        return ""
    picture, earth = bool(plan.get("image")), bool(plan.get("map"))
    return "" if picture == earth else "picture" if picture else "map"


def plan_for(at: Mapping[str, Any], plans: Mapping[Any, Any]) -> str:
    """The id of the plan this place is on; ValueError in plain words when there is none.

    Takes the raw mappings of the site file, or dumps of the options.
    """
    want = "map" if at.get("lat") is not None else "picture"
    words = {"map": "a map (lat and lon)", "picture": "a picture (x and y)"}
    named = str(at.get("plan") or "")
    fits = [str(id_) for id_, plan in plans.items() if kind_of(plan) == want]
    if named:
        if named not in map(str, plans):
            near = difflib.get_close_matches(named, list(map(str, plans)), n=1, cutoff=0.6)
            hint = f"; did you mean '{near[0]}'?" if near else "; name it under plans:"
            raise ValueError(f"there is no plan '{named}'{hint}")
        if named not in fits and kind_of(plans.get(named)):
            other = words["picture" if want == "map" else "map"]
            raise ValueError(f"'{named}' is {other}, and this place is on {words[want]}")
        return named
    if len(fits) == 1:
        return fits[0]
    if fits:
        raise ValueError(f"which plan? say plan: and one of {', '.join(sorted(fits))}")
    if want == "map" and IMPLIED not in map(str, plans):
        return IMPLIED
    raise ValueError(
        f"there is no plan with {words[want].split(' (', maxsplit=1)[0]}; name one under plans:"
    )
