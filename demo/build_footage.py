"""Makes demo/footage/ again from the film it comes from.

    .venv/bin/python demo/build_footage.py --from FOLDER [--out demo/footage]

FOLDER holds `vtest.avi` of Debian's package `opencv-doc`, anywhere below it. PROVENANCE.md beside
the clips says which version; the file is checked against its SHA-256 before it is used.

The clips are written the way a camera would send them: H.264 without B-frames, a keyframe every
two seconds, no audio.
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
SOURCE = "vtest.avi"
SHA256 = "45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf"
FPS = Fraction(10)  # the film's own


@dataclass(frozen=True)
class Clip:
    """One demo camera: the film's pictures `first` to `last` (from 0, inclusive).

    `crop` is the part of the picture this camera sees: left, top, width, height in pixels, even.
    """

    name: str
    first: int
    last: int
    crf: int
    crop: tuple[int, int, int, int] | None = None


CLIPS = (
    # a path and a lawn that people walk over
    Clip("path", 390, 794, 29),
    # two cameras nearer to it, earlier
    Clip("carpark", 0, 389, 28, (384, 0, 384, 288)),
    Clip("crossing", 0, 389, 28, (140, 90, 384, 288)),
)


def find(folder: Path) -> Path:
    """The film below `folder`; exits with a clear text when it is missing or another file."""
    path = next(iter(sorted(folder.rglob(SOURCE))), None)
    if path is None:
        sys.exit(f"There is no {SOURCE} below {folder}.")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != SHA256:
        sys.exit(f"{path} is not the file that PROVENANCE.md names (SHA-256 {found}).")
    return path


def pictures(path: Path, clip: Clip) -> list[av.VideoFrame]:
    with av.open(str(path)) as container:
        return [
            cropped(picture, clip.crop)
            for number, picture in enumerate(container.decode(video=0))
            if clip.first <= number <= clip.last
        ]


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
    with av.open(str(part), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height = shot[0].width, shot[0].height
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = 1 / FPS
        stream.codec_context.gop_size = round(2 * FPS)
        stream.codec_context.max_b_frames = 0
        stream.codec_context.thread_count = 1  # the same bytes every time
        stream.options = {"crf": str(clip.crf), "preset": "slow", "x264-params": "bframes=0"}
        for index, picture in enumerate(shot):
            picture.pts, picture.time_base = index, 1 / FPS
            picture.pict_type = PictureType.NONE
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    part.replace(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    print(f"{digest}  {path.name}  ({len(shot)} pictures, {path.stat().st_size / 1e6:.2f} MB)")


def main() -> None:
    parser = argparse.ArgumentParser(description="Make demo/footage/ again.")
    parser.add_argument("--from", dest="folder", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=HERE / "footage")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    source = find(options.folder)
    for clip in CLIPS:
        encode(clip, source, options.out)


if __name__ == "__main__":
    main()
