"""Faces that person boxes miss, found for one purpose: to hide them (CHARTER 1).

Somebody at arm's length fills the picture, and somebody at its edge shows only their head: a
detector of whole people finds neither reliably, a face detector does. Small faces belong to people
whose boxes are found, so the face detector looks at a very small picture (192 rows).

The network is CenterFace (Xu et al. 2019): on every cell of 4 × 4 pixels it says how likely the
middle of a face is there, and how large that face is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import av
import cv2
import numpy as np

from streetlamp.errors import UserError
from streetlamp.machine import cores
from streetlamp.values import Bytes, Floats
from streetlamp.video.detect.base import Array, Detector, Prepared
from streetlamp.video.detect.letterbox import Letterbox
from streetlamp.video.detect.nms import suppress
from streetlamp.video.detect.runtimes import Runtime, Shape, open_model
from streetlamp.video.detect_options import DetectOptions
from streetlamp.video.models import ModelManifest, find_model
from streetlamp.video.raw import WHOLE, Detections, View

MODEL: Final = "centerface"
CELL: Final = 4  # pixels of the input from one cell to the next
OVERLAP: Final = 0.3  # intersection over union above which two boxes are one face
LARGEST: Final = 6.0  # log of the most cells a face can be high or wide: 1,600 pixels of the input
SIDE: Final = 256  # long side of the input, pixels: 192×256 for a picture of 4:3 …
SIDE_WIDE: Final = 320  # … and 192×320 for one of 16:9
WIDE: Final = 1.5  # from this ratio of sides on a picture is a wide one
HEAD: Final = (0.4, 0.55, 0.4, 0.25)  # left, top, right, bottom
"""How far a head goes beyond its face's box, left and right as shares of its width, above and below
of its height: on each side as far as at least three in four of 51 heads marked by hand, with hats
and turned heads among them. The margin that every hidden box gets comes on top."""


def heads(faces: Floats) -> Floats:
    """The whole heads (k, 4) of faces (k, 4 or more: x1 y1 x2 y2 …), in the same pixels."""
    box = faces[:, :4]
    width, height = box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]
    side = np.stack([width, height, width, height], axis=1)
    return (box + side * np.array(HEAD, np.float32) * (-1, -1, 1, 1)).astype(np.float32)


class FaceFinder:
    """Finds faces in pictures of any size. One instance serves all cameras, from any thread.

    score: faces fainter than this (0–1) are not reported.
    """

    def __init__(self, manifest: ModelManifest, runtime: Runtime, score: float) -> None:
        self.manifest = manifest
        self.runtime = runtime
        self.score = score
        expected: tuple[Shape, Shape] = ((None, None, None, 3), (None, 5, None, None))
        found = (*runtime.inputs.values(), *runtime.outputs.values())
        if found != expected:
            raise UserError(
                f"model {manifest.name}: its input and output are {found}, expected {expected}."
            )

    @classmethod
    def load(
        cls, *, runtime: str = "auto", threads: int | None = None, score: float = 0.3
    ) -> FaceFinder:
        """The built-in face detector; UserError when its file or the runtime is not usable."""
        manifest = find_model(MODEL, finds="faces")
        data = manifest.read()
        opened = open_model(data, manifest.name, runtime, threads or min(4, cores()))
        return cls(manifest, opened, score)

    def letterbox(self, width: int, height: int, side: int | None = None) -> Letterbox:
        """Where a picture of this size goes in the input; ``side``: its long side, pixels."""
        if side is None:
            wide = max(width, height) >= WIDE * min(width, height)
            side = SIDE_WIDE if wide else SIDE
        return Letterbox.fit(width, height, side, multiple=self.manifest.input.multiple)

    def find(self, picture: av.VideoFrame | Bytes, side: int | None = None) -> Floats:
        """Faces (k, 5) in one picture, strongest first: x1 y1 x2 y2 in its pixels, score.

        picture: decoded, or (height, width, 3) uint8 blue-green-red.
        side: long side of the input; larger finds smaller faces. None: what close-ups need.
        """
        if isinstance(picture, av.VideoFrame):
            box = self.letterbox(picture.width, picture.height, side)
            pixels = box.apply(picture)
        else:
            box = self.letterbox(picture.shape[1], picture.shape[0], side)
            pixels = shrink(picture, box)
        (found,) = self.find_all([(pixels, box)])
        limit = np.array([*box.picture, *box.picture], np.float32)
        found[:, :4] = np.clip(found[:, :4], 0, limit)
        return found

    def find_all(self, batch: Sequence[tuple[Bytes, Letterbox]]) -> list[Floats]:
        """Faces (k, 5) of each input picture, in pixels of its full picture, not cut at its edge.

        All inputs of one shape.
        """
        if not batch:
            return []
        return self.runtime.run(
            [[pixels[None]] for pixels, _ in batch],
            lambda i, outputs: self._faces(outputs[0][0], batch[i][1]),
        )

    def _faces(self, cells: Array, letterbox: Letterbox) -> Floats:
        """cells: (5, rows, columns) score, log height, log width, offset down, offset right."""
        row, column = (cells[0] >= self.score).nonzero()
        if not len(row):
            return np.zeros((0, 5), np.float32)
        score, height, width, down, right = cells[:, row, column].astype(np.float32)
        half = np.exp(np.minimum(np.stack([width, height], axis=1), LARGEST)) / 2
        middle = np.stack([column + right + 0.5, row + down + 0.5], axis=1)
        box = CELL * np.concatenate([middle - half, middle + half], axis=1)
        x = letterbox.picture[0] / letterbox.inner_width
        y = letterbox.picture[1] / letterbox.inner_height
        box = (box * np.array([x, y, x, y])).astype(np.float32)
        keep = suppress(box, np.zeros(len(score), np.int64), score, OVERLAP)
        return np.concatenate([box, score[:, None]], axis=1)[keep].astype(np.float32)


def shrink(pixels: Bytes, letterbox: Letterbox) -> Bytes:
    """An input from a picture that is already small: (h, w, 3) uint8 of the whole picture."""
    size = (letterbox.inner_width, letterbox.inner_height)
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    if small.shape[:2] == letterbox.shape:
        return np.asarray(small, np.uint8)
    canvas = np.full((*letterbox.shape, 3), letterbox.pad, np.uint8)
    canvas[: letterbox.inner_height, : letterbox.inner_width] = small
    return canvas


@dataclass(frozen=True, slots=True, eq=False)
class WithFaces:
    """A detector of people, and a face finder that looks at the same small pictures when asked.

    It is what an inference queue needs (`prepare`, `infer`). Faces come back as whole heads. An
    error of either is an error of the look: what was not looked at properly is not shown.
    """

    detector: Detector
    finder: FaceFinder

    @classmethod
    def load(cls, detector: Detector, options: DetectOptions) -> WithFaces:
        """``detector`` with the built-in face finder beside it, as the options say."""
        finder = FaceFinder.load(
            runtime=options.runtime, threads=options.threads, score=options.min_face_score
        )
        return cls(detector, finder)

    def prepare(self, picture: av.VideoFrame, view: View = WHOLE) -> Prepared:
        """As the detector does."""
        return self.detector.prepare(picture, view)

    def infer(self, batch: Sequence[Prepared]) -> list[Detections]:
        """What is in each picture; with faces in those prepared with ``faces``."""
        found = self.detector.infer(batch)
        asked = [i for i, prepared in enumerate(batch) if prepared.faces]
        for i in asked:  # one by one: cameras of one input shape may differ in the face input's
            (faces,) = self.finder.find_all([self.small(batch[i])])
            one = found[i]
            found[i] = Detections(one.box, one.kind, one.score, heads(faces))
        return found

    def look(self, picture: av.VideoFrame) -> Detections:
        """One picture, now, faces included."""
        prepared = self.prepare(picture).with_faces()
        return self.infer([prepared])[0]

    def small(self, prepared: Prepared) -> tuple[Bytes, Letterbox]:
        """The face finder's input, made from the detector's: the full picture is not read again."""
        whole = prepared.letterbox
        box = self.finder.letterbox(*whole.picture)
        return shrink(prepared.pixels[: whole.inner_height, : whole.inner_width], box), box
