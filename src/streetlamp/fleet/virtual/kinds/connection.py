"""The connection: closed, silent, unplugged, refused."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import ClassVar

from streetlamp.fleet.virtual.base import FAULTS, Door, StreamFault
from streetlamp.health import Reason


@FAULTS.add("drop")
class Drop(StreamFault):
    """Without a duration everybody may come back at once."""

    name: ClassVar[str] = "drop"
    summary: ClassVar[str] = "Closes its connections, and every new one for as long as it lasts."
    momentary: ClassVar[bool] = True
    cuts: ClassVar[bool] = True
    door: ClassVar[Door] = Door.SHUT
    reasons: ClassVar[tuple[Reason, ...]] = (Reason.UNREACHABLE,)


@FAULTS.add("unplug")
class Unplug(StreamFault):
    """When all cameras of a server are unplugged its port is closed, else as `drop`."""

    name: ClassVar[str] = "unplug"
    summary: ClassVar[str] = "No power: the port is closed, connections are refused."
    cuts: ClassVar[bool] = True
    door: ClassVar[Door] = Door.GONE
    reasons: ClassVar[tuple[Reason, ...]] = (Reason.UNREACHABLE,)


@FAULTS.add("mute")
class Mute(StreamFault):
    """A camera whose system hangs: the kernel accepts, nobody answers."""

    name: ClassVar[str] = "mute"
    summary: ClassVar[str] = "Hangs: accepts connections and says nothing, sends nothing."
    door: ClassVar[Door] = Door.MUTE
    flows: ClassVar[bool] = False
    reasons: ClassVar[tuple[Reason, ...]] = (Reason.UNREACHABLE, Reason.NO_VIDEO)


@FAULTS.add("stall")
class Stall(StreamFault):
    """Every question is answered, and no packet comes."""

    name: ClassVar[str] = "stall"
    summary: ClassVar[str] = "Answers everything, but sends no video."
    flows: ClassVar[bool] = False
    reasons: ClassVar[tuple[Reason, ...]] = (Reason.NO_VIDEO, Reason.UNREACHABLE)


@FAULTS.add("login")
class Login(StreamFault):
    """Somebody changes the password: who watches is cut off, and the old one is refused."""

    name: ClassVar[str] = "login"
    summary: ClassVar[str] = "Its password is changed: who watches is cut off and refused."
    cuts: ClassVar[bool] = True
    reasons: ClassVar[tuple[Reason, ...]] = (Reason.LOGIN_REFUSED,)

    def __init__(self, strength: float | None = None, seed: int = 0) -> None:
        super().__init__(strength, seed)
        self._password = token_urlsafe(12)

    def password(self, usual: str | None) -> str | None:
        return self._password


@FAULTS.add("codec")
class Codec(StreamFault):
    """Somebody sets the camera to H.265: it ends its streams and offers new ones."""

    name: ClassVar[str] = "codec"
    summary: ClassVar[str] = "Is set to H.265: ends its streams, then offers that (no fault)."
    cuts: ClassVar[bool] = True
    codec: ClassVar[str] = "h265"
