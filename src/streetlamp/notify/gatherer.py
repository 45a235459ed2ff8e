"""From changed alarms to messages: who is told what, together with what, and when.

All of it stands in the database before it is sent, so that a restart loses nothing and tells
nothing twice. Times are given by the caller.
"""

from __future__ import annotations

import math
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Final

from streetlamp.alarms.options import EscalationStep
from streetlamp.errors import UserError
from streetlamp.notify import words
from streetlamp.notify.base import ForBrowsers, Notifier
from streetlamp.notify.grouping import (
    Fate,
    Quiet,
    Rate,
    chosen,
    fate,
    group_of,
    opened,
    severity_at,
    taken_in,
)
from streetlamp.notify.message import Item, Message, MessageKind, What, item_of
from streetlamp.notify.news import STALE_SECONDS, News, calls, changes, news, unheard
from streetlamp.rules.schedule import Schedule
from streetlamp.store.alarms import Alarms
from streetlamp.store.database import Database
from streetlamp.store.mutes import Mute, Mutes
from streetlamp.store.outbox import Outbox, Post, PostState, Told
from streetlamp.values import Alarm

MOST_MUTED: Final = 12 * 3600.0
"""Nobody is muted for longer than this, seconds."""

KEPT_SECONDS: Final = 30 * 86_400.0
ITEMS: Final = 50  # things a message describes one by one; of all others it has the keys
_SEEN: Final = "alarms seen"
_OVERLAP: Final = 120.0  # seconds before the last alarm seen that a start looks at once more
_STEP: Final = 60  # seconds, when the end of quiet hours is looked for
_WEEK: Final = 7 * 86_400

Whom = tuple[str, str]
Knows = Callable[[str], Callable[[str], bool]]
"""Of a user's name, whether they may know of alarms of a camera ("": of several)."""


def everything(user: str) -> Callable[[str], bool]:
    """Everybody may know of everything."""
    del user
    return lambda camera: True


@dataclass(frozen=True, slots=True)
class Cameras:
    """What the site calls its cameras, and what time it is there."""

    site: str
    zone: tzinfo
    names: Mapping[str, str]

    def name(self, camera: str) -> str:
        return self.names.get(camera, camera)


