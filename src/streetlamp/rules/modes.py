"""Modes of a site: day, night, weekend … A rule may watch in some of them alone.

Which mode holds at a time is a pure function of the site file and of the choices people have made,
each with its time. Choices are stored, so a stored day replays in the modes it had.

Without a choice the schedule decides: the last mode in the list whose schedule covers the moment,
else the first. A choice holds until the schedule next changes the mode, or until it is undone.
"""

from __future__ import annotations

import math
import threading
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from datetime import time as clock_time
from typing import Annotated, Any, Final, NamedTuple

from pydantic import BeforeValidator, Field

from streetlamp.options import Options
from streetlamp.rules.holidays import NO_HOLIDAYS, Holidays, OnHolidays
from streetlamp.rules.schedule import Schedule, Window

AUTO: Final = "auto"
"""What a person says who wants the schedule to decide again; no mode may be called so."""

AHEAD_SECONDS: Final = 5.0
"""A camera's time may be ahead of ours by so much, and a choice still be made after it."""

_LOOK_AHEAD_DAYS: Final = 400  # how far the next change of the schedule is looked for
_REMEMBERED: Final = 1000  # choices held in memory


class ModeOptions(Options):
    """One mode."""

    name: str = Field(
        min_length=1,
        max_length=40,
        pattern=r"^\S(.*\S)?$",
        title="Name",
        description='What it is called, such as "night" or "armed_away".',
        examples=["night"],
    )
    schedule: tuple[Window, ...] = Field(
        (),
        title="Schedule",
        description="Days and hours in which it holds by itself; empty: only when it is chosen (and"
        " the first mode: whenever no other holds).",
    )
    on_holidays: OnHolidays = Field(
        "sunday",
        title="On holidays",
        description="usual: by the day of the week; sunday: as on a Sunday; never; always: all day"
        " long.",
    )


def _short(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


ModeEntry = Annotated[ModeOptions, BeforeValidator(_short)]
"""A mode as it may stand in the site file: a mapping, or a name alone."""


def wrong_modes(names: Sequence[str]) -> str:
    """What is wrong with the names of a site's modes, in words; "" if nothing is."""
    if AUTO in names:
        return f"no mode may be called '{AUTO}': it means that the schedule decides"
    twice = next((name for number, name in enumerate(names) if name in names[:number]), "")
    return f"two modes are called '{twice}'; rename one" if twice else ""


class Choice(NamedTuple):
    """What somebody chose, and when."""

    time: float  # POSIX seconds from which it holds
    mode: str  # AUTO: the schedule decides
    until: float | None  # until when; None: until the next choice
    actor: str


class Modes:
    """The modes of a site and the choices made so far. Any thread.

    `at` and `choose` agree on what came first: nothing that asked before a choice was made is told
    otherwise when it asks again about the same moment.
    """

    def __init__(
        self,
        options: Iterable[ModeOptions] = (),
        timezone: tzinfo = UTC,
        holidays: Holidays = NO_HOLIDAYS,
        choices: Iterable[Choice] = (),
    ) -> None:
        modes = tuple(options)
        self.names = tuple(mode.name for mode in modes)
        self._timezone = timezone
        self._schedules = [
            (mode.name, Schedule(mode.schedule, timezone, holidays, mode.on_holidays))
            for mode in modes
            if mode.schedule
        ]
        self._turn = threading.Lock()
        self._choices: list[Choice] = sorted(choices, key=lambda one: one.time)
        self._asked = -math.inf  # the newest moment somebody asked about
        self._minute = (-1, "")  # the last answer of the schedule

    def __getstate__(self) -> dict[str, Any]:
        """All but the lock: a rule pickles, and its modes with it."""
        return {name: value for name, value in self.__dict__.items() if name != "_turn"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _turn=threading.Lock())

    @property
    def timed(self) -> bool:
        """Whether some mode has hours of its own."""
        return bool(self._schedules)

    def at(self, time: float) -> str:
        """The mode at this moment (POSIX seconds); "" where a site has none."""
        if not self.names:
            return ""
        with self._turn:
            self._asked = max(self._asked, time)
            choice = self._choice(time)
        return self.scheduled(time) if choice is None else choice.mode

    def standing(self, time: float) -> Choice | None:
        """The choice that decides at this moment; None: the schedule does."""
        with self._turn:
            return self._choice(time)

    def scheduled(self, time: float) -> str:
        """What the schedule says, whatever was chosen."""
        minute, mode = self._minute
        if minute != int(time // 60):
            covering = [name for name, schedule in self._schedules if schedule.covers(time)]
            mode = covering[-1] if covering else self.names[0]
            self._minute = (int(time // 60), mode)
        return mode

    def next_change(self, time: float) -> float | None:
        """When the schedule next changes the mode, POSIX seconds; None: not within a year."""
        now = self.scheduled(time)
        today = datetime.fromtimestamp(time, self._timezone).date()
        for days in range(_LOOK_AHEAD_DAYS):
            day = today + timedelta(days=days)
            midnight = datetime.combine(day, clock_time(), self._timezone)
            for minute in self._edges(day):
                at = (midnight + timedelta(minutes=minute)).timestamp()
                if at > time and self.scheduled(at) != now:
                    return at
        return None

    def _edges(self, day: date) -> list[int]:
        """Minutes of a day at which some stretch begins or ends, those of the night before too."""
        before = day - timedelta(days=1)
        edges = {
            minute - shift
            for _, schedule in self._schedules
            for shift, begun in ((0, day), (1440, before))
            for stretch in schedule.hours_on(begun)
            for minute in stretch
        }
        return sorted(minute for minute in edges if 0 <= minute < 1440)

    def choose(self, mode: str, actor: str, now: float, *, hold: bool) -> Choice:
        """Chooses a mode from `now` on. The choice as it holds, which may begin a little later.

        hold: until the next choice, whatever the schedule says. ValueError: no such mode.
        """
        if mode != AUTO and mode not in self.names:
            raise ValueError(f"there is no mode '{mode}'; there are: {', '.join(self.names)}")
        until = None if hold or mode == AUTO else self.next_change(now)
        with self._turn:
            time = now
            if now <= self._asked <= now + AHEAD_SECONDS:
                time = math.nextafter(self._asked, math.inf)
            if self._choices and time <= self._choices[-1].time <= now + AHEAD_SECONDS:
                time = math.nextafter(self._choices[-1].time, math.inf)
            choice = Choice(time, mode, until, actor)
            self._add(choice)
        return choice

    def take_back(self, choice: Choice) -> None:
        """Undoes a choice that could not be written down."""
        with self._turn:
            self._choices = [one for one in self._choices if one is not choice]

    def take(self, choice: Choice) -> None:
        """A choice that was made elsewhere, for a moment about which nobody has asked yet."""
        with self._turn:
            self._add(choice)

    def _add(self, choice: Choice) -> None:
        self._choices = sorted((*self._choices, choice), key=lambda one: one.time)[-_REMEMBERED:]

    def _choice(self, time: float) -> Choice | None:
        number = bisect_right(self._choices, time, key=lambda one: one.time)
        choice = self._choices[number - 1] if number else None
        if choice is None or choice.mode not in self.names:
            return None  # the schedule decides, or the mode is gone from the site file
        return choice if choice.until is None or time < choice.until else None


NO_MODES: Final = Modes()
