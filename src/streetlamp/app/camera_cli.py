"""The commands below `streetlamp camera`. No logic here."""

from __future__ import annotations

from typing import Annotated

import typer

camera_commands = typer.Typer(
    help="One ONVIF camera: what it is, its clock, its presets; starting it anew.",
    no_args_is_help=True,
)

CameraAddress = Annotated[
    str, typer.Argument(metavar="HOST[:PORT]", help="Where the camera answers.")
]
CameraUser = Annotated[
    str, typer.Option("--user", "-u", metavar="NAME", help="User name on the cameras.")
]
PasswordEnv = Annotated[
    str,
    typer.Option(
        metavar="VARIABLE",
        help="Environment variable that holds the password. (There is no option for the password "
        "itself: everybody on the machine could read it.)",
    ),
]


@camera_commands.command("info")
def camera_info(
    address: CameraAddress, user: CameraUser = "", password_env: PasswordEnv = ""
) -> None:
    """Say what a camera is and which streams it has."""
    from streetlamp.app import camera_command  # noqa: PLC0415

    camera_command.info(address, user, password_env)


@camera_commands.command("time")
def camera_time(
    address: CameraAddress, user: CameraUser = "", password_env: PasswordEnv = ""
) -> None:
    """Hold a camera's clock against this machine's."""
    from streetlamp.app import camera_command  # noqa: PLC0415

    camera_command.clock(address, user, password_env)


@camera_commands.command("presets")
def camera_presets(
    address: CameraAddress, user: CameraUser = "", password_env: PasswordEnv = ""
) -> None:
    """List the positions a camera can turn to."""
    from streetlamp.app import camera_command  # noqa: PLC0415

    camera_command.presets(address, user, password_env)


@camera_commands.command("goto")
def camera_goto(
    address: CameraAddress,
    preset: Annotated[str, typer.Argument(help="Name or token of the preset.")],
    user: CameraUser = "",
    password_env: PasswordEnv = "",
) -> None:
    """Turn a camera to one of its presets."""
    from streetlamp.app import camera_command  # noqa: PLC0415

    camera_command.goto(address, preset, user, password_env)


@camera_commands.command("events")
def camera_events(
    address: CameraAddress,
    user: CameraUser = "",
    password_env: PasswordEnv = "",
    seconds: Annotated[float, typer.Option(help="How long to listen.", min=1, max=86400)] = 60.0,
) -> None:
    """Print what a camera itself reports: motion, tamper and the like. Never who is there."""
    from streetlamp.app import camera_command  # noqa: PLC0415

    camera_command.events(address, user, password_env, seconds)


@camera_commands.command("reboot")
def camera_reboot(
    address: CameraAddress,
    user: CameraUser = "",
    password_env: PasswordEnv = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")] = False,
) -> None:
    """Start a camera anew. It is away for a minute or so."""
    from streetlamp.app import camera_command  # noqa: PLC0415

    camera_command.reboot(address, user, password_env, yes=yes)
