"""What is said of a camera: states, figures, and how much of it is hidden."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from streetlamp.app.status import Statuses, StatusKeeper, hidden_share
from streetlamp.values import CameraState, MaskedFrame
from streetlamp.video.camera import Figures
from support.masked import masked


def frame(time: float, hidden: list[list[int]], reason: str = "") -> MaskedFrame:
    boxes = np.array(hidden, np.int64).reshape(-1, 4)
    plain = masked(0, (640, 360), time=time)
    return replace(plain, hidden=boxes, whole=bool(reason), reason=reason)


@pytest.mark.parametrize(
    ("hidden", "share"),
    [
        ([], 0.0),
        ([[0, 0, 320, 360]], 0.5),
        ([[0, 0, 320, 360], [0, 0, 320, 360]], 0.5),
        ([[0, 0, 320, 180], [320, 180, 640, 360]], 0.5),
        ([[0, 0, 640, 360]], 1.0),
    ],
    ids=["nothing", "half", "the same half twice", "two quarters", "all"],
)
def test_the_share_hidden(hidden: list[list[int]], share: float) -> None:
    assert hidden_share(frame(0.0, hidden)) == pytest.approx(share, abs=0.02)


def test_figures_are_told_once_a_second_and_changes_at_once() -> None:
    statuses = Statuses()
    told = []
    statuses.on_change(told.append)
    keeper = StatusKeeper("gate", statuses, 100.0)
    keeper.state(CameraState.LIVE, "live", 100.0)
    for number in range(51):
        keeper.shown(
            frame(100.0 + number / 10, [[0, 0, 320, 360]]),
            Figures(looks=number // 2),
            recording=True,
        )
    assert len(told) <= 2 + 6
    status = statuses.get("gate")
    assert status is not None
    assert (status.fps, status.looks_per_second) == (10.0, 5.0)
    assert status.hidden_share == pytest.approx(0.5, abs=0.02)
    assert status.since == 100.0
    keeper.state(CameraState.WAITING, "no picture came for 10 s", 106.0, restarts=1)
    assert told[-1].state is CameraState.WAITING
    assert (told[-1].since, told[-1].restarts) == (106.0, 1)


def test_of_many_pictures_the_last_counts_for_how_long_none_was_shown() -> None:
    statuses = Statuses()
    keeper = StatusKeeper("gate", statuses, 0.0)
    keeper.shown(frame(10.0, []), Figures(), recording=True, pictures=40, last=13.9)
    status = statuses.get("gate")
    assert status is not None
    assert status.last_frame == 13.9


def test_what_comes_while_nothing_can_be_shown_is_told_once_a_second() -> None:
    statuses = Statuses()
    told = []
    keeper = StatusKeeper("gate", statuses, 0.0)
    keeper.state(CameraState.LIVE, "live", 0.0)
    keeper.shown(frame(1.0, []), Figures(), recording=True)
    statuses.on_change(told.append)
    for tenth in range(10, 70):  # a GOP, held until the next keyframe is judged
        keeper.came(tenth / 10, lambda: 5.0)
    assert told == []
    for tenth in range(80, 130):
        keeper.came(tenth / 10, lambda at=tenth: at / 10 - 1.0)
    assert [(one.last_packet, one.behind) for one in told] == [
        (float(second), second - 1.0) for second in range(8, 13)
    ]


def test_a_wholly_hidden_picture_says_why() -> None:
    statuses = Statuses()
    keeper = StatusKeeper("gate", statuses, 0.0)
    keeper.shown(frame(1.0, [[0, 0, 640, 360]], "the detector is late"), Figures(), recording=False)
    keeper.shown(frame(2.1, [[0, 0, 640, 360]], "the detector is late"), Figures(), recording=False)
    status = statuses.get("gate")
    assert status is not None
    assert (status.whole_hidden, status.hidden_share) == ("the detector is late", 1.0)
