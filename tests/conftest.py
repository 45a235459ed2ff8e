"""Fixtures every room's tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of reference footage and readings beside the checkout; skips when it is absent."""
    folder = Path(os.environ.get("STREETLAMP_SHARED", ROOT.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"no reference data in {folder}")
    return folder
