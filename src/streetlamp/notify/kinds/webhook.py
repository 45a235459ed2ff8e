"""A signed POST to another system, after the Standard Webhooks convention."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from streetlamp.notify import posting, signing
from streetlamp.notify.base import NOTIFIERS, Notifier, Picture, no_picture
from streetlamp.notify.message import Message
from streetlamp.notify.options import TargetOptions
from streetlamp.notify.payload import as_json
from streetlamp.secret import Secret


class WebhookOptions(TargetOptions):
    kind: Literal["webhook"] = Field("webhook", title="Kind", description="Which kind this is.")
    url: Secret = Field(
        title="Address",
        description="Where it is posted to: https://…, or env:NAME or file:/path that hold it.",
        examples=["https://hooks.example.org/streetlamp"],
    )
    secret: Secret = Field(
        title="Signing secret",
        description="whsec_ and 24 to 64 bytes in base64; or env:NAME or file:/path that hold it. "
        "The receiver checks the signature with it.",
        examples=["env:HOOK_SECRET"],
    )
    old_secret: Secret = Field(
        SecretStr(""),
        title="Old signing secret",
        description="While a secret is being changed: messages are signed with both.",
    )
    timeout_seconds: float = Field(
        15.0, gt=0, le=60, title="Patience", description="Seconds the receiver has to answer."
    )
    allow_internal: bool = Field(
        False,
        title="Allow internal addresses",
        description="true: the receiver may be in your own network or on this machine. Otherwise "
        "an address that is not on the public internet is refused.",
    )
    storm: Literal["first", "whole"] = Field(
        "whole",
        title="Message of a storm",
        description="whole: it is sent when the storm is over, or after 90 seconds, with all of "
        "it. first: it is sent when the storm begins, and what follows is counted in silence.",
    )

    @field_validator("url")
    @classmethod
    def _is_address(cls, url: SecretStr) -> SecretStr:
        posting.check_url(url.get_secret_value())
        return url

    @model_validator(mode="after")
    def _keys(self) -> Self:
        for secret in (self.secret, self.old_secret):
            if secret.get_secret_value() or secret is self.secret:
                signing.key_of(secret.get_secret_value())
        return self


@NOTIFIERS.add("webhook")
class Webhook(Notifier):
    """Posts JSON: `type`, `timestamp` and `data`. `webhook-id` is the same at every try, so that a
    receiver that has seen it can leave it out. 2xx is taken; 408, 425, 429 and 5xx are tried again
    (a `Retry-After` is kept); any other answer is final, a redirect too."""

    kind = "webhook"
    summary = "A signed POST to another system (Standard Webhooks)."
    Options = WebhookOptions
    options: WebhookOptions

    @property
    def where(self) -> str:
        return posting.host_of(self.options.url.get_secret_value())

    async def send(self, message: Message, now: float, picture: Picture = no_picture) -> str:
        del picture  # a receiver that wants one asks the desk
        body = as_json(message)
        secrets = (self.options.secret, self.options.old_secret)
        keys = [
            signing.key_of(one.get_secret_value()) for one in secrets if one.get_secret_value()
        ]
        status = await posting.post(
            self.options.url.get_secret_value(),
            body,
            {
                "content-type": "application/json",
                "user-agent": f"streetlamp/{self.around.version}",
                **signing.headers(keys, message.key, int(now), body),
            },
            now=now,
            seconds=self.options.timeout_seconds,
            allow_internal=self.options.allow_internal,
        )
        return f"{self.where} took {len(body):,} bytes and answered {status}"
