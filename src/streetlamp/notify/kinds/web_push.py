"""A message on the telephones and computers where people have said yes to it at the desk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from http_ece import ECEException  # type: ignore[import-untyped]
from py_vapid import Vapid02  # type: ignore[import-untyped]
from pydantic import Field, field_validator
from pywebpush import WebPusher, WebPushException  # type: ignore[import-untyped]

from streetlamp.errors import UserError
from streetlamp.notify import posting
from streetlamp.notify.base import (
    NOTIFIERS,
    ForBrowsers,
    Notifier,
    Picture,
    Surroundings,
    no_picture,
)
from streetlamp.notify.errors import NotifyError
from streetlamp.notify.message import Message
from streetlamp.notify.options import TargetOptions
from streetlamp.notify.vapid import NAME, private_key, public_key
from streetlamp.store.mutes import Subscription, subscription_id
from streetlamp.values import Severity

HOURS: Final = 12  # a signed claim is good for; RFC 8292 allows 24
MOST_TEXT: Final = 1200  # characters: 4096 bytes are all that a push service must take (RFC 8030)
_GONE: Final = (" answered 404", " answered 410")
_URGENCY: Final = {
    Severity.INFO: "low",
    Severity.WARNING: "normal",
    Severity.HIGH: "high",
    Severity.CRITICAL: "high",
}

SERVICES: Final = (
    "fcm.googleapis.com",
    "*.push.services.mozilla.com",
    "*.notify.windows.com",
    "*.push.apple.com",
)
"""The push services of today's browsers."""


class WebPushOptions(TargetOptions):
    kind: Literal["web_push"] = Field("web_push", title="Kind", description="Which kind this is.")
    services: tuple[str, ...] = Field(
        SERVICES,
        min_length=1,
        title="Push services",
        description="Hosts that browsers' push services may have; *.name means all below it. A "
        "browser that names another one is refused.",
    )
    lifetime_hours: float = Field(
        4.0,
        gt=0,
        le=168,
        title="Lifetime",
        description="Hours for which the push service keeps a message for a device that is off.",
    )
    timeout_seconds: float = Field(
        15.0, gt=0, le=60, title="Patience", description="Seconds a push service has to answer."
    )
    allow_internal: bool = Field(
        False,
        title="Allow internal addresses",
        description="true: a push service may be in your own network. Only for one you run "
        "yourself.",
    )

    @field_validator("services")
    @classmethod
    def _hosts(cls, services: tuple[str, ...]) -> tuple[str, ...]:
        for one in services:
            if not one.removeprefix("*.").strip() or "*" in one.removeprefix("*."):
                raise ValueError(f"{one!r} is no host; write it like push.example.org or *.org")
        return tuple(one.strip().lower() for one in services)


def may_be(endpoint: str, options: WebPushOptions) -> bool:
    """Whether a browser's address is one of a push service we may send to."""
    try:
        posting.check_url(endpoint, ("https", "http") if options.allow_internal else ("https",))
    except ValueError:
        return False
    host = (urlsplit(endpoint).hostname or "").lower().rstrip(".")
    return any(
        host.endswith(one[1:]) if one.startswith("*.") else host == one for one in options.services
    )


