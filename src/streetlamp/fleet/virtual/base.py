"""What a fault is. Each is one small class in ``kinds/`` that registers itself.

A fault on pictures alters what the camera sees or shows; a fault on the stream alters what becomes
of it on its way. One object is made when a fault begins, and is gone when it ends.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from random import Random
from typing import ClassVar, Final

from streetlamp.fleet.virtual.picture import Picture
from streetlamp.health import Reason
from streetlamp.plugins import Registry


class Unit(StrEnum):
    """How a fault's number is written, and read back."""

    SHARE = "share"  # 0.3 or 30%
    SECONDS = "time"  # 90, 30s, -2h
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Strength:
    """The number a fault may be given after a colon."""

    default: float
    low: float
    high: float
    unit: Unit
    meaning: str  # for the table: "share of the picture that is covered"


class Stage(IntEnum):
    """Where in a camera a fault on pictures happens: they are applied in this order."""

    OPTICS = 0  # before the sensor: lens, view, weather
    SENSOR = 1
    PICTURE = 2  # a picture that stands still while the burnt-in clock goes on
    OUTPUT = 3  # after the clock was burnt in


class Fault(ABC):
    """The base of all faults. `strength` is within the bounds that `takes` says."""

    name: ClassVar[str]
    summary: ClassVar[str]  # one sentence for the table
    takes: ClassVar[Strength | None] = None
    momentary: ClassVar[bool] = False  # without a duration it is over at once
    reasons: ClassVar[tuple[Reason, ...]] = ()
    """What a watcher should say of the camera, the first rather than the others; empty: nothing."""

    def __init__(self, strength: float | None = None, seed: int = 0) -> None:
        wanted = self.takes
        if wanted is None:
            self.strength = 1.0
        else:
            self.strength = wanted.default if strength is None else strength
        self.seed = seed


@dataclass(frozen=True, slots=True)
class Moment:
    """When a picture is altered."""

    since: float  # seconds since the fault began
    number: int  # of the picture; what is drawn at random depends on it and the seed alone


class PictureFault(Fault):
    """A fault on pictures. The same seed, moments and pictures give the same pictures."""

    stage: ClassVar[Stage] = Stage.OPTICS
    wants_clock: ClassVar[bool] = False  # makes no sense without a burnt-in clock

    @abstractmethod
    def apply(self, picture: Picture, moment: Moment) -> Picture | None:
        """What the camera shows instead; None: it shows no picture now."""


class Door(StrEnum):
    """What a camera does with somebody who speaks to it."""

    OPEN = "open"
    SHUT = "shut"  # the connection is closed
    MUTE = "mute"  # the connection stands, and nothing is ever said
    GONE = "gone"  # nothing listens; where other cameras listen too: as SHUT


class StreamFault(Fault):
    """A fault of the stream or the connection. A kind says only what is otherwise than usual."""

    cuts: ClassVar[bool] = False  # those who watch are cut off when it begins
    door: ClassVar[Door] = Door.OPEN
    flows: ClassVar[bool] = True  # whether packets are sent
    codec: ClassVar[str] = "h264"
    by_packet: ClassVar[bool] = False  # whether `packet` does anything
    jumps: ClassVar[bool] = False  # whether `clock` and `stamps` do anything

    def packet(self, packet: bytes, rng: Random) -> bytes | None:
        """What becomes of an RTP packet; None: it is lost."""
        return packet

    def clock(self, since: float) -> float:
        """Seconds by which the camera's clock on the wall (RTCP) is ahead."""
        return 0.0

    def stamps(self, since: float) -> float:
        """Seconds by which its RTP time stamps are ahead."""
        return 0.0

    def password(self, usual: str | None) -> str | None:
        """The password that is asked for; None: none."""
        return usual


FAULTS: Final[Registry[type[Fault]]] = Registry("fault", "streetlamp.fleet.virtual.kinds")
