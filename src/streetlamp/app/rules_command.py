"""What `streetlamp rules …` does: the rules that were changed at the desk, as text."""

from __future__ import annotations

import sys
from pathlib import Path

from streetlamp.app.desk_rules import show
from streetlamp.app.kept import opened
from streetlamp.app.rule_set import written
from streetlamp.errors import UserError
from streetlamp.site import load_site
from streetlamp.site_explain import did_you_mean
from streetlamp.store import RuleSet, RuleSets


def show_rules(path: Path, camera: str, *, data: Path | None, version: int | None) -> None:
    """Prints a camera's zones, lines, ground and rules as a piece of site file.

    The newest version saved at the desk, or `version`, or what the file says (0, or where nothing
    was ever changed). UserError: no such camera, no such version. Streetlamp may be running.
    """
    site = load_site(path)
    if camera not in site.cameras:
        known = did_you_mean(camera, site.cameras)
        raise UserError(f"{path} has no camera '{camera}'{known}")
    found = _saved(data or site.data, camera, version)
    if found is not None and found.drawn is not None:
        if found.file != written(site.cameras[camera]):
            sys.stderr.write(f"Note: {path} says something else than when this was saved.\n")
        sys.stdout.write(show(found.drawn, found, camera, site))
        return
    sys.stdout.write(show(written(site.cameras[camera]), found, camera, site))


def _saved(data: Path, camera: str, version: int | None) -> RuleSet | None:
    """The version that is asked for; None: the file's."""
    if version == 0:
        return None
    with opened(data) as database:
        if database is None and version is not None:
            raise UserError(f"nothing was run in {data} yet, and so there is no version {version}.")
        sets = None if database is None else RuleSets(database)
        if sets is None:
            return None
        found = sets.newest(camera) if version is None else sets.get(camera, version)
    if version is not None and found is None:
        raise UserError(f"'{camera}' has no version {version}.")
    return found
