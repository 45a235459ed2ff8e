"""What `streetlamp camera …` does with one ONVIF camera."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from streetlamp.app.discover_command import login_of
from streetlamp.errors import UserError
from streetlamp.fleet.onvif import limits
from streetlamp.fleet.onvif.look import look, targets_of, with_camera
from streetlamp.fleet.onvif.values import Preset, VideoProfile

if TYPE_CHECKING:
    from streetlamp.fleet.onvif.camera import OnvifCamera

Said = TypeVar("Said")
_ASK_FOR = 2.0  # seconds to ask a machine for its port


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _with(
    address: str,
    user: str,
    password_env: str,
    verb: Callable[[OnvifCamera], Coroutine[Any, Any, Said]],
    seconds: float = limits.DEVICE_SECONDS,
) -> Said:
    found = targets_of([address], _ASK_FOR)[0]
    return with_camera(found.target, login_of(user, password_env), verb, seconds=seconds)


def info(address: str, user: str, password_env: str) -> None:
    """Prints what the camera says of itself."""
    device = look(targets_of([address], _ASK_FOR)[:1], login_of(user, password_env))[0]
    if device.clock is None and not device.profiles and device.notes:
        raise UserError(f"{device.notes[-1]}.")
    about = " ".join(filter(None, (device.maker, device.model, device.firmware)))
    _say(f"{device.title} at {device.target.place}" + (f": {about}" if about else ""))
    if device.clock is not None:
        _say(f"  clock {device.clock.offset:+.1f} s (±{device.clock.doubt:.1f} s)")
    for profile in device.profiles:
        _say(f"  {profile.name or profile.token}: {profile}  {profile.uri or profile.refused}")
    for preset in device.presets:
        _say(f"  preset {preset.name or preset.token}")
    for note in device.notes:
        _say(f"  note: {note}")
    if device.needs_login:
        raise UserError(f"{device.target.place}: {device.needs_login}.")


def clock(address: str, user: str, password_env: str) -> None:
    """Prints the camera's time beside ours."""

    async def read(camera: OnvifCamera) -> None:
        reading = camera.clock
        if reading is None:
            raise UserError(f"{address} does not tell its time (perhaps only with a login).")
        for whose, at in (("camera", reading.theirs), ("here", reading.ours)):
            _say(f"{whose:>7}  {datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC")
        kind = f", set by {reading.source}" if reading.source else ""
        _say(f" offset  {reading.offset:+.1f} s (±{reading.doubt:.1f} s{kind})")

    _with(address, user, password_env, read)


async def _turning(camera: OnvifCamera) -> VideoProfile:
    found = next((profile for profile in await camera.profiles() if profile.ptz), None)
    if found is None:
        raise UserError("This camera cannot be turned (it has no PTZ).")
    return found


async def _presets(camera: OnvifCamera) -> tuple[Preset, ...]:
    return await camera.presets((await _turning(camera)).token)


def presets(address: str, user: str, password_env: str) -> None:
    """Prints the camera's presets, token and name."""
    found = _with(address, user, password_env, _presets)
    for preset in found:
        _say(f"{preset.token:>8}  {preset.name}")
    if not found:
        _say("It has no presets.")


def goto(address: str, wanted: str, user: str, password_env: str) -> None:
    """Turns the camera. UserError when there is no such preset."""

    async def turn(camera: OnvifCamera) -> Preset:
        profile = await _turning(camera)
        known = await camera.presets(profile.token)
        named = [one for one in known if wanted in (one.token, one.name)]
        if not named:
            names = ", ".join(one.name or one.token for one in known) or "none"
            raise UserError(f"There is no preset '{wanted}'. It knows: {names}.")
        await camera.goto(profile.token, named[0].token)
        return named[0]

    _say(f"Turning to {_with(address, user, password_env, turn).name or wanted}.")


def events(address: str, user: str, password_env: str, seconds: float) -> None:
    """Prints what the camera reports, as it comes."""
    from streetlamp.fleet.onvif.events import facts  # noqa: PLC0415  # heavy

    async def listen(camera: OnvifCamera) -> None:
        async for fact in facts(camera, seconds):
            at = datetime.fromtimestamp(fact.time, UTC)
            state = "begins" if fact.on else "ends"
            _say(f"{at:%H:%M:%S}  {fact.kind.replace('_', ' ')} {state}  {fact.source}".rstrip())

    _with(address, user, password_env, listen, seconds + limits.DEVICE_SECONDS)


def reboot(address: str, user: str, password_env: str, *, yes: bool) -> None:
    """Asks, then starts the camera anew."""
    if not yes and not typer.confirm(f"Start the camera at {address} anew?"):
        _say("Nothing was done.")
        return

    async def start(camera: OnvifCamera) -> str:
        return await camera.reboot()

    said = _with(address, user, password_env, start)
    _say(f"It starts anew. It says: {said}" if said else "It starts anew.")