@NOTIFIERS.add("web_push")
class WebPush(Notifier, ForBrowsers):
    """Text only, encrypted for the one browser it goes to (RFC 8291): the push service between
    cannot read it. A browser says yes on the page, over HTTPS; a message is tried for each person
    alone. An address that is gone (404, 410) is forgotten."""

    kind = "web_push"
    summary = "A message on telephones and computers, through their browsers (Web Push)."
    Options = WebPushOptions
    replaces = True
    options: WebPushOptions

    def __init__(self, name: str, options: TargetOptions, around: Surroundings) -> None:
        super().__init__(name, options, around)
        self._pem = ""

    @property
    def where(self) -> str:
        people = len(self.parts())
        return f"the browsers of {people} {'person' if people == 1 else 'people'}"

    def parts(self) -> Sequence[str]:
        subscriptions = self.around.subscriptions
        return () if subscriptions is None else subscriptions.users()

    @property
    def public_key(self) -> str:
        """What a browser needs to say yes."""
        return public_key(self._key(), self.around.data / NAME)

    def register(self, user: str, endpoint: str, p256dh: str, auth: str, now: float) -> None:
        """A browser of this user, at `now`. UserError: an address or keys that cannot be used."""
        if not may_be(endpoint, self.options):
            raise UserError(
                f"{posting.host_of(endpoint)} is none of the push services that this site sends to"
                " (services: of the target in the site file)"
            )
        browser = Subscription(subscription_id(endpoint), user, endpoint, p256dh, auth, now)
        try:
            encrypted(browser, b"{}")
        except NotifyError as error:
            raise UserError(str(error)) from None
        assert self.around.subscriptions is not None
        self.around.subscriptions.put(browser)

    def unregister(self, user: str, endpoint: str) -> bool:
        known, id_ = self.around.subscriptions, subscription_id(endpoint)
        mine = known is not None and any(one.id == id_ for one in known.of(user))
        return mine and known is not None and known.remove(id_)

    def _key(self) -> str:
        if not self._pem:
            self._pem = private_key(self.around.data)
        return self._pem

    async def send(self, message: Message, now: float, picture: Picture = no_picture) -> str:
        del picture  # a picture has no room, and no place on somebody else's server
        known = self.around.subscriptions
        people = [message.part] if message.part else self.parts()
        browsers = [] if known is None else [one for who in people for one in known.of(who)]
        if not browsers:
            raise NotifyError("no browser is registered for it any more", retry=False)
        taken, failed = 0, None
        for browser in browsers:
            try:
                await self._one(browser, message, now)
                taken += 1
            except NotifyError as error:
                failed = error if failed is None or error.retry else failed
        if failed is not None and (failed.retry or not taken):
            raise failed
        return f"{taken} of {len(browsers)} browsers of {', '.join(people)}"

    async def _one(self, browser: Subscription, message: Message, now: float) -> None:
        known = self.around.subscriptions
        if not may_be(browser.endpoint, self.options):
            raise NotifyError(
                f"{posting.host_of(browser.endpoint)} is none of the push services allowed",
                retry=False,
            )
        try:
            await posting.post(
                browser.endpoint,
                encrypted(browser, text_of(message)),
                {
                    "content-type": "application/octet-stream",
                    "content-encoding": "aes128gcm",
                    "ttl": str(int(self.options.lifetime_hours * 3600)),
                    "urgency": _URGENCY[message.severity],
                    "topic": topic_of(message),
                    **self._claim(browser.endpoint, now),
                },
                now=now,
                seconds=self.options.timeout_seconds,
                allow_internal=self.options.allow_internal,
            )
        except NotifyError as error:
            if known is not None and str(error).endswith(_GONE):
                known.remove(browser.id)
                raise NotifyError("the browser does not take it any more", retry=False) from None
            raise

    def _claim(self, endpoint: str, now: float) -> dict[str, str]:
        """Who we are, signed (RFC 8292)."""
        parts = urlsplit(endpoint)
        contact = self.around.contact.strip()
        mail = contact if "@" in contact and " " not in contact else "lamp@localhost.localdomain"
        claims: dict[str, Any] = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int(now) + HOURS * 3600,
            "sub": f"mailto:{mail}",
        }
        key = Vapid02.from_pem(self._key().encode())
        return {name.lower(): str(value) for name, value in key.sign(claims).items()}


def topic_of(message: Message) -> str:
    """At most 32 characters (RFC 8030, 5.4): a message of the same key replaces the one before."""
    return message.key.replace("msg_", "")[:32]


def text_of(message: Message) -> bytes:
    """What the page's worker shows: JSON with title, text, tag and link."""
    shown = {
        "title": message.title[:200],
        "text": message.text[:MOST_TEXT],
        "tag": message.key,
        "link": f"/alarms/{message.only.alarm}" if message.only else "/alarms",
        "severity": message.severity.value,
        "time": int(message.time * 1000),
    }
    data = json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()
    while len(data) > 3800:  # a record of 4096 bytes with its header and its seal
        shown["text"] = str(shown["text"])[: len(str(shown["text"])) * 3 // 4]
        data = json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()
    return data


def encrypted(browser: Subscription, data: bytes) -> bytes:
    """For this browser alone (RFC 8291, aes128gcm)."""
    info = {
        "endpoint": browser.endpoint,
        "keys": {"p256dh": browser.p256dh, "auth": browser.auth},
    }
    try:
        return bytes(WebPusher(info).encode(data, "aes128gcm")["body"])
    except (WebPushException, ECEException, ValueError, TypeError, IndexError) as error:
        raise NotifyError(
            f"the keys a browser gave us cannot be used ({type(error).__name__})", retry=False
        ) from None
