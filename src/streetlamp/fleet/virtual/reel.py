"""A clip as a reel: its access units in memory, ready to be sent to any number of cameras."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import av
import av.error

from streetlamp.errors import UserError
from streetlamp.fleet.virtual.coder import KEYFRAME_SECONDS, Coder
from streetlamp.fleet.virtual.picture import Picture, noisy
from streetlamp.h264 import Inspector, sets_of

LONGEST: Final = 300.0  # seconds of a clip that are used by default
_MOST_BYTES: Final = 512 << 20  # of a reel in memory
_FEWEST: Final = 2  # pictures
_LONGEST_GOP: Final = 4.5  # seconds between keyframes of a clip that is sent as it is
_SETS: Final = (7, 8)  # NAL unit types of SPS and PPS
_SUB_WIDTH: Final = 640  # of the second stream, at most; and at most half the first one's
_DEFAULT_RATE: Final = Fraction(15)


@dataclass(frozen=True, slots=True)
class Unit:
    """One coded picture: its NAL units (a keyframe's with SPS and PPS), and when it is due."""

    nals: tuple[bytes, ...]
    keyframe: bool
    time: float  # seconds since the clip began


@dataclass(frozen=True, slots=True)
class Reel:
    """A clip that begins with a keyframe and can be played round and round."""

    units: tuple[Unit, ...]
    length: float  # seconds until it begins again
    size: tuple[int, int]
    rate: Fraction  # pictures a second, as the clip tells them
    copied: bool  # the clip's own packets, not encoded again
    note: str  # what was done, for a person

    @property
    def fps(self) -> float:
        return len(self.units) / self.length

    @property
    def sets(self) -> tuple[bytes, bytes]:
        """The SPS and PPS its first keyframe uses."""
        found = {nal[0] & 31: nal for nal in reversed(self.units[0].nals)}
        return found[_SETS[0]], found[_SETS[1]]

    @property
    def kbps(self) -> float:
        return sum(len(nal) for unit in self.units for nal in unit.nals) / self.length / 125


Progress = Callable[[float], None]


def load_reels(
    clip: Path,
    *,
    sub: bool = True,
    recode: bool = False,
    noise: float = 0.0,
    longest: float = LONGEST,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[Reel, Reel | None]:
    """A clip's main and second stream.

    The main one is the clip as it is where it is H.264 without B-frames and with a keyframe every
    few seconds, and neither `recode` nor `noise` (deviation of a sensor's noise, in levels) asks
    for more; otherwise it is encoded once, here. `longest`: seconds of the clip that are used.
    `progress` is told the seconds done.

    UserError when the clip cannot be opened or holds no video.
    """
    copied, why = None, "so that its pictures can be altered"
    if not recode and not noise:
        copied, why = _copied(clip, longest)
        if copied is not None and not sub:
            return copied, None
    with _opened(clip) as (container, stream):
        coded = _Coding(_rate(stream), noise, seed, main=copied is None, sub=sub, why=why)
        for time, frame in _pictures(container, stream, longest):
            if coded.full(time, frame):
                break
            if progress is not None:
                progress(time)
    main, second = coded.done(clip)
    reel = copied or main
    if reel is None:
        raise UserError(f"{clip} has no pictures to show")
    return reel, second


@contextmanager
def _opened(clip: Path) -> Iterator[tuple[Any, Any]]:
    """A clip's container and its best video stream. UserError when there is none."""
    try:
        container: Any = av.open(str(clip), metadata_errors="replace")
    except (av.error.FFmpegError, OSError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise UserError(f"{clip} cannot be played: {reason}") from None
    with container:
        videos = [one for one in container.streams.video if one.codec_context is not None]
        if not videos:
            raise UserError(f"{clip} holds no video")
        stream = max(videos, key=lambda one: (one.width or 0) * (one.height or 0))
        stream.codec_context.thread_count = 1
        yield container, stream


class _UnfitError(Exception):
    """A clip whose packets cannot be sent as they are; says why."""


def _copied(clip: Path, longest: float) -> tuple[Reel | None, str]:
    """The clip's own packets as a reel; None, and why not, where they cannot be sent as they are.

    At most `longest` seconds: it ends before the keyframe that is later.
    """
    with _opened(clip) as (container, stream):
        context = stream.codec_context
        if context.name != "h264":
            return None, f"it is {context.name}, not H.264"
        copying = _Copying(bytes(context.extradata or b""), longest)
        try:
            for time, packet in _packets(container, stream):
                if copying.full(time, packet):
                    break
            return copying.done(_rate(stream)), ""
        except _UnfitError as error:
            return None, str(error)


def _packets(container: Any, stream: Any) -> Iterator[tuple[float, Any]]:
    """A stream's packets and their times from 0, where they stand in the order they are shown."""
    first, last = None, None
    for packet in container.demux(stream):
        if not packet.size:
            continue
        if packet.pts is None or packet.pts != packet.dts:
            raise _UnfitError("it has B-frames, or its pictures have no times")
        if last is not None and packet.pts <= last:
            raise _UnfitError("its times are not in order")
        last = packet.pts
        first = last if first is None else first
        yield float((last - first) * stream.time_base), packet


class _Copying:
    """Takes a clip's packets one by one."""

    def __init__(self, extradata: bytes, longest: float) -> None:
        self._reader = Inspector(extradata)
        self._longest = longest
        self._units: list[Unit] = []
        self._size: tuple[int, int] | None = None
        self._sets: tuple[bytes, ...] = ()
        self._keyed = 0.0
        self._end = 0.0

    def full(self, time: float, packet: Any) -> bool:
        """Take the next packet; True when it is the first one beyond what is wanted."""
        data = bytes(packet)
        nals = tuple(self._reader.units(data) or ())
        if packet.is_keyframe:
            about = self._reader.keyframe(data)
            if about.refusal:
                raise _UnfitError(about.refusal)
            if self._size not in (None, about.size):
                raise _UnfitError("its pictures change their size")
            if time > self._longest:
                self._end = time
                return True
            self._size, self._keyed = about.size, time
            self._sets = _sets(nals) or self._sets or _sets_of(about.config)
            nals = nals if _sets(nals) else self._sets + nals
        elif not self._units or not nals:
            raise _UnfitError("it does not begin with a keyframe")
        if time - self._keyed > _LONGEST_GOP:
            raise _UnfitError(f"its keyframes are more than {_LONGEST_GOP:g} seconds apart")
        self._units.append(Unit(nals, packet.is_keyframe, time))
        return False

    def done(self, rate: Fraction) -> Reel:
        units = tuple(self._units)
        if len(units) < _FEWEST or self._size is None:
            raise _UnfitError("it has fewer than two pictures")
        end = self._end or units[-1].time + _usual_step([unit.time for unit in units])
        return Reel(units, end, self._size, rate, True, "sent as it is, not encoded again")


def _rate(stream: Any) -> Fraction:
    rate = stream.average_rate or stream.guessed_rate or _DEFAULT_RATE
    return Fraction(rate).limit_denominator(1001) if rate >= 1 else Fraction(1)


def _sets(nals: Sequence[bytes]) -> tuple[bytes, ...]:
    found = tuple(nal for nal in nals if nal[0] & 31 in _SETS)
    return found if {nal[0] & 31 for nal in found} == set(_SETS) else ()


def _sets_of(config: bytes) -> tuple[bytes, ...]:
    return tuple(unit for group in sets_of(config) for unit in group)


def _usual_step(times: Sequence[float]) -> float:
    steps = sorted(after - before for before, after in pairwise(times))
    return steps[len(steps) // 2] if steps else 1 / float(_DEFAULT_RATE)


def _pictures(container: Any, stream: Any, longest: float) -> Iterator[tuple[float, Picture]]:
    """Decoded pictures with even sizes, and their times from 0, strictly ascending."""
    first, last = None, -1.0
    size: tuple[int, int] | None = None
    step = 1 / float(_rate(stream))
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            frames = packet.decode()
        except av.error.FFmpegError:  # a damaged packet: the clip goes on after it
            continue
        for frame in frames:
            time = float(frame.time) if frame.time is not None else last + step
            first = time if first is None else first
            time -= first
            time = time if time > last else last + step
            if time > longest:
                return
            last = time
            picture = Picture.of(frame)
            size = size or (picture.size[0] // 2 * 2, picture.size[1] // 2 * 2)
            yield time, picture.resized(size)


class _Coding:
    """Encodes pictures to a main and a second reel, whichever is wanted."""

    def __init__(
        self, rate: Fraction, noise: float, seed: int, *, main: bool, sub: bool, why: str
    ) -> None:
        self._rate = rate
        self._noise, self._seed = noise, seed
        self._wanted = [name for name, yes in (("main", main), ("sub", sub)) if yes]
        self._coders: dict[str, Coder] = {}
        self._units: dict[str, list[Unit]] = {name: [] for name in self._wanted}
        self._keyed = -KEYFRAME_SECONDS
        self._bytes = 0
        self._number = 0
        self._why = why

    def full(self, time: float, picture: Picture) -> bool:
        """Take the next picture; True when no more fit into memory."""
        keyframe = time - self._keyed >= KEYFRAME_SECONDS - 1e-6
        if keyframe and self._bytes > _MOST_BYTES:
            return True
        self._keyed = time if keyframe else self._keyed
        picture = noisy(picture, self._noise, self._number, self._seed)
        self._number += 1
        for name in self._wanted:
            shown = picture if name == "main" else picture.resized(sub_size(picture.size))
            if name not in self._coders:
                self._coders[name] = Coder(shown.size, self._rate)
            nals = self._coders[name].encode(shown, time, keyframe=keyframe)
            self._bytes += sum(map(len, nals))
            self._units[name].append(Unit(nals, keyframe, time))
        return False

    def done(self, clip: Path) -> tuple[Reel | None, Reel | None]:
        if self._number < _FEWEST:
            raise UserError(f"{clip} has fewer than two pictures to show")
        reels: dict[str, Reel] = {}
        for name, units in self._units.items():
            length = units[-1].time + _usual_step([unit.time for unit in units])
            note = f"encoded anew ({self._why})" if name == "main" else "the second stream"
            reels[name] = Reel(
                tuple(units), length, self._coders[name].size, self._rate, False, note
            )
        return reels.get("main"), reels.get("sub")


def sub_size(size: tuple[int, int]) -> tuple[int, int]:
    """The second stream's width and height for a main one's: half, or less."""
    by = max(2.0, size[0] / _SUB_WIDTH)
    width, height = (max(32, round(each / by / 2) * 2) for each in size)
    return width, height
