"""What `streetlamp discover` does: find cameras, show them, print a piece of site file."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from streetlamp.errors import UserError
from streetlamp.fleet.onvif.discovery import EVERYWHERE, Network, search
from streetlamp.fleet.onvif.look import look, targets_of
from streetlamp.fleet.onvif.snippet import snippet
from streetlamp.fleet.onvif.values import Device, Found, Login

_NOTHING = """\
No camera answered. Is ONVIF switched on in the cameras, and is this machine in their network (the
search does not cross routers)? A camera whose address you know can be asked by --address HOST.
"""


def login_of(user: str, password_env: str) -> Login | None:
    """The login of a command line; None where none is given. UserError when half of it is."""
    if not user and not password_env:
        return None
    if not user or not password_env:
        raise UserError("Give both --user and --password-env, or neither.")
    if password_env not in os.environ:
        raise UserError(
            f"The environment variable {password_env} is not set. Set it to the cameras' password."
        )
    return Login(user, os.environ[password_env])


def discover(
    addresses: Sequence[str],
    user: str,
    password_env: str,
    timeout: float,
    write: Path | None,
    network: Network = EVERYWHERE,
) -> bool:
    """Prints what is found; True when at least one stream can be used.

    Raises:
        UserError: an address that is none or where nothing answers, a login that is not whole, or a
            file that exists already.
    """
    login = login_of(user, password_env)
    if write is not None and write.exists():
        raise UserError(f"{write} exists already and is left as it is. Name a new file.")
    found, refused = _find(addresses, timeout, network)
    for one in refused:
        _say(f"refused: {one}")
    if not found:
        _say(_NOTHING.rstrip())
        return False
    plural = "" if len(found) == 1 else "s"
    _say(f"{len(found)} camera{plural} answered. Asking what they are …\n")
    devices = look(found, login)
    _show(devices)
    made = snippet(devices, user, password_env)
    if not made:
        _say("\nNo stream can be used yet, so there is nothing for a site file.")
        return False
    if write is None:
        _say(f"\n{made}", out=True)
    else:
        _write(write, made)
        _say(f"\nWritten to {write}. `streetlamp check {write}` tries every stream in it.")
    return True


def _find(
    addresses: Sequence[str], timeout: float, network: Network
) -> tuple[tuple[Found, ...], tuple[str, ...]]:
    if addresses:
        return targets_of(addresses, timeout, network), ()
    _say(f"Searching the network for {timeout:g} s …")
    told = search(timeout, network=network)
    return told.found, told.refused


def _say(text: str, *, out: bool = False) -> None:
    """A line for a person; what can be piped into a file goes to standard output alone."""
    to = sys.stdout if out else sys.stderr
    to.write(text + "\n")
    to.flush()


def _show(devices: Sequence[Device]) -> None:
    """One row a stream, and under it whatever was odd."""
    table = Table(box=None, pad_edge=False)
    for column in ("camera", "maker", "address", "stream", "what it sends"):
        table.add_column(column, overflow="fold")
    for device in devices:
        first = [device.title, " ".join(filter(None, (device.maker, device.model)))]
        first.append(device.target.place)
        rows: list[tuple[str, str]] = [
            (profile.name or profile.token, profile.refused or str(profile))
            for profile in device.profiles
        ]
        if device.needs_login:
            rows.append(("", f"LOGIN NEEDED: {device.needs_login}"))
        rows += [("", f"note: {note}") for note in device.notes]
        for stream, what in rows or [("", "no video")]:
            table.add_row(*(Text(cell) for cell in (*first, stream, what)))
            first = ["", "", ""]
    Console(stderr=True).print(table)
    if any(device.needs_login for device in devices):
        _say("\nTo see the streams of those: --user NAME --password-env VARIABLE")


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UserError(f"{path} exists already and is left as it is. Name a new file.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.") from None
