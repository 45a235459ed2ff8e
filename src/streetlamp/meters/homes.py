"""Whose readings speak of a home: those are shown to nobody, but where the charter lets them be.

What is not said to be the site's own is taken for a household's: that is the mistake that hurts
nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Final

NO_HOMES: Final = frozenset({"district_inflow", "pressure", "tank_level", "temperature"})
"""Kinds of meter that stand in a network, whoever lives behind it."""


def is_household(name: str, kind: str, site_meters: Iterable[str]) -> bool:
    """Whether a meter may be a household's. site_meters: patterns such as ``pump-*``."""
    return kind not in NO_HOMES and not any(fnmatchcase(name, one) for one in site_meters)
