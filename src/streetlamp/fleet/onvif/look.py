"""The verbs the rest of the house uses: search, look at one device, look at many. Nothing async."""

from __future__ import annotations

import asyncio
import time as clocks
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from streetlamp.fleet.onvif import limits
from streetlamp.fleet.onvif.addresses import USUAL_PORTS, parse_typed, resolve
from streetlamp.fleet.onvif.discovery import EVERYWHERE, Network, search
from streetlamp.fleet.onvif.errors import LoginError, OnvifError, UnreachableError
from streetlamp.fleet.onvif.values import Device, Found, Login, Target

Said = TypeVar("Said")


def look(
    targets: Sequence[Found | Target],
    login: Login | None = None,
    now: Callable[[], float] = clocks.time,
    seconds: float = limits.DEVICE_SECONDS,
) -> tuple[Device, ...]:
    """What each device says of itself, in the order given; many at once.

    A device that fails is there with a note that says why, and so is one for which no time was
    left: the whole takes no more than `limits.ALL_SECONDS`, however slow the others are.
    """
    whole = [one if isinstance(one, Found) else Found(one) for one in targets]

    async def everything() -> tuple[Device, ...]:
        turns = asyncio.Semaphore(limits.DEVICES_AT_ONCE)
        until = asyncio.get_running_loop().time() + limits.ALL_SECONDS

        async def one(found: Found) -> Device:
            async with turns:
                left = until - asyncio.get_running_loop().time()
                if left <= 0:
                    late = "the others took so long that it was not asked"
                    return Device(found.target, found.name, model=found.hardware, notes=(late,))
                return await _look(found, login, now, min(seconds, left))

        return tuple(await asyncio.gather(*(one(found) for found in whole)))

    return asyncio.run(everything())


async def _look(
    found: Found, login: Login | None, now: Callable[[], float], seconds: float
) -> Device:
    from streetlamp.fleet.onvif.camera import OnvifCamera  # noqa: PLC0415  # heavy

    notes = (found.note,) if found.note else ()
    name = found.name
    try:
        async with asyncio.timeout(seconds), OnvifCamera(found.target, login, now) as camera:
            camera.notes += notes
            device = await camera.describe(name)
            return device if device.model else replace(device, model=found.hardware)
    except LoginError as error:
        return Device(found.target, name, model=found.hardware, needs_login=str(error), notes=notes)
    except OnvifError as error:
        return Device(found.target, name, model=found.hardware, notes=(*notes, str(error)))
    except TimeoutError:
        late = f"it does not come to an end within {seconds:g} s"
        return Device(found.target, name, model=found.hardware, notes=(*notes, late))


def targets_of(
    typed: Iterable[str],
    seconds: float,
    network: Network = EVERYWHERE,
    allow: Callable[[str, int | None], None] = lambda _ip, _port: None,
) -> tuple[Found, ...]:
    """The devices at addresses that a person typed.

    Where no port was given the machine is asked for it (a directed probe), and where it does not
    say the usual ports are tried. `allow` is asked before anything is sent, and raises where
    nothing may be. OnvifError when nothing answers at one of them.
    """
    found: list[Found] = []
    for text in typed:
        host, port, path, tls = parse_typed(text)
        ip = resolve(host)
        allow(ip, port)
        name = host if host != ip else ""
        if port is not None:
            found.append(Found(Target(ip, port, path, tls, name)))
            continue
        told = search(seconds, hosts=[ip], network=network).found if ":" not in ip else ()
        if told:
            found += [_named(one, name) for one in told]
            continue
        open_ports = asyncio.run(_open_ports(ip))
        if not open_ports:
            ports = ", ".join(map(str, USUAL_PORTS))
            raise UnreachableError(
                f"Nothing answers at {host} (ports {ports}). Write host:port if it is another one."
            )
        found.append(Found(Target(ip, open_ports[0], path, tls, name)))
    return tuple(found)


def _named(found: Found, typed: str) -> Found:
    return replace(found, target=replace(found.target, typed=typed))


async def _open_ports(ip: str) -> list[int]:
    async def speaks(port: int) -> bool:
        from streetlamp.fleet.onvif.camera import OnvifCamera  # noqa: PLC0415  # heavy

        try:
            async with OnvifCamera(Target(ip, port), seconds=limits.CONNECT_SECONDS):
                return True
        except LoginError:
            return True
        except OnvifError:
            return False

    answers = await asyncio.gather(*(speaks(port) for port in USUAL_PORTS))
    return [port for port, yes in zip(USUAL_PORTS, answers, strict=True) if yes]


def with_camera(
    target: Target,
    login: Login | None,
    verb: Callable[[Any], Coroutine[Any, Any, Said]],
    now: Callable[[], float] = clocks.time,
    seconds: float = limits.DEVICE_SECONDS,
) -> Said:
    """What `verb` gives with the opened device. OnvifError."""
    from streetlamp.fleet.onvif.camera import OnvifCamera  # noqa: PLC0415  # heavy

    async def doing() -> Said:
        async with asyncio.timeout(seconds), OnvifCamera(target, login, now) as camera:
            return await verb(camera)

    try:
        return asyncio.run(doing())
    except TimeoutError:
        raise UnreachableError(f"{target.place} does not come to an end in time") from None
    except LoginError as error:
        raise LoginError(f"{target.place}: {error}. Give --user and --password-env.") from None
    except OnvifError as error:
        raise type(error)(f"{target.place}: {error}") from None
