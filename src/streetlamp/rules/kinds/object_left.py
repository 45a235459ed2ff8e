"""Something stands about that was not there: a bag, a box, rubbish.

It is found by the background (``streetlamp.video.things``), not by what it is, and says nothing of
who left it.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from streetlamp.rules.base import RULES
from streetlamp.rules.objects import ObjectOptions, ObjectRule
from streetlamp.values import Change


class ObjectLeftOptions(ObjectOptions):
    kind: Literal["object_left"] = Field(
        "object_left", title="Kind", description="Which rule this is."
    )


@RULES.add("object_left")
class ObjectLeft(ObjectRule):
    """Found by comparing with how the place looked before, where no person and no vehicle is.
    Stands by the middle of its box's lower edge. Costs a look at the pixels each second."""

    kind = "object_left"
    summary = "Something was left: it stands where nothing was."
    Options = ObjectLeftOptions
    change = Change.LEFT
    options: ObjectLeftOptions

    def said(self, what: str, place: str, *, single: bool, lasted: str) -> str:
        return f"{what} {'was' if single else 'were'} left in {place}, for {lasted}"
