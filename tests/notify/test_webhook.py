"""Webhooks: signed, never to where they must not go, and every answer understood."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from streetlamp.notify import posting, signing
from streetlamp.notify.errors import NotifyError
from streetlamp.notify.guard import GuardedResolver, RefusedAddressError, is_internal
from streetlamp.notify.message import MessageKind, What
from support.check_notifier import make
from support.notify import OLD_SECRET, SECRET, T0, Receiver, item, message


def hook(receiver: Receiver, folder: Path, **rest: Any) -> Any:
    return make("webhook", folder, url=receiver.url(), **rest)


def test_a_signature_of_the_specification() -> None:
    """The example of Standard Webhooks 1.0.0's own libraries."""
    key = signing.key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signing.signature(
        key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_receiver_can_check_who_sent_it(tmp_path: Path) -> None:
    with Receiver() as receiver:
        target = hook(receiver, tmp_path, old_secret=OLD_SECRET)
        said = asyncio.run(target.send(message(), T0 + 0.9))
        (got,) = receiver.taken
    assert said == f"http://127.0.0.1:{receiver.port} took {len(got.body)} bytes and answered 200"
    assert got.headers["webhook-id"] == message().key
    assert got.headers["webhook-timestamp"] == str(int(T0))
    assert got.headers["content-type"] == "application/json"
    signed = f"{message().key}.{int(T0)}.".encode() + got.body
    for secret, sent in zip(
        (SECRET, OLD_SECRET), got.headers["webhook-signature"].split(" "), strict=True
    ):
        key = base64.b64decode(secret.removeprefix("whsec_"))
        mac = hmac.new(key, signed, hashlib.sha256).digest()
        assert sent == "v1," + base64.b64encode(mac).decode()
    body = json.loads(got.body)
    assert body["type"] == "alarm.raised"
    assert body["timestamp"] == "2023-11-14T22:13:20.000+00:00"
    assert body["data"]["alarm"]["place"] == "yard"
    assert not {"colour", "box", "picture", "track"} & set(body["data"]["alarm"])


@pytest.mark.parametrize("what", list(What))
def test_the_types_of_one_alarm(what: What, tmp_path: Path) -> None:
    with Receiver() as receiver:
        asyncio.run(hook(receiver, tmp_path).send(message(item(what=what)), T0))
        assert json.loads(receiver.taken[0].body)["type"] == f"alarm.{what}"


def test_of_a_storm_every_alarm_is_named(tmp_path: Path) -> None:
    keys = tuple(f"a{n}:raised" for n in range(10_000))
    many = message(item(), item(alarm="a2"), kind=MessageKind.GATHERED, keys=keys, count=10_000)
    with Receiver() as receiver:
        asyncio.run(hook(receiver, tmp_path).send(many, T0))
        body = json.loads(receiver.taken[0].body)
    assert body["type"] == "alarms.gathered"
    assert body["data"]["keys"] == list(keys)
    assert len(receiver.taken[0].body) < 200_000


@pytest.mark.parametrize(
    ("status", "headers", "retry", "after"),
    [
        (400, {}, False, None),
        (404, {}, False, None),
        (410, {}, False, None),
        (408, {}, True, None),
        (425, {}, True, None),
        (429, {"Retry-After": "120"}, True, 120.0),
        (500, {}, True, None),
        (503, {"Retry-After": "Tue, 14 Nov 2023 22:14:20 GMT"}, True, 60.0),
        (503, {"Retry-After": "soon"}, True, None),
        (302, {"Location": "http://127.0.0.1:1/"}, False, None),
        (307, {"Location": "http://169.254.169.254/"}, False, None),
    ],
)
def test_what_an_answer_means(
    status: int, headers: dict[str, str], retry: bool, after: float | None, tmp_path: Path
) -> None:
    with Receiver([(status, headers)]) as receiver:
        with pytest.raises(NotifyError) as caught:
            asyncio.run(hook(receiver, tmp_path).send(message(), T0))
        assert len(receiver.taken) == 1, "no redirect is followed, nothing is tried twice"
    assert caught.value.retry is retry
    assert caught.value.after == after


INTERNAL = [
    "127.0.0.1", "127.255.0.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1",
    "169.254.169.254", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::",
    "fe80::1", "fe80::1%eth0", "fd00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a00:1", "2002:7f00:1::", "2002:a9fe:a9fe::", "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("address", INTERNAL)
def test_internal_addresses(address: str) -> None:
    assert is_internal(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8"])
def test_public_addresses(address: str) -> None:
    assert not is_internal(address)


async def _post(url: str, found: Sequence[str] = (), *, allow: bool = False) -> int:
    async def find(host: str, port: int) -> Sequence[str]:
        del host, port
        return found

    return await posting.post(
        url, b"{}", {}, now=T0, seconds=5, allow_internal=allow, find=find
    )


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "hooks.example.org"],
)
def test_nothing_is_sent_to_an_internal_address(host: str) -> None:
    with Receiver() as receiver:
        url = f"http://{host}:{receiver.port}/"
        for found in (["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"]):
            with pytest.raises(NotifyError, match="internal network") as caught:
                asyncio.run(_post(url, found))
            assert not caught.value.retry
        assert receiver.taken == []


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "127.1"])
def test_other_ways_to_write_loopback(host: str) -> None:
    with Receiver() as receiver:
        with pytest.raises(NotifyError, match=r"internal network|cannot be reached|no address"):
            asyncio.run(
                posting.post(
                    f"http://{host}:{receiver.port}/", b"", {}, now=T0, seconds=5,
                    allow_internal=False,
                )
            )  # fmt: skip
        assert receiver.taken == []


def test_a_name_cannot_change_between_the_check_and_the_connection() -> None:
    """DNS rebinding: asked once, and what was checked is what is connected to."""
    asked: list[str] = []
    answers = [["8.8.8.8"], ["127.0.0.1"]]

    async def find(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    async def resolve() -> list[Any]:
        return list(await GuardedResolver(allow_internal=False, find=find).resolve("x.org", 80))

    assert [one["host"] for one in asyncio.run(resolve())] == ["8.8.8.8"]
    with pytest.raises(RefusedAddressError):
        asyncio.run(resolve())

    async def once(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    asked.clear()
    with Receiver() as receiver:
        url = f"http://hooks.example.org:{receiver.port}/"
        asyncio.run(
            posting.post(url, b"", {}, now=T0, seconds=5, allow_internal=True, find=once)
        )
        assert asked == ["hooks.example.org"]
        assert receiver.taken[0].headers["host"] == f"hooks.example.org:{receiver.port}"


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with Receiver() as receiver:
        assert asyncio.run(_post(receiver.url(), ["127.0.0.1"], allow=True)) == 200


@pytest.mark.parametrize("url", ["ftp://x/", "https://", "x", "https://a:b@x/", "https://x:99999/"])
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        posting.check_url(url)


def test_only_the_host_is_ever_shown() -> None:
    assert posting.host_of("https://x.org:8443/token/abc?key=1") == "https://x.org:8443"
    assert posting.host_of("https://[::1]/a") == "https://[::1]"
