"""Every kind of target stands the contract battery."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from streetlamp.notify.base import NOTIFIERS
from streetlamp.notify.parse import parse_target
from support.check_notifier import OPTIONS, check_notifier

SRC = Path(__file__).resolve().parents[2] / "src" / "streetlamp"


def test_the_kinds_are_there() -> None:
    assert set(NOTIFIERS) == set(OPTIONS) == {"webhook", "apprise", "mqtt", "web_push"}


@pytest.mark.parametrize("kind", sorted(OPTIONS))
def test_contract(kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    check_notifier(NOTIFIERS[kind], tmp_path, caplog)


def test_one_file_alone_makes_a_picture_that_is_sent() -> None:
    makers = {
        path.relative_to(SRC).as_posix()
        for path in SRC.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", None) or getattr(node.func, "attr", None)) == "MaskedStill"
    }
    assert makers == {"app/stills.py"}


def test_a_secret_may_come_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "password").write_text("from a file\n")
    monkeypatch.setenv("BROKER_PASSWORD", "from the environment")
    for said, held in (
        ("env:BROKER_PASSWORD", "from the environment"),
        (f"file:{tmp_path}/password", "from a file"),
        ("plain", "plain"),
    ):
        options = parse_target({"kind": "mqtt", "host": "x", "password": said})
        assert options.password.get_secret_value() == held
        assert held not in repr(options)
    for said, why in (
        ("env:NOT_THERE", "NOT_THERE is not set"),
        ("file:password", "by its whole path"),
        (f"file:{tmp_path}/nothing", "cannot be read: No such file"),
    ):
        with pytest.raises(ValueError, match=why):
            parse_target({"kind": "mqtt", "host": "x", "password": said})


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"kind": "webhok"}, "did you mean 'webhook'"),
        ({}, "which kind of target"),
        ({"kind": "webhook", "url": "ftp://x/", "secret": "whsec_"}, "begins with https:// or"),
        ({"kind": "webhook", "url": "https://x/", "secret": "abc"}, "begins with whsec_"),
        ({"kind": "webhook", "url": "https://x/", "secret": "whsec_AAAA"}, "24 to 64 bytes"),
        ({"kind": "apprise", "urls": []}, "at least 1"),
        ({"kind": "mqtt", "host": "x", "topic": "homeassistant/lamp"}, "must not lie below"),
        ({"kind": "web_push", "services": ["a*b"]}, "is no host"),
    ],
)
def test_wrong_options_say_what_is_wrong(data: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match="(?s).*" + said):
        parse_target(data)
