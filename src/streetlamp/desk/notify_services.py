"""What the desk asks of notification: the targets, what waits, and quiet for a while."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from streetlamp.notify.keeper import TargetView
from streetlamp.notify.trial import Outcome
from streetlamp.store.mutes import Mute
from streetlamp.store.outbox import Post, PostState


class Notify(Protocol):
    """As `streetlamp.notify.keeper.NotifyKeeper`. Called from several threads at once."""

    def targets(self) -> Sequence[TargetView]: ...
    def letters(self, states: Sequence[PostState], limit: int = 100) -> Sequence[Post]: ...
    def letter(self, key: str) -> Post | None: ...
    def cameras_in(self, key: str) -> Collection[str]:
        """The cameras a message tells of; "" among them where it is about several."""
        ...

    def again(self, key: str) -> bool: ...
    def mutes(self) -> Sequence[Mute]: ...
    def mute(self, target: str, person: str, seconds: float, by: str) -> Mute: ...  # UserError
    def unmute(self, target: str, person: str) -> bool: ...
    def test(self, name: str, parts: Sequence[str] | None = None) -> Sequence[Outcome]:
        """KeyError: no such target. UserError: it did not answer in time."""
        ...

    def push_key(self) -> str:
        """What a browser needs to register, "" when the site has no target for it. UserError."""
        ...

    def register(self, user: str, endpoint: str, p256dh: str, auth: str) -> None:
        """A browser of this user. UserError: an address or keys that cannot be used."""
        ...

    def unregister(self, user: str, endpoint: str) -> bool: ...
