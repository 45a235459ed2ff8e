"""Something is gone that was there: a picture from a wall, a machine from its place.

It is found by the background (``streetlamp.video.things``), not by what it is, and says nothing of
who took it. What was there for hours counts; what was left a moment ago and is taken away again is
the end of `object_left`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from streetlamp.rules.base import RULES
from streetlamp.rules.objects import ObjectOptions, ObjectRule
from streetlamp.values import Change


class ObjectRemovedOptions(ObjectOptions):
    kind: Literal["object_removed"] = Field(
        "object_removed", title="Kind", description="Which rule this is."
    )


@RULES.add("object_removed")
class ObjectRemoved(ObjectRule):
    """Found by comparing with how the place looked before, where no person and no vehicle is. Draw
    the zone over what must stay there: its box's lower edge decides. Costs a look at the pixels
    each second."""

    kind = "object_removed"
    summary = "Something was removed: it is gone from where it was."
    Options = ObjectRemovedOptions
    change = Change.REMOVED
    options: ObjectRemovedOptions

    def said(self, what: str, place: str, *, single: bool, lasted: str) -> str:
        return f"{what} {'was' if single else 'were'} removed from {place}, for {lasted}"
