"""Notification on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from streetlamp.desk.wire import Wire
from streetlamp.store.outbox import Post, PostState

MOST_MINUTES = 12 * 60


class TargetOut(Wire):
    name: str
    kind: str
    where: str = Field(description="Where it sends to, without anything secret.")
    ready: bool = Field(description="False: its standing connection is not there.")
    trouble: str = Field(description="Why the last try failed; empty if it did not.")
    waiting: int
    sent: int = Field(description="In the last 30 days.")
    dead: int = Field(description="Given up.")
    last_sent: float | None
    muted_until: float | None
    muted_by: str
    quiet_until: float | None = Field(description="Quiet hours; critical alarms are told.")
    parts: tuple[str, ...] = Field(description="Whom it tells; one empty text: just the target.")


class LetterOut(Wire):
    """A message that waits or was given up."""

    key: str
    target: str
    part: str
    state: PostState
    opened: float
    due: float
    count: int = Field(description="Things it tells.")
    tries: int
    error: str
    title: str = Field(description="Empty while it still gathers.")
    text: str

    @classmethod
    def of(cls, post: Post) -> LetterOut:
        body = post.body or {}
        plain = {
            name: getattr(post, name) for name in cls.model_fields if name not in ("title", "text")
        }
        return cls(**plain, title=str(body.get("title", "")), text=str(body.get("text", "")))


class NotifyOut(Wire):
    time: float
    targets: tuple[TargetOut, ...]
    letters: tuple[LetterOut, ...] = Field(description="What waits and what was given up.")
    me_muted_until: float | None = Field(description="Until when you yourself are not told.")
    push_key: str = Field(description="For Web Push; empty: the site has no target for it.")


class OutcomeOut(Wire):
    target: str
    part: str
    taken: bool
    said: str = Field(description="What went where, or why it did not.")


class OutcomesOut(Wire):
    outcomes: tuple[OutcomeOut, ...]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class MuteIn(_Strict):
    minutes: Annotated[float, Field(ge=0.1, le=MOST_MINUTES)] = Field(
        description="It ends by itself after so many minutes."
    )


class KeysIn(_Strict):
    p256dh: Annotated[str, Field(min_length=1, max_length=200)]
    auth: Annotated[str, Field(min_length=1, max_length=100)]


class BrowserIn(_Strict):
    """A browser's PushSubscription."""

    endpoint: Annotated[str, Field(min_length=1, max_length=2000)]
    keys: KeysIn


class LeaveIn(_Strict):
    endpoint: Annotated[str, Field(min_length=1, max_length=2000)]
