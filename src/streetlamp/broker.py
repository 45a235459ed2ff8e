"""An MQTT broker as the site file names it, and what its refusals mean."""

from __future__ import annotations

import secrets
import ssl
from typing import Any, Final

from aiomqtt import Client, MqttCodeError, Will
from pydantic import Field, SecretStr

from streetlamp.errors import UserError
from streetlamp.options import Options
from streetlamp.secret import Secret

_REFUSED: Final = {4, 5, 134, 135}  # MQTT 3.1.1 and 5: bad login, not authorised


class BrokerOptions(Options):
    """Where the broker is, and how to log in."""

    host: str = Field(
        min_length=1,
        max_length=253,
        title="Broker",
        description="Name or address of the MQTT broker.",
        examples=["homeassistant.local"],
    )
    port: int = Field(0, ge=0, le=65535, title="Port", description="0: 8883 with TLS, else 1883.")
    username: str = Field("", title="User name", description="Name to log in with.", repr=False)
    password: Secret = Field(
        SecretStr(""),
        title="Password",
        description="Its password; or env:NAME or file:/path that hold it.",
    )
    tls: bool = Field(False, title="TLS", description="true: the connection is encrypted.")
    authority: str = Field(
        "",
        title="Authority",
        description="A .pem file with the authority that vouches for the broker's certificate. "
        "Left out: this machine's own.",
    )

    @property
    def address(self) -> str:
        """host:port, for a person."""
        return f"{self.host}:{self.port or (8883 if self.tls else 1883)}"

    def context(self) -> ssl.SSLContext | None:
        """What TLS needs; None without. UserError: the authority cannot be read."""
        if not self.tls:
            return None
        try:
            return ssl.create_default_context(cafile=self.authority or None)
        except (OSError, ssl.SSLError) as error:
            raise UserError(
                f"the authority {self.authority} cannot be used: {error}. Give a .pem file."
            ) from None

    def client(
        self,
        context: ssl.SSLContext | None,
        *,
        identifier: str = "",
        will: Will | None = None,
        keep_alive: int = 60,
        lasting: bool = False,
    ) -> Client:
        """A client, not connected yet. lasting: the broker keeps what comes while we are away.

        identifier: the name the broker knows it by; "" is a new one each time.
        """
        return Client(
            self.host,
            self.port or (8883 if self.tls else 1883),
            username=self.username or None,
            password=self.password.get_secret_value() or None,
            identifier=identifier or f"streetlamp-{secrets.token_hex(6)}",
            will=will,
            tls_context=context,
            keepalive=keep_alive,
            clean_session=not lasting,
            max_queued_incoming_messages=10_000,
        )

    def meant(self, error: BaseException) -> str:
        """What went wrong with the broker, for a person."""
        if isinstance(error, MqttCodeError) and _code(error) in _REFUSED:
            return f"the broker {self.address} refuses the login"
        said = str(error.__cause__ or error) or type(error).__name__
        return f"the broker {self.address} cannot be used: {said}"


def first_of(group: BaseExceptionGroup[Any]) -> BaseException:
    """The first error in a group of groups."""
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found


def _code(error: MqttCodeError) -> int:
    code = getattr(error.rc, "value", error.rc)
    return code if isinstance(code, int) else -1
