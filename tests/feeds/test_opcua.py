"""Variables of asyncua's own server: good, doubtful and bad ones, away and back, login and keys."""

from __future__ import annotations

import asyncio
import datetime as dt
import math
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from asyncua import Server, ua
from asyncua.crypto.permission_rules import SimpleRoleRuleset, User, UserRole
from asyncua.server.user_managers import UserManager
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from streetlamp.app.feed_runner import FeedRunner
from streetlamp.errors import UserError
from streetlamp.feeds.parse import make_feed
from support.feeds import Loop, TcpDevice, meter_feed, meter_options, running, until, written

OLD = dt.datetime(2026, 1, 15, 11, 0, tzinfo=dt.UTC)
VALUES: dict[str, Any] = {
    "total": ua.DataValue(ua.Variant(123_456, ua.VariantType.UInt32), SourceTimestamp=OLD),
    "text": ua.DataValue(ua.Variant("12.5", ua.VariantType.String)),
    "unsure": ua.DataValue(
        ua.Variant(3.5, ua.VariantType.Double), ua.StatusCode(ua.StatusCodes.Uncertain)
    ),
    "bad": ua.DataValue(
        ua.Variant(4.5, ua.VariantType.Double), ua.StatusCode(ua.StatusCodes.BadSensorFailure)
    ),
    "nan": ua.DataValue(ua.Variant(math.nan, ua.VariantType.Double)),
    "flag": ua.DataValue(ua.Variant(True, ua.VariantType.Boolean)),
    "list": ua.DataValue(ua.Variant([1.0, 2.0], ua.VariantType.Double)),
    "words": ua.DataValue(ua.Variant("wet", ua.VariantType.String)),
}


class OneUser(UserManager):
    def get_user(self, iserver, username=None, password=None, certificate=None):  # type: ignore[no-untyped-def]
        known = (username, password) == ("reader", "of meters")
        return User(role=UserRole.User) if known else None


class UaServer:
    def __init__(self, loop: Loop, **more: Any) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = f"opc.tcp://127.0.0.1:{free.getsockname()[1]}/"
        self._loop, self._more = loop, more
        self._server: Server | None = None

    async def _start(self) -> None:
        users = self._more.get("users")
        server = self._server = Server(user_manager=users)
        server.set_endpoint(self.url)
        await server.init()
        policies = [ua.SecurityPolicyType.NoSecurity]
        if keys := self._more.get("keys"):
            policies = [ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt]
            await server.load_certificate(str(keys[0]))
            await server.load_private_key(str(keys[1]))
        rules = SimpleRoleRuleset() if users or keys else None
        server.set_security_policy(policies, permission_ruleset=rules)
        space = await server.register_namespace("urn:test")
        for name, value in VALUES.items():
            node = await server.nodes.objects.add_variable(
                ua.NodeId(name, space), name, value.Value.Value, value.Value.VariantType
            )
            await node.set_writable()  # it would let itself be written
            await server.write_attribute_value(node.nodeid, value)
        await server.start()

    async def _read(self, name: str) -> Any:
        assert self._server is not None
        return await self._server.get_node(f"ns=2;s={name}").read_value()

    def value(self, name: str) -> Any:
        return self._loop.do(self._read(name))

    async def _stop(self) -> None:
        assert self._server is not None
        await self._server.stop()

    def start(self) -> None:
        self._loop.do(self._start())

    def stop(self) -> None:
        self._loop.do(self._stop())


@contextmanager
def server(loop: Loop, **more: Any) -> Iterator[UaServer]:
    one = UaServer(loop, **more)
    one.start()
    yield one
    one.stop()


@pytest.fixture(scope="module")
def plain() -> Iterator[UaServer]:
    """One for all tests that need no login: making its address space takes two seconds."""
    with Loop() as loop, server(loop) as one:
        yield one


