"""Which fault begins when, and for how long: ``freeze@30s,cover@2m+30s:50%,drop@4m+1m:all``.

The grammar of one is ``NAME@TIME[+DURATION][:STRENGTH][:WHOM]``; several stand behind commas.
Times are 30s, 2m, 1h, 1m30s, or bare seconds. Without a duration a fault lasts until the next one
of the same camera begins; a momentary one (a closed connection) is over at once.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from math import inf
from typing import Final

from streetlamp.errors import UserError
from streetlamp.fleet.virtual.base import FAULTS, Fault, Strength, Unit

EVERYBODY: Final = "all"
_PIECE: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)?")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_NUMBER: Final = re.compile(r"[+-]?[\d.]")
_FORM: Final = "write it as NAME@TIME[+DURATION][:STRENGTH][:CAMERA], e.g. freeze@30s+1m"


@dataclass(frozen=True, slots=True)
class Drill:
    """One fault that is to happen, in seconds since the drills began."""

    fault: str
    start: float
    duration: float | None = None  # None: until the next one
    strength: float | None = None  # None: the fault's own
    whom: str = ""  # a camera's name, "all", or "" for the first camera

    def hits(self, camera: str, *, first: bool) -> bool:
        """Whether it happens to a camera; `first`: to the one that is hit when none is named."""
        return self.whom in (EVERYBODY, camera) or (not self.whom and first)

    def make(self, seed: int = 0) -> Fault:
        """The fault itself, for one time that it happens."""
        return FAULTS[self.fault](self.strength, seed)

    @property
    def words(self) -> str:
        """What is said of it on the terminal: "cover (50 %)"."""
        takes = FAULTS[self.fault].takes
        if takes is None or self.strength is None:
            return self.fault
        return f"{self.fault} ({strength_in_words(self.strength, takes)})"


@dataclass(frozen=True, slots=True)
class Event:
    """A drill begins or ends. `time` in seconds since the drills began; `round` from 0."""

    time: float
    begins: bool
    drill: Drill
    round: int


def seconds(text: str) -> float:
    """A length of time as it is written: 30s, 2m, 1h, 1m30s, 90. ValueError otherwise."""
    sign = -1.0 if text.startswith("-") else 1.0
    body = text.lstrip("+-")
    pieces = list(_PIECE.finditer(body))
    if not body or "".join(piece[0] for piece in pieces) != body or len(text) - len(body) > 1:
        raise ValueError(f"{text!r} is no length of time: write 30s, 2m, 1h or 1m30s")
    return sign * sum(float(piece[1]) * _SECONDS[piece[2] or ""] for piece in pieces)


def in_words(length: float) -> str:
    """A length of time as one writes it: 90 → "1m30s"."""
    if length < 60:
        return f"{length:g}s"
    whole, parts = round(length), []
    for unit, size in (("h", 3600), ("m", 60), ("s", 1)):
        number, whole = divmod(whole, size)
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts)


def strength_in_words(strength: float, takes: Strength) -> str:
    if takes.unit is Unit.SHARE:
        return f"{100 * strength:.3g} %"
    if takes.unit is Unit.SECONDS:
        return ("-" if strength < 0 else "") + in_words(abs(strength))
    return f"{strength:g}"


def parse_drills(text: str) -> tuple[Drill, ...]:
    """The drills of a list, by the time they start. UserError says which one is wrong and why."""
    drills = [_drill(part.strip()) for part in text.split(",") if part.strip()]
    return tuple(sorted(drills, key=lambda each: each.start))


def _drill(text: str) -> Drill:
    head, *tail = text.split(":")
    name, at, when = head.partition("@")
    if name not in FAULTS:
        near = difflib.get_close_matches(name, list(FAULTS), 1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(FAULTS)}"
        raise UserError(f"no fault is called {name!r}; {hint}")
    if not at or not when:
        raise UserError(f"fault {text!r} does not say when: {_FORM}")
    begin, plus, length = when.partition("+")
    try:
        start = seconds(begin)
        duration = seconds(length) if plus else None
        strength, whom = _tail(tail, FAULTS[name])
    except ValueError as error:
        raise UserError(f"fault {text!r}: {error}") from None
    if start < 0:
        raise UserError(f"fault {text!r}: times count forwards from 0")
    if duration is not None and duration <= 0:
        raise UserError(f"fault {text!r}: it must last longer than nothing")
    if duration is None and FAULTS[name].momentary:
        duration = 0.0
    return Drill(name, start, duration, strength, whom)


def _tail(parts: Sequence[str], fault: type[Fault]) -> tuple[float | None, str]:
    strength, whom = None, ""
    for part in parts:
        if not part:
            raise ValueError(f"nothing stands behind a colon; {_FORM}")
        if not _NUMBER.match(part):
            if whom:
                raise ValueError(f"it names two cameras, {whom} and {part}; use {EVERYBODY}")
            whom = part
        elif strength is not None:
            raise ValueError("it has two strengths")
        else:
            strength = parse_strength(part, fault)
    return strength, whom


def parse_strength(text: str, fault: type[Fault]) -> float:
    """A fault's number. ValueError when it takes none, or not this one."""
    takes = fault.takes
    if takes is None:
        raise ValueError(f"{fault.name} takes no strength")
    try:
        if takes.unit is Unit.SECONDS:
            value = seconds(text)
        elif text.endswith("%") and takes.unit is Unit.SHARE:
            value = float(text[:-1]) / 100
        else:
            value = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no {takes.unit.value}: {takes.meaning}") from None
    if not takes.low <= value <= takes.high:
        low, high = (strength_in_words(each, takes) for each in (takes.low, takes.high))
        raise ValueError(f"{takes.meaning}: from {low} to {high}, not {text}")
    return value


@dataclass(frozen=True, slots=True)
class Schedule:
    """One camera's drills; with `repeat`, from the beginning again every so many seconds."""

    drills: tuple[Drill, ...] = ()
    repeat: float | None = None

    def __post_init__(self) -> None:
        late = [each for each in self.drills if self.repeat is not None
                and each.start + (each.duration or 0) > self.repeat]  # fmt: skip
        if late and self.repeat is not None:
            raise UserError(
                f"{late[0].fault}@{in_words(late[0].start)} goes beyond the repetition every "
                f"{in_words(self.repeat)}: make that longer"
            )

    def spans(self) -> list[tuple[Drill, float]]:
        """Each drill with its end, in seconds since the round began; inf: it does not end."""
        last = self.repeat if self.repeat is not None else inf
        found = []
        for drill in self.drills:
            if drill.duration is not None:
                end = drill.start + drill.duration
            else:
                end = min((one.start for one in self.drills if one.start > drill.start),
                          default=last)  # fmt: skip
            found.append((drill, end))
        return found

    def events(self) -> Iterator[Event]:
        """All that happens, in order of time; without end when it is repeated."""
        one_round = [
            event
            for drill, end in self.spans()
            for event in (Event(drill.start, True, drill, 0), Event(end, False, drill, 0))
            if event.time < inf
        ]
        # at one moment: what lasted ends, then what begins, then what is over at once
        one_round.sort(
            key=lambda one: (one.time, one.begins or one.drill.duration == 0, not one.begins)
        )
        if self.repeat is None or not one_round:
            yield from one_round
            return
        for number in count():
            for event in one_round:
                yield replace(event, time=event.time + number * self.repeat, round=number)


def schedule_for(
    drills: Sequence[Drill], camera: str, *, first: bool, repeat: float | None
) -> Schedule:
    """What of the drills happens to one camera."""
    return Schedule(tuple(each for each in drills if each.hits(camera, first=first)), repeat)
