"""What the tests of ONVIF share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from support.onvif_device import MAIN, SMALL, USERS, OnvifDevice, Stream


@pytest.fixture
def make_device() -> Iterator[Callable[..., OnvifDevice]]:
    """Starts devices and stops them; with a login and two streams unless told otherwise."""
    with ExitStack() as running:

        def make(*sources: list[Stream], **rest: Any) -> OnvifDevice:
            device = OnvifDevice(sources or [[MAIN, SMALL]], **{"users": USERS, **rest})
            return running.enter_context(device)

        yield make