def node(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": "water", "unit": "L", "node": f"ns=2;s={name}", **more}


def feed(folder: Path, url: str, *readings: dict[str, Any], **more: Any) -> FeedRunner:
    return meter_feed(
        folder, kind="opcua", url=url, readings=list(readings),
        **{"every": 0.3, "timeout": 2, **more},
    )  # fmt: skip


def test_variables_are_read_by_their_quality(tmp_path: Path, plain: UaServer) -> None:
    readings = [node(name) for name in (*VALUES, "none")]
    readings.append(node("total", id="then", time="source"))
    with running(feed(tmp_path, plain.url, *readings)) as one:
        until(lambda: one.view().taken >= 4 and one.view().refused >= 6)
        assert plain.value("total") == 123_456
    rows = {row["meter_id"]: row for row in written(tmp_path)}
    assert {name: (float(row["register"]), row["quality"]) for name, row in rows.items()} == {
        "total": (123456.0, ""), "text": (12.5, ""), "unsure": (3.5, "uncertain"),
        "then": (123456.0, ""),
    }  # fmt: skip
    assert rows["then"]["timestamp"] == "2026-01-15T11:00:00+00:00"
    assert rows["total"]["timestamp"] > "2026-01-15T12"
    whys = {refusal.name: refusal.why.split(": ", 1)[1] for refusal in one.view().refusals}
    assert whys == {
        "bad": "BadSensorFailure", "nan": "its value is no finite number",
        "flag": "its value is no number", "list": "its value is no number",
        "words": "its value is no number", "none": "BadNodeIdUnknown",
    }  # fmt: skip


def test_a_server_that_goes_and_returns(tmp_path: Path, loop: Loop, plain: UaServer) -> None:
    async def between(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port = int(plain.url.rstrip("/").rsplit(":", 1)[1])
        inner, outer = await asyncio.open_connection("127.0.0.1", port)
        try:
            await asyncio.gather(_pass(reader, outer), _pass(inner, writer))
        finally:
            outer.close()

    with TcpDevice(loop, between) as there:
        url = f"opc.tcp://127.0.0.1:{there.port}/"
        with running(feed(tmp_path, url, node("total"))) as one:
            until(lambda: one.view().taken >= 1)
            there.stop()
            until(lambda: bool(one.trouble))
            assert not one.view().there
            before = one.view().taken
            there.start()
            until(lambda: one.view().taken > before)
            assert not one.trouble


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()


def keys(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate of our own with the application's URI in it, and its key."""
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    uri = x509.UniformResourceIdentifier(f"urn:{name}")
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([uri]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.pem", folder / f"{name}-key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )  # fmt: skip
    return paths


def test_it_is_read_encrypted_after_a_login(tmp_path: Path, loop: Loop) -> None:
    ours, theirs = keys(tmp_path, "streetlamp"), keys(tmp_path, "server")
    given = {
        "security": "encrypt", "certificate": str(ours[0]), "key": str(ours[1]),
        "server_certificate": str(theirs[0]), "username": "reader", "password": "of meters",
    }  # fmt: skip
    with server(loop, keys=theirs, users=OneUser()) as there:
        with running(feed(tmp_path / "in", there.url, node("total"), **given)) as one:
            until(lambda: one.view().taken >= 1)
        refused = [
            feed(tmp_path / "no", there.url, node("total"), **{**given, **change})
            for change in (
                {"password": "hunter2"},
                {"security": "none"},
                {"server_certificate": str(ours[0])},  # somebody else answers
            )
        ]
        with running(refused[0]), running(refused[1]), running(refused[2]):
            until(lambda: all(each.trouble for each in refused))
        assert not any(each.view().taken for each in refused)
        assert "hunter2" not in "".join(each.trouble + repr(each.view()) for each in refused)


async def _garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(1000):
        writer.write(bytes(range(256)) * 16)


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(1000):
        pass


async def _endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1000)
    writer.write(b"ACKF" + (0x7FFFFFFF).to_bytes(4, "little"))
    for _ in range(200):
        writer.write(b"\0" * 4096)
        await writer.drain()
    await reader.read(1000)


@pytest.mark.parametrize("talk", [_garbage, _silent, _endless])
def test_a_hostile_server_is_said(tmp_path: Path, loop: Loop, talk: Any) -> None:
    with TcpDevice(loop, talk) as there:
        url = f"opc.tcp://127.0.0.1:{there.port}"
        with running(feed(tmp_path, url, node("total"), timeout=0.3)) as one:
            until(lambda: bool(one.trouble))
    assert one.view().taken == 0


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"url": "http://x"}, "url"),
        ({"url": "opc.tcp://anna:secret@x:4840"}, "url"),
        ({"security": "encrypt"}, "needs a certificate"),
        ({"readings": [node("a", node="total")]}, "node"),
        ({"readings": [node("a", unit="kWh")]}, "no unit"),
    ],
)
def test_options_that_make_no_sense(given: dict[str, Any], why: str) -> None:
    whole = {"kind": "opcua", "url": "opc.tcp://x:4840", "readings": [node("a")], **given}
    with pytest.raises(ValidationError, match=why):
        meter_options(**whole)


def test_a_node_that_is_none_is_said_at_once() -> None:
    options = meter_options(kind="opcua", url="opc.tcp://x", readings=[node("a", node="g=1")])
    with pytest.raises(UserError, match="no node id"):
        make_feed(options)
