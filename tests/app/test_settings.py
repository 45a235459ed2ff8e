"""From the command line and the site file to one settled site."""

from __future__ import annotations

from pathlib import Path

import pytest

from streetlamp.app.settings import settle, write_sample
from streetlamp.errors import UserError
from streetlamp.site import load_site


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text("cameras: {gate: {source: 'test:'}}\ndesk: {port: 8700}\n")
    return path


def test_the_command_line_stands_above_the_file(site: Path, tmp_path: Path) -> None:
    settled = settle(site, ["test:?seed=2"], data=tmp_path / "d", port=0)
    assert set(settled.cameras) == {"gate", "cam1"}
    assert (settled.data, settled.desk.port) == (tmp_path / "d", 0)
    assert settle(site, []).desk.port == 8700


def test_two_cameras_of_one_name(site: Path, tmp_path: Path) -> None:
    (tmp_path / "gate.mp4").touch()
    with pytest.raises(UserError, match="'gate' already"):
        settle(site, [str(tmp_path / "gate.mp4")])


def test_nothing_to_run() -> None:
    with pytest.raises(UserError, match="Nothing to run"):
        settle(None, [])


def test_other_machines_need_a_word_in_the_file(site: Path) -> None:
    with pytest.raises(UserError, match="allow_remote"):
        settle(site, [], host="0.0.0.0")


def test_the_sample_is_never_written_over_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    write_sample(path)
    assert load_site(path).cameras
    path.write_text("mine")
    with pytest.raises(UserError, match="stays as it is"):
        write_sample(path)
    assert path.read_text() == "mine"


def test_the_sample_goes_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    write_sample(None)
    assert "cameras:" in capsys.readouterr().out


def test_a_refused_host_is_said_in_our_words(site: Path) -> None:
    with pytest.raises(UserError) as refused:
        settle(site, [], host="0.0.0.0")
    assert "Value error" not in str(refused.value)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("no/such/clip.mp4", "no/such/clip.mp4: there is no such file"),
        ("ftp://camera/x", "no camera can be reached by ftp://"),
    ],
)
def test_a_source_that_cannot_be_is_refused_before_anything_starts(source: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        settle(None, ["test:", source])
