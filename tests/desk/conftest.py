"""Desks for the tests of this room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.lamp import Lamp, start_lamp


@pytest.fixture
def make_lamp(tmp_path: Path) -> Iterator[Callable[..., Lamp]]:
    """Starts desks and stops them."""
    running: list[Lamp] = []

    def make(**options: Any) -> Lamp:
        lamp = start_lamp(tmp_path / f"lamp{len(running)}", **options)
        running.append(lamp)
        return lamp

    yield make
    for lamp in running:
        lamp.stop()


@pytest.fixture
def lamp(make_lamp: Callable[..., Lamp]) -> Lamp:
    return make_lamp()


@pytest.fixture
def ada(lamp: Lamp) -> Iterator[httpx.Client]:
    """Ada, logged in."""
    with lamp.login() as client:
        yield client
