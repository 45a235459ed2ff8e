"""Does somebody have to go there?"""

from __future__ import annotations

from typing import Final

from streetlamp.fleet.figures import Figures
from streetlamp.fleet.words import length, percent
from streetlamp.health import WORDS, Reason

HANDS: Final = {  # what hands must put right, and after how many seconds that is plain
    Reason.COVERED: 1800.0,
    Reason.MOVED: 1800.0,
    Reason.DEFOCUSED: 1800.0,
    Reason.LOW_CONTRAST: 6 * 3600.0,  # fog goes by itself
    Reason.BLACK: 3600.0,
    Reason.OVEREXPOSED: 6 * 3600.0,
    Reason.FROZEN: 3600.0,
    Reason.UNREACHABLE: 3600.0,
    Reason.NO_VIDEO: 3600.0,
    Reason.DAMAGED: 3600.0,
}
_FROM_THE_DESK: Final = frozenset(
    {Reason.STREETLAMP_DOWN, Reason.LOGIN_REFUSED, Reason.CLOCK_WRONG, Reason.NOT_ANALYSED,
     Reason.NOT_RECORDED, Reason.NOT_MASKED}
)  # fmt: skip
FEWEST: Final = 1440  # minutes that must be known of a week before it is judged


def why_visit(reasons: tuple[Reason, ...], lasted: float, week: Figures, objective: float) -> str:
    """A sentence, or "". lasted: seconds the camera has been like that."""
    for reason in reasons:
        if reason in HANDS and lasted >= HANDS[reason]:
            return f"{WORDS[reason]}, for {length(lasted)}"
    share = week.camera_share
    if share is None or share >= objective or week.expected - week.ours < FEWEST:
        return ""
    worst = next((reason for reason in week.lost if reason not in _FROM_THE_DESK), None)
    if worst is None or week.lost[worst] < (1 - objective) * week.expected / 2:
        return ""
    return f"only {percent(share)} of the last 7 days; mostly: {WORDS[worst]}"
