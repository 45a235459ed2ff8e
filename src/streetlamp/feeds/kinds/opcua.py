"""Variables of an OPC UA server (IEC 62541-4), read and never written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, SecretStr, model_validator

from streetlamp.errors import UserError
from streetlamp.feeds.base import (
    FEEDS,
    AskedFeed,
    FeedError,
    NoReadingError,
    Read,
    Reading,
    Refused,
    hushed,
    iso,
    library,
    now,
    reading,
    scaled,
)
from streetlamp.feeds.options import AskedOptions, FeedOptions, ScaledOptions
from streetlamp.secret import Secret


class NodeOptions(ScaledOptions):
    """A reading in a variable of the server."""

    node: str = Field(
        max_length=500,
        pattern=r"^(ns=\d{1,5};)?[isgb]=.+$",
        title="Node",
        description="The variable's node id.",
        examples=["ns=2;s=Hall.Water.Total"],
    )
    time: Literal["asked", "source"] = Field(
        "asked",
        title="Time",
        description="asked: when the server answered. source: the time the server gives with the "
        "value, for servers that give it with each value and not only when it changes.",
    )


class OpcUaOptions(AskedOptions):
    """An OPC UA server."""

    kind: Literal["opcua"] = Field("opcua", title="Kind", description="opcua.")
    url: str = Field(
        pattern=r"^opc\.tcp://[^\s/@:]+(:\d{1,5})?(/\S*)?$",
        max_length=500,
        title="Address",
        description="Of the server, without a name or password.",
        examples=["opc.tcp://192.168.1.30:4840"],
    )
    username: str = Field("", title="User name", description="Name to log in with.", repr=False)
    password: Secret = Field(
        SecretStr(""),
        title="Password",
        description="Its password; or env:NAME or file:/path that hold it.",
    )
    security: Literal["none", "sign", "encrypt"] = Field(
        "none",
        title="Security",
        description="sign or encrypt: by Basic256Sha256, with a certificate and key. A password "
        "should not go over a line without.",
    )
    certificate: str = Field(
        "",
        title="Certificate",
        description="Streetlamp's own, a .pem or .der file by its whole path. Whoever runs the "
        "server has to trust it.",
    )
    key: str = Field("", title="Key", description="The key of that certificate: a .pem file.")
    server_certificate: str = Field(
        "",
        title="Certificate of the server",
        description="A file with the one that is believed. Empty: the one the server shows.",
    )
    application: str = Field(
        "urn:streetlamp",
        title="Application",
        description="The application's URI, as the certificate has it.",
    )
    readings: tuple[NodeOptions, ...] = Field(
        min_length=1, max_length=2_000, title="Readings", description="What is read of it."
    )

    @model_validator(mode="after")
    def _keys(self) -> Self:
        if self.security != "none" and not (self.certificate and self.key):
            raise ValueError(f"security: {self.security} needs a certificate and its key")
        return self


@FEEDS.add("opcua")
class OpcUaFeed(AskedFeed):
    """Reads variables of an OPC UA server. It never writes and calls no methods."""

    kind = "opcua"
    summary = "OPC UA: variables of a server, read-only"
    needs = ("asyncua",)
    Options: ClassVar[type[FeedOptions]] = OpcUaOptions
    options: OpcUaOptions

    def __init__(self, options: FeedOptions) -> None:
        super().__init__(options)
        ua = library("asyncua.ua")
        for what in self.options.readings:
            try:
                ua.NodeId.from_string(what.node)
            except (ua.UaError, ValueError) as error:
                raise UserError(f"{what.node!r} is no node id: {error}") from None

    @property
    def where(self) -> str:
        return self.options.url

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Read]:
        hushed("asyncua")
        options, asyncua = self.options, library("asyncua")
        client = asyncua.Client(options.url, timeout=options.timeout)
        client.application_uri = options.application
        if options.username:
            client.set_user(options.username)
            client.set_password(options.password.get_secret_value())
        with self._troubles():
            await self._secure(client)
            await client.connect()
        try:
            nodes = [client.get_node(what.node) for what in options.readings]

            async def read() -> Sequence[Reading | Refused]:
                with self._troubles():
                    told = await client.read_attributes(nodes, asyncua.ua.AttributeIds.Value)
                return [
                    _one(what, value) for what, value in zip(options.readings, told, strict=True)
                ]

            yield read
        finally:
            with suppress(*_lost()):
                await client.disconnect()

    async def _secure(self, client: Any) -> None:
        options, asyncua = self.options, library("asyncua")
        if options.security == "none":
            return
        policy = library("asyncua.crypto.security_policies").SecurityPolicyBasic256Sha256
        modes = asyncua.ua.MessageSecurityMode
        await client.set_security(
            policy, options.certificate, options.key,
            server_certificate=options.server_certificate or None,
            mode=modes.Sign if options.security == "sign" else modes.SignAndEncrypt,
        )  # fmt: skip

    def _troubles(self) -> _Troubles:
        return _Troubles(self.where)


class _Troubles:
    """Says what went wrong with the server: a FeedError for what its library raises."""

    def __init__(self, where: str) -> None:
        self._where = where

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if kind is None or not issubclass(kind, _lost()):
            return
        if issubclass(kind, TimeoutError):
            raise FeedError(f"{self._where} does not answer in time") from None
        said = str(error).split("\n")[0][:160] or kind.__name__
        raise FeedError(f"{self._where} cannot be read: {said}") from None


def _lost() -> tuple[type[Exception], ...]:
    return (OSError, TimeoutError, library("asyncua.ua").UaError, ValueError)


def _one(what: NodeOptions, told: Any) -> Reading | Refused:
    status = told.StatusCode_ if hasattr(told, "StatusCode_") else told.StatusCode
    if status is not None and status.is_bad():
        return Refused(what.id, f"{what.node}: {status.name}")
    at, quality = now(), "" if status is None or status.is_good() else "uncertain"
    stamp = told.SourceTimestamp
    if what.time == "source" and stamp is None:
        return Refused(what.id, f"{what.node}: the server gives no time with it")
    try:
        if what.time == "source":
            at = iso((stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).timestamp())
        value = None if told.Value is None else told.Value.Value
        return reading(what, what.id, scaled(value, what.scale, what.missing), at, quality)
    except NoReadingError as error:
        return Refused(what.id, f"{what.node}: {error}")
