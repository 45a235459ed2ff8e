"""`make setup`: what it reads of pip's configuration, what it skips, and what it says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

TOOLS = Path(__file__).resolve().parent.parent / "tools"


@pytest.fixture
def setup() -> Iterator[ModuleType]:
    sys.path.insert(0, str(TOOLS))
    try:
        import setup  # noqa: PLC0415

        yield setup
    finally:
        sys.path.remove(str(TOOLS))
        sys.modules.pop("setup", None)


PIP_SAYS = {
    "nothing set": ("", {}),
    "a mirror in a file": (
        "global.index-url='http://mirror.test/simple'",
        {"UV_DEFAULT_INDEX": "http://mirror.test/simple"},
    ),
    "the environment wins over the file": (
        "global.index-url='http://file.test'\n:env:.index-url='http://env.test'",
        {"UV_DEFAULT_INDEX": "http://env.test"},
    ),
    "several extra indexes": (
        r"global.extra-index-url='http://a.test\nhttp://b.test'",
        {"UV_INDEX": "http://a.test http://b.test", "UV_INDEX_STRATEGY": "unsafe-best-match"},
    ),
    "folders that are not there are left out": (
        ":env:.find-links='/there/is/no/such/folder'\nglobal.extra-index-url='file:///nor/this'",
        {"UV_INDEX_STRATEGY": "unsafe-best-match"},
    ),
    "certificate and patience": (
        ":env:.cert='/etc/ca.pem'\n:env:.default-timeout='60'",
        {"SSL_CERT_FILE": "/etc/ca.pem", "UV_HTTP_TIMEOUT": "60"},
    ),
    "no-index switched off is not switched on": (":env:.no-index='0'", {}),
    "no-index": (":env:.no-index='1'", {"UV_NO_INDEX": "1"}),
    "what uv does not know": (":env:.disable-pip-version-check='1'\nsome noise", {}),
}


@pytest.mark.parametrize(("listing", "wanted"), PIP_SAYS.values(), ids=PIP_SAYS)
def test_uv_is_told_what_pip_knows(setup: ModuleType, listing: str, wanted: dict[str, str]) -> None:
    assert setup.pip_settings(listing) == wanted


def test_a_step_is_fresh_only_with_the_same_inputs(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "STAMPS", tmp_path / "stamps.json")
    setup.Stamps().keep("runtime", "one")
    again = setup.Stamps()
    assert again.fresh("runtime", "one")
    assert not again.fresh("runtime", "two")
    assert not again.fresh("page", "one")


def test_a_damaged_stamp_file_means_all_over_again(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "STAMPS", tmp_path / "stamps.json")
    (tmp_path / "stamps.json").write_text('{"runtime": "on')
    assert not setup.Stamps().fresh("runtime", "one")


def test_a_digest_sees_names_and_contents(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    (tmp_path / "a").write_text("x")
    (tmp_path / "b").write_text("x")
    first = setup.digest(tmp_path / "a")
    assert first != setup.digest(tmp_path / "b")
    (tmp_path / "a").write_text("y")
    assert first != setup.digest(tmp_path / "a")


def test_a_python_that_cannot_make_environments_is_explained(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian without python3-venv: `python3 -m venv` ends with an error."""

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", "ensurepip is not available")

    monkeypatch.setattr(setup, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(setup, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(setup.subprocess, "run", run)
    monkeypatch.setattr(setup.shutil, "which", lambda name: None)
    with pytest.raises(setup.SetupError, match=r"(?s)ensurepip is not available.*apt install"):
        setup.make_venv()


def test_an_old_node_is_not_taken(setup: ModuleType, tmp_path: Path) -> None:
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\necho v18.19.0\n")
    node.chmod(0o755)
    assert setup.node_version(node) == (18, 19)
    assert setup.node_version(node) < setup.NODE_AT_LEAST
    assert setup.node_version(tmp_path / "nothing") is None


def test_a_failed_command_is_named(setup: ModuleType) -> None:
    with pytest.raises(setup.SetupError, match=r"Trying failed \(exit status 3\)"):
        setup.call([sys.executable, "-c", "raise SystemExit(3)"], "Trying")
