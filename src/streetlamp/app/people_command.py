"""What `streetlamp users` and `streetlamp tokens` do, also while the site is running.

Whoever may read and write the data folder may do all of it: that is the machine's owner. It goes
into the audit log as done at the terminal.
"""

from __future__ import annotations

import getpass
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final

from streetlamp.app.kept import kept
from streetlamp.desk.rights import IN_PERSON, Right, known_rights, rights_of
from streetlamp.desk.routes.people import link_path
from streetlamp.errors import UserError
from streetlamp.site import Site, load_site
from streetlamp.vault.accounts import Account, Accounts, NoSuchUserError
from streetlamp.vault.audit import Audit
from streetlamp.vault.roles import EVERY_CAMERA, Role
from streetlamp.vault.tokens import Tokens
from streetlamp.vault.users import Users

ACTOR: Final = "terminal"


@dataclass(frozen=True, slots=True)
class _Office:
    site: Site
    users: Users
    accounts: Accounts
    tokens: Tokens
    audit: Audit

    def note(self, action: str, about: str, **detail: str | float | bool) -> None:
        self.audit.record(time.time(), ACTOR, action, about, by=_whoami(), **detail)

    def account(self, name: str) -> Account:
        found = self.accounts.get(name)
        if found is None:
            raise NoSuchUserError(f"there is no user called {name}. `users list` lists them.")
        return found


@contextmanager
def _office(path: Path) -> Iterator[_Office]:
    site = load_site(path)
    missing = (
        f"there is nobody in {site.data} yet: `streetlamp run` prints the link for the first user."
    )
    with kept(site.data, missing) as database:
        users = Users(database)
        yield _Office(
            site,
            users,
            Accounts(database, users),
            Tokens(database),
            Audit(database, site.data / "audit.head"),
        )


def list_users(path: Path) -> None:
    """Prints everybody, a line each."""
    with _office(path) as office:
        people = office.accounts.all()
        wide = max((len(one.name) for one in people), default=0)
        for one in people:
            state = "disabled" if one.disabled else "invited" if one.invited else ""
            told = f"{one.name:<{wide}}  {_roles(one)}; {_cameras(one.cameras)}"
            _say(f"{told}  ({state})" if state else told)


def add_user(path: Path, name: str, roles: Sequence[Role], cameras: Sequence[str] | None) -> None:
    """Invites somebody and prints the link. UserError: a name that is taken, a wrong pattern."""
    with _office(path) as office:
        _check_cameras(office.site, cameras)
        token = office.accounts.invite(name, roles, cameras or EVERY_CAMERA, time.time())
        account = office.account(name)
        _note_grant(office, "invite user", account)
        _say_link(office.site, account.name, token)


def change_user(
    path: Path,
    name: str,
    *,
    roles: Sequence[Role] | None = None,
    cameras: Sequence[str] | None = None,
) -> None:
    """Roles or cameras from now on. UserError: nobody of this name, the last admin."""
    with _office(path) as office:
        _check_cameras(office.site, cameras)
        before = office.account(name)
        after = office.accounts.grant(
            name,
            before.roles if roles is None else roles,
            before.cameras if cameras is None else cameras,
            time.time(),
        )
        _note_grant(office, "grant", after)
        _say(f"{after.name}: {_roles(after)}; {_cameras(after.cameras)}")


def new_password(path: Path, name: str, *, link: bool) -> None:
    """Asks for a new password, or prints a link. UserError: weak, or typed differently."""
    with _office(path) as office:
        account = office.account(name)
        if link:
            token = office.accounts.link(name, time.time())
            office.note("send link", f"user:{account.name}")
            _say_link(office.site, account.name, token)
            return
        password = getpass.getpass(f"New password of {account.name}: ")
        if getpass.getpass("Once more: ") != password:
            raise UserError("the two passwords differ; nothing was changed.")
        token = office.accounts.link(name, time.time())  # so that the invited are in, too
        office.accounts.accept(token, password, time.time())
        office.note("change password", f"user:{account.name}")
        _say(f"{account.name} has a new password.")


def switch_user(path: Path, name: str, *, on: bool) -> None:
    """Lets somebody log in, or not."""
    with _office(path) as office:
        account = office.accounts.switch(office.account(name).name, time.time(), on=on)
        _note_grant(office, "grant", account)
        _say(f"{account.name} can log in." if on else f"{account.name} cannot log in any more.")


