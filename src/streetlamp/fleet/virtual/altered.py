"""A reel's pictures as a camera with faults shows them: altered when they are due."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import av
import av.error

from streetlamp.fleet.virtual.coder import KEYFRAME_SECONDS, Coder, decoder_for, joined
from streetlamp.fleet.virtual.picture import Picture
from streetlamp.fleet.virtual.picture_faults import Active, apply_faults
from streetlamp.fleet.virtual.reel import Reel

_LONG_AGO: Final = 1e9  # seconds


class Altered:
    """One encoder's worth of altered pictures, whoever watches them.

    `next` is called for each unit of the reel that is due; it works for some milliseconds and may
    be called from any thread, one call at a time.
    """

    def __init__(self, reel: Reel, active: Sequence[Active], codec: str = "h264") -> None:
        self._reel = reel
        self._active = tuple(active)
        self._codec = codec
        self._decoder = decoder_for()
        self._decoded = -2  # the number of the unit that the decoder had last
        self._coder: Coder | None = None
        self._keyed = -_LONG_AGO
        self._picture: Picture | None = None

    def want_keyframe(self) -> None:
        """Somebody comes who cannot begin in between."""
        self._keyed = -_LONG_AGO

    def next(self, number: int, time: float, wall: float | None) -> tuple[tuple[bytes, ...], bool]:
        """The NAL units to send instead of the reel's unit `number` (counted over all rounds).

        Also whether they are a keyframe. `time`: seconds, the clock on which the faults began.
        `wall`: POSIX seconds to burn in, or None. No NAL units: no picture is shown now.
        """
        picture = self._source(number)
        if picture is None:
            return (), False
        shown = apply_faults(picture, self._active, time, number, wall)
        if shown is None:
            return (), False
        if self._coder is None or self._coder.size != shown.size:
            self._coder = Coder(shown.size, self._reel.rate, self._codec)
            self.want_keyframe()
        keyframe = time - self._keyed >= KEYFRAME_SECONDS
        self._keyed = time if keyframe else self._keyed
        return self._coder.encode(shown, time, keyframe=keyframe), keyframe

    def _source(self, number: int) -> Picture | None:
        """The reel's own picture, or the newest one before it that could be decoded."""
        units = self._reel.units
        place = number % len(units)
        first = place
        if number != self._decoded + 1:
            self._decoder.flush_buffers()
            while not units[first].keyframe:
                first -= 1
        for unit in units[first : place + 1]:
            packet = av.Packet(joined(unit.nals))
            try:
                frames = self._decoder.decode(packet)
            except av.error.FFmpegError:
                continue
            if frames:
                self._picture = Picture.of(frames[-1])
                width, height = self._picture.size
                self._picture = self._picture.resized((width // 2 * 2, height // 2 * 2))
        self._decoded = number
        return self._picture
