"""What a test of rules found, in numbers and in one sentence; and two versions beside each other.

Events become alarms as in the alarm book: what begins within `merge_seconds` of an alarm's end is
part of it. Only that a person called an alarm false, which begins a new one there, is not known
here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Final

from streetlamp.backtest.said import Said
from streetlamp.rules import words
from streetlamp.values import Event

EXAMPLES: Final = 6
SAME_SECONDS: Final = 1.0  # two alarms so far apart are still the same one
_MOST: Final = 0.5  # of all alarms that must fall into an hour for the sentence to name it

_HOURS: Final = 3 * 3600.0  # seconds: of a shorter stretch the hour of the day tells nothing


@dataclass(frozen=True, slots=True)
class Incident:
    """An alarm there would have been (or an event, of a rule that raises none)."""

    start: float  # POSIX seconds
    end: float | None  # None: it still went on at the end
    message: str
    numbers: dict[str, float]
    box: tuple[float, float, float, float] | None  # pixels
    events: int


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """What one rule would have done."""

    name: str
    kind: str
    place: str  # "" is the whole picture
    alarm: bool  # False: it notes events and raises no alarm
    incidents: tuple[Incident, ...]
    hours: tuple[int, ...]  # (24,) by the hour of the day in which they began
    days: tuple[tuple[str, int], ...]  # each day of the stretch (YYYY-MM-DD) and how many began
    passed: tuple[tuple[str, str, int], ...]  # class, direction, how many: of a line
    sentence: str
    tried: bool = True  # False: it asks what no index holds, and nothing is said of it

    @property
    def examples(self) -> tuple[Incident, ...]:
        """Up to six, spread evenly over all."""
        n = len(self.incidents)
        if n <= EXAMPLES:
            return self.incidents
        return tuple(self.incidents[(2 * k + 1) * n // (2 * EXAMPLES)] for k in range(EXAMPLES))


@dataclass(frozen=True, slots=True)
class Difference:
    """One rule in two versions: what is raised by the one, by the other, by both."""

    name: str
    before: tuple[Incident, ...]  # only as the rule is set
    after: tuple[Incident, ...]  # only as it is drafted
    both: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Version:
    """The rules of one version and what they would have done."""

    rules: tuple[RuleAnswer, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole test of one camera."""

    camera: str
    start: float  # POSIX seconds: of what is kept in the stretch asked for
    end: float
    watched: float  # seconds of it in which there were looks
    looks: int
    shown: int  # looks that rules had to be run on, all together
    version: Version
    before: Version | None  # as the rules are set, where a draft is compared with them
    differences: tuple[Difference, ...]


def incidents(events: Sequence[Event], merge_seconds: float) -> tuple[Incident, ...]:
    """The alarms these events of one rule would have been."""
    found: list[Incident] = []
    for event in sorted(events, key=lambda one: (one.start, one.id)):
        last = found[-1] if found else None
        if last is not None and (last.end is None or event.start - last.end <= merge_seconds):
            over = last.end is not None and event.end is not None
            end = max(last.end or 0.0, event.end or 0.0) if over else None
            found[-1] = Incident(
                last.start, end, event.message, dict(event.numbers), event.box, last.events + 1
            )
            continue
        found.append(
            Incident(event.start, event.end, event.message, dict(event.numbers), event.box, 1)
        )
    return tuple(found)


def answer_of(
    said: Said, start: float, end: float, timezone: tzinfo, merge_seconds: float
) -> RuleAnswer:
    """What a rule would have done in [start, end), POSIX seconds."""
    rule = said.rule
    events = [event for event in said.events if event.alarm is rule.alarm]
    found = incidents(events, merge_seconds if rule.alarm else 0.0)
    began = [datetime.fromtimestamp(one.start, timezone) for one in found]
    hours = Counter(one.hour for one in began)
    by_day = Counter(one.date() for one in began)
    day, last = (datetime.fromtimestamp(one, timezone).date() for one in (start, end - 1e-6))
    days = []
    while day <= last:
        days.append((day.isoformat(), by_day[day]))
        day += timedelta(days=1)
    passed = tuple((kind, way, n) for (kind, way), n in sorted(said.passed.items()))
    made = RuleAnswer(
        rule.name, rule.kind, rule.place, rule.alarm, found,
        tuple(hours[hour] for hour in range(24)), tuple(days), passed, "", said.tried,
    )  # fmt: skip
    return _worded(made, end - start)


