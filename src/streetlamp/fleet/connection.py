"""Why a camera sends nothing, by its status: one answer for the ledger and for the judge."""

from __future__ import annotations

from typing import Final

from streetlamp.health import Reason
from streetlamp.values import CameraState, CameraStatus

Trouble = tuple[Reason, str]  # and a sentence for a person
STARTING: Final = (Reason.STREETLAMP_DOWN, "Streetlamp has not opened it yet")
ENDED: Final = (Reason.NO_VIDEO, "its file has come to its end")


def away(status: CameraStatus, before: Trouble | None) -> Trouble | None:
    """None while it is live. before: what this said last; `STARTING` until it was opened."""
    state = status.state
    if state is CameraState.LIVE:
        return None
    if state is CameraState.ENDED:
        return ENDED
    if state is CameraState.CONNECTING and status.trouble is None:
        return before or (Reason.NO_VIDEO, status.message)  # as it was, while it is tried
    return status.trouble or Reason.UNREACHABLE, status.message
