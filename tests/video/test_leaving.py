"""Out of the delay line: first decided for some pictures, then masked, each for itself."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.values import Tracks
from streetlamp.video.camera import Shown
from streetlamp.video.hiding import Hiding
from streetlamp.video.leaving import Due, Leaving
from streetlamp.video.options import HideOptions, LookOptions, Style
from streetlamp.video.outputs import Now, Output
from streetlamp.video.raw import Detections, RawFrame
from streetlamp.video.tag.options import TagOptions
from streetlamp.video.tag.tagger import Tagger
from streetlamp.video.track.options import TrackOptions
from streetlamp.video.track.tracker import Tracker
from support.pipeline import Script, people
from video.test_camera import raw


def due(index: int, hide: object = (), reason: str = "") -> Due:
    boxes = None if hide is None else np.array(hide, np.float32).reshape(-1, 4)
    return Due(raw(index), boxes, Tracks.make("gate", 0.0, index + 1, (320, 240)), reason)


def test_all_come_out_in_order_and_once() -> None:
    leaving = Leaving(Style.MOSAIC)
    now = Now(Tracks.make("gate", 0.0, 1, (320, 240)))
    leaving.put([due(0), now, due(1, [[10, 10, 60, 90]])])
    leaving.put([due(2, None, "nobody looked")])
    first, second, third, fourth = leaving.out()
    assert second is now
    assert isinstance(first, Shown)
    assert isinstance(third, Shown)
    assert isinstance(fourth, Shown)
    assert [len(one.frame.hidden) for one in (first, third, fourth)] == [0, 1, 1]
    assert (fourth.frame.whole, fourth.frame.reason) == (True, "nobody looked")
    assert leaving.out() == []


def test_all_of_it_is_hidden_also_without_a_reason() -> None:
    leaving = Leaving(Style.MOSAIC)
    leaving.put([due(0, None)])
    (shown,) = leaving.out()
    assert isinstance(shown, Shown)
    assert shown.frame.whole


def test_one_that_cannot_be_hidden_never_leaves_and_holds_up_nobody() -> None:
    leaving = Leaving(Style.MOSAIC)
    leaving.put([due(0, [[np.nan, 0, 9, 9]]), due(1), due(2)])
    with pytest.raises(ValueError, match="not finite"):
        leaving.out()
    assert [one.frame.frame for one in leaving.out() if isinstance(one, Shown)] == [2, 3]


def hiding(answers: Script, *, wait: bool) -> Hiding:
    return Hiding(
        "gate",
        answers,
        HideOptions(),
        LookOptions(),
        Tracker("gate", TrackOptions(), seed=1),
        Tagger(TagOptions()),
        wait=wait,
    )


def told(outputs: list[Output]) -> list[tuple[object, ...]]:
    """All that outputs say, in a form that can be compared."""
    return [
        (
            o.frame.frame,
            o.frame.whole,
            o.frame.y.tobytes(),
            o.frame.u.tobytes(),
            o.tracks.id.tolist(),
        )
        if isinstance(o, Shown)
        else (o.tracks.frame, o.tracks.box.tolist())
        for o in outputs
        if isinstance(o, Shown | Now)
    ]


@pytest.mark.parametrize("wait", [False, True], ids=["live", "offline"])
def test_some_at_once_leave_as_each_by_itself(wait: bool) -> None:
    def answer(index: int) -> Detections:
        return people(20.0 + 3.0 * index, 300.0 - 3.0 * index)

    frames: list[RawFrame] = [raw(i) for i in range(50)]
    single, batch = hiding(Script(answer), wait=wait), hiding(Script(answer), wait=wait)
    one_by_one = [output for frame in frames for output in single.push(frame)] + single.flush()
    at_once: list[Output] = []
    for start in range(0, 50, 6):
        at_once += batch.push_all(frames[start : start + 6])
    at_once += batch.flush()
    pictures = [one for one in told(one_by_one) if len(one) > 2]
    assert pictures == [one for one in told(at_once) if len(one) > 2]
    assert len(pictures) == 50
    if wait:  # live, looks report at once and so tracks are told of as soon
        assert told(one_by_one) == told(at_once)
