"""What sources that come over a line share: opening with patience, live times, clear errors."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator, Iterator, Mapping
from fractions import Fraction
from typing import Final, TypeVar

from streetlamp.health import Reason
from streetlamp.video.raw import Packet, RawFrame, Unit
from streetlamp.video.source.address import Address
from streetlamp.video.source.base import Probe, Source, SourceError
from streetlamp.video.source.clock import ClockSetError, LiveMapping
from streetlamp.video.source.coded_watch import CodedWatch
from streetlamp.video.source.faults import FFMPEG_ERRORS, SILENT, fault
from streetlamp.video.source.login import REFUSALS, REFUSED
from streetlamp.video.source.reorder import Reorder
from streetlamp.video.source.stream import NoPictureError, VideoStream
from streetlamp.video.source.timeline import Chooser, Joiner, Timeline
from streetlamp.video.source.trouble import Trouble, TroubleError

MOST_DAMAGED: Final = 100  # pictures in a row that cannot be decoded, then it is opened anew
_Unit = TypeVar("_Unit", bound=Unit)


class LineSource(Source):
    """A camera whose pictures come when it sends them. Subclasses say how to open it."""

    @abstractmethod
    def target(self, *, thorough: bool) -> tuple[str, str | None, Mapping[str, str]]:
        """What FFmpeg opens: address (login inside), format or None, options.

        ``thorough``: take a second to find out the true rate, rather than begin at once.
        """

    def frames(self) -> Generator[RawFrame, None, None]:
        with self._open() as stream:
            yield from self._live(stream, self._arriving(stream))

    def units(self) -> Generator[Unit, None, None]:
        with self._open() as stream:
            yield from self._live(stream, self._units_of(stream))

    def better(self, trouble: Trouble) -> Trouble:
        """What the subclass knows of a failure that FFmpeg told in its own way."""
        return trouble

    def hang_up(self) -> None:
        """Let go of what `target` opened. Any thread, more than once."""

    def probe(self) -> Probe:
        try:
            with self._open(thorough=True) as stream:
                try:
                    return stream.probe()
                except NoPictureError as error:
                    trouble = Trouble(Reason.DAMAGED, str(error))
                except FFMPEG_ERRORS as error:
                    trouble = fault(error)
            trouble = self.better(trouble)
        finally:
            self.hang_up()
        raise self._failure(trouble)

    def _open(self, *, thorough: bool = False) -> VideoStream:
        login = self._login_key()
        if login is not None and not REFUSALS.may_try(*login, self.clock.steady()):
            raise self._failure(Trouble(Reason.LOGIN_REFUSED, REFUSED), tried=False)
        began = self.clock.steady()
        try:
            address, kind, options = self.target(thorough=thorough)
            left = self.open_timeout - (self.clock.steady() - began)
            stream = VideoStream.open(
                address,
                container_format=kind,
                options=options,
                timeout=(max(0.1, left), self.options.read_timeout * self.patience),
                threads=self.options.threads,
                fps=self.options.fps,
            )
        except TroubleError as error:
            trouble = error.trouble
        except NoPictureError as error:
            trouble = self.better(Trouble(Reason.NO_VIDEO, str(error)))
        except FFMPEG_ERRORS as error:
            trouble = fault(error)
            if self.clock.steady() - began >= self.open_timeout * 0.9:
                # cut short by us, whatever FFmpeg calls it
                trouble = Trouble(trouble.reason, SILENT)
            trouble = self.better(trouble)
        else:
            if login is not None:
                REFUSALS.accepted(*login)
            stream.heard, stream.most_damaged = self._heard, MOST_DAMAGED
            return stream
        self.hang_up()
        # Raised out here: an exception chained to FFmpeg's would carry its text, and the login.
        raise self._failure(trouble)

    def _login_key(self) -> tuple[str, str, str] | None:
        name, password = self.options.username, self.options.password.get_secret_value()
        return (Address(self.url).place, name, password) if name or password else None

    def _heard(self, theirs: float) -> None:
        """The camera's clock said so much just now."""
        if self.camera_clock is not None:
            self.camera_clock.hear(theirs, self.clock.wall(), self.clock.steady())

    def _units_of(self, stream: VideoStream) -> Iterator[Unit]:
        return self._coded(stream) if stream.tidy else self._arriving(stream)

    def _live(self, stream: VideoStream, units: Iterator[_Unit]) -> Iterator[_Unit]:
        trouble = Trouble(Reason.NO_VIDEO, "the stream ended")
        try:
            yield from units
        except ClockSetError as error:
            trouble = Trouble(Reason.NO_VIDEO, str(error))
        except TroubleError as error:
            trouble = error.trouble
        except FFMPEG_ERRORS as error:
            trouble = fault(error)
        trouble = self.better(trouble)
        self.hang_up()
        self._report(stream)
        if not self.stopped.is_set():
            raise self._failure(trouble)

    def _mapping(self, stream: VideoStream) -> tuple[Fraction, LiveMapping]:
        base = stream.time_base if stream.timed else Joiner.time_base
        timeline = Timeline(base, max(1, round(1 / (stream.rate * base))))
        return base, LiveMapping(timeline, self.clock, timed=stream.timed)

    def _arriving(self, stream: VideoStream) -> Iterator[RawFrame]:
        base, mapping = self._mapping(stream)
        chooser = Chooser()
        for number, picture in enumerate(stream.pictures(), 1):
            pts, time = mapping.place(chooser.choose(picture.pts, picture.dts))
            if self.stopped.is_set():
                return
            yield RawFrame(self.camera, time, number, picture, pts, base)

    def _coded(self, stream: VideoStream) -> Iterator[Packet]:
        base, mapping = self._mapping(stream)
        reorder = Reorder(mapping.place)
        info = stream.info()
        watch = None if info.extradata[:1] == b"\1" else CodedWatch()  # avcC: a file's
        for packet in stream.coded():
            for one in reorder.push(packet):
                if self.stopped.is_set():
                    return
                data, key = bytes(one.packet), bool(one.packet.is_keyframe)
                if watch is not None and (change := watch.look(data)):
                    self.warn(change)
                yield Packet(self.camera, info, data, key, one.time, one.rank, one.stamp, base)

    def _report(self, stream: VideoStream) -> None:
        damaged = stream.tally.damaged + stream.tally.unread
        if damaged:
            self.warn(f"{damaged} damaged packets were left out")

    def _failure(self, trouble: Trouble, *, tried: bool = True) -> SourceError:
        login = self._login_key()
        if trouble.reason is Reason.LOGIN_REFUSED and tried and login is not None:
            REFUSALS.refused(*login, self.clock.steady())
        text = self.clean(f"no pictures from {self.describe()}: {trouble.text}")
        return SourceError(text, retry=trouble.retry, trouble=trouble.reason)


def microseconds(seconds: float) -> str:
    """Seconds as FFmpeg's options want them."""
    return str(max(1, round(seconds * 1_000_000)))
