"""Which mode the site is in: the choices of people, kept over a restart and written down.

A choice may also come from `streetlamp mode`, another process: it is noted for a moment a little
ahead, and taken up here before that moment comes.
"""

from __future__ import annotations

from typing import Final

from streetlamp.desk.services import ModeView
from streetlamp.errors import UserError
from streetlamp.rules.modes import AUTO, Choice
from streetlamp.site import Site
from streetlamp.site_explain import no_mode
from streetlamp.store import Database, ModeChoices, StoreError
from streetlamp.store.modes import ModeChoiceRow
from streetlamp.vault.audit import Audit

MOST: Final = 1000  # choices that are read at a start
LEAD_SECONDS: Final = 3.0  # from a choice of another process to its moment: three of our turns
ACTION: Final = "choose mode"


class ModeKeeper:
    """The modes of a running site. `turn` every second; the rest from any thread."""

    def __init__(self, site: Site, database: Database, audit: Audit) -> None:
        self._table = ModeChoices(database)
        self._audit = audit
        rows = self._table.newest(MOST) if site.modes else []
        self._seen = max((row.seq for row in rows), default=0)
        self._ours: set[int] = set()
        self.almanac = site.almanac(_choice(row) for row in rows)
        self._modes = self.almanac.modes
        self._last = ""  # the mode at the last turn

    def now(self, now: float) -> ModeView:
        """The mode at this moment, and until when it holds."""
        choice = self._modes.standing(now)
        return ModeView(
            mode=self._modes.at(now),
            modes=self._modes.names,
            scheduled=self._modes.scheduled(now),
            chosen_by="" if choice is None else choice.actor,
            since=None if choice is None else choice.time,
            until=self._modes.next_change(now) if choice is None else choice.until,
            timed=self._modes.timed,
        )

    def choose(self, mode: str, actor: str, now: float, *, hold: bool) -> ModeView:
        """Puts the site into a mode at once; "auto": back to the schedule.

        UserError: there is no such mode. StoreError: it was not done, as it cannot be written down.
        """
        _known(mode, self._modes.names)
        self._audit.record(now, actor, ACTION, f"mode:{mode}", hold=hold)
        choice = self._modes.choose(mode, actor, now, hold=hold)
        try:
            self._ours.add(self._table.add(*_row(choice)))
        except StoreError:
            self._modes.take_back(choice)
            raise
        return self.now(choice.time)

    def turn(self, now: float) -> str:
        """Takes up what another process chose, and writes down what the schedule changed."""
        if not self._modes.names:
            return ""
        for row in self._table.after(self._seen):
            self._seen = row.seq
            if row.seq in self._ours:
                self._ours.discard(row.seq)
            else:
                self._modes.take(_choice(row))
        mode, before = self._modes.at(now), self._last
        if before and mode != before and self._modes.standing(now) is None:
            self._audit.record(now, "schedule", ACTION, f"mode:{mode}")
        self._last = mode
        return ""


def choose_from_outside(
    site: Site, database: Database, audit: Audit, mode: str, actor: str, now: float, *, hold: bool
) -> Choice:
    """Notes a choice for a site that may be running in another process. UserError: no such mode."""
    table = ModeChoices(database)
    modes = site.almanac(_choice(row) for row in table.newest(MOST)).modes
    _known(mode, modes.names)
    audit.record(now, actor, ACTION, f"mode:{mode}", hold=hold)
    choice = modes.choose(mode, actor, now + LEAD_SECONDS, hold=hold)
    table.add(*_row(choice))
    return choice


def _known(mode: str, names: tuple[str, ...]) -> None:
    if mode != AUTO and mode not in names:
        raise UserError(no_mode(mode, (*names, AUTO)))


def _row(choice: Choice) -> tuple[float, str, float | None, str]:
    return choice.time, choice.mode, choice.until, choice.actor


def _choice(row: ModeChoiceRow) -> Choice:
    return Choice(row.time, row.mode, row.until, row.actor)
