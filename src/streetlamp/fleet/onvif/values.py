"""What is known of a device and its streams. No picture and no person is in any of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Login:
    """A user name and password of a device. Never printed."""

    username: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """Where one device answers: a number and never a name, so that it cannot move meanwhile."""

    ip: str
    port: int
    path: str = "/onvif/device_service"
    tls: bool = False
    typed: str = ""  # the name a person typed for it; "" where it was a number

    @property
    def host(self) -> str:
        """How a person writes it: the name they typed, else its number."""
        return self.typed or self.ip

    @property
    def place(self) -> str:
        """host:port, for texts."""
        return f"{bracketed(self.host)}:{self.port}"

    @property
    def url(self) -> str:
        scheme = "https" if self.tls else "http"
        return f"{scheme}://{bracketed(self.ip)}:{self.port}{self.path}"


def bracketed(host: str) -> str:
    """A host as it stands in a URL: IPv6 numbers in brackets."""
    return f"[{host}]" if ":" in host else host


@dataclass(frozen=True, slots=True)
class Found:
    """A device that answered a search."""

    target: Target
    name: str = ""
    hardware: str = ""
    location: str = ""
    note: str = ""  # what was odd about its answer


@dataclass(frozen=True, slots=True)
class VideoProfile:
    """One stream a device offers. Sizes in pixels; 0 where the device does not say."""

    token: str
    name: str
    source: str  # token of the video source (the lens, or a recorder's channel)
    codec: str  # "H264", "H265", "JPEG", "MPEG4"; "" where it does not say
    width: int = 0
    height: int = 0
    fps: float = 0.0
    kbps: int = 0
    gop: int = 0  # pictures from one keyframe to the next
    ptz: bool = False
    uri: str = ""  # rtsp:// or rtsps://, without a login; "" where it was refused
    refused: str = ""  # why there is no uri, in words

    @property
    def area(self) -> int:
        return self.width * self.height

    @property
    def keyframe_seconds(self) -> float:
        """Seconds between keyframes; 0 where unknown."""
        return self.gop / self.fps if self.gop and self.fps else 0.0

    def __str__(self) -> str:
        size = f"{self.width}×{self.height}" if self.area else "size unknown"
        rate = f", {self.fps:g}/s" if self.fps else ""
        return f"{self.codec or 'codec unknown'} {size}{rate}"


@dataclass(frozen=True, slots=True)
class ClockReading:
    """A device's clock beside ours, read at once (`GetSystemDateAndTime`)."""

    theirs: float  # POSIX seconds; devices tell whole seconds
    ours: float  # POSIX seconds, the middle of the question
    doubt: float  # seconds either way: half the question's duration, and half a second
    source: str = ""  # "NTP" or "Manual", as the device says

    @property
    def offset(self) -> float:
        """Seconds by which the device is ahead."""
        return self.theirs - self.ours


@dataclass(frozen=True, slots=True)
class Preset:
    """A position a PTZ camera knows by name."""

    token: str
    name: str


@dataclass(frozen=True, slots=True)
class Device:
    """What a device says of itself."""

    target: Target
    name: str = ""
    maker: str = ""
    model: str = ""
    firmware: str = ""
    clock: ClockReading | None = None
    profiles: tuple[VideoProfile, ...] = ()
    presets: tuple[Preset, ...] = ()
    needs_login: str = ""  # why nothing more is known, in words; "" when all is known
    notes: tuple[str, ...] = ()  # what was odd, or refused

    @property
    def title(self) -> str:
        """Name to call it by."""
        return self.name or " ".join(filter(None, (self.maker, self.model))) or self.target.host

    @property
    def channels(self) -> tuple[tuple[VideoProfile, ...], ...]:
        """The profiles of each video source, in the device's order."""
        sources = dict.fromkeys(profile.source for profile in self.profiles)
        return tuple(tuple(p for p in self.profiles if p.source == source) for source in sources)


class FactKind(StrEnum):
    """What a camera itself may report. Machine facts alone: nothing about who is there."""

    MOTION = "motion"
    TAMPER = "tamper"  # covered, turned, or its scene changed as a whole
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    BLURRED = "blurred"
    SIGNAL_LOST = "signal_lost"


@dataclass(frozen=True, slots=True)
class CameraFact:
    """Something a camera reports about itself or its picture."""

    kind: FactKind
    on: bool  # it began (or holds); False: it ended
    time: float  # POSIX seconds, by the camera's clock
    source: str = ""  # video source it speaks of
