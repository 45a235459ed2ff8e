"""Feeds on the wire: devices and brokers from which readings come."""

from __future__ import annotations

from pydantic import Field

from streetlamp.desk.feed_services import FeedView
from streetlamp.desk.wire import Wire


class RefusalOut(Wire):
    time: float = Field(description="POSIX seconds, when it came.")
    name: str = Field(description="Of the meter, the store or the topic.")
    why: str


class FeedOut(Wire):
    room: str = Field(description="`meters` or `stock`.")
    name: str = Field(description="In the site file.")
    kind: str = Field(description="Such as mqtt, p1, modbus, opcua, mbus, veeder_root.")
    where: str = Field(description="What is read, without anything secret.")
    there: bool = Field(description="It answers.")
    trouble: str = Field(description="What somebody should know; empty while all is well.")
    taken: int = Field(description="Readings since the start.")
    refused: int = Field(description="What came since the start and is no reading.")
    lost: int = Field(description="Readings lost while the disk took none for long.")
    last: float | None = Field(description="When readings were last taken, POSIX seconds.")
    refusals: tuple[RefusalOut, ...] = Field(
        description="The last of what was refused, the newest last; of stores for who may see them."
    )

    @classmethod
    def of(cls, one: FeedView, *, refusals: bool) -> FeedOut:
        values = {name: getattr(one, name) for name in cls.model_fields}
        return cls.model_validate(values if refusals else values | {"refusals": ()})


class FeedsOut(Wire):
    feeds: tuple[FeedOut, ...]
