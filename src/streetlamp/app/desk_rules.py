"""Zones, lines, ground and rules that were changed at the desk, laid over what site.yaml says.

One set a camera counts as a whole: the newest version saved at the desk, or the file's. See
design/desk-rules.md for what happens when both change.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from streetlamp.app.rule_set import (
    KEYS,
    as_yaml,
    changes,
    in_words,
    mistakes,
    with_set,
    written,
)
from streetlamp.app.views import site_view
from streetlamp.desk.rule_services import (
    Checked,
    Matrix,
    Mistake,
    NoSuchVersionError,
    Plain,
    SetView,
    StaleSetError,
    Version,
    WrongSetError,
)
from streetlamp.desk.services import SiteView
from streetlamp.errors import UserError
from streetlamp.rules.almanac import PLAIN, Almanac
from streetlamp.rules.runner import RuleRunner
from streetlamp.site import CameraOptions, Site
from streetlamp.store import RuleSet, RuleSets
from streetlamp.vault.audit import Audit

log: Final = logging.getLogger(__name__)

SHOWN: Final = 50  # versions


@dataclass(frozen=True, slots=True)
class _Kept:
    """One camera: what the file says, what was saved at the desk, and which of them runs."""

    file: Plain
    newest: RuleSet | None
    options: CameraOptions
    problem: str = ""

    @property
    def version(self) -> int:
        return 0 if self.newest is None else self.newest.version

    @property
    def drawn(self) -> Plain | None:
        return None if self.newest is None else self.newest.drawn

    @property
    def set(self) -> Plain:
        return self.file if self.drawn is None else self.drawn

    @property
    def file_changed(self) -> bool:
        newest = self.newest
        return newest is not None and newest.drawn is not None and newest.file != self.file


def in_force(site: Site, sets: RuleSets) -> Site:
    """The site with each camera's zones, lines, ground and rules as they count now."""
    found = {name: _find(site, sets, name, site.almanac()).options for name in site.cameras}
    return site.model_copy(update={"cameras": found})


def _find(site: Site, sets: RuleSets, camera: str, almanac: Almanac) -> _Kept:
    """What counts. A set that this version of Streetlamp cannot use leaves the file's."""
    options = site.cameras[camera]
    file = written(options)
    newest = sets.newest(camera)
    if newest is None or newest.drawn is None:
        return _Kept(file, newest, options)
    try:
        changed = with_set(options, newest.drawn)
        _runner(site, camera, changed, almanac)
    except (ValidationError, UserError, KeyError):
        wrong = _mistakes(site, _whole(newest.drawn))
        said = "; ".join(one.text for one in wrong) or "it cannot be read"
        problem = f"Version {newest.version}, saved at the desk, cannot be used: {said}"
        log.warning("camera %s: %s. What the site file says is in force", camera, problem)
        return _Kept(file, newest, options, problem)
    return _Kept(file, newest, changed)


def _mistakes(site: Site, plain: Plain) -> list[Mistake]:
    return mistakes(plain, site.zone, [mode.name for mode in site.modes])


def _runner(site: Site, camera: str, options: CameraOptions, almanac: Almanac) -> RuleRunner:
    return RuleRunner(camera, options.rules, options.places, site.zone, options.plane, almanac)


