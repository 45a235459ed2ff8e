"""What an alarm about cameras says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from streetlamp.fleet.groups import Group
from streetlamp.fleet.words import count, length
from streetlamp.health import WORDS, Reason

if TYPE_CHECKING:
    from streetlamp.fleet.watch import Condition

NAMED: Final = 3  # cameras that are named before "and so many more"
_LOST: Final = {"camera_down": "lost", "tamper": "tampered with", "degraded": "degraded"}


@dataclass(frozen=True, slots=True)
class StormWords:
    """place: the thing that failed, or who is lost; stays the same while the incident lasts."""

    place: str
    message: str
    who: str

    def over(self, seconds: float) -> str:
        return f"{self.who} after {length(seconds)}"


def of(
    kind: str,
    group: Group | None,
    ever: Mapping[str, Condition],
    lost: int,
    names: Mapping[str, str],
) -> StormWords:
    """ever: every camera that took part, the first ones first, with what was wrong. lost: how many
    still are."""
    first = next(iter(ever))
    if group is None and len(ever) == 1:
        name, condition = names.get(first, first), ever[first]
        said = f"{name}: {WORDS[condition.reason]}"
        if condition.text and condition.text.lower() != WORDS[condition.reason]:
            said += f" ({condition.text.rstrip('.')})"
        return StormWords("", said, f"{name} is well again")
    why = _why(ever)
    back = "" if lost == len(ever) else f"; {len(ever) - lost} are well again"
    if group is not None:
        total = len(group.cameras)
        n = f"all {total:,}" if len(ever) == total else f"{len(ever):,} of {total:,}"
        what = f"{group.name} ({group.kind}): {n} cameras behind it are {_LOST[kind]}{why}{back}"
        over = f"{group.name} ({group.kind}): all {count(len(ever), 'camera')} are well again"
        return StormWords(group.name, what, over)
    named = ", ".join(names.get(one, one) for one in list(ever)[:NAMED])
    what = f"{count(len(ever), 'camera')} were {_LOST[kind]} at once{why}{back}"
    return StormWords(
        named + (" and others" if len(ever) > NAMED else ""),
        what,
        f"All {count(len(ever), 'camera')} that were {_LOST[kind]} at once are well again",
    )


def _why(ever: Mapping[str, Condition]) -> str:
    """What is wrong with most of them, if most have one thing."""
    found: Counter[Reason] = Counter(one.reason for one in ever.values())
    reason, n = found.most_common(1)[0]
    return f": {WORDS[reason]}" if n > len(ever) / 2 else ""
