"""Mail, chat and telephone services, through the Apprise library and its addresses."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import warnings
from collections.abc import Sequence
from typing import Final, Literal

import apprise as library
from apprise.attachment.memory import AttachMemory
from pydantic import Field, field_validator

from streetlamp.notify.base import NOTIFIERS, Notifier, Picture, no_picture
from streetlamp.notify.errors import NotifyError
from streetlamp.notify.message import MaskedStill, Message
from streetlamp.notify.options import TargetOptions
from streetlamp.secret import Secret
from streetlamp.values import Severity

_TYPES: Final = {
    Severity.INFO: library.NotifyType.INFO,
    Severity.WARNING: library.NotifyType.WARNING,
    Severity.HIGH: library.NotifyType.WARNING,
    Severity.CRITICAL: library.NotifyType.FAILURE,
}

# The library's own log lines may hold what is secret in an address; ours say what went wrong.
logging.getLogger("apprise").addHandler(logging.NullHandler())
logging.getLogger("apprise").propagate = False

with warnings.catch_warnings():
    # The first address makes it load all its services; what some of those warn of is not ours.
    warnings.simplefilter("ignore", DeprecationWarning)
    library.Apprise.instantiate("json://localhost")


class AppriseOptions(TargetOptions):
    kind: Literal["apprise"] = Field("apprise", title="Kind", description="Which kind this is.")
    urls: tuple[Secret, ...] = Field(
        min_length=1,
        title="Addresses",
        description="Apprise addresses, such as mailto://…, ntfy://…, tgram://…; or env:NAME or "
        "file:/path that hold one. Each is tried for itself.",
        examples=[["env:MAIL_TO_THE_PORTER"]],
    )
    picture: bool = Field(
        True,
        title="Masked picture",
        description="Attach the masked picture of a single alarm, where the service takes one.",
    )
    timeout_seconds: float = Field(
        20.0, gt=0, le=120, title="Patience", description="Seconds a service has to take it."
    )

    @field_validator("urls")
    @classmethod
    def _are_addresses(cls, urls: tuple[Secret, ...]) -> tuple[Secret, ...]:
        for number, url in enumerate(urls, 1):
            if library.Apprise.instantiate(url.get_secret_value()) is None:
                scheme = url.get_secret_value().partition("://")[0]
                known = re.fullmatch(r"[A-Za-z0-9+.-]{1,20}", scheme)
                raise ValueError(
                    f"address {number} ({scheme if known else 'without a scheme'}://…) is none"
                    " that Apprise can read"
                )
        return urls


def part_of(url: str) -> str:
    """What an address is called: its scheme and a few digits, nothing secret."""
    scheme = url.partition("://")[0].lower()
    return f"{scheme}-{hashlib.sha256(url.encode()).hexdigest()[:6]}"


@NOTIFIERS.add("apprise")
class AppriseTarget(Notifier):
    """Each address is a recipient of its own: one that fails is tried again alone."""

    kind = "apprise"
    summary = "Mail, chat and telephone services that the Apprise library knows."
    Options = AppriseOptions
    options: AppriseOptions

    @property
    def where(self) -> str:
        return ", ".join(self.parts())

    def parts(self) -> Sequence[str]:
        return tuple(part_of(url.get_secret_value()) for url in self.options.urls)

    async def send(self, message: Message, now: float, picture: Picture = no_picture) -> str:
        del now
        wanted = [
            one.get_secret_value()
            for one in self.options.urls
            if message.part in ("", part_of(one.get_secret_value()))
        ]
        if not wanted:
            raise NotifyError("this address is not in the site file any more", retry=False)
        still = await picture() if self.options.picture else None
        said = [await asyncio.to_thread(self._call, url, message, still) for url in wanted]
        return "; ".join(said)

    def _call(self, url: str, message: Message, still: MaskedStill | None) -> str:
        asset = library.AppriseAsset(
            app_id="Streetlamp", app_desc=self.around.site, app_url="", secure_logging=True
        )
        service = library.Apprise.instantiate(url, asset=asset)
        if not isinstance(service, library.NotifyBase):
            raise NotifyError(f"{part_of(url)}: Apprise cannot read this address", retry=False)
        sender = library.Apprise(asset=asset)
        sender.add(service)
        picture = still if service.attachment_support else None
        text = f"{message.text}\n{message.link}" if message.link else message.text
        done = sender.notify(
            body=text,
            title=message.title,
            notify_type=_TYPES[message.severity],
            body_format=library.NotifyFormat.TEXT,
            attach=None if picture is None else _attachment(picture),
            timeout=self.options.timeout_seconds,
        )
        with done:
            if not done:
                raise NotifyError(f"{part_of(url)}: {_why(done, url)}", retry=True)
        with_it = f" with a masked picture of {len(picture.jpeg):,} bytes" if picture else ""
        return f"{part_of(url)} ({service.service_name}) took it{with_it}"


def _attachment(still: MaskedStill) -> library.AppriseAttachment:
    kind = "image/jpeg"
    attachment = AttachMemory(content=still.jpeg, name="alarm.jpg", mimetype=kind)  # type: ignore[no-untyped-call]
    return library.AppriseAttachment([attachment])


def _why(done: library.AppriseResult, url: str) -> str:
    """What the library says, unless it holds a piece of the address that may be secret."""
    if done.status is library.AppriseResultStatus.TIMEOUT:
        return "it did not answer in time"
    said = [str(entry.message) for entry in done.logs()]
    rest = url.partition("://")[2]
    pieces = [one for one in re.split(r"[/:@?&=,%]+", rest) if len(one) >= 4]
    host = re.split(r"[/:?]", rest.rpartition("@")[2])[0]
    secret = [one for one in pieces if one != host]
    text = said[-1] if said else ""
    if not text or any(one.lower() in text.lower() for one in secret):
        return "it was not taken"
    return text.rstrip(".")
