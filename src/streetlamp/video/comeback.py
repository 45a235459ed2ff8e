"""A camera that was away and is back: is this the stream that was known before it went?

What was learnt of a stream (the rhythm of its packets, the picture of its place with nobody in it)
is worth as much after a short break as before, if the camera sends the same stream again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from streetlamp.video.gop import Gop

LONGEST: Final = 900.0  # s away after which light and noise may be others: it is got to know anew


@dataclass(frozen=True, slots=True)
class Left:
    """A stream that ended, or broke off."""

    codec: str
    config: bytes  # its parameter sets, and with them the size of its pictures
    time: float  # POSIX seconds, of its last picture

    @classmethod
    def of(cls, last: Gop | None) -> Self | None:
        """The stream of this GOP, its last; None where nobody can tell whether it comes again."""
        if last is None or not last.key.config:
            return None
        latest = max(packet.time for packet in last.packets)
        return cls(last.packets[0].stream.codec, last.key.config, latest)

    def is_same(self, first: Gop) -> bool:
        """Whether the stream that begins with this GOP is encoded as that one was."""
        return (self.codec, self.config) == (first.packets[0].stream.codec, first.key.config)

    def is_recent(self, first: Gop) -> bool:
        """Whether it ended not long before this GOP. Not if the camera's time ran backwards."""
        return 0.0 <= first.start - self.time <= LONGEST
