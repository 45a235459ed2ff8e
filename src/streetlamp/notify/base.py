"""A kind of target: takes one message and sends it, once. No retries, no threads, no clock: all of
that is the loop's (``notify/sender.py``)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final

from streetlamp.notify.message import MaskedStill, Message
from streetlamp.notify.options import TargetOptions
from streetlamp.notify.world import World
from streetlamp.plugins import Registry
from streetlamp.store.mutes import Subscriptions

Picture = Callable[[], Awaitable[MaskedStill | None]]
"""Fetches the masked picture of a message's alarm, if there is one."""


async def no_picture() -> MaskedStill | None:
    return None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a target may need of the house."""

    site: str  # the site's name
    version: str
    data: Path  # where a target may keep keys, readable by the owner alone
    contact: str = ""  # who answers for the site
    world: World | None = None  # for kinds that show states, not only messages
    subscriptions: Subscriptions | None = field(default=None, repr=False)


class Notifier(ABC):
    """One target of the site file.

    All methods are called in one event loop. ``send`` returns what went where, in a few words;
    it raises NotifyError, which says whether to try again.
    """

    kind: ClassVar[str]
    summary: ClassVar[str]  # one line, for the docs
    Options: ClassVar[type[TargetOptions]]
    replaces: ClassVar[bool] = False
    """Whether a message of the same key takes the place of the one before, in silence."""

    def __init__(self, name: str, options: TargetOptions, around: Surroundings) -> None:
        """UserError when it can never work with these options."""
        self.name = name
        self.options = options
        self.around = around

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    @property
    @abstractmethod
    def where(self) -> str:
        """Where it sends to, without anything secret."""

    def parts(self) -> Sequence[str]:
        """Whom to tell: one message is kept for each, and tried for each alone."""
        return ("",)

    @abstractmethod
    async def send(self, message: Message, now: float, picture: Picture = no_picture) -> str:
        """Sends it once. ``now``: POSIX seconds."""

    async def stay(self) -> None:
        """Holds a standing connection, for kinds that have one, until it is cancelled.

        Raises NotifyError when the connection is lost; it is called again after a while.
        """
        return

    @property
    def stays(self) -> bool:
        return type(self).stay is not Notifier.stay

    @property
    def ready(self) -> bool:
        """False while there is no use in trying: a standing connection that is not there."""
        return True


class ForBrowsers(ABC):
    """A target that people's browsers register with."""

    @property
    @abstractmethod
    def public_key(self) -> str:
        """What a browser needs to register. UserError: there can be none."""

    @abstractmethod
    def register(self, user: str, endpoint: str, p256dh: str, auth: str, now: float) -> None:
        """A browser of this user, at `now`. UserError: an address or keys that cannot be used."""

    @abstractmethod
    def unregister(self, user: str, endpoint: str) -> bool:
        """False when there was no such browser of this user."""


NOTIFIERS: Final[Registry[type[Notifier]]] = Registry("kind of target", "streetlamp.notify.kinds")
