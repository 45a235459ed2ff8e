"""Sends one target's messages, tries again what was not taken, and gives up what never will be.

The clock and chance are passed in: an hour without the other side is a test without waiting.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from streetlamp.errors import UserError
from streetlamp.notify.backoff import pause
from streetlamp.notify.base import Notifier, Picture, no_picture
from streetlamp.notify.errors import NotifyError
from streetlamp.notify.message import MaskedStill, Message, message_of
from streetlamp.store.errors import StoreError
from streetlamp.store.outbox import Outbox, Post, PostState

log: Final = logging.getLogger(__name__)

IDLE_SECONDS: Final = 5.0
"""So often it is looked whether somebody else (a command) has put something in."""

_AWAY: Final = 3  # failures in a row after which a success means that the other side is back

Stills = Callable[[Message, float], Awaitable[MaskedStill | None]]


class Sender:
    """``turn`` it in one event loop; no two turns at once."""

    def __init__(
        self,
        target: Notifier,
        outbox: Outbox,
        chance: Callable[[], float],
        stills: Stills | None = None,
    ) -> None:
        self._target = target
        self._outbox = outbox
        self._chance = chance
        self._stills = stills
        self._failures: dict[str, int] = {}  # in a row, by part
        self._held: dict[str, float] = {}  # parts that get a rest, and until when
        self.trouble = ""  # why the last try failed, "" after one that did not

    async def turn(self, now: float) -> float:
        """Sends the next message that is due; when to come back, POSIX seconds."""
        self._held = {part: until for part, until in self._held.items() if until > now}
        post = self._outbox.next(self._target.name, now, tuple(self._held))
        if post is None:
            due = self._outbox.next_due(self._target.name)
            times = [now + IDLE_SECONDS, *self._held.values()]
            if due is not None and due > now:
                times.append(due)
            return min(times)
        await self._try(post, now)
        return now

    async def _try(self, post: Post, now: float) -> None:
        if post.body is None:  # cannot be: it is written when the message is closed
            self._note(post, PostState.DEAD, error="it is empty")
            return
        message = message_of(post.body)
        try:
            await self._target.send(message, now, self._picture(message, now))
        except NotifyError as error:
            self._failed(post, error, now)
        except StoreError:
            raise  # it is our own disk: nothing can be noted either
        except UserError as error:  # a key that is damaged: somebody can put it right
            self._failed(post, NotifyError(str(error), retry=True), now)
        else:
            self._sent(post, now)

    def _picture(self, message: Message, now: float) -> Picture:
        stills = self._stills
        if stills is None or message.only is None:
            return no_picture
        return lambda: stills(message, now)

    def _sent(self, post: Post, now: float) -> None:
        self._note(post, PostState.SENT, tries=post.tries + 1, sent=now)
        if self._failures.pop(post.part, 0) >= _AWAY:
            log.warning("notify %s: it is back", self._target.name)
            self._outbox.hurry(post.target, post.part, now)
        self.trouble = ""

    def _failed(self, post: Post, error: NotifyError, now: float) -> None:
        said, tries = str(error), post.tries + 1
        if self.trouble != said:
            log.warning("notify %s: %s", self._target.name, said)
        self.trouble = said
        old = now - post.opened > self._target.options.retry_hours * 3600.0
        if old or not error.retry:
            self._note(post, PostState.DEAD, tries=tries, error=said)
            if not error.retry:
                return
        failures = self._failures[post.part] = self._failures.get(post.part, 0) + 1
        rest = pause(failures, self._chance(), error.after)
        # One try for all that waits, and by another message the next time: one that is never taken
        # must not hold up the others.
        self._held[post.part] = now + rest
        if not old:
            own = pause(tries, self._chance(), error.after)
            due = now + max(2.0 * own, rest)
            self._note(post, PostState.WAITING, tries=tries, error=said, due=due)

    def _note(
        self, post: Post, state: PostState, *, tries: int | None = None, error: str = "",
        due: float | None = None, sent: float | None = None,
    ) -> None:  # fmt: skip
        self._outbox.tried(
            post.key,
            state,
            post.tries if tries is None else tries,
            error,
            post.due if due is None else due,
            post.sent if sent is None else sent,
        )
