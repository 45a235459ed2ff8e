"""Where are people and vehicles in a picture?

``load_detector(options)`` gives a `Detector`; ``detector.look(picture)`` looks at one picture.
Importing this package is light: OpenVINO or ONNX Runtime are loaded with the model.
"""

from __future__ import annotations

from streetlamp.errors import UserError
from streetlamp.machine import cores
from streetlamp.video.detect.base import DETECTORS, EMBEDDINGS, Detector, Prepared, refused
from streetlamp.video.detect.faces import WithFaces
from streetlamp.video.detect.runtimes import open_model
from streetlamp.video.detect_options import DetectOptions
from streetlamp.video.models import Finds, find_model

__all__ = [
    "DETECTORS",
    "DetectOptions",
    "Detector",
    "Prepared",
    "WithFaces",
    "load_detector",
    "load_with_faces",
]


def load_detector(options: DetectOptions | None = None, finds: Finds = "things") -> Detector:
    """The detector the options name, ready to look; `finds` is what it must be made for.

    UserError: no such model, a file that is missing or not the one its manifest describes, an
    unknown output kind, a layout that does not fit, or an output that is an embedding.
    """
    options = options or DetectOptions()
    manifest = find_model(options.model, options.models_folder, finds)
    kind = manifest.output.kind
    if kind in EMBEDDINGS:
        raise refused(manifest.name, f"its manifest says that it gives an {kind}")
    if kind not in DETECTORS:
        known = ", ".join(DETECTORS)
        raise UserError(
            f"model {manifest.name}: Streetlamp does not know the output kind {kind!r}; "
            f"it knows {known}."
        )
    threads = options.threads or min(4, cores())
    runtime = open_model(manifest.read(), manifest.name, options.runtime, threads)
    return DETECTORS[kind](manifest, runtime, options)


def load_with_faces(options: DetectOptions | None = None) -> WithFaces:
    """`load_detector`, and the face finder beside it: what a queue of looks is made with."""
    options = options or DetectOptions()
    return WithFaces.load(load_detector(options), options)
