"""The site of a soak: clips made on the spot, virtual cameras in this process, a site file."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import av
import numpy as np

from record import ROOT
from streetlamp.fleet.virtual import VirtualCameras

WIDTH, HEIGHT, FPS = 480, 360, 8
GOP_S = 2
SECONDS, STILL_SECONDS = 30, 120
STRESSED, COUNTED = ("a1", "a2", "a3", "a4"), ("b1", "b2")  # ids of the site's cameras
_FOOTAGE = ROOT / "demo" / "footage" / "path.mp4"


def people(
    folder: Path, width: int = WIDTH, height: int = HEIGHT, fps: int = FPS
) -> Path:  # fmt: skip
    """A clip with people in it."""
    path = folder / "people.mp4"
    _encode(path, list(islice(cycle(_pictures(width, height)), SECONDS * fps)), fps)
    return path


def quiet(
    folder: Path, width: int = WIDTH, height: int = HEIGHT, fps: int = FPS, seed: int = 1
) -> Path:  # fmt: skip
    """The same place with nobody there, with a sensor's noise.

    Each seed has its own length and GOP, so that cameras do not all work at one moment. They are
    long: a picture that comes again to the bit when the next is measured looks frozen, and is.
    """
    pictures = _pictures(width, height)
    empty = np.median(np.stack(pictures[:: max(1, len(pictures) // 40)]), axis=0)
    noise = np.random.default_rng(seed)
    noisy = [
        np.clip(empty + noise.normal(0, 2.0, empty.shape), 0, 255).astype(np.uint8)
        for _ in range((STILL_SECONDS + GOP_S * seed) * fps)
    ]
    path = folder / f"quiet-{seed}.mp4"
    _encode(path, noisy, fps, seed % 5)
    return path


def _pictures(width: int, height: int) -> list[np.ndarray]:
    with av.open(str(_FOOTAGE)) as source:
        return [
            frame.to_ndarray(width=width, height=height, format="rgb24")
            for frame in source.decode(video=0)
        ]


def _encode(path: Path, pictures: list[np.ndarray], fps: int, longer: int = 0) -> None:
    """longer: pictures of a GOP beyond `GOP_S` seconds."""
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("libx264", rate=fps)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt, stream.gop_size = "yuv420p", GOP_S * fps + longer
        stream.options = {"preset": "superfast", "bf": "0", "sc_threshold": "0", "qp": "26"}
        for number, pixels in enumerate(pictures):
            picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            picture.pts, picture.time_base = number, Fraction(1, fps)
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))


@dataclass
class Rack:
    """Virtual cameras on one port that stays the same when they are switched off and on."""

    clips: tuple[Path, ...]
    ids: tuple[str, ...]
    port: int = 0
    cameras: VirtualCameras | None = field(default=None, repr=False)

    def on(self) -> None:
        cameras = VirtualCameras(self.clips, count=len(self.ids), port=self.port, sub=False)
        self.cameras = cameras.__enter__()
        self.port = cameras.port

    def off(self) -> None:
        if self.cameras is not None:
            self.cameras.close()
            self.cameras = None

    def start(self, fault: str, id_: str, strength: float | None = None) -> None:
        if self.cameras is not None:
            self.cameras.start(fault, strength, self._name(id_))

    def stop(self, fault: str, id_: str) -> None:
        if self.cameras is not None:
            self.cameras.stop(fault, self._name(id_))

    def _name(self, id_: str) -> str:
        assert self.cameras is not None
        return self.cameras.names[self.ids.index(id_)]

    def urls(self) -> dict[str, str]:
        assert self.cameras is not None
        return {id_: self.cameras.url_of(self._name(id_)) for id_ in self.ids}


def site_file(urls: dict[str, str]) -> str:
    lines = [
        "name: Soak",
        "record: {min_free_gb: 0, segment_seconds: 20}",
        "audit_hiding: {every_minutes: 1}",  # so that its model is loaded before memory counts
        "cameras:",
    ]
    lines += [f"  {id_}: {{source: '{url}'}}" for id_, url in urls.items()]
    return "\n".join(lines) + "\n"