def remove_user(path: Path, name: str) -> None:
    """Removes somebody."""
    with _office(path) as office:
        account = office.account(name)
        office.accounts.remove(name)
        office.note("remove user", f"user:{account.name}")
        _say(f"{account.name} is removed. The name stays in the audit log.")


def list_tokens(path: Path) -> None:
    """Prints every token, two lines each."""
    with _office(path) as office:
        now, zone = time.time(), office.site.zone
        found = office.tokens.all()
        if not found:
            _say("There are no tokens.")
        for one in found:
            over = " (over)" if one.expires <= now else ""
            used = "never used" if one.used is None else f"used last {_day(one.used, zone)}"
            _say(f"{one.id}  {one.name}, of {one.maker}, until {_day(one.expires, zone)}{over}")
            _say(f"{'':<12}  {', '.join(one.rights)}; {_cameras(one.cameras)}; {used}")


def add_token(
    path: Path,
    name: str,
    user: str,
    words: Sequence[str],
    cameras: Sequence[str] | None,
    days: float,
) -> None:
    """Makes a token and prints it. UserError: a right there is not, or that the user has not."""
    with _office(path) as office:
        account = office.account(user)
        _check_cameras(office.site, cameras)
        may_give = rights_of(account.roles) - IN_PERSON
        for word in words:
            if not known_rights([word]):
                every = ", ".join(right for right in Right if right not in IN_PERSON)
                raise UserError(f"there is no right {word}. There are: {every}.")
        beyond = known_rights(words) - may_give
        if beyond:
            raise UserError(
                f"{account.name} cannot give a token {', '.join(sorted(beyond))}: a token has a"
                f" part of its maker's rights, and never {' or '.join(sorted(IN_PERSON))}."
            )
        token, text = office.tokens.add(
            account.name, name, words, cameras or EVERY_CAMERA, time.time(), days
        )
        office.note(
            "make token",
            f"token:{token.id}",
            name=token.name,
            user=account.name,
            rights=", ".join(token.rights),
            cameras=", ".join(token.cameras),
            days=days,
        )
        _say(text)
        _say(
            f"This is shown once. It works until {_day(token.expires, office.site.zone)}; "
            f"`streetlamp tokens revoke {path} {token.id}` ends it sooner."
        )


def revoke_token(path: Path, id_: str) -> None:
    """Ends a token."""
    with _office(path) as office:
        found = office.tokens.get(id_)
        if found is None:
            raise UserError(f"there is no token {id_}. `tokens list` lists them.")
        office.tokens.revoke(id_)
        office.note("revoke token", f"token:{id_}", name=found.name)
        _say(f"The token {found.name} does not work any more.")


def _check_cameras(site: Site, patterns: Sequence[str] | None) -> None:
    """UserError for a plain id that no camera has: a slip of the pen would hide it silently."""
    for one in patterns or ():
        plain = not one.startswith("area:") and not set("*?[") & set(one)
        if plain and one not in site.cameras:
            there = ", ".join(site.cameras)
            raise UserError(f"there is no camera {one} in the site file. There are: {there}.")


def _note_grant(office: _Office, action: str, account: Account) -> None:
    office.note(
        action,
        f"user:{account.name}",
        roles=", ".join(role for role in Role if role in account.roles),
        cameras=", ".join(account.cameras),
        enabled=not account.disabled,
    )


def _say_link(site: Site, name: str, token: str) -> None:
    desk = site.desk
    host = desk.names[0] if desk.names else "127.0.0.1"
    _say(f"{name} chooses a password here, once, within a day:")
    _say(f"  http://{host}:{desk.port}{link_path(token)}")
    _say("  (if your desk has another address outside, put that in front of /invite)")


def _roles(account: Account) -> str:
    return ", ".join(role.label for role in Role if role in account.roles) or "no role"


def _cameras(patterns: Sequence[str]) -> str:
    if tuple(patterns) == EVERY_CAMERA:
        return "all cameras"
    return ", ".join(patterns) if patterns else "no camera"


def _day(moment: float, zone: tzinfo) -> str:
    return datetime.fromtimestamp(moment, zone).strftime("%Y-%m-%d %H:%M")


def _whoami() -> str:
    """The name of who is at the terminal, as far as the machine knows."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a name for the number
        return ""


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
