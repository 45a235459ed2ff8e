"""Why a message did not go out, and whether it is worth trying again."""

from __future__ import annotations

from streetlamp.errors import StreetlampError


class NotifyError(StreetlampError):
    """A message was not taken. The text is for a person and holds no secret.

    retry: it may be taken later; False: it never will be. after: seconds the other side asks us to
    wait, None if it does not say.
    """

    def __init__(self, text: str, *, retry: bool, after: float | None = None) -> None:
        super().__init__(text)
        self.retry = retry
        self.after = after
