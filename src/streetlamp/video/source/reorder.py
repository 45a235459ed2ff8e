"""From the order of decoding to the order of showing, before anything is decoded.

With B-frames, packets come in another order than their pictures are shown in. What a picture's
place is (the how-manieth it is) is known as soon as no packet can come any more whose picture
stands before it: decoding stamps never fall, and no picture is shown before it is decoded.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

MOST_WAITING: Final = 20  # packets: H.264 reorders at most 16 pictures


@dataclass(slots=True, eq=False)
class Ranked:
    """A packet, and the place of its picture."""

    packet: Any  # av.Packet
    rank: int = 0  # counts from 1 in the order of presentation; 0: not known yet
    stamp: int = 0  # placed, in the stream's ticks
    time: float = 0.0  # whatever `place` gave with it


class Reorder:
    """Packets in, the same packets out, each with its picture's place; order is not changed.

    `place(stamp)` gives each picture in turn, in the order of presentation, its final stamp and
    its time. Without B-frames nothing waits.
    """

    def __init__(self, place: Callable[[int | None], tuple[int, float]]) -> None:
        self._place = place
        self._count = 0
        self._serial = 0
        self._waiting: deque[Ranked] = deque()
        self._unranked: list[tuple[int, int, Ranked]] = []

    def push(self, packet: Any) -> Iterator[Ranked]:
        """The next packet; those whose place is known now come out."""
        pts, dts = packet.pts, packet.dts
        stamp = dts if pts is None else pts
        ranked = Ranked(packet)
        if not self._waiting and stamp is not None and (dts is None or stamp <= dts):
            self._rank(ranked, stamp)  # nothing waits, and nothing can stand before it
            yield ranked
            return
        self._waiting.append(ranked)
        if stamp is None:
            self._rank(ranked, None)
        else:
            self._serial += 1
            heapq.heappush(self._unranked, (stamp, self._serial, ranked))
            self._settle(stamp if dts is None else dts)
        while len(self._unranked) > MOST_WAITING:
            self._next()
        yield from self._release()

    def flush(self) -> Iterator[Ranked]:
        """The stream's end: what waits has its place now."""
        while self._unranked:
            self._next()
        yield from self._release()

    def _settle(self, dts: int) -> None:
        while self._unranked and self._unranked[0][0] <= dts:
            self._next()

    def _next(self) -> None:
        stamp, _, ranked = heapq.heappop(self._unranked)
        self._rank(ranked, stamp)

    def _rank(self, ranked: Ranked, stamp: int | None) -> None:
        self._count += 1
        ranked.rank = self._count
        ranked.stamp, ranked.time = self._place(stamp)

    def _release(self) -> Iterator[Ranked]:
        while self._waiting and self._waiting[0].rank:
            yield self._waiting.popleft()
