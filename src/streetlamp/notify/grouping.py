"""What is told together. Pure: no clock, no database.

The first thing that happens opens a message, which takes in what follows for a moment and is sent
then. When very much happens, that is a storm: see design/notify.md.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from streetlamp.notify.options import TargetOptions
from streetlamp.store.outbox import Post, PostState
from streetlamp.values import Alarm, Severity

STORM_SECONDS: Final = 60.0
"""So many things within this time are a storm; when they are no longer, it is over."""

WHOLE_SECONDS: Final = 90.0
"""A message that waits for the end of a storm waits no longer than this."""

LOOK_SECONDS: Final = 5.0

CRITICAL: Final = Severity.CRITICAL.rank


def level_of(alarm: Alarm) -> int:
    """How urgent an alarm is, the more the higher."""
    return alarm.severity.rank


def severity_at(level: int) -> Severity:
    return tuple(Severity)[min(level, CRITICAL)]


def group_of(alarm: Alarm) -> str:
    """What an alarm is listed under in a summary."""
    return alarm.rule


class Rate:
    """How much happens to one part of a target. `now` is POSIX seconds."""

    def __init__(self, most: int) -> None:
        self._most = most  # what is still no storm, in `STORM_SECONDS`
        self._times: deque[float] = deque(maxlen=most + 1)

    def add(self, now: float) -> None:
        self._times.append(now)

    def storm(self, now: float) -> bool:
        """Whether more than the most happened in the time before `now`."""
        full = len(self._times) > self._most
        return full and 0 <= now - self._times[0] <= STORM_SECONDS


@dataclass(frozen=True, slots=True)
class Quiet:
    """Until when a part of a target is not told. 0: it is told. ``all``: nothing gets through."""

    until: float = 0.0
    all: bool = False

    def holds(self, level: int) -> bool:
        return self.until > 0 and (self.all or level < CRITICAL)


def chosen(open_posts: list[Post], level: int, quiet: Quiet, *, storm: bool) -> Post | None:
    """Which of a part's open messages takes in one more thing of this level; None: a new one."""
    if quiet.holds(level):
        return next((one for one in open_posts if one.digest), None)
    for one in open_posts:
        if not one.digest and one.state is PostState.GATHERING:
            return one
    if storm:
        for one in open_posts:
            if one.absorbs and level <= one.level:
                return one
    return None


def opened(
    key: str, whom: tuple[str, str], level: int, now: float, quiet: Quiet, options: TargetOptions
) -> Post:
    """A new message that begins with a thing of this level."""
    held = quiet.holds(level)
    due = quiet.until if held else now + _patience(level, options)
    return Post(key, *whom, opened=now, due=due, digest=held, level=level)


def taken_in(post: Post, level: int, now: float, options: TargetOptions) -> Post:
    """The message with one more thing of this level in it."""
    due = post.due
    if post.state is PostState.GATHERING and not post.digest:
        due = min(due, now + _patience(level, options))
    return replace(post, count=post.count + 1, level=max(post.level, level), due=due)


def _patience(level: int, options: TargetOptions) -> float:
    """Seconds in which more is taken in."""
    if level >= CRITICAL:
        return min(options.critical_seconds, options.gather_seconds)
    return options.gather_seconds


class Fate(StrEnum):
    """What is to be done with an open message now."""

    KEEP = "keep"
    SEND = "send"
    SEND_AND_ABSORB = "send and absorb"  # what follows of the storm is counted to it in silence
    UPDATE = "update"  # it was sent; the same one again, with what it took in since
    DONE = "done"  # nothing more is counted to it


def fate(
    post: Post, now: float, *, storm: bool, whole: bool, replaces: bool, grown: bool
) -> tuple[Fate, float]:
    """What becomes of an open message, and when to look again.

    whole: the target wants a storm in one message at its end. replaces: a message of the same key
    takes the place of the one before. grown: it took something in since it was sent.
    """
    if post.absorbs and post.state is not PostState.GATHERING:
        if storm or post.state is PostState.WAITING:
            return Fate.KEEP, now + LOOK_SECONDS
        return (Fate.UPDATE if replaces and grown else Fate.DONE), now
    if now < post.due:
        return Fate.KEEP, post.due
    if post.digest or not storm:
        return Fate.SEND, now
    if not whole:
        return Fate.SEND_AND_ABSORB, now
    if now < post.opened + WHOLE_SECONDS:
        return Fate.KEEP, min(now + LOOK_SECONDS, post.opened + WHOLE_SECONDS)
    return Fate.SEND, now
