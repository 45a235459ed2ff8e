"""The plug point: what every detector is, and what they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

import av
import numpy as np
from numpy.typing import NDArray

from streetlamp.errors import UserError
from streetlamp.plugins import Registry
from streetlamp.values import Bytes, Floats, Ints
from streetlamp.video.detect.letterbox import Letterbox
from streetlamp.video.detect.nms import suppress
from streetlamp.video.detect.runtimes import Runtime, Shape
from streetlamp.video.detect_options import DetectOptions
from streetlamp.video.models import ModelManifest
from streetlamp.video.raw import WHOLE, Detections, View

Array = NDArray[Any]
EMBEDDINGS: Final = frozenset({"embedding", "embeddings", "feature", "features", "reid", "re-id"})


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A picture made small for the model, and the way back to the full one."""

    pixels: Bytes  # (height, width, 3) blue, green, red
    letterbox: Letterbox
    faces: bool = False  # look for faces, too (a plain detector takes no notice)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns: pictures of one shape go into one batch."""
        return self.letterbox.shape

    def with_faces(self) -> Prepared:
        """The same, to be looked at for faces, too."""
        return replace(self, faces=True)


class Detector(ABC):
    """Finds people and vehicles in pictures. One instance serves all cameras, from any thread.

    A subclass knows one output layout: it says what the model's outputs must look like
    (`layout`), and turns them into boxes (`decode`).
    """

    summary: ClassVar[str]  # one line for `streetlamp models`

    def __init__(self, manifest: ModelManifest, runtime: Runtime, options: DetectOptions) -> None:
        self.manifest = manifest
        self.runtime = runtime
        self.options = options
        self._kinds = manifest.kinds
        self._table = np.zeros(max(self._kinds, default=0) + 1, np.int64)
        for index, kind in self._kinds.items():
            self._table[index] = kind
        self._check_input()
        self._order = self._check_outputs(runtime.outputs)

    # What a subclass says.

    @abstractmethod
    def layout(self) -> dict[str, Shape]:
        """Name and shape of every output `decode` takes, in its order; None: any size.

        A layout with a single output takes it under any name.
        """

    @abstractmethod
    def decode(self, outputs: Sequence[Array], prepared: Prepared) -> tuple[Floats, Ints, Floats]:
        """One picture's outputs as boxes (n, 4) in input pixels, class numbers and scores (n,).

        ``outputs`` are in the order of `layout`, batch size 1. They are the model's own memory, to
        be read only, and nothing of them may be kept: what is returned must be a copy.

        Only rows whose score reaches ``options.min_score`` and whose class is in ``self.classes``.
        """

    # What they share.

    @property
    def classes(self) -> Ints:
        """The class numbers Streetlamp looks at, ascending."""
        return np.array(sorted(self._kinds), np.int64)

    def letterbox(self, width: int, height: int, view: View = WHOLE) -> Letterbox:
        """Where a picture of this size, or what the view shows of it, goes in the model's input."""
        spec = self.manifest.input
        if spec.size is not None:
            stretch = spec.fit == "stretch"
            return Letterbox.into(width, height, spec.size, stretch=stretch, pad=spec.pad)
        side = spec.side_for(width, height) if self.options.input == "auto" else self.options.input
        fine = round(side * view.fine)
        whole = Letterbox.fit(width, height, fine, multiple=spec.multiple, pad=spec.pad)
        return whole if view.part is None else whole.of(view.part, spec.multiple)

    def prepare(self, picture: av.VideoFrame, view: View = WHOLE) -> Prepared:
        """The picture made small; cheap, in the caller's thread, any pixel format."""
        letterbox = self.letterbox(picture.width, picture.height, view)
        return Prepared(letterbox.apply(picture), letterbox)

    def infer(self, batch: Sequence[Prepared]) -> list[Detections]:
        """What is in each picture; all of one shape (ValueError otherwise)."""
        if len({prepared.shape for prepared in batch}) > 1:
            raise ValueError("the pictures of a batch must have one shape")
        if not batch:
            return []
        return self.runtime.run(
            [self.arrays(prepared) for prepared in batch],
            lambda i, outputs: self.found([outputs[k] for k in self._order], batch[i]),
        )

    def look(self, picture: av.VideoFrame) -> Detections:
        """One picture, now: `prepare` and `infer` in one."""
        return self.infer([self.prepare(picture)])[0]

    def arrays(self, prepared: Prepared) -> list[Array]:
        """The model's input tensors for one picture, batch size 1."""
        spec = self.manifest.input
        pixels: Array = prepared.pixels
        if spec.colour == "rgb":
            pixels = pixels[..., ::-1]
        if spec.dtype == "float32":
            scale = 1 / np.asarray(spec.std, np.float32)
            pixels = (pixels.astype(np.float32) - np.asarray(spec.mean, np.float32)) * scale
        if spec.layout == "nchw":
            pixels = pixels.transpose(2, 0, 1)
        return [np.ascontiguousarray(pixels)[None]]

    def found(self, outputs: Sequence[Array], prepared: Prepared) -> Detections:
        """Boxes in pixels of the full picture, after suppression, strongest first."""
        box, number, score = self.decode(outputs, prepared)
        if len(score) == 0:
            return Detections.none()
        full = prepared.letterbox.restore(box)
        kind = self._table[number]
        real = (full[:, 2] - full[:, 0] >= 1) & (full[:, 3] - full[:, 1] >= 1)
        full, kind, score = full[real], kind[real], score[real]
        keep = suppress(full, kind, score, self.options.overlap)
        return Detections(full[keep], kind[keep], np.minimum(score[keep], 1).astype(np.float32))

    def input_shapes(self) -> tuple[Shape, ...]:
        """The shape of every input in order."""
        return (
            (None, None, None, 3)
            if self.manifest.input.layout == "nhwc"
            else (None, 3, None, None),
        )

    def _check_input(self) -> None:
        name, found = self.manifest.name, list(self.runtime.inputs.values())
        expected = self.input_shapes()
        if not self._kinds:
            raise UserError(
                f"model {name}: none of its classes is one Streetlamp looks for "
                "(person, bicycle, car, motorcycle, bus, truck); see `classes` in its manifest."
            )
        if len(found) != len(expected) or not all(map(_fits, found, expected)):
            raise UserError(
                f"model {name}: its inputs are {_text(found)}, but its manifest's layout "
                f"{self.manifest.input.layout!r} and kind {self.manifest.output.kind!r} mean "
                f"{_text(expected)}."
            )
        size = self.manifest.input.size
        rows, columns = (1, 2) if self.manifest.input.layout == "nhwc" else (2, 3)
        fixed = (found[0][columns], found[0][rows])
        wanted = size or (None, None)
        if any(f is not None and f != w for f, w in zip(fixed, wanted, strict=True)):
            raise UserError(
                f"model {name}: it takes pictures of {fixed[0]}×{fixed[1]} only; write "
                f'"size": [{fixed[0]}, {fixed[1]}] into the `input` of its manifest.'
            )

    def _check_outputs(self, outputs: dict[str, Shape]) -> list[int]:
        """Where the layout's outputs stand among the model's; UserError when they do not fit."""
        name, expected = self.manifest.name, self.layout()
        if len(expected) == 1 and len(outputs) == 1:
            expected = {next(iter(outputs)): next(iter(expected.values()))}
        odd = [
            f"{output} {_text([shape])}"
            for output, shape in outputs.items()
            if not (output in expected and _fits(shape, expected[output])) and _is_embedding(shape)
        ]
        if odd:
            raise refused(name, "its output " + ", ".join(odd) + " looks like an embedding")
        if outputs.keys() != expected.keys() or not all(
            _fits(outputs[key], shape) for key, shape in expected.items()
        ):
            raise UserError(
                f"model {name}: its outputs are {_named(outputs)}, but the layout "
                f"{self.manifest.output.kind!r} with {len(self.manifest.classes)} classes means "
                f"{_named(expected)}. Correct `output.kind` or `classes` in its manifest, "
                "or export the model again."
            )
        return [list(outputs).index(key) for key in expected]


def refused(model: str, why: str) -> UserError:
    """The answer to a model that describes persons instead of finding them (CHARTER 1)."""
    return UserError(
        f"model {model} is refused: {why}. Streetlamp never computes a description by which a "
        "person could be recognised again; use a model that gives boxes, classes and scores only."
    )


def _is_embedding(shape: Shape) -> bool:
    """A vector a picture, or a long vector a box, that no box layout accounts for."""
    return len(shape) in (1, 2) or (len(shape) == 3 and (shape[-1] or 0) >= 16)


def _fits(found: Shape, expected: Shape) -> bool:
    return len(found) == len(expected) and all(
        f is None or e is None or f == e for f, e in zip(found, expected, strict=True)
    )


def _text(shapes: Sequence[Shape]) -> str:
    sizes = [", ".join("any" if d is None else str(d) for d in shape) for shape in shapes]
    return " and ".join(f"({size})" for size in sizes) or "none"


def _named(shapes: dict[str, Shape]) -> str:
    return " and ".join(f"{name} {_text([shape])}" for name, shape in shapes.items()) or "none"


DETECTORS: Final[Registry[type[Detector]]] = Registry("detector", "streetlamp.video.detect.kinds")
