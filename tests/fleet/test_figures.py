"""Sums over minutes: what counts against the cameras, and what against Streetlamp."""

from __future__ import annotations

from pathlib import Path

import pytest

from streetlamp.fleet import periods
from streetlamp.fleet.figures import Figures
from streetlamp.fleet.report import About, report
from streetlamp.fleet.report_page import as_html
from streetlamp.health import Reason
from streetlamp.values import CameraState
from support.kept_fleet import T0, Fleet

LOST = {
    Reason.UNREACHABLE: 10, Reason.STREETLAMP_DOWN: 5, Reason.NOT_ANALYSED: 4,
    Reason.NOT_RECORDED: 3, Reason.NOT_MASKED: 2,
}  # fmt: skip


def test_the_cameras_alone_answer_only_for_what_is_theirs() -> None:
    figures = Figures(76, LOST)
    assert figures.share == 0.76
    assert (figures.down, figures.ours) == (5, 14)
    assert figures.camera_share == pytest.approx(76 / 86)
    assert Figures(0, {Reason.NOT_RECORDED: 7}).camera_share is None


def test_the_report_says_what_is_left_out(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, 1)
    fleet.all(CameraState.LIVE)
    fleet.live(300, step=5)
    fleet.time += 600
    fleet.live(300, step=5)
    zone = fleet.site.zone
    period = periods.parse("month", T0, zone)
    about = About("Riverside", "", "Europe/Berlin", 0.95)
    page = as_html(report(fleet.tables, period, about, zone, fleet.time, live=True), zone)
    fleet.database.close()
    assert "<b>11</b><span>of them because Streetlamp itself was not running" in page
    assert "<b>11</b><span>of them by Streetlamp or its machine" in page
    assert "<b>100 %</b><span>without those: the cameras alone" in page
