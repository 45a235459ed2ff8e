"""Pictures whose number a scripted detector can read, and a camera pipeline around it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import Future
from fractions import Fraction

import av
import numpy as np

from streetlamp.values import Kind, MaskedFrame
from streetlamp.video.camera import Camera, Looker, Output, Shown
from streetlamp.video.options import HideOptions, LookOptions
from streetlamp.video.raw import WHOLE, Detections, RawFrame, View
from streetlamp.video.tag.options import TagOptions
from streetlamp.video.tag.tagger import Tagger
from streetlamp.video.track.options import TrackOptions
from streetlamp.video.track.tracker import Tracker

W, H = 320, 240


@functools.cache
def _scene(seed: int, width: int, height: int) -> av.VideoFrame:
    small = np.random.default_rng(seed).integers(30, 220, (12, 16), np.uint8)
    luma = np.kron(small, np.ones((20, 20), np.uint8))[:height, :width]
    gray = av.VideoFrame.from_ndarray(np.ascontiguousarray(luma), "gray")
    return gray.reformat(format="yuv420p")


def raw(
    number: int,
    time: float,
    *,
    scene: int = 1,
    frame: int | None = None,
    size: tuple[int, int] = (W, H),
) -> RawFrame:
    """A picture of a scene. `number` is its pts, by which a scripted detector knows it."""
    picture = _scene(scene, *size).reformat(format="yuv420p", width=size[0] + 2)
    picture = picture.reformat(format="yuv420p", width=size[0])  # a copy with a pts of its own
    picture.pts = number
    count = number + 1 if frame is None else frame
    return RawFrame("gate", time, count, picture, number, Fraction(1, 1000))


def people(*lefts: float, score: float = 0.9, height: float = 90.0) -> Detections:
    """People 30 pixels wide who stand at y 80, at these left edges."""
    n = len(lefts)
    box = [[x, 80.0, x + 30.0, 80.0 + height] for x in lefts]
    return Detections(
        np.array(box, np.float32).reshape(-1, 4),
        np.full(n, int(Kind.PERSON)),
        np.full(n, score, np.float32),
    )


Answer = Detections | BaseException | None


class Script:
    """A detector that says what the test says; None: nothing, until the test answers itself."""

    def __init__(self, answer: Callable[[int], Answer]) -> None:
        self._answer = answer
        self.asked: list[int] = []
        self.open: dict[int, Future[Detections]] = {}

    def submit(
        self, picture: av.VideoFrame, *, faces: bool = False, view: View = WHOLE
    ) -> Future[Detections]:
        number = int(picture.pts or 0)
        self.asked.append(number)
        future: Future[Detections] = Future()
        answer = self._answer(number)
        if isinstance(answer, BaseException):
            future.set_exception(answer)
        elif answer is not None:
            future.set_result(answer)
        else:
            self.open[number] = future
        return future


def camera(looker: Looker, *, wait: bool = False, **hide: object) -> Camera:
    """A pipeline with default options but those given, and repeatable track ids."""
    return Camera(
        "gate",
        looker,
        HideOptions.model_validate(hide),
        LookOptions(),
        Tracker("gate", TrackOptions(), seed=1),
        Tagger(TagOptions()),
        wait=wait,
    )


def shown(outputs: list[Output]) -> list[Shown]:
    return [output for output in outputs if isinstance(output, Shown)]


def run(cam: Camera, frames: list[RawFrame]) -> list[Shown]:
    """Everything that comes out, the last flush included."""
    out = [output for frame in frames for output in cam.push(frame)]
    return shown(out + cam.flush())


def hides(frame: MaskedFrame, box: tuple[float, float, float, float]) -> bool:
    """Whether every pixel of the box that is in the picture is in a hidden rectangle."""
    grid = np.zeros((frame.height, frame.width), np.bool_)
    for x1, y1, x2, y2 in frame.hidden:
        grid[y1:y2, x1:x2] = True
    hair = 1e-3  # boxes are float32: what sticks out of a pixel by less does not stick out
    x1, y1 = max(0, int(np.floor(box[0] + hair))), max(0, int(np.floor(box[1] + hair)))
    x2, y2 = int(np.ceil(box[2] - hair)), int(np.ceil(box[3] - hair))
    return bool(grid[y1:y2, x1:x2].all())