class DeskRules:
    """As `streetlamp.desk.rule_services.DeskRules`. Thread-safe."""

    def __init__(self, site: Site, sets: RuleSets, audit: Audit, almanac: Almanac = PLAIN) -> None:
        self._site = site
        self._sets = sets
        self._audit = audit
        self._almanac = almanac
        self._turn = threading.RLock()
        self._followers: dict[str, Callable[[RuleRunner], None]] = {}
        self._listeners: list[Callable[[SiteView], None]] = []
        self._kept = {name: _find(site, sets, name, almanac) for name in site.switched_on}

    def _runner(self, camera: str, options: CameraOptions) -> RuleRunner:
        return _runner(self._site, camera, options, self._almanac)

    # What runs.

    def options(self, camera: str) -> CameraOptions:
        """The camera's options with the set that is in force."""
        return self._kept[camera].options

    def follow(self, camera: str, take: Callable[[RuleRunner], None]) -> None:
        """Gives new rules to whoever runs this camera. `take` is called from any thread."""
        self._followers[camera] = take

    def on_change(self, callback: Callable[[SiteView], None]) -> None:
        """Calls back with what the page shows of the site, whenever a set was changed."""
        self._listeners.append(callback)

    def site_view(self) -> SiteView:
        """The site with the sets that are in force."""
        cameras = {**self._site.cameras, **{id_: one.options for id_, one in self._kept.items()}}
        return site_view(self._site.model_copy(update={"cameras": cameras}))

    # What the desk asks.

    def now(self, camera: str) -> SetView:
        """What the camera watches for, and every version of it that the page shows."""
        with self._turn:
            kept = self._kept[camera]
            versions = self._sets.list(camera, SHOWN)
        return SetView(
            camera=camera,
            origin="file" if kept.drawn is None else "desk",
            version=kept.version,
            set=_whole(kept.set),
            file=kept.file,
            file_changed=kept.file_changed,
            problem=kept.problem,
            versions=[
                Version(
                    one.version, "file" if one.drawn is None else "desk",
                    one.author, one.time, one.note,
                )
                for one in versions
            ],
            plane=_matrix(kept.options),
        )  # fmt: skip

    def check(self, camera: str, plain: Plain) -> Checked:
        """What is wrong with a set, and what it would change. Nothing is changed."""
        kept, plain = self._kept[camera], _whole(plain)
        found = _mistakes(self._site, plain)
        plane = None if found else _matrix(with_set(kept.options, plain))
        return Checked(found, changes(_whole(kept.set), plain), plane)

    def save(
        self, camera: str, plain: Plain, based_on: int, author: str, time: float, note: str = ""
    ) -> SetView:
        """Makes this the camera's set, at once. Nothing happens when it is what counts already.

        StaleSetError: the newest version is not `based_on`. WrongSetError. StoreError: nothing was
        changed.
        """
        plain = _whole(plain)
        with self._turn:
            kept = self._not_stale(camera, based_on)
            if wrong := _mistakes(self._site, plain):
                raise WrongSetError(wrong)
            plain = written(with_set(kept.options, plain))
            settled = not kept.file_changed and not kept.problem
            if settled and not changes(_whole(kept.set), plain):
                return self.now(camera)
            self._put(camera, plain, "change rules", author, time, note)
            return self.now(camera)

    def revert(
        self, camera: str, version: int, based_on: int, author: str, time: float, note: str = ""
    ) -> SetView:
        """Goes back to an earlier version, or (0) to what the site file says. Raises as `save`,
        and NoSuchVersionError."""
        with self._turn:
            self._not_stale(camera, based_on)
            old = self._sets.get(camera, version) if version else None
            if version and old is None:
                raise NoSuchVersionError(f"There is no version {version}.")
            plain = None if old is None or old.drawn is None else _whole(old.drawn)
            if plain is not None and (wrong := _mistakes(self._site, plain)):
                raise WrongSetError(wrong)
            self._put(camera, plain, "go back to earlier rules", author, time, note, to=version)
            return self.now(camera)

    def text(self, camera: str, plain: Plain | None = None) -> str:
        """A set (or the one that counts) as YAML for the site file. WrongSetError."""
        if plain is None:
            return show(self._kept[camera].set, self._kept[camera].newest, camera, self._site)
        plain = _whole(plain)
        if wrong := _mistakes(self._site, plain):
            raise WrongSetError(wrong)
        return as_yaml(camera, written(with_set(self._kept[camera].options, plain)))

    def _not_stale(self, camera: str, based_on: int) -> _Kept:
        kept = self._kept[camera]
        if kept.version != based_on:
            newest = kept.newest
            who = newest.author if newest else "somebody"
            raise StaleSetError(f"{who} saved version {kept.version} meanwhile.")
        return kept

    def _put(
        self,
        camera: str,
        drawn: Plain | None,
        action: str,
        author: str,
        time: float,
        note: str,
        **more: float,
    ) -> None:
        """Notes it, keeps it, runs it, tells of it: in this order."""
        kept = self._kept[camera]
        file_options = self._site.cameras[camera]
        options = file_options if drawn is None else with_set(file_options, drawn)
        runner = self._runner(camera, options)
        new = RuleSet(camera, kept.version + 1, drawn, kept.file, author, time, note)
        said = in_words(changes(_whole(kept.set), _whole(kept.file if drawn is None else drawn)))
        self._audit.record(
            time, author, action, f"camera:{camera}", version=new.version, changed=said, note=note,
            **more,
        )  # fmt: skip
        self._sets.add(new)
        self._kept[camera] = _Kept(kept.file, new, options)
        if take := self._followers.get(camera):
            take(runner)
        view = self.site_view()
        for listener in self._listeners:
            listener(view)


def show(plain: Plain, newest: RuleSet | None, camera: str, site: Site) -> str:
    """The YAML of a camera's set, with a comment that says where it comes from."""
    if newest is None or newest.drawn is None:
        return as_yaml(camera, _whole(plain), ["As the site file says; nothing was changed."])
    at = datetime.fromtimestamp(newest.time, site.zone)
    head = [
        f"Version {newest.version}, saved at the desk by {newest.author} on {at:%Y-%m-%d %H:%M}.",
        f"Put it into the site file in place of what stands there for {camera}, then go back to",
        "the file at the desk.",
    ]
    return as_yaml(camera, _whole(plain), head)


def _whole(plain: Plain) -> dict[str, Any]:
    """A set with all its keys, in their order."""
    empty: Mapping[str, Any] = {"zones": {}, "lines": {}, "ground": None, "rules": []}
    return {key: plain.get(key, empty[key]) for key in KEYS}


def _matrix(options: CameraOptions) -> Matrix | None:
    return None if options.plane is None else options.plane.matrix
