"""`streetlamp meters bench` and `stock bench`: the repository's own measurements."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from streetlamp.app import bench_command
from streetlamp.app.bench_command import bench
from streetlamp.cli import app
from streetlamp.errors import UserError


def test_the_programs_are_there() -> None:
    for name in ("meters.py", "stock_sir.py", "stock_reconcile.py"):
        assert (bench_command.BENCH / name).is_file()


@pytest.mark.parametrize(
    ("command", "programs"),
    [("meters", ["meters.py"]), ("stock", ["stock_sir.py", "stock_reconcile.py"])],
)
def test_arguments_are_handed_on(
    command: str, programs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench_command, "BENCH", tmp_path)
    for name in programs:
        text = f"import sys, pathlib; pathlib.Path({str(tmp_path / 'said')!r}).open('a').write("
        (tmp_path / name).write_text(text + "' '.join(sys.argv[1:]) + '\\n'); sys.exit(3)")
    done = CliRunner().invoke(app, [command, "bench", "theory", "--save"])
    assert done.exit_code == 3
    assert (tmp_path / "said").read_text() == "theory --save\n" * len(programs)


def test_without_the_repository_it_says_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench_command, "BENCH", tmp_path)
    with pytest.raises(UserError, match="come with the repository"):
        bench(["meters.py"], [])
