"""A second try for tests of whole programs against a clock, where the machine may have been slow.

A test of what stands in `TWICE` that fails is run once more. The run's summary names each that
needed it (`RERUN`): such a line is something to look into, as a fault may show only at times. What
only reckons is never tried twice.
"""

from __future__ import annotations

from typing import Final

import pytest

TWICE: Final = ("tests/app/", "tests/browser/", "tests/stream/test_browser_playback.py")


class Twice:
    """The plug-in."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            if item.nodeid.startswith(TWICE):
                item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=2))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        told = terminalreporter.stats.get("rerun", [])
        if told:
            terminalreporter.section("tried twice: what went wrong at the first try")
        for report in told:
            terminalreporter.write_line(f"RERUN {report.nodeid}")
            terminalreporter.write_line(report.longreprtext)
