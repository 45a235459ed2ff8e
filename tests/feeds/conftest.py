"""Feeds whose pauses are short, and a loop for the devices beside them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from streetlamp.app import feed_runner
from support.feeds import Loop


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_runner, "FIRST_PAUSE", 0.1)
    monkeypatch.setattr(feed_runner, "LONGEST_PAUSE", 0.2)
    monkeypatch.setattr(feed_runner, "WRITE_SECONDS", 0.05)


@pytest.fixture
def loop() -> Iterator[Loop]:
    with Loop() as loop:
        yield loop
