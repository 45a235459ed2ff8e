"""Notification of one running site, put together: its targets, and what they may see of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from streetlamp import __version__
from streetlamp.alarms.life import OPEN
from streetlamp.app.status import Statuses
from streetlamp.app.views import site_view
from streetlamp.desk.rights import Right, rights_of
from streetlamp.desk.scope import Eyes
from streetlamp.geometry import Line, Zone
from streetlamp.notify.base import Notifier, Surroundings
from streetlamp.notify.gatherer import Cameras, Knows
from streetlamp.notify.keeper import NotifyKeeper
from streetlamp.notify.parse import make_target
from streetlamp.notify.sender import Stills
from streetlamp.notify.world import CameraFacts, RuleFacts, World
from streetlamp.rules.base import RULES
from streetlamp.site import CameraOptions, Site
from streetlamp.store import Alarms, Counts, Database, Subscriptions
from streetlamp.values import CameraStatus
from streetlamp.vault.accounts import Accounts

MINUTE: Final = 60


class SiteWorld:
    """The running site, as targets may show it."""

    def __init__(self, site: Site, database: Database, statuses: Statuses) -> None:
        self._alarms, self._counts, self._statuses = Alarms(database), Counts(database), statuses
        self._cameras = tuple(_camera(id_, one) for id_, one in site.switched_on.items())
        self._counting = any(one.counted for one in self._cameras)
        self._inside: tuple[int, dict[tuple[str, str], int]] = (0, {})

    @property
    def cameras(self) -> Sequence[CameraFacts]:
        return self._cameras

    def open_alarms(self) -> Mapping[tuple[str, str], int]:
        return self._alarms.by_rule(OPEN)

    def statuses(self) -> Sequence[CameraStatus]:
        return self._statuses.all()

    def occupancy(self) -> Mapping[tuple[str, str], int]:
        if not self._counting:
            return {}
        # the minute before the last: the last one may not be written yet
        minute = (int(time.time()) // MINUTE - 2) * MINUTE
        if self._inside[0] != minute:
            found: dict[tuple[str, str], int] = {}
            for row in self._counts.list(minute, minute + MINUTE):
                if not row.direction:
                    place = (row.camera, row.place)
                    found[place] = found.get(place, 0) + row.n
            self._inside = (minute, found)
        return self._inside[1]


def _camera(id_: str, camera: CameraOptions) -> CameraFacts:
    return CameraFacts(
        id=id_,
        name=camera.name or id_,
        area=camera.area,
        rules=tuple(
            RuleFacts(rule.name, rule.kind, rule.place)
            for rule in camera.rules
            if rule.enabled and rule.alarm
        ),
        counted=tuple(dict.fromkeys(_counted(camera))),
    )


def _counted(camera: CameraOptions) -> Iterator[str]:
    for rule in camera.rules:
        if rule.enabled and RULES[rule.kind].watches is not Line and getattr(rule, "count", False):
            yield rule.place or Zone.whole().name


def names(site: Site) -> Cameras:
    cameras = {id_: one.name or id_ for id_, one in site.cameras.items()}
    return Cameras(site.name, site.zone, cameras)


def make_targets(
    site: Site, data: Path, database: Database | None, world: World | None
) -> dict[str, Notifier]:
    """The targets that are switched on. UserError when one can never work."""
    around = Surroundings(
        site=site.name,
        version=__version__,
        data=data,
        contact=site.operator.contact,
        world=world,
        subscriptions=None if database is None else Subscriptions(database),
    )
    return {
        name: make_target(name, options, around)
        for name, options in site.notify.items()
        if options.enabled
    }


def who_knows(site: Site, accounts: Accounts) -> Knows:
    """What may be told to somebody's browsers: what they could see at the desk now."""
    view = site_view(site)

    def knows(user: str) -> Callable[[str], bool]:
        account = accounts.get(user)
        if account is None or account.disabled:
            return lambda camera: False
        if Right.VIEW_ALARMS not in rights_of(account.roles):
            return lambda camera: False
        return Eyes.of(view, account.cameras).see

    return knows


def make_keeper(
    site: Site,
    data: Path,
    database: Database,
    statuses: Statuses,
    stills: Stills,
    accounts: Accounts,
) -> NotifyKeeper:
    targets = make_targets(site, data, database, SiteWorld(site, database, statuses))
    return NotifyKeeper(
        database, targets, names(site), time.time, stills, steps=site.alarms.escalation,
        knows=who_knows(site, accounts),
    )  # fmt: skip
