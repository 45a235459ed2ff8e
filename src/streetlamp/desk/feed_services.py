"""What the desk shows of feeds: devices and brokers from which readings come."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that came and is no reading."""

    time: float  # POSIX seconds, when it came
    name: str  # of the meter, the store or the topic
    why: str


@dataclass(frozen=True, slots=True)
class FeedView:
    """How one feed does. Sums count from the start."""

    room: str  # meters or stock
    name: str  # in the site file
    kind: str
    where: str  # what is read, without anything secret
    there: bool  # it answers
    trouble: str  # what somebody should know, in words; "" while all is well
    taken: int  # readings
    refused: int
    lost: int  # while the disk took none for long
    last: float | None  # when readings were last taken, POSIX seconds
    refusals: tuple[Refusal, ...]  # the newest last
