"""The commands below `streetlamp rules` and `streetlamp alarms`. No logic here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

rules_commands = typer.Typer(
    help="Zones, lines and rules that were changed at the desk.", no_args_is_help=True
)
alarm_commands = typer.Typer(help="What became of alarms.", no_args_is_help=True)

Data = Annotated[
    Path | None,
    typer.Option("--data", help="Where recordings and the database are kept.", metavar="DIR"),
]


@rules_commands.command("show")
def rules_show(
    site: Annotated[Path, typer.Argument(metavar="SITE.yaml", help="The site file.")],
    camera: Annotated[str, typer.Argument(metavar="CAMERA", help="Its id in the site file.")],
    data: Data = None,
    version: Annotated[
        int | None,
        typer.Option(help="An earlier version; 0 is what the site file says.", min=0),
    ] = None,
) -> None:
    """Print a camera's zones, lines and rules as they count now, to put into the site file."""
    from streetlamp.app.rules_command import show_rules  # noqa: PLC0415

    show_rules(site, camera, data=data, version=version)


@alarm_commands.command("report")
def alarms_report(
    site: Annotated[Path, typer.Argument(metavar="SITE.yaml", help="The site file.")],
    month: Annotated[
        str, typer.Option(metavar="YYYY-MM", help="A month; left out: the running one.")
    ] = "month",
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Say how many alarms a month had, and whether people can answer so many.

    Ends with 1 when there were more than the budget. docs/12-alarms.md explains the figures.
    """
    from streetlamp.app import alarms_command  # noqa: PLC0415

    if not alarms_command.report(site, month, as_json=json):
        raise typer.Exit(1)