def _worded(made: RuleAnswer, seconds: float) -> RuleAnswer:
    return replace(made, sentence=sentence(made, seconds))


def sentence(made: RuleAnswer, seconds: float) -> str:
    """ "“Lawn” would have raised 41 alarms in 7 days, 38 of them between 17 and 18 h." """
    if not made.tried:
        return (
            f"“{made.name}” cannot be tried: it asks what was left or taken away, and no picture of"
            " the background is kept."
        )
    n = len(made.incidents)
    what = _many(n, "alarm" if made.alarm else "event")
    verb = "raised" if made.alarm else "noted"
    text = f"“{made.name}” would have {verb} {what} in {stretch(seconds)}"
    hour = max(range(24), key=made.hours.__getitem__)
    most = made.hours[hour]
    if n > 1 and most >= max(2, _MOST * n) and seconds > _HOURS:
        who = "all" if most == n else f"{most}"
        text += f", {who} of them between {hour} and {hour + 1} h"
    if made.passed:
        ways: Counter[str] = Counter()
        for _, way, count in made.passed:
            ways[way] += count
        text += f" and counted {ways['in']} in, {ways['out']} out"
    return text + "."


def stretch(seconds: float) -> str:
    """ "7 days", "3 hours", "2 min 5 s". """
    for unit, name in ((86_400.0, "day"), (3600.0, "hour")):
        if seconds >= 0.95 * unit:
            n = seconds / unit
            whole = abs(n - round(n)) < 0.06
            return _many(round(n), name) if whole else f"{n:.1f} {name}s"
    return words.lasting(seconds)


def _many(n: int, what: str) -> str:
    return f"{n or 'no'} {what}{'' if n == 1 else 's'}"


def differences(before: Version, after: Version) -> tuple[Difference, ...]:
    """Rules of the same name in both versions, those that are new, and those that are gone.

    Where each version has one rule, they are compared whatever their names.
    """
    if len(before.rules) == len(after.rules) == 1:
        return (_difference(after.rules[0].name, before.rules[0], after.rules[0]),)
    olds = {one.name: one for one in before.rules}
    news = {one.name: one for one in after.rules}
    names = dict.fromkeys([*olds, *news])
    return tuple(_difference(name, olds.get(name), news.get(name)) for name in names)


def _difference(name: str, old: RuleAnswer | None, new: RuleAnswer | None) -> Difference:
    untried = next((one for one in (new, old) if one is not None and not one.tried), None)
    if untried is not None:
        return Difference(name, (), (), 0, untried.sentence)
    ours = () if old is None else old.incidents
    theirs = () if new is None else new.incidents
    both = matched(ours, theirs)
    only = tuple(one for n, one in enumerate(ours) if n not in {a for a, _ in both})
    extra = tuple(one for n, one in enumerate(theirs) if n not in {b for _, b in both})
    if old is None:
        text = f"“{name}” is new: {len(theirs)}."
    elif new is None:
        text = f"“{name}” is gone: {len(ours)} fewer."
    else:
        text = (
            f"“{name}”: {len(ours)} as set, {len(theirs)} as drafted; {len(both)} in both,"
            f" {len(only)} only as set, {len(extra)} only as drafted."
        )
    return Difference(name, only, extra, len(both), text)


def matched(ours: Sequence[Incident], theirs: Sequence[Incident]) -> list[tuple[int, int]]:
    """Pairs that overlap in time, each in one pair at most, the earliest first."""
    pairs, at = [], 0
    endless = float("inf")
    for n, one in enumerate(ours):
        end = endless if one.end is None else one.end
        for m in range(at, len(theirs)):
            other = theirs[m]
            if other.start > end + SAME_SECONDS:
                break
            if (endless if other.end is None else other.end) >= one.start - SAME_SECONDS:
                pairs.append((n, m))
                at = m + 1
                break
    return pairs
