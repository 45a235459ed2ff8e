"""Looks at H.264 packets that nobody has decoded yet: are they pictures, and of what size?

A camera may change its picture's size, or its codec, without a word in between. The size is
noted; packets that are no H.264 pictures end the opening, so that the next one learns the codec.
"""

from __future__ import annotations

from typing import Final

from streetlamp.h264_sets import DamagedError, TooLargeError, parse_sps
from streetlamp.health import Reason
from streetlamp.video.source.trouble import Trouble, TroubleError

MOST_STRANGE: Final = 50  # packets in a row without a slice of a picture
STRANGE: Final = "what it sends cannot be decoded: it may have changed its codec"
TOO_LARGE: Final = "it announces pictures larger than H.264 allows"
_START: Final = b"\0\0\1"
_SLICES: Final = (1, 5)  # NAL unit types (ITU-T H.264, table 7-1); 2 to 4 are in no camera
_SPS: Final = 7
_FAR: Final = 64  # NAL units of a packet that are looked at


class CodedWatch:
    """Sees every packet (Annex B) of one opening, in order."""

    def __init__(self) -> None:
        self.size: tuple[int, int] | None = None
        self._sps = b""
        self._strange = 0

    def look(self, data: bytes) -> str:
        """What changed, for a person, or ""; TroubleError when it is no use to go on."""
        at, change = data.find(_START), ""
        for _ in range(_FAR):
            if at < 0 or at + 3 >= len(data):
                break
            head = data[at + 3]
            kind = 0 if head & 0x80 else head & 31
            if kind in _SLICES:
                self._strange = 0
                return change
            after = data.find(_START, at + 4)
            if kind == _SPS:
                unit = data[at + 3 : after if after >= 0 else len(data)].rstrip(b"\0")
                change = self._new_set(unit) or change
            at = after
        self._strange += 1
        if self._strange >= MOST_STRANGE:
            raise TroubleError(Trouble(Reason.DAMAGED, STRANGE))
        return change

    def _new_set(self, unit: bytes) -> str:
        if unit == self._sps:
            return ""
        self._sps = unit
        too_large = False
        try:
            size = parse_sps(unit).size
        except TooLargeError:
            too_large = True
        except DamagedError:
            return ""
        if too_large:
            raise TroubleError(Trouble(Reason.DAMAGED, TOO_LARGE))
        before, self.size = self.size, size
        if before is None or before == size:
            return ""
        return f"its picture is now {size[0]}x{size[1]} (was {before[0]}x{before[1]})"
