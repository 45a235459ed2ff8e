"""Web Push: encrypted for one browser, sent to a push service of loopback that checks it all."""

from __future__ import annotations

import asyncio
import base64
import json
import stat
from pathlib import Path
from typing import Any

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from streetlamp.errors import UserError
from streetlamp.notify.errors import NotifyError
from streetlamp.notify.kinds.web_push import SERVICES, WebPushOptions, may_be
from streetlamp.notify.message import MessageKind
from streetlamp.notify.vapid import NAME, private_key, public_key
from streetlamp.store import Subscriptions
from support.check_notifier import make
from support.notify import T0, Receiver, item, message


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Browser:
    """What a browser keeps of a subscription."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = bytes(range(16))
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.p256dh = b64(point)

    def read(self, body: bytes) -> Any:
        data = http_ece.decrypt(
            body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"
        )
        return json.loads(data)

    def register(self, target: Any, user: str, url: str) -> None:
        target.register(user, url, self.p256dh, b64(self.auth), T0)


def test_only_the_browser_can_read_it(tmp_path: Path) -> None:
    target, browser = make("web_push", tmp_path), Browser()
    with Receiver([(201, {})]) as receiver:
        browser.register(target, "ada", receiver.url("/push/abc"))
        assert target.parts() == ["ada"]
        said = asyncio.run(target.send(message(part="ada"), T0))
        (got,) = receiver.taken
    assert said == "1 of 1 browsers of ada"
    assert browser.read(got.body) == {
        "title": message().title,
        "text": "1 person is in yard.",
        "tag": message().key,
        "link": "/alarms/a1",
        "severity": "critical",
        "time": int(T0 * 1000),
    }
    assert b"yard" not in got.body
    assert got.headers["content-encoding"] == "aes128gcm"
    assert got.headers["ttl"] == "14400"
    assert got.headers["urgency"] == "high"
    assert len(got.headers["topic"]) <= 32
    scheme, _, rest = got.headers["authorization"].partition(" ")
    assert scheme == "vapid"
    assert Vapid02.verify(got.headers["authorization"])
    claims = json.loads(
        base64.urlsafe_b64decode(rest.removeprefix("t=").split(".")[1].split(",")[0] + "==")
    )
    assert claims["aud"] == f"http://127.0.0.1:{receiver.port}"
    assert T0 < claims["exp"] <= T0 + 86_400
    assert claims["sub"].startswith("mailto:")


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(tmp_path: Path, status: int) -> None:
    target, browser = make("web_push", tmp_path), Browser()
    with Receiver([(status, {})]) as receiver:
        browser.register(target, "ada", receiver.url("/gone"))
        with pytest.raises(NotifyError) as caught:
            asyncio.run(target.send(message(part="ada"), T0))
    assert not caught.value.retry
    assert target.parts() == []


def test_a_push_service_that_is_busy_is_asked_again(tmp_path: Path) -> None:
    target, browser, second = make("web_push", tmp_path), Browser(), Browser()
    with Receiver([(201, {}), (429, {"Retry-After": "30"})]) as receiver:
        browser.register(target, "ada", receiver.url("/1"))
        second.register(target, "ada", receiver.url("/2"))
        with pytest.raises(NotifyError) as caught:
            asyncio.run(target.send(message(part="ada"), T0))
    assert caught.value.retry
    assert caught.value.after == 30
    assert target.parts() == ["ada"]


def test_long_messages_fit_what_a_push_service_takes(tmp_path: Path) -> None:
    target, browser = make("web_push", tmp_path), Browser()
    with Receiver() as receiver:
        browser.register(target, "ada", receiver.url())
        long = message(title="夜" * 500, text="🛟" * 5000, part="ada", kind=MessageKind.GATHERED)
        asyncio.run(target.send(long, T0))
        (got,) = receiver.taken
    assert len(got.body) <= 4096
    assert browser.read(got.body)["link"] == "/alarms"


def test_one_browser_belongs_to_whoever_registered_it_last(tmp_path: Path) -> None:
    target, browser = make("web_push", tmp_path), Browser()
    url = "http://127.0.0.1:9/x"
    browser.register(target, "ada", url)
    browser.register(target, "ben", url)
    assert target.parts() == ["ben"]
    assert not target.unregister("ada", url)
    assert target.unregister("ben", url)
    assert not target.unregister("ben", url)


def test_what_a_browser_may_not_name(tmp_path: Path) -> None:
    target, browser = make("web_push", tmp_path, allow_internal=False), Browser()
    for url in ("https://evil.example/x", "http://127.0.0.1/x", "https://a:b@127.0.0.1/"):
        with pytest.raises(UserError, match="none of the push services"):
            browser.register(target, "ada", url)
    target = make("web_push", tmp_path)
    good = b64(bytes(16))
    for p256dh, auth in (("AAAA", good), ("!", good), (b64(b"\x04" + bytes(64)), good)):
        with pytest.raises(UserError, match="keys"):
            target.register("ada", "http://127.0.0.1:9/x", p256dh, auth, T0)


@pytest.mark.parametrize(
    ("endpoint", "may"),
    [
        ("https://fcm.googleapis.com/fcm/send/abc", True),
        ("https://updates.push.services.mozilla.com/wpush/v2/abc", True),
        ("https://web.push.apple.com/abc", True),
        ("https://fcm.googleapis.com.evil.example/abc", False),
        ("https://evilpush.services.mozilla.com.example/", False),
        ("https://notpush.services.mozilla.com/", False),
        ("http://fcm.googleapis.com/abc", False),
        ("https://169.254.169.254/", False),
    ],
)
def test_the_push_services_of_browsers(endpoint: str, may: bool) -> None:
    assert may_be(endpoint, WebPushOptions.model_validate({"services": SERVICES})) is may


def test_the_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    pem = private_key(tmp_path)
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600
    assert private_key(tmp_path) == pem
    point = public_key(pem, tmp_path / NAME)
    assert len(base64.urlsafe_b64decode(point + "=")) == 65
    (tmp_path / NAME).write_text("nonsense")
    with pytest.raises(UserError, match="no key for Web Push"):
        private_key(tmp_path)


def test_nobody_registered_is_no_reason_to_try_again(tmp_path: Path) -> None:
    target = make("web_push", tmp_path)
    assert isinstance(target.around.subscriptions, Subscriptions)
    with pytest.raises(NotifyError) as caught:
        asyncio.run(target.send(message(item(), part="ada"), T0))
    assert not caught.value.retry
