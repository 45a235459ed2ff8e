"""From ``feeds:`` in the site file to options, and from options to feeds."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import StringConstraints

from streetlamp.feeds.base import FEEDS, Feed
from streetlamp.feeds.options import FeedOptions, Room

FeedName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]


def kinds_for(room: str) -> list[str]:
    """The kinds of feed that bring readings of such a room."""
    return [kind for kind, member in FEEDS.members().items() if room in member.rooms]


def parse_feed(data: Any, room: Room, kind: str | None = None) -> Any:
    """A mapping with ``kind: KIND`` becomes that kind's options. kind: what else it is."""
    if isinstance(data, FeedOptions) or (kind and data is None):
        return data
    if not isinstance(data, Mapping):
        raise ValueError("a feed is a mapping that begins with kind:")  # noqa: TRY004
    kinds, kind = kinds_for(room.name), data.get("kind", kind)
    if kind is None:
        raise ValueError(f"'kind' is missing: which kind of feed? ({', '.join(kinds)})")
    if not isinstance(kind, str) or kind not in kinds:
        near = difflib.get_close_matches(str(kind), kinds, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(kinds)}"
        raise ValueError(f"there is no kind of feed '{kind}' for {room.name}; {hint}")
    return FEEDS[kind].Options.model_validate({**data, "kind": kind}, context=room)


def for_room(room: Room, kind: str | None = None) -> Callable[[Any], Any]:
    """`parse_feed` of a room, as a validator."""
    return lambda data: parse_feed(data, room, kind)


def make_feed(options: FeedOptions) -> Feed:
    """UserError when it cannot work with these options, or its library is not installed."""
    return FEEDS[options.kind](options)
