"""Runs notification: hears the alarm book, gathers, sends, and answers the desk.

One thread with one event loop. Everything that waits is in the database.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import TimeoutError as TooLateError
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from streetlamp.alarms.options import EscalationStep
from streetlamp.errors import UserError
from streetlamp.notify.backoff import pause
from streetlamp.notify.base import ForBrowsers, Notifier
from streetlamp.notify.errors import NotifyError
from streetlamp.notify.gatherer import Cameras, Gatherer, Knows, everything
from streetlamp.notify.sender import Sender, Stills
from streetlamp.notify.trial import Outcome, trial
from streetlamp.store.alarms import Alarms
from streetlamp.store.database import Database
from streetlamp.store.errors import StoreError
from streetlamp.store.mutes import Mute
from streetlamp.store.outbox import Outbox, Post, PostState, Tally
from streetlamp.values import Alarm

log: Final = logging.getLogger(__name__)

IDLE_SECONDS: Final = 5.0
BATCH_SECONDS: Final = 0.1  # between two looks at what came in
READY_SECONDS: Final = 0.5
RETRY_SECONDS: Final = 1.0  # after a disk that takes nothing
SWEEP_SECONDS: Final = 3600.0
STEADY_SECONDS: Final = 60.0  # a connection that held for so long was a good one
TEST_SECONDS: Final = 60.0
AGAIN_SECONDS: Final = 0.5

_UNTRIED: Final = Tally()


@dataclass(frozen=True, slots=True)
class TargetView:
    """A target as the desk shows it; nothing secret stands in it."""

    name: str
    kind: str
    where: str
    ready: bool
    trouble: str  # why the last try failed, "" if it did not
    waiting: int
    sent: int  # in the last 30 days
    dead: int
    last_sent: float | None
    muted_until: float | None
    muted_by: str
    quiet_until: float | None  # quiet hours: critical alarms are told all the same
    parts: tuple[str, ...]


class NotifyKeeper:
    """``hear`` alarms from any thread; ``run`` in one; all else from any thread."""

    def __init__(
        self,
        db: Database,
        targets: Mapping[str, Notifier],
        about: Cameras,
        clock: Callable[[], float],
        stills: Stills | None = None,
        chance: Callable[[], float] = random.random,
        steps: Sequence[EscalationStep] = (),
        knows: Knows = everything,
    ) -> None:
        """steps, knows: as `Gatherer` takes them."""
        self.targets_by_name = dict(targets)
        self._about = about
        self._clock = clock
        self._chance = chance
        self._outbox = Outbox(db)
        self._alarms = Alarms(db)
        self._gatherer = Gatherer(db, targets, about, clock(), steps=steps, knows=knows)
        self._senders = {
            name: Sender(target, self._outbox, chance, stills) for name, target in targets.items()
        }
        self._standing: dict[str, str] = {}  # why a standing connection is not there
        self._inbox: deque[Alarm] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken: asyncio.Event | None = None
        self._wake_sender: dict[str, asyncio.Event] = {}
        self._stopping: threading.Event | None = None
        self.trouble = ""  # why nothing can be noted, "" while it can

    # From other threads.

    def hear(self, alarm: Alarm) -> None:
        """An alarm changed. Never waits."""
        if self.targets_by_name:
            self._inbox.append(alarm)
            self.wake()

    def wake(self) -> None:
        """Has the loop look at once."""
        loop, woken = self._loop, self._woken
        if loop is not None and woken is not None:
            with suppress(RuntimeError):  # the loop was closed meanwhile; nothing is lost
                loop.call_soon_threadsafe(self._rouse)

    def _rouse(self) -> None:
        if self._woken is not None:
            self._woken.set()
        for event in self._wake_sender.values():
            event.set()

    def targets(self) -> list[TargetView]:
        now = self._clock()
        tallies = self._outbox.tallies()
        mutes = {one.target: one for one in self._gatherer.mutes(now) if one.target}
        return [self._view(one, now, tallies, mutes) for one in self.targets_by_name.values()]

    def _view(
        self,
        target: Notifier,
        now: float,
        tallies: Mapping[tuple[str, str], Tally],
        mutes: Mapping[str, Mute],
    ) -> TargetView:
        mine = [tally for (name, _), tally in tallies.items() if name == target.name] or [_UNTRIED]
        sent = [one.last_sent for one in mine if one.last_sent is not None]
        mute = mutes.get(target.name)
        quiet = self._gatherer.quiet((target.name, ""), now)
        return TargetView(
            name=target.name,
            kind=target.kind,
            where=target.where,
            ready=target.ready,
            trouble=self._trouble(target),
            waiting=sum(one.waiting for one in mine),
            sent=sum(one.sent for one in mine),
            dead=sum(one.dead for one in mine),
            last_sent=max(sent, default=None),
            muted_until=None if mute is None else mute.until,
            muted_by="" if mute is None else mute.by,
            quiet_until=quiet.until if quiet.until and not quiet.all else None,
            parts=tuple(target.parts()),
        )

    def _trouble(self, target: Notifier) -> str:
        standing = "" if target.ready else self._standing.get(target.name, "not connected yet")
        return standing or self._senders[target.name].trouble

    def letters(self, states: Sequence[PostState], limit: int = 100) -> list[Post]:
        """Messages in these states, newest first."""
        return self._outbox.list(states, limit)

    def letter(self, key: str) -> Post | None:
        return self._outbox.get(key)

    def cameras_in(self, key: str) -> set[str]:
        """The cameras whose alarms a message tells of; "" among them where one is about several,
        none when all of them are gone."""
        alarms = self._alarms.facts({one.alarm for one in self._outbox.told_in(key)})
        return {one.camera for one in alarms.values()}

    def again(self, key: str) -> bool:
        """Sends a message that was given up once more; False when there is none."""
        done = self._outbox.again(key, self._clock())
        self.wake()
        return done

    def mutes(self) -> list[Mute]:
        return self._gatherer.mutes(self._clock())

    def mute(self, target: str, person: str, seconds: float, by: str) -> Mute:
        """A target, or ("" as target) a person, is not told for so long. UserError."""
        now = self._clock()
        return self._gatherer.mute(target, person, now + seconds, by, now)

    def unmute(self, target: str, person: str) -> bool:
        done = self._gatherer.unmute(target, person, self._clock())
        self.wake()
        return done

    def test(self, name: str, parts: Sequence[str] | None = None) -> list[Outcome]:
        """Sends a test message now and waits for what comes of it. KeyError, UserError."""
        target, loop = self.targets_by_name[name], self._loop
        if loop is None:
            raise UserError("notification is not running")
        work = trial(target, self._clock(), self._about.zone, parts)
        waiting = asyncio.run_coroutine_threadsafe(work, loop)
        try:
            return waiting.result(TEST_SECONDS)
        except TooLateError:
            waiting.cancel()
            raise UserError(f"{name} did not answer within {TEST_SECONDS:g} seconds") from None

    # Browsers.

    def _push(self) -> ForBrowsers | None:
        found = (one for one in self.targets_by_name.values() if isinstance(one, ForBrowsers))
        return next(found, None)

    def push_key(self) -> str:
        """What a browser needs to register, "" when no target is for browsers. UserError."""
        target = self._push()
        return "" if target is None else target.public_key

    def register(self, user: str, endpoint: str, p256dh: str, auth: str) -> None:
        """A browser of this user. UserError: an address or keys that cannot be used."""
        target = self._push()
        if target is None:
            raise UserError("no target of the site file is for browsers")
        target.register(user, endpoint, p256dh, auth, self._clock())

    def unregister(self, user: str, endpoint: str) -> bool:
        """False when there was no such browser of this user."""
        target = self._push()
        return target is not None and target.unregister(user, endpoint)

    # In a thread of its own.

    def run(self, stopping: threading.Event) -> None:
        """Until it is stopped; `wake` it then."""
        if self.targets_by_name:
            asyncio.run(self._run(stopping))

    async def _run(self, stopping: threading.Event) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), stopping
        self._woken = asyncio.Event()
        self._wake_sender = {name: asyncio.Event() for name in self.targets_by_name}
        self._inbox.extendleft(reversed(self._gatherer.missed(self._clock())))
        work = [self._gather(), self._sweep()]
        work += [self._send(name) for name in self.targets_by_name]
        work += [self._stay(one) for one in self.targets_by_name.values() if one.stays]
        tasks = [asyncio.create_task(one) for one in work]
        try:  # the first one ends when it is stopped, the others never do
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._loop = None
            await end(tasks)

    async def _gather(self) -> None:
        assert self._woken is not None
        assert self._stopping is not None
        while not self._stopping.is_set():
            self._woken.clear()
            due = self.gather()
            for event in self._wake_sender.values():
                event.set()
            wait = max(0.0, min(IDLE_SECONDS, due - self._clock()))
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._woken.wait()
            await asyncio.sleep(BATCH_SECONDS)
        self.gather()

    def gather(self) -> float:
        """Notes what came in and closes what is due; when to come back."""
        now = self._clock()
        came = [self._inbox.popleft() for _ in range(len(self._inbox))]
        try:
            self._gatherer.take(came, now)
            came = []
            due = self._gatherer.tick(now)
        except StoreError as error:
            self._inbox.extendleft(reversed(came))
            if not self.trouble:
                log.warning("notify: %s", error)
            self.trouble = f"messages wait in memory: {error}"
            return now + RETRY_SECONDS
        self.trouble = ""
        return due

    async def _send(self, name: str) -> None:
        target, sender, woken = (
            self.targets_by_name[name],
            self._senders[name],
            self._wake_sender[name],
        )
        while True:
            woken.clear()
            now = self._clock()
            wait = READY_SECONDS
            if target.ready:
                try:
                    wait = await sender.turn(now) - now
                except StoreError as error:
                    sender.trouble = str(error)
                    wait = RETRY_SECONDS
            if wait > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(IDLE_SECONDS, wait)):
                        await woken.wait()

    async def _stay(self, target: Notifier) -> None:
        """Keeps a standing connection; a lost one is made again after a while."""
        loop, failures = asyncio.get_running_loop(), 0
        while True:
            began = loop.time()
            try:
                await target.stay()
                said = "the connection has ended"
            except NotifyError as error:
                said = str(error)
            if loop.time() - began >= STEADY_SECONDS:
                failures = 0
            failures += 1
            if self._standing.get(target.name) != said:
                log.warning("notify %s: %s", target.name, said)
            self._standing[target.name] = said
            await asyncio.sleep(pause(failures, self._chance()))

    async def _sweep(self) -> None:
        while True:
            with suppress(StoreError):
                self._gatherer.forget(self._clock())
            await asyncio.sleep(SWEEP_SECONDS)


async def end(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancels tasks until they are over.

    Once is not enough: Python 3.11's `asyncio.wait_for`, which libraries use, loses a cancellation
    that comes together with what it waits for.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN_SECONDS)
