"""One ONVIF device: what it is, its clock, its streams; going to a preset, starting it anew."""

from __future__ import annotations

import calendar
import time as clocks
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any, Self

from streetlamp.fleet.onvif import limits, soap
from streetlamp.fleet.onvif.addresses import plain, service_url
from streetlamp.fleet.onvif.discovery import own_name, read_scopes
from streetlamp.fleet.onvif.errors import (
    LoginError,
    OnvifError,
    UnreachableError,
    UnsafeAnswerError,
)
from streetlamp.fleet.onvif.media import Media, Media1, Media2, first_that_works
from streetlamp.fleet.onvif.service import MEDIA2, ask, namespace, service
from streetlamp.fleet.onvif.transport import Transport
from streetlamp.fleet.onvif.values import (
    ClockReading,
    Device,
    Login,
    Preset,
    Target,
    VideoProfile,
)

_INFORMATION = ("Manufacturer", "Model", "FirmwareVersion", "SerialNumber", "HardwareId")
_WHOLE_SECOND = 0.5  # a device tells its time in whole seconds


class OnvifCamera:
    """A device that is spoken to: ``async with OnvifCamera(target, login) as camera``.

    `now` is our own clock, POSIX seconds. All verbs raise `OnvifError` and its kinds.
    """

    def __init__(
        self,
        target: Target,
        login: Login | None = None,
        now: Callable[[], float] = clocks.time,
        seconds: float = limits.REQUEST_SECONDS,
    ) -> None:
        self.target = target
        self.login = login
        self.notes: list[str] = []
        self.clock: ClockReading | None = None
        self.now = now
        self._seconds = seconds
        self._services: dict[str, Any] = {}
        self._addresses: dict[str, str] = {}  # by namespace, checked

    async def __aenter__(self) -> Self:
        self.way = Transport(self.target, self.login, self._seconds)
        async with AsyncExitStack() as undo:
            undo.push_async_callback(self.way.aclose)
            self._services["devicemgmt"] = await self._make("devicemgmt", self.target.url)
            await self._read_clock()
            self._addresses = await self._read_services()
            undo.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.way.aclose()

    @property
    def ahead(self) -> timedelta:
        """What the login's time stamp must be moved by for the device to believe it."""
        return timedelta(seconds=round(self.clock.offset)) if self.clock else timedelta()

    async def _make(self, name: str, url: str) -> Any:
        return await service(name, url, self.login, self.ahead, self.way)

    async def service(self, name: str, url: str = "") -> Any:
        """A service by its name; at its own address, or at `url`. OnvifError if there is none."""
        if url:
            return await self._make(name, url)
        if name not in self._services:
            self._services[name] = await self._make(name, self.address(namespace(name), name))
        return self._services[name]

    def address(self, ns: str, name: str) -> str:
        """The checked address of a service by its namespace."""
        if ns not in self._addresses:
            raise OnvifError(f"this device has no {name} service")
        return self._addresses[ns]

    async def _read_clock(self) -> None:
        before = self.now()
        try:
            answer = await ask(self._services["devicemgmt"], "GetSystemDateAndTime", open_=True)
        except (UnreachableError, UnsafeAnswerError):
            raise
        except LoginError:  # some want a login even for the time
            return
        except OnvifError as error:
            self.notes.append(str(error))
            return
        after = self.now()
        theirs = _posix(answer)
        if theirs is None:
            self.notes.append("it does not tell its time")
            return
        ours, doubt = (before + after) / 2, (after - before) / 2 + _WHOLE_SECOND
        kind = plain(soap.at(answer, "DateTimeType"))
        # a clock that is 12:00:00 has been so for half a second on average
        self.clock = ClockReading(theirs + _WHOLE_SECOND, ours, doubt, kind)
        self._services["devicemgmt"] = await self._make("devicemgmt", self.target.url)

    async def _read_services(self) -> dict[str, str]:
        """Addresses by namespace, from GetServices or, of old devices, GetCapabilities."""
        device = self._services["devicemgmt"]
        named: list[tuple[str, Any]] = []
        try:
            answer = await ask(device, "GetServices", open_=True, IncludeCapability=False)
            named = [(str(one.get("Namespace")), one.get("XAddr")) for one in soap.rows(answer)]
        except (UnreachableError, UnsafeAnswerError):
            raise
        except OnvifError:
            named = []
        if not named:  # an old device, or one that says it oddly
            caps = await ask(device, "GetCapabilities", open_=True, Category="All")
            names = {"media": "Media", "ptz": "PTZ", "events": "Events"}
            named = [
                (namespace(name), soap.at(caps, key, "XAddr"))
                for name, key in names.items()
                if soap.at(caps, key) is not None
            ]
        checked: dict[str, str] = {}
        wanted = {namespace(name): name for name in ("media", "ptz", "events")}
        wanted[MEDIA2] = "media2"
        for ns, url in named[: limits.PROFILES]:
            if ns in wanted:
                try:
                    checked[ns] = service_url(url, self.target, f"its {wanted[ns]} service")
                except UnsafeAnswerError as error:
                    self.notes.append(str(error))
        return checked

    async def information(self) -> dict[str, str]:
        """Maker, model, firmware: whatever it says of itself, by ONVIF's names."""
        answer = await ask(self._services["devicemgmt"], "GetDeviceInformation")
        return {key: plain(soap.at(answer, key)) for key in _INFORMATION}

    async def name(self) -> str:
        """The name its owner gave it; "" where it has none."""
        try:
            scopes = await ask(self._services["devicemgmt"], "GetScopes")
        except LoginError:
            raise
        except OnvifError:
            return ""
        items = [str(one.get("ScopeItem") or "") for one in soap.rows(scopes)]
        return read_scopes(" ".join(items)).get("name", "")

    async def profiles(self) -> tuple[VideoProfile, ...]:
        """All streams, of Media2 where there is one, else of Media."""
        offered: list[Media] = []
        if MEDIA2 in self._addresses:
            url = self._addresses[MEDIA2]
            offered.append(Media2(self.way, url, self.login, self.ahead))
        if namespace("media") in self._addresses:
            offered.append(Media1(await self.service("media")))
        return await first_that_works(offered, self.target)

    async def presets(self, profile: str) -> tuple[Preset, ...]:
        """The positions a PTZ camera knows."""
        answer = await ask(await self.service("ptz"), "GetPresets", ProfileToken=profile)
        return tuple(
            Preset(str(one.get("token") or "")[: limits.URL], plain(one.get("Name")))
            for one in soap.rows(answer)[: limits.PRESETS]
            if one.get("token")
        )

    async def goto(self, profile: str, preset: str) -> None:
        """Turns the camera to a preset (by its token)."""
        ptz = await self.service("ptz")
        await ask(ptz, "GotoPreset", ProfileToken=profile, PresetToken=preset)

    async def reboot(self) -> str:
        """Starts the device anew; what it says to that."""
        return plain(await ask(self._services["devicemgmt"], "SystemReboot"))

    async def describe(self, name: str = "") -> Device:
        """Everything at once. Never raises for want of a login: `needs_login` says it."""
        about: dict[str, str] = {}
        profiles: tuple[VideoProfile, ...] = ()
        presets: tuple[Preset, ...] = ()
        needs = ""
        try:
            profiles = await self.profiles()
            about = await self.information()
            name = name or own_name(await self.name())
        except LoginError as error:
            needs = str(error)
        turning = next((profile for profile in profiles if profile.ptz), None)
        if turning is not None and namespace("ptz") in self._addresses:
            try:
                presets = await self.presets(turning.token)
            except OnvifError as error:
                self.notes.append(str(error))
        if not profiles and not needs:
            self.notes.append("it offers no video streams")
        return Device(
            target=self.target,
            name=name,
            maker=about.get("Manufacturer", ""),
            model=about.get("Model", ""),
            firmware=about.get("FirmwareVersion", ""),
            clock=self.clock,
            profiles=profiles,
            presets=presets,
            needs_login=needs,
            notes=tuple(self.notes),
        )


def _posix(answer: Any) -> float | None:
    """POSIX seconds of a GetSystemDateAndTime answer; None where it has no UTC time."""
    stamp = soap.at(answer, "UTCDateTime")
    parts = [soap.at(stamp, "Date", part) for part in ("Year", "Month", "Day")]
    parts += [soap.at(stamp, "Time", part) for part in ("Hour", "Minute", "Second")]
    if any(part is None for part in parts):
        return None
    year, month, day, hour, minute, second = (int(soap.number(part, 9999)) for part in parts)
    if year < 1970 or not 1 <= month <= 12 or not 1 <= day <= 31:
        return None
    return float(calendar.timegm((year, month, day, hour, minute, second, 0, 0, 0)))
