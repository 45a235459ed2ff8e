"""The mode of the site on the wire."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from streetlamp.desk.services import Services
from streetlamp.desk.wire import Wire


class ModeOut(Wire):
    mode: str = Field(description='The mode the site is in; "" where it has no modes.')
    modes: tuple[str, ...] = Field(description="All there are, in the site file's order.")
    scheduled: str = Field(description="What the schedule says, whatever was chosen.")
    chosen_by: str = Field(description="Who chose it; empty: the schedule did.")
    since: float | None = Field(description="When it was chosen; null: the schedule decides.")
    until: float | None = Field(
        description="When the schedule changes it; null: it stays until somebody does."
    )
    timed: bool = Field(description="Whether some mode has hours of its own.")


class ModeIn(BaseModel):
    """Who changes it is taken from the session, never from here."""

    model_config = ConfigDict(extra="forbid")

    mode: str = Field(
        min_length=1, max_length=40, description="One of `modes`, or `auto`: as scheduled."
    )
    hold: bool = Field(
        default=False, description="It stays until somebody changes it, whatever the schedule says."
    )


_NONE: Final = ModeOut(
    mode="", modes=(), scheduled="", chosen_by="", since=None, until=None, timed=False
)


def mode_now(services: Services) -> ModeOut:
    """The mode at this moment; without a name where the site has no modes."""
    modes = services.modes
    return _NONE if modes is None else ModeOut.model_validate(modes.now(services.now()))


def mode_message(mode: ModeOut) -> dict[str, Any]:
    return {"type": "mode", "mode": mode.model_dump(mode="json")}
