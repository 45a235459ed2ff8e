"""The front doors `streetlamp users` and `streetlamp tokens`. No logic here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streetlamp.vault.roles import Role

users_commands = typer.Typer(
    help="Who may use the desk, what each may do, and which cameras they may see.",
    no_args_is_help=True,
)
tokens_commands = typer.Typer(
    help="Tokens with which programs use the desk: some rights, some cameras, for a while.",
    no_args_is_help=True,
)

SiteFile = Annotated[Path, typer.Argument(metavar="SITE.yaml", help="The site file.")]
UserName = Annotated[str, typer.Argument(metavar="NAME", help="The user's name.")]
Roles = Annotated[
    list[Role],
    typer.Option("--role", "-r", help="What they are (may be given more than once)."),
]
Cameras = Annotated[
    list[str] | None,
    typer.Option(
        "--camera",
        "-c",
        metavar="ID|PATTERN|area:NAME",
        help="A camera they may see, such as gate, north-*, or area:North (may be given more than "
        "once). Left out: all.",
    ),
]


@users_commands.command("list")
def users_list(site: SiteFile) -> None:
    """List everybody who may log in."""
    from streetlamp.app import people_command  # noqa: PLC0415  # keeps --help quick

    people_command.list_users(site)


@users_commands.command("add")
def users_add(site: SiteFile, name: UserName, role: Roles, camera: Cameras = None) -> None:
    """Let somebody in; prints a link with which they choose their password, once, within a day."""
    from streetlamp.app import people_command  # noqa: PLC0415

    people_command.add_user(site, name, role, camera)


@users_commands.command("role")
def users_role(site: SiteFile, name: UserName, role: Roles) -> None:
    """Say what somebody is from now on, and nothing else. Their logins end."""
    from streetlamp.app import people_command  # noqa: PLC0415

    people_command.change_user(site, name, roles=role)


@users_commands.command("cameras")
def users_cameras(site: SiteFile, name: UserName, camera: Cameras = None) -> None:
    """Say which cameras somebody may see from now on, and no others. Their logins end."""
    from streetlamp.app import people_command  # noqa: PLC0415

    people_command.change_user(site, name, cameras=camera or ["*"])


@users_commands.command("password")
def users_password(
    site: SiteFile,
    name: UserName,
    link: Annotated[
        bool, typer.Option("--link", help="Print a link for them to choose it themselves.")
    ] = False,
) -> None:
    """Give somebody a new password; it is asked for twice. Their logins end."""
    from streetlamp.app import people_command  # noqa: PLC0415

    people_command.new_password(site, name, link=link)


@users_commands.command("disable")
def users_disable(site: SiteFile, name: UserName) -> None:
    """Let somebody log in no more, for now."""
    from streetlamp.app import people_command  # noqa: PLC0415

    people_command.switch_user(site, name, on=False)


@users_commands.command("enable")
def users_enable(site: SiteFile, name: UserName) -> None:
    """Let somebody log in again."""
    from streetlamp.app import people_command  # noqa: PLC0415

    people_command.switch_user(site, name, on=True)


@users_commands.command("remove")
def users_remove(site: SiteFile, name: UserName) -> None:
    """Remove somebody, their logins and their tokens."""
    from streetlamp.app import people_command  # noqa: PLC0415

    people_command.remove_user(site, name)


@tokens_commands.command("list")
def tokens_list(site: SiteFile) -> None:
    """List the tokens there are. (Nobody can list their texts.)"""
    from streetlamp.app import people_command  # noqa: PLC0415

    people_command.list_tokens(site)


@tokens_commands.command("add")
def tokens_add(
    site: SiteFile,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.")],
    user: Annotated[
        str, typer.Option("--user", "-u", metavar="NAME", help="Whose rights it has a part of.")
    ],
    right: Annotated[
        list[str],
        typer.Option(
            "--right",
            "-r",
            metavar="RIGHT",
            help="A right, such as view_metrics (may be given more than once). "
            "docs/15-people-and-rights.md lists them.",
        ),
    ],
    camera: Cameras = None,
    days: Annotated[float, typer.Option(help="How long it lasts.", min=0.01, max=365)] = 90,
) -> None:
    """Make a token and print it, this once."""
    from streetlamp.app import people_command  # noqa: PLC0415

    people_command.add_token(site, name, user, right, camera, days)


@tokens_commands.command("revoke")
def tokens_revoke(
    site: SiteFile,
    token: Annotated[str, typer.Argument(metavar="ID", help="Its id, as `tokens list` says it.")],
) -> None:
    """End a token at once."""
    from streetlamp.app import people_command  # noqa: PLC0415

    people_command.revoke_token(site, token)
