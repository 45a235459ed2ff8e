"""A test message: to one target, at once, past everything that could hold it back."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from streetlamp.notify.base import Notifier
from streetlamp.notify.errors import NotifyError
from streetlamp.notify.message import Message, MessageKind
from streetlamp.notify.words import clock
from streetlamp.values import Severity


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a test at one part of a target. ``said``: what went where, or why not."""

    target: str
    part: str
    taken: bool
    said: str


def sample(site: str, now: float, zone: tzinfo, part: str = "") -> Message:
    return Message(
        key=f"msg_{secrets.token_hex(12)}",
        kind=MessageKind.TEST,
        time=now,
        severity=Severity.INFO,
        title=f"A test of Streetlamp ({site})",
        text=f"Somebody tried at {clock(now, zone)} whether messages come through. They do.",
        part=part,
    )


async def trial(
    target: Notifier, now: float, zone: tzinfo, parts: Sequence[str] | None = None
) -> list[Outcome]:
    """Sends one to each part of a target; one that fails does not stop the others."""
    found = []
    for part in target.parts() if parts is None else parts:
        try:
            said = await target.send(sample(target.around.site, now, zone, part), now)
        except NotifyError as error:
            found.append(Outcome(target.name, part, False, str(error)))
        else:
            found.append(Outcome(target.name, part, True, said))
    return found
