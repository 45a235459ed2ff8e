"""Logins in addresses: understood, handed to FFmpeg, and never shown."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from streetlamp.errors import UserError
from streetlamp.video.source import SourceOptions, make_source
from streetlamp.video.source.address import Address, hidden, scrub


@pytest.mark.parametrize(
    ("url", "bare", "username", "password", "for_ffmpeg"),
    [
        ("rtsp://10.0.0.1/s", "rtsp://10.0.0.1/s", "", "", "rtsp://10.0.0.1/s"),
        ("rtsp://joe:pw@h:554/s", "rtsp://h:554/s", "joe", "pw", "rtsp://joe:pw@h:554/s"),
        ("rtsp://joe:p@ss@h/s", "rtsp://h/s", "joe", "p@ss", "rtsp://joe:p%40ss@h/s"),
        ("rtsp://joe:p%2Fw@h/s", "rtsp://h/s", "joe", "p/w", "rtsp://joe:p%2Fw@h/s"),
        ("rtsp://joe:a:b@[::1]:9/s", "rtsp://[::1]:9/s", "joe", "a:b", "rtsp://joe:a%3Ab@[::1]:9/s"),
        ("http://h/a@b?c=d@e", "http://h/a@b?c=d@e", "", "", "http://h/a@b?c=d@e"),
        ("http://joe@h", "http://h", "joe", "", "http://joe:@h"),
        ("clips/a@b.mp4", "clips/a@b.mp4", "", "", "clips/a@b.mp4"),
        ("test:?seed=1", "test:?seed=1", "", "", "test:?seed=1"),
    ],
)  # fmt: skip
def test_an_address_is_taken_apart_and_put_together(
    url: str, bare: str, username: str, password: str, for_ffmpeg: str
) -> None:
    address = Address.parse(url)
    assert (address.bare, address.username, address.password) == (bare, username, password)
    assert address.with_login(username, password) == for_ffmpeg
    assert not password or password not in repr(address)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://joe:hunter2@h/s", "rtsp://h/s"),
        ("rtsp://h/user=joe&password=hunter2&channel=1", "rtsp://h/user=***&password=***&channel=1"),
        ("http://h/v.cgi?usr=joe&pwd=hunter2", "http://h/v.cgi?usr=***&pwd=***"),
        ("http://h/v.mjpg?token=hunter2", "http://h/v.mjpg?token=***"),
        ("http://h/monkey=banana", "http://h/monkey=banana"),
    ],
)  # fmt: skip
def test_what_may_be_shown(url: str, shown: str) -> None:
    assert hidden(url) == shown
    assert hidden(shown) == shown
    assert make_source("yard", url, live=True).describe() == shown


def test_a_text_is_scrubbed_of_every_form_of_a_secret() -> None:
    text = "open rtsp://joe:p%40ss%2F1@h failed: 'p@ss/1' refused, p%40ss/1 too; a joke"
    assert scrub(text, "p@ss/1", "joe") == "open rtsp://h failed: '***' refused, *** too; a joke"


def test_options_do_not_show_a_password_however_they_are_printed() -> None:
    options = SourceOptions(url="rtsp://operator:hunter2@h/s")
    assert options.url == "rtsp://h/s"
    assert options.username == "operator"
    assert options.password.get_secret_value() == "hunter2"
    for shown in (
        repr(options),
        str(options),
        str(options.model_dump()),
        options.model_dump_json(),
    ):
        assert "hunter2" not in shown
    moved = options.at("rtsp://other:hunter3@h2/s")
    assert (moved.url, moved.username) == ("rtsp://h2/s", "other")
    assert options.at("rtsp://h3/s").password.get_secret_value() == "hunter2"


def test_a_password_that_cannot_be_told_from_a_path_is_refused_unseen() -> None:
    url = "rtsp://operator:hunter2/or#not@10.0.0.1/stream"
    with pytest.raises(UserError, match="%2F") as caught:
        make_source("yard", url, live=True)
    assert "hunter2" not in str(caught.value)
    with pytest.raises(ValidationError, match="%2F") as wrong:
        SourceOptions(url=url)
    assert "hunter2" not in str(wrong.value)


def test_every_option_is_titled_and_described() -> None:
    for name, field in SourceOptions.model_fields.items():
        assert field.title, name
        assert field.description, name
        assert field.description.endswith("."), name
