"""Fixtures every room's tests share."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from support.alone import Alone
from support.twice import Twice

ROOT = Path(__file__).resolve().parent.parent

# A run started in the background may come without it; the programs under test would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Alone())
    config.pluginmanager.register(Twice())


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of reference footage and readings beside the checkout; skips when it is absent."""
    folder = Path(os.environ.get("STREETLAMP_SHARED", ROOT.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"no reference data in {folder}")
    return folder
