"""Apprise: what it is given, with a masked picture, and what its failures become."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path

import pytest

from streetlamp.notify.base import Picture
from streetlamp.notify.errors import NotifyError
from streetlamp.notify.message import MaskedStill, MessageKind
from support.check_notifier import make
from support.notify import T0, Receiver, message

JPEG = b"\xff\xd8\xff\xe0 a mosaic \xff\xd9"


def picture(jpeg: bytes | None = JPEG) -> Picture:
    async def fetch() -> MaskedStill | None:
        return None if jpeg is None else MaskedStill(jpeg)

    return fetch


def test_text_link_and_masked_picture(tmp_path: Path) -> None:
    with Receiver() as receiver:
        target = make("apprise", tmp_path, urls=[f"json://127.0.0.1:{receiver.port}/x"])
        sent = message(link="https://lamp.example.org/alarms/a1")
        said = asyncio.run(target.send(sent, T0, picture()))
        (got,) = receiver.taken
    body = json.loads(got.body)
    assert body["title"] == message().title
    assert body["message"] == "1 person is in yard.\nhttps://lamp.example.org/alarms/a1"
    assert body["type"] == "failure"  # its word for the most urgent
    (attached,) = body["attachments"]
    assert base64.b64decode(attached["base64"]) == JPEG
    assert said.endswith(f"(JSON) took it with a masked picture of {len(JPEG)} bytes")


@pytest.mark.parametrize("wanted", [True, False])
def test_without_a_picture(tmp_path: Path, wanted: bool) -> None:
    with Receiver() as receiver:
        urls = [f"json://127.0.0.1:{receiver.port}/x"]
        target = make("apprise", tmp_path, urls=urls, picture=wanted)
        fetch = picture(None) if wanted else picture()
        asyncio.run(target.send(message(kind=MessageKind.TEST), T0, fetch))
        assert not json.loads(receiver.taken[0].body)["attachments"]


def test_each_address_is_tried_alone(tmp_path: Path) -> None:
    with Receiver() as good, Receiver([(500, {})]) as bad:
        urls = [f"json://127.0.0.1:{one.port}/x" for one in (good, bad)]
        target = make("apprise", tmp_path, urls=urls)
        first, second = target.parts()
        asyncio.run(target.send(message(part=first), T0))
        with pytest.raises(NotifyError) as caught:
            asyncio.run(target.send(message(part=second), T0))
        assert len(good.taken) == len(bad.taken) == 1
    assert caught.value.retry
    assert first.startswith("json-")


def test_an_address_that_left_the_site_file(tmp_path: Path) -> None:
    target = make("apprise", tmp_path)
    with pytest.raises(NotifyError, match="not in the site file") as caught:
        asyncio.run(target.send(message(part="json-000000"), T0))
    assert not caught.value.retry
