"""What `streetlamp mode` does: says which mode a site is in, or changes it."""

from __future__ import annotations

import getpass
import sys
import time
from datetime import datetime
from pathlib import Path

from streetlamp.app.kept import kept
from streetlamp.app.mode_keeper import ModeKeeper, choose_from_outside
from streetlamp.desk.services import ModeView
from streetlamp.errors import UserError
from streetlamp.rules.modes import AUTO
from streetlamp.site import Site, load_site
from streetlamp.vault.audit import Audit


def mode(path: Path, choose: str | None, *, data: Path | None, hold: bool) -> None:
    """Prints the mode; with `choose`, changes it first.

    UserError: the site has no modes, or none of that name; it has not been run yet.
    """
    site = load_site(path)
    folder = site.data if data is None else data
    if not site.modes:
        raise UserError(
            f"{path} has no modes. Write for instance modes: [day, night] at the top of it."
        )
    if hold and choose in (None, AUTO):
        raise UserError("--hold holds a mode that you name.")
    with kept(folder, f"nothing was run in {folder} yet. `streetlamp run` begins.") as database:
        audit = Audit(database, folder / "audit.head")
        now = time.time()
        if choose is not None:
            actor = f"{getpass.getuser()} (command line)"
            choice = choose_from_outside(site, database, audit, choose, actor, now, hold=hold)
            now = choice.time
        sys.stdout.write(_said(ModeKeeper(site, database, audit).now(now), site))


def _said(view: ModeView, site: Site) -> str:
    why = f"chosen by {view.chosen_by}" if view.chosen_by else "as scheduled"
    until = "until somebody changes it"
    if view.until is not None:
        until = f"until {datetime.fromtimestamp(view.until, site.zone):%a %d %b %H:%M}"
    others = ", ".join(one for one in view.modes if one != view.mode)
    return f"{view.mode} ({why}, {until})" + (f"; others: {others}" if others else "") + "\n"
