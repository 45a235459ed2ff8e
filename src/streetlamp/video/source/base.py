"""What every source is: one scheme, one class, registered under its scheme's name."""

from __future__ import annotations

import difflib
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from streetlamp.errors import UserError
from streetlamp.health import Reason
from streetlamp.plugins import Registry
from streetlamp.video.raw import RawFrame, Unit
from streetlamp.video.source.address import Address, hidden, scrub
from streetlamp.video.source.camera_clock import CameraClock
from streetlamp.video.source.clock import SYSTEM_CLOCK, Clock
from streetlamp.video.source.options import SourceOptions
from streetlamp.video.source.trouble import Trouble


class SourceError(UserError):
    """A source cannot go on. ``retry``: trying again later may help (the camera is away).

    ``trouble``: why, in the ledger's words; ``reason``: the same for a person.
    """

    def __init__(self, reason: str, *, retry: bool, trouble: Reason = Reason.UNREACHABLE) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry = retry
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a scheme can do: one row of the table in ``docs/sources.md``."""

    live: bool  # usable with `streetlamp run`
    process: bool  # usable with `streetlamp process`
    ends: bool  # comes to an end by itself
    login: bool  # takes a user name and password
    times: str  # where the times of its pictures come from
    codecs: str
    example: str


@dataclass(frozen=True, slots=True)
class Probe:
    """What a source turned out to be, for `streetlamp check`."""

    codec: str
    width: int
    height: int
    fps: float
    frames: int | None  # None: not known, or endless
    duration: float | None  # seconds
    pix_fmt: str
    bit_rate: int | None  # bits a second


class Source(ABC):
    """Where one camera's pictures come from. No retries and no threads here: see `feed`.

    A source object plays once: make a new one for another try. `stop` may be called from another
    thread and makes `frames` end soon (at the latest after the read timeout).
    """

    schemes: ClassVar[tuple[str, ...]]
    summary: ClassVar[str]
    capabilities: ClassVar[Capabilities]
    begins_anew: ClassVar[bool] = False  # at its end, when live and `loop` does not say otherwise

    def __init__(self, camera: str, url: str, options: SourceOptions, *, live: bool) -> None:
        self.camera = camera
        self.options = options.at(url)
        self.url = self.options.url  # without the login
        self.live = live
        self.clock: Clock = SYSTEM_CLOCK
        self.camera_clock: CameraClock | None = None  # told what the camera's clock says
        self.warnings: list[str] = []
        self.stopped = threading.Event()
        self.patience = 1.0  # how many times its usual timeouts it may take to open
        self.quiet_until = 0.0  # steady time up to which no picture is expected (pacing)

    @abstractmethod
    def frames(self) -> Generator[RawFrame, None, None]:
        """Open, and yield pictures in presentation order until the end; SourceError on failure.

        ``pts`` and ``time`` are strictly increasing. With ``live=False``, time is
        ``options.start_time`` plus the seconds since the first picture.
        """

    def units(self) -> Generator[Unit, None, None]:
        """As `frames`, but what need not be decoded here comes as packets, in decoding order."""
        yield from self.frames()

    @abstractmethod
    def probe(self) -> Probe:
        """Open, look at the first picture, and close; SourceError on failure."""

    def missing(self) -> Trouble | None:
        """What is known, while nothing comes, of what it waits for. Any thread."""
        return None

    @property
    def open_timeout(self) -> float:
        """Seconds that it may take to open, this time."""
        return self.options.open_timeout * self.patience

    def describe(self) -> str:
        """The address as it may be shown: no login, no password."""
        return hidden(self.url)

    def login_address(self) -> str:
        """The address with the login in it, for FFmpeg alone: never to be shown or logged."""
        login = self.options.username, self.options.password.get_secret_value()
        return Address(self.url).with_login(*login)

    def stop(self) -> None:
        """Ask `frames` to end. Safe to call from any thread, any number of times."""
        self.stopped.set()

    def warn(self, message: str) -> None:
        """Remember something odd that did not stop the source; each message once."""
        if message not in self.warnings:
            self.warnings.append(message)

    def clean(self, text: str) -> str:
        """A text of FFmpeg or the system without this source's secrets."""
        return scrub(text, self.options.password.get_secret_value(), self.options.username)


SOURCES: Final[Registry[type[Source]]] = Registry("source", __package__ or "")

_SCHEME: Final = re.compile(r"^([a-zA-Z][a-zA-Z0-9+.-]+):")


def scheme_of(url: str) -> str:
    """The scheme an address means: digits are a webcam, what has none is a file or folder.

    UserError for ``scheme://`` that no source knows.
    """
    if url.isdigit() or re.fullmatch(r"/dev/video\d+", url):
        return "webcam"
    found = _SCHEME.match(url)
    if not found:
        return "file"
    scheme = found[1].lower()
    if scheme in SOURCES:
        return scheme
    if url[found.end() :].startswith("//"):
        near = difflib.get_close_matches(scheme, list(SOURCES), n=1)
        hint = f"did you mean {near[0]}://?" if near else f"there are {', '.join(SOURCES)}"
        raise UserError(f"no camera can be reached by {scheme}://; {hint}")
    return "file"


def repeats(options: SourceOptions) -> bool:
    """Whether a live camera of this sort shows the same pictures over and over."""
    return SOURCES[scheme_of(options.url)].begins_anew and options.loop is not False


def make_source(
    camera: str, url: str, options: SourceOptions | None = None, *, live: bool
) -> Source:
    """The source for an address; UserError when nothing can play it.

    ``url`` may hold a login. ``options`` may have been made for another address: ``url`` counts.
    """
    try:
        Address.parse(url)
    except ValueError as error:
        problem = str(error)
    else:
        kind = SOURCES[scheme_of(url)]
        needed, verb = (kind.capabilities.live, "run") if live else (
            kind.capabilities.process, "process"
        )  # fmt: skip
        if not needed:
            raise UserError(
                f"{hidden(url)} cannot be used with `streetlamp {verb}`: "
                f"{kind.summary[0].lower()}{kind.summary[1:]}"
            )
        return kind(camera, url, options or SourceOptions(url=url), live=live)
    raise UserError(problem)


def local_path(url: str) -> Path:
    """The path a ``file:`` address or a bare path means; ``~`` is the home folder."""
    for prefix in ("file://localhost/", "file:///"):
        if url.startswith(prefix):
            return Path("/" + url[len(prefix) :])
    return Path(url.removeprefix("file:")).expanduser()
