"""The contract of every kind of target."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from streetlamp.errors import UserError
from streetlamp.notify import base
from streetlamp.notify.base import NOTIFIERS, Notifier, Surroundings
from streetlamp.notify.errors import NotifyError
from streetlamp.notify.message import MaskedStill, Message, MessageKind, What, message_of
from streetlamp.notify.options import TargetOptions
from streetlamp.notify.parse import parse_target
from streetlamp.notify.trial import sample
from streetlamp.store import Database, Subscriptions
from streetlamp.values import Severity
from support.notify import SECRET, T0, item, message

HIDDEN = "hunter2-hidden-value"
OPTIONS: Mapping[str, dict[str, Any]] = {
    "webhook": {"url": f"http://127.0.0.1:9/{HIDDEN}", "secret": SECRET, "allow_internal": True},
    "apprise": {"urls": [f"json://ada:{HIDDEN}@127.0.0.1:9/x"], "timeout_seconds": 5},
    "mqtt": {"host": "127.0.0.1", "port": 9, "username": "ada", "password": HIDDEN},
    "web_push": {"services": ["127.0.0.1"], "allow_internal": True},
}
SECRETS = (HIDDEN, SECRET.removeprefix("whsec_"))
STRANGE = "Jemand \u202eliegt\u202c 在院子里 🛟 \"'\\\x07\r\nX-Header: 1 <b>"


def make(kind: str, folder: Path, **more: Any) -> Notifier:
    options = parse_target({"kind": kind, **OPTIONS[kind], **more})
    around = Surroundings(
        "Riverside", "1", folder, subscriptions=Subscriptions(Database(folder / "a.db"))
    )
    return NOTIFIERS[kind](kind, options, around)


def check_notifier(
    kind: type[Notifier], folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    check_words(kind)
    check_no_picture_but_a_masked_one(kind)
    target = make(kind.kind, folder)
    check_secrets(target)
    for each in messages():
        assert message_of(json.loads(json.dumps(each.plain()))) == each, "it survives the database"
        check_failure(target, each)
    said = caplog.text
    assert not [one for one in SECRETS if one in said], "no secret in a log"


def check_words(kind: type[Notifier]) -> None:
    assert NOTIFIERS[kind.kind] is kind
    assert issubclass(kind.Options, TargetOptions)
    assert kind.Options.model_fields["kind"].default == kind.kind
    assert kind.summary.endswith(".")
    assert "\n" not in kind.summary
    assert kind.__doc__
    source = inspect.getsource(inspect.getmodule(kind))  # type: ignore[arg-type]
    for word in ("time.time(", "threading", "for attempt", "RETRIES"):
        assert word not in source, f"{word}: threads, clocks and retries are the loop's"


def check_no_picture_but_a_masked_one(kind: type[Notifier]) -> None:
    """What a target is given is words, and a function that can only make a MaskedStill."""
    parameters = inspect.signature(kind.send).parameters
    assert list(parameters) == ["self", "message", "now", "picture"]
    assert parameters["message"].annotation == "Message"
    assert parameters["picture"].annotation == "Picture"
    assert "MaskedStill | None" in str(base.Picture)
    fields = {name: str(one.type) for name, one in Message.__dataclass_fields__.items()}
    assert not [name for name, one in fields.items() if "bytes" in one or "ndarray" in one]
    assert "jpeg" not in repr(MaskedStill(b"\xff\xd8 somebody's picture"))


def check_secrets(target: Notifier) -> None:
    shown = [repr(target), str(target), target.where, *target.parts()]
    shown += [repr(target.options), target.options.model_dump_json(), repr(target.around)]
    for text in shown:
        assert not [one for one in SECRETS if one in text], text
    for name, value in OPTIONS[target.kind].items():
        if isinstance(value, str) and any(one in value for one in SECRETS):
            wrong = {"kind": target.kind, **OPTIONS[target.kind], name: [value]}
            with pytest.raises(ValidationError) as caught:
                parse_target(wrong)
            assert not [one for one in SECRETS if one in str(caught.value)]


def messages() -> Iterator[Message]:
    from streetlamp.notify.gatherer import ITEMS  # noqa: PLC0415
    from support.notify import ABOUT  # noqa: PLC0415

    yield sample("Riverside", T0, ABOUT.zone)
    for what in What:
        yield message(item(what=what, actor="ada", note="seen"))
    for severity in Severity:
        yield message(item(severity=severity), severity=severity)
    odd = item(
        message=STRANGE, place=STRANGE, rule=STRANGE, camera_name=STRANGE, note=STRANGE, camera=""
    )
    yield message(odd, title=STRANGE, text=STRANGE * 200)
    many = tuple(item(alarm=f"a{n}") for n in range(ITEMS))
    keys = tuple(f"a{n}:raised" for n in range(10_000))
    yield message(*many, kind=MessageKind.GATHERED, keys=keys, count=10_000)
    yield message(*many, kind=MessageKind.MISSED, keys=keys, count=10_000)


def check_failure(target: Notifier, each: Message) -> None:
    """Nobody is there: a NotifyError for a person, that says whether to try again."""
    with pytest.raises(NotifyError) as caught:
        asyncio.run(target.send(each, T0))
    error = caught.value
    assert isinstance(error.retry, bool)
    assert re.search(r"[a-z]", str(error))
    assert not [one for one in SECRETS if one in str(error)]
    assert not isinstance(error, UserError), "a failed try does not end the loop"


logging.getLogger("apprise").setLevel(logging.DEBUG)