class Gatherer:
    """Thread-safe. `take` what changed, `tick` now and then.

    steps: of the escalation, whose targets are told whatever else they are told of. knows: what may
    be told to the browsers of a user.
    """

    def __init__(
        self,
        db: Database,
        targets: Mapping[str, Notifier],
        about: Cameras,
        now: float,
        new_key: Callable[[], str] = lambda: f"msg_{secrets.token_hex(12)}",
        steps: Sequence[EscalationStep] = (),
        knows: Knows = everything,
    ) -> None:
        self._db = db
        self._targets = targets
        self._about = about
        self._new_key = new_key
        self._steps, self._knows = steps, knows
        self._outbox, self._mutes, self._alarms = Outbox(db), Mutes(db), Alarms(db)
        self._quiet_hours = {
            name: Schedule(one.options.quiet, about.zone)
            for name, one in targets.items()
            if one.options.quiet
        }
        self._turn = threading.RLock()
        self._rates: dict[Whom, Rate] = {}
        self._since: dict[Whom, float] = {}
        self._muted: dict[Whom, Mute] = {(one.target, one.part): one for one in self._mutes.all()}
        self._open: dict[Whom, list[Post]] = {}
        for post in self._outbox.open():
            self._open.setdefault(post.whom, []).append(post)
        self._first = self._outbox.mark(_SEEN) is None
        if self._first:
            self._outbox.set_mark(_SEEN, now)
        for name, target in targets.items():  # whoever is there from the start hears from the start
            for part in target.parts():
                self._born((name, part), now)

    # What changed.

    def missed(self, now: float) -> list[Alarm]:
        """What changed while nobody listened; `take` it after a start."""
        seen = self._outbox.mark(_SEEN)
        since = max(now - STALE_SECONDS, (now if seen is None else seen) - _OVERLAP)
        found = (self._alarms.get(one) for one in self._outbox.changed_alarms(since))
        return [one for one in found if one is not None]

    def take(self, changed: Iterable[Alarm], now: float) -> None:
        """These alarms changed. StoreError: nothing was noted, give them once more."""
        latest = {alarm.id: alarm for alarm in changed}
        if not latest:
            return
        with self._turn:
            told = self._outbox.told_of(latest)
            keep = {whom: list(posts) for whom, posts in self._open.items()}
            fresh: dict[str, Post] = {}
            rows: list[Told] = []
            for name, target in self._targets.items():
                wanted = [one for one in latest.values() if self._concerns(target, one)]
                for part in target.parts() if wanted else ():
                    browser = isinstance(target, ForBrowsers)
                    knows = self._knows(part) if browser else everything(part)
                    for alarm in wanted:
                        if knows(alarm.camera):
                            rows += self._tell((name, part), target, alarm, told, now, fresh)
            try:
                with self._db.write():
                    self._outbox.put(fresh.values(), rows)
                    # a camera whose clock is ahead must not make the next start look too late
                    seen = min(now, max(one.updated for one in latest.values()))
                    self._outbox.set_mark(_SEEN, seen)
            except UserError:
                self._open = keep
                raise

    def _tell(
        self, whom: Whom, target: Notifier, alarm: Alarm,
        told: Mapping[tuple[str, str, str, int], int], now: float, fresh: dict[str, Post],
    ) -> Iterable[Told]:  # fmt: skip
        before = {
            number: told[(*whom, alarm.id, number)]
            for number in range(len(alarm.steps))
            if (*whom, alarm.id, number) in told
        }
        since = self._born(whom, now)
        wants = target.options.wants(alarm)
        for one in (*(news(alarm, before, now) if wants else ()), *unheard(alarm, before, now)):
            wanted = wants and one.what in target.options.tell and not one.stage
            if one.time >= since and (wanted or self._called(target, alarm, one)):
                post = self._gather(whom, target, one, now)
                fresh[post.key] = post
                yield Told(
                    *whom, alarm.id, one.step, one.level, one.time, one.what.value, post.key
                )

    def _concerns(self, target: Notifier, alarm: Alarm) -> bool:
        """Whether anything about an alarm can be news there."""
        if target.options.wants(alarm):
            return True
        named = any(target.name in step.to for step in self._steps)
        return named and any(self._called(target, alarm, one) for one in calls(alarm))

    def _called(self, target: Notifier, alarm: Alarm, one: News) -> bool:
        """Whether the site's escalation names this target for it. Of what was forgotten those are
        told who are told first when nobody answers."""
        if not one.stage and one.what is not What.REMINDER:
            return False
        number = one.stage or 1
        if number > len(self._steps):  # the site file has changed since
            return False
        step = self._steps[number - 1]
        return target.name in step.to and alarm.severity.rank >= step.severity.rank

    def _gather(self, whom: Whom, target: Notifier, one: News, now: float) -> Post:
        options = target.options
        rate = self._rates.setdefault(whom, Rate(options.storm_alarms))
        rate.add(now)
        quiet = self.quiet(whom, now)
        if one.stage and not quiet.all:
            quiet = Quiet()  # nobody answers: hours that are quiet as a rule are over
        posts = self._open.setdefault(whom, [])
        # in a storm this one is not counted in silence
        post = chosen(posts, one.level, quiet, storm=rate.storm(now) and not one.stage)
        if post is None:
            post = opened(self._new_key(), whom, one.level, now, quiet, options)
            posts.append(post)
        after = taken_in(post, one.level, now, options)
        posts[posts.index(post)] = after
        return after

    def _born(self, whom: Whom, now: float) -> float:
        """Since when this part of a target is told anything."""
        if whom not in self._since:
            name = "/".join(("since", *whom))
            since = self._outbox.mark(name)
            if since is None:
                since = now
                self._outbox.set_mark(name, now)
            self._since[whom] = since
        return self._since[whom]

    # What is due.

    def tick(self, now: float) -> float:
        """Closes messages that are due; when to come back at the latest, POSIX seconds."""
        with self._turn:
            soonest = math.inf
            for whom, posts in list(self._open.items()):
                for post in list(posts):
                    soonest = min(soonest, self._look(whom, post, now))
                if not posts:
                    del self._open[whom]
            return soonest

    def _look(self, whom: Whom, post: Post, now: float) -> float:
        target = self._targets.get(post.target)
        posts = self._open[whom]
        if target is None:  # it left the site file
            gone = "this target is not in the site file any more"
            state = post.state if post.absorbs else PostState.DEAD
            self._put(posts, post, replace(post, state=state, absorbs=False, error=gone))
            return math.inf
        rate = self._rates.setdefault(whom, Rate(target.options.storm_alarms))
        stored = self._outbox.get(post.key) if post.absorbs else post
        post_now = post if stored is None else replace(post, state=stored.state)
        told = (post.body or {}).get("count", 0)
        found, due = fate(
            post_now,
            now,
            storm=rate.storm(now),
            whole=target.options.storm == "whole",
            replaces=target.replaces,
            grown=post.count > told,
        )
        quiet = self.quiet(whom, now) if post.digest and found is Fate.SEND else Quiet()
        if quiet.until > now:
            found, due = Fate.KEEP, quiet.until
        if found is Fate.KEEP:
            if due != post.due and post.state is PostState.GATHERING:
                later = replace(post, due=due)
                posts[posts.index(post)] = later
            return due
        self._close(posts, post, found, now)
        return math.inf

    def _close(self, posts: list[Post], post: Post, found: Fate, now: float) -> None:
        if found is Fate.DONE:
            current = self._outbox.get(post.key) or post
            self._put(posts, post, replace(current, absorbs=False, count=post.count))
            return
        absorbs = found is Fate.SEND_AND_ABSORB
        message = self.message(post, going_on=absorbs)
        if message is None:  # nothing of it is left to tell
            self._put(posts, post, replace(post, state=PostState.DEAD, error="its alarms are gone"))
            return
        waiting = replace(
            post, state=PostState.WAITING, due=now, absorbs=absorbs, body=message.plain(), tries=0
        )
        self._put(posts, post, waiting)

    def _put(self, posts: list[Post], before: Post, after: Post) -> None:
        """Writes it, then keeps it in memory for as long as something may be added."""
        self._outbox.write(after)
        place = posts.index(before)
        if after.state is PostState.GATHERING or after.absorbs:
            posts[place] = after
        else:
            del posts[place]

    def message(self, post: Post, *, going_on: bool = False) -> Message | None:
        """A post's message in words; None when none of its alarms is there any more."""
        told = self._outbox.told_in(post.key)
        items = self._items(told)
        if not items:
            return None
        options = self._targets[post.target].options
        about = self._about
        link = options.link.rstrip("/")
        keys = tuple(f"{one.alarm}:{one.what}" for one in told)
        cameras, rules = ({getattr(one, name) for one in items} for name in ("camera", "rule"))
        alone = len(items) == 1 and not post.digest
        if alone:
            kind, title = MessageKind.ALARM, words.title_of(items[0], about.site)
            text = words.text_of(items[0], about.zone)
            link = f"{link}/alarms/{items[0].alarm}" if link else ""
        else:
            kind = MessageKind.MISSED if post.digest else MessageKind.GATHERED
            title = words.summary(items, missed=post.digest, going_on=going_on, site=about.site)
            text = words.listed(items, about.zone, going_on=going_on)
            link = f"{link}/alarms" if link else ""
        return Message(
            key=post.key,
            kind=kind,
            time=min(one.time for one in items),
            severity=severity_at(post.level),
            title=title,
            text=text,
            items=tuple(items[:ITEMS]),
            keys=keys,
            count=len(told),
            cameras=len(cameras - {""}),
            rules=len(rules),
            until=max(one.time for one in items),
            link=link,
            part=post.part,
        )

    def _items(self, told: Sequence[Told]) -> list[Item]:
        """What is told, oldest first; who did what is looked up for the first of them alone."""
        facts = self._alarms.facts([one.alarm for one in told])
        items: list[Item] = []
        for one in told:
            alarm = facts.get(one.alarm)
            if alarm is None:
                continue
            actor = note = ""
            what = What(one.what)
            if len(items) < ITEMS and what is not What.RAISED:
                whole = self._alarms.get(one.alarm)
                read = calls if what in (What.ESCALATED, What.REMINDER) else changes
                said = {} if whole is None else {step.step: step for step in read(whole)}
                if one.step in said:
                    actor, note = said[one.step].actor, said[one.step].note
            name = self._about.name(alarm.camera)
            items.append(item_of(alarm, what, one.time, name, group_of(alarm), actor, note))
        return items

    # Quiet.

    def quiet(self, whom: Whom, now: float) -> Quiet:
        """Until when this part of a target is not told now."""
        muted = [
            until
            for place in ((whom[0], ""), ("", whom[1]) if whom[1] else None)
            if place is not None and (until := self._muted_until(place, now)) > now
        ]
        if muted:
            return Quiet(max(muted), all=True)
        hours = self._quiet_hours.get(whom[0])
        if hours is None or not hours.covers(now):
            return Quiet()
        return Quiet(_end(hours, now))

    def _muted_until(self, place: Whom, now: float) -> float:
        """0 when nobody muted it, also once a clock set back would make it last for too long."""
        mute = self._muted.get(place)
        return mute.until if mute is not None and mute.until - now <= MOST_MUTED else 0.0

    def mutes(self, now: float) -> list[Mute]:
        """Those that hold now."""
        with self._turn:
            return [one for whom, one in self._muted.items() if self._muted_until(whom, now) > now]

    def mute(self, target: str, part: str, until: float, by: str, now: float) -> Mute:
        """Nothing is told there until then. UserError: no such target, or for too long."""
        if target and target not in self._targets:
            raise UserError(f"there is no target {target!r} in the site file")
        if not now < until <= now + MOST_MUTED:
            raise UserError(f"a mute ends by itself, at most {MOST_MUTED / 3600:g} hours from now")
        mute = Mute(target, part, now, until, by)
        with self._turn:
            self._mutes.put(mute)
            self._muted[target, part] = mute
        return mute

    def unmute(self, target: str, part: str, now: float) -> bool:
        """It is told again, and what was missed is told now. False: it was not muted."""
        with self._turn:
            was = self._muted_until((target, part), now) > now
            self._mutes.remove(target, part)
            self._muted.pop((target, part), None)
            for whom, posts in self._open.items():
                if (target and whom[0] == target) or (not target and whom[1] == part):
                    posts[:] = [replace(one, due=now) if one.digest else one for one in posts]
        return was

    def forget(self, now: float) -> None:
        """Removes what is long over."""
        self._outbox.forget(now - KEPT_SECONDS)
        with self._turn:
            for whom in [one for one, mute in self._muted.items() if mute.until <= now]:
                del self._muted[whom]
                self._mutes.remove(*whom)


def _end(hours: Schedule, now: float) -> float:
    """When the quiet hours that cover ``now`` are over, to the minute."""
    start = int(now // _STEP) * _STEP
    for minute in range(start + _STEP, start + _WEEK, _STEP):
        if not hours.covers(minute):
            return float(minute)
    return now + _WEEK  # it is always quiet: once a week then
