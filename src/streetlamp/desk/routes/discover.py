"""Cameras to be added: searched for in the network, looked at, and written as a piece of site file.

The site file itself is never written here: a person copies the piece.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from streetlamp.desk.auth import Login, may
from streetlamp.desk.context import TheDesk
from streetlamp.desk.refusal import RefusalError, problems
from streetlamp.desk.rights import Right
from streetlamp.desk.wire import Wire
from streetlamp.fleet.onvif.errors import LoginError, OnvifError

if TYPE_CHECKING:  # what finds cameras is loaded when somebody looks for one
    from streetlamp.fleet.onvif.values import Device, Found
    from streetlamp.fleet.onvif.values import Login as CameraLogin

router = APIRouter(prefix="/api/discover", tags=["discover"])

Keeper = Annotated[Login, Depends(may(Right.MANAGE_SITE))]
Address = Annotated[
    str,
    Field(min_length=1, max_length=300, description="host, host:port, or an http address."),
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class DeviceIn(_Strict):
    address: Address
    username: Annotated[str, Field(max_length=80)] = ""
    password: Annotated[SecretStr, Field(max_length=1024)] = Field(
        default=SecretStr(""), description="Used for this one question and kept nowhere."
    )

    @property
    def login(self) -> CameraLogin | None:
        from streetlamp.fleet.onvif.values import Login as CameraLogin  # noqa: PLC0415

        return (
            CameraLogin(self.username, self.password.get_secret_value()) if self.username else None
        )


class LookIn(DeviceIn):
    password_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,79}$")] = Field(
        default="CAMERA_PASSWORD",
        description="Environment variable the piece of site file takes the password from.",
    )


class RebootIn(DeviceIn):
    confirm: Address = Field(description="The address once more, so that it is meant.")


class FoundOut(Wire):
    address: str
    name: str
    hardware: str
    location: str
    note: str = Field(description="What was odd about its answer; empty if nothing was.")

    @classmethod
    def of(cls, found: Found) -> FoundOut:
        made = {key: getattr(found, key) for key in ("name", "hardware", "location", "note")}
        return cls.model_validate({**made, "address": found.target.place})


class SearchOut(Wire):
    found: tuple[FoundOut, ...]
    refused: tuple[str, ...] = Field(description="Whose answers were not taken, and why.")


class StreamOut(Wire):
    name: str
    channel: int = Field(description="Which of the device's lenses or channels, from 1.")
    codec: str
    width: int
    height: int
    fps: float
    uri: str = Field(description="Without a login; empty where it was refused.")
    refused: str = Field(description="Why there is no address, in words.")


class DeviceOut(Wire):
    address: str
    name: str
    maker: str
    model: str
    firmware: str
    clock_offset: float | None = Field(
        description="Seconds by which its clock is ahead of ours; null if it does not tell."
    )
    streams: tuple[StreamOut, ...]
    presets: tuple[str, ...]
    needs_login: str = Field(description="Why its streams are not known, in words; empty if so.")
    notes: tuple[str, ...]
    snippet: str = Field(description="The piece of site file; empty while no stream can be used.")


@router.post("/search", responses=problems(429, 502))
def search(desk: TheDesk, person: Keeper) -> SearchOut:
    """Ask the network which cameras (ONVIF) are there. Takes three seconds; six a minute."""
    now = desk.services.now()
    desk.services.audit.record(now, person.user, "search network")
    try:
        told = desk.finder.search(now)
    except OnvifError as error:
        raise _refusal(error) from None
    return SearchOut(found=tuple(map(FoundOut.of, told.found)), refused=told.refused)


@router.post("/look", responses=problems(409, 429, 502))
def look(body: LookIn, desk: TheDesk, person: Keeper) -> DeviceOut:
    """What a device says of itself: its streams, and the piece of site file for them.

    Only devices that answered a search, and private addresses that are typed, are spoken to.
    """
    from streetlamp.fleet.onvif.snippet import snippet  # noqa: PLC0415

    now = desk.services.now()
    about = _about(body)
    desk.services.audit.record(now, person.user, "look at device", about, login=bool(body.login))
    try:
        device = desk.finder.look(body.address, body.login, desk.services.now)
    except OnvifError as error:
        raise _refusal(error) from None
    return _device(device, snippet((device,), body.username, _env(body)))


@router.post("/reboot", responses=problems(409, 429, 502))
def reboot(body: RebootIn, desk: TheDesk, person: Keeper) -> dict[str, str]:
    """Start a device anew. What it says to that."""
    if body.confirm != body.address:
        raise RefusalError(409, "The address and its confirmation differ.", "Type it once more.")
    now = desk.services.now()
    desk.services.audit.record(now, person.user, "reboot device", _about(body))
    try:
        return {"said": desk.finder.reboot(body.address, body.login, desk.services.now)}
    except OnvifError as error:
        raise _refusal(error) from None


def _about(body: DeviceIn) -> str:
    from streetlamp.fleet.onvif.addresses import plain  # noqa: PLC0415

    return f"device:{plain(body.address)}"


def _env(body: LookIn) -> str:
    return body.password_env if body.username else ""


def _refusal(error: OnvifError) -> RefusalError:
    if isinstance(error, LoginError):
        return RefusalError(409, str(error), "Enter the camera's own user name and password.")
    return RefusalError(502, str(error), "")


def _device(device: Device, made: str) -> DeviceOut:
    streams: list[dict[str, Any]] = [
        {
            "channel": channel,
            **{
                key: getattr(profile, key)
                for key in ("name", "codec", "width", "height", "fps", "uri", "refused")
            },
        }
        for channel, profiles in enumerate(device.channels, 1)
        for profile in profiles
    ]
    return DeviceOut.model_validate(
        {
            "address": device.target.place,
            "name": device.title,
            "clock_offset": device.clock.offset if device.clock else None,
            "streams": streams,
            "presets": tuple(preset.name or preset.token for preset in device.presets),
            "snippet": made,
            **{
                key: getattr(device, key)
                for key in ("maker", "model", "firmware", "needs_login", "notes")
            },
        }
    )
