"""What `streetlamp notify …` does: what waits, what was given up, once more, and a test."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import datetime
from pathlib import Path

from streetlamp.app.kept import opened
from streetlamp.app.notifier import make_targets
from streetlamp.errors import UserError
from streetlamp.notify.base import Notifier
from streetlamp.notify.trial import Outcome, trial
from streetlamp.site import Site, load_site
from streetlamp.store import Outbox, Post, PostState

_SHOWN = {
    PostState.GATHERING: "gathers",
    PostState.WAITING: "waits",
    PostState.DEAD: "GIVEN UP",
    PostState.SENT: "sent",
}


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def test(path: Path, name: str | None, data: Path | None) -> bool:
    """Sends a test message to one target or all, and says what went where; True when all came."""
    site = load_site(path)
    folder = (data or site.data).absolute()
    with opened(data or site.data) as database:
        targets = make_targets(site, folder, database, None)
        chosen = [_chosen(site, targets, name)] if name else list(targets.values())
        if not chosen:
            raise UserError(
                f"{path} names no target: write one under notify: (see docs/13-notify.md)."
            )
        fine = True
        for target in chosen:
            _say(f"{target.name} ({target.kind}): {target.where}")
            outcomes = asyncio.run(trial(target, time.time(), site.zone))
            if not outcomes:
                _say("      –  nobody is registered for it yet: open the desk's page over HTTPS")
            for one in outcomes:
                _say(_outcome(one))
            fine &= bool(outcomes) and all(one.taken for one in outcomes)
    return fine


def _chosen(site: Site, targets: dict[str, Notifier], name: str) -> Notifier:
    if name in targets:
        return targets[name]
    if name in site.notify:
        raise UserError(f"the target {name} is switched off (enabled: false).")
    known = ", ".join(sorted(site.notify)) or "none"
    raise UserError(f"there is no target {name!r} in the site file; there are: {known}.")


def _outcome(one: Outcome) -> str:
    whom = f"{one.part}: " if one.part and one.part not in one.said else ""
    return f"{'taken' if one.taken else 'FAILED':>7}  {whom}{one.said}"


def show(path: Path, data: Path | None, *, everything: bool) -> None:
    """Prints what waits and what was given up (and what was sent)."""
    site = load_site(path)
    states = [PostState.GATHERING, PostState.WAITING, PostState.DEAD]
    if everything:
        states.append(PostState.SENT)
    with opened(data or site.data) as database:
        posts = [] if database is None else Outbox(database).list(states, limit=200)
    if not posts:
        _say("Nothing waits, and nothing was given up.")
    for post in posts:
        _say(_line(post, site))


def _line(post: Post, site: Site) -> str:
    whom = "/".join(filter(None, post.whom))
    at = f"{datetime.fromtimestamp(post.opened, site.zone):%Y-%m-%d %H:%M:%S}"
    title = (post.body or {}).get("title") or f"{post.count:,} so far"
    lines = f"{post.key}  {at}  {_SHOWN[post.state]:>8}  {whom}: {title}"
    if post.error:
        times = "once" if post.tries == 1 else f"{post.tries} times"
        lines += f"\n    tried {times}: {post.error}"
    return lines


def retry(path: Path, key: str, data: Path | None) -> None:
    """Puts what was given up back in line: one message by its key, or all of a target by its name.

    A running Streetlamp sends it within seconds, another one when it starts.
    """
    site = load_site(path)
    with opened(data or site.data) as database:
        if database is None:
            raise UserError(f"there is no database in {data or site.data} yet.")
        outbox, now = Outbox(database), time.time()
        if key in site.notify:
            found = outbox.all_again(key, now)
            _say(f"{found} message{'' if found == 1 else 's'} of {key} will be sent again.")
        elif outbox.again(key, now):
            _say(f"{key} will be sent again.")
        else:
            raise UserError(
                f"no message {key!r} was given up. `streetlamp notify list {path}` shows those."
            )
