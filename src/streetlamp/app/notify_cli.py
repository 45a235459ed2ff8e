"""The commands below `streetlamp notify`. No logic here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

notify_commands = typer.Typer(
    help="Messages about alarms: try a target, see what waits, send once more.",
    no_args_is_help=True,
)

SiteFile = Annotated[Path, typer.Argument(metavar="SITE.yaml", help="The site file.")]
Data = Annotated[
    Path | None,
    typer.Option("--data", help="Where the database is kept, if `run` was told.", metavar="DIR"),
]


@notify_commands.command("test")
def notify_test(
    site: SiteFile,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="One target; left out: all of them.")
    ] = None,
    data: Data = None,
) -> None:
    """Send a test message, and say exactly what went where.

    Ends with 1 when one did not come through. docs/13-notify.md describes the targets.
    """
    from streetlamp.app import notify_command  # noqa: PLC0415

    if not notify_command.test(site, name, data):
        raise typer.Exit(1)


@notify_commands.command("list")
def notify_list(
    site: SiteFile,
    everything: Annotated[bool, typer.Option("--all", help="What was sent, too.")] = False,
    data: Data = None,
) -> None:
    """List the messages that wait and those that were given up."""
    from streetlamp.app import notify_command  # noqa: PLC0415

    notify_command.show(site, data, everything=everything)


@notify_commands.command("retry")
def notify_retry(
    site: SiteFile,
    key: Annotated[
        str, typer.Argument(metavar="KEY|NAME", help="A message's key, or a target for all of its.")
    ],
    data: Data = None,
) -> None:
    """Send messages once more that were given up."""
    from streetlamp.app import notify_command  # noqa: PLC0415

    notify_command.retry(site, key, data)
