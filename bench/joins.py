"""Random joins of copied and encoded runs: do they decode, seek and keep every byte?

    python bench/joins.py [--joins 1000] [--seed 1] [--ffmpeg]

Each film is one camera of a random make (profile, CABAC or CAVLC, slices, B-frames, start codes or
lengths) whose GOPs (1–60 pictures) are partly copied and partly encoded anew; every change of kind
is a join. In every fourth film the camera changes its make on the way, under the same ids. Each
film is written as a clip (`ClipWriter`), as runs of fragments (`FragmentMaker`) and as an export of
those runs. For each is checked, picture by picture (every picture has its number burnt in): the
exact number and order of pictures, their times, no message of the decoder, random seeks, and that
every copied picture has the camera's bytes. Prints a table; exit status 1 when anything at all is
wrong.
"""

from __future__ import annotations

import argparse
import io
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path

import av
import av.logging

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from streetlamp.record import export
from streetlamp.stream.clip import ClipWriter
from streetlamp.stream.fragments import FragmentMaker
from streetlamp.stream.nals import as_mp4
from streetlamp.stream.options import EncodeOptions
from streetlamp.values import CopiedGop, Fragment, MaskedFrame
from support.gops import MAKERS, STEP, T0, TIME_BASE, numbers
from support.masked import masked

_SEEKS = 6  # random ones a file
_GRACE = 1e-4  # seconds: times of a run are counted in ticks of 1/90,000


@dataclass
class Film:
    """Stretches of one camera: GOPs to copy, or frames to encode."""

    make: str
    one_make: bool
    stretches: list[list[CopiedGop] | list[MaskedFrame]]
    pictures: int
    joins: int

    def bytes_of(self) -> dict[int, bytes]:
        """What each copied picture must hold, by its place in the film."""
        return {
            sample.pts // STEP: as_mp4(sample.data, gop.length_size)
            for stretch in self.stretches
            for gop in stretch
            if isinstance(gop, CopiedGop)
            for sample in gop.samples
        }


def make_film(dice: random.Random, joins: int) -> Film:
    """A film with that many joins."""
    maker = dice.choice(MAKERS)
    one_make = dice.random() < 0.75
    full = maker.name == "full range"
    stretches: list[list[CopiedGop] | list[MaskedFrame]] = []
    at = 0
    copied = dice.random() < 0.5
    for _ in range(joins + 1):
        lengths = [dice.choice((1, 2, 3, dice.randint(4, 60))) for _ in range(dice.randint(1, 2))]
        count = sum(lengths)
        if not one_make:
            maker = dice.choice(MAKERS)
        if copied:
            stretches.append(list(maker.film(lengths, at % 256).gops(at)))
        else:
            stretches.append([frame(i, full) for i in range(at, at + count)])
        at += count
        copied = not copied
    make = maker.name if one_make else "changing makes"
    return Film(make, one_make, stretches, at, joins)


def frame(i: int, full: bool) -> MaskedFrame:
    size = (160, 96)
    return masked(
        i % 256, size, time=T0 + i / 25, pts=i * STEP, time_base=TIME_BASE, full_range=full
    )


class Trouble:
    """What went wrong, counted by kind."""

    def __init__(self) -> None:
        self.found: Counter[str] = Counter()
        self.first: dict[str, str] = {}

    def note(self, right: bool, kind: str, film: Film, detail: object = "") -> None:
        if not right:
            self.found[kind] += 1
            self.first.setdefault(kind, f"{film.make}: {detail}")


def check_file(
    path: Path, film: Film, dice: random.Random, trouble: Trouble, kind: str, ffmpeg: bool
) -> None:
    """Decode all, seek, and compare the bytes of a progressive MP4."""
    with av.logging.Capture(local=False) as said:
        with av.open(str(path), "r") as container:
            stream = container.streams.video[0]
            base = stream.time_base
            pictures = list(container.decode(stream))
            wanted = [i % 256 for i in range(film.pictures)]
            trouble.note(numbers(pictures) == wanted, f"{kind}: pictures", film, len(pictures))
            times = [float(p.pts * base) for p in pictures if p.pts is not None and base]
            right = len(times) == film.pictures and all(
                abs(t - i / 25) < _GRACE for i, t in enumerate(times)
            )
            trouble.note(right, f"{kind}: times", film, times[:5])
            for _ in range(_SEEKS):
                target = dice.randrange(film.pictures)
                container.seek(round(target / 25 / base), stream=stream)
                for picture in container.decode(stream):
                    if (
                        picture.pts is not None
                        and float(picture.pts * base) >= target / 25 - _GRACE
                    ):
                        break
                trouble.note(
                    numbers([picture]) == [target % 256], f"{kind}: seeks", film,
                    f"{target} → {numbers([picture])}",
                )  # fmt: skip
        with av.open(str(path), "r") as container:
            stream = container.streams.video[0]
            packets = {
                round(float(p.pts * p.time_base) * 25): bytes(p)
                for p in container.demux(stream)
                if p.pts is not None and p.size
            }
        changed = [
            i
            for i, data in film.bytes_of().items()
            if packets[i] != data and (film.one_make or not packets[i].endswith(data))
        ]
        trouble.note(not changed, f"{kind}: bytes", film, changed[:5])
    errors = [text for level, _, text in said if level <= av.logging.WARNING]
    trouble.note(not errors, f"{kind}: decoder messages", film, errors[:3])
    if ffmpeg:
        command = ["ffmpeg", "-v", "warning", "-xerror", "-i", str(path), "-f", "null", "-"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        fine = result.returncode == 0 and not result.stderr.strip()
        trouble.note(fine, f"{kind}: ffmpeg", film, result.stderr[:200])


def attempt(
    path: Path, film: Film, dice: random.Random, trouble: Trouble, kind: str, ffmpeg: bool
) -> None:
    """`check_file`, where a decoder that gives up is one more thing that went wrong."""
    try:
        check_file(path, film, dice, trouble, kind, ffmpeg)
    except av.FFmpegError as error:
        trouble.note(False, f"{kind}: decoder gave up", film, error)


def fragments_of(film: Film) -> list[Fragment]:
    maker = FragmentMaker("gate", EncodeOptions())
    pieces: list[Fragment] = []
    for stretch in film.stretches:
        for item in stretch:
            made = maker.copy(item) if isinstance(item, CopiedGop) else maker.push(item, None)
            pieces += made
    return pieces + maker.flush()


def runs_of(pieces: list[Fragment]) -> Iterator[list[Fragment]]:
    for _, run in groupby(pieces, key=lambda piece: piece.run):
        yield list(run)


def check_runs(pieces: list[Fragment], film: Film, trouble: Trouble) -> None:
    """Every run by itself, as a player gets it, and how the runs follow each other."""
    shown: list[int] = []
    times: list[float] = []
    copied = film.bytes_of()
    changed = 0
    with av.logging.Capture(local=False) as said:
        for run in runs_of(pieces):
            head = run[0]
            shift = head.start - head.media_start - T0
            file = io.BytesIO(head.init + b"".join(piece.data for piece in run))
            with av.open(file, "r") as container:
                for picture in container.decode(video=0):
                    shown += numbers([picture])
                    times.append(float(picture.pts * picture.time_base) + shift)
            file.seek(0)
            with av.open(file, "r") as container:
                for packet in container.demux(video=0):
                    if packet.size:
                        at = round((float(packet.pts * packet.time_base) + shift) * 25)
                        changed += at in copied and copied.pop(at) != bytes(packet)
    trouble.note(
        shown == [i % 256 for i in range(film.pictures)], "runs: pictures", film, len(shown)
    )
    right = all(abs(t - i / 25) < _GRACE for i, t in enumerate(times))
    trouble.note(right, "runs: times", film)
    trouble.note(not changed and not copied, "runs: bytes", film, (changed, len(copied)))
    seams = [abs(a.end - b.start) for a, b in pairwise(pieces)]
    trouble.note(max(seams, default=0) < _GRACE, "runs: seams", film, max(seams, default=0))
    count = sum(len(piece.tracks) for piece in pieces)
    trouble.note(count == film.pictures, "runs: tracks", film, count)
    errors = [text for level, _, text in said if level <= av.logging.WARNING]
    trouble.note(not errors, "runs: decoder messages", film, errors[:3])


def exported(pieces: list[Fragment], folder: Path) -> export.Exported:
    stretches = []
    for n, run in enumerate(runs_of(pieces)):
        path = folder / f"run{n}.mp4"
        data = b"".join(piece.data for piece in run)
        path.write_bytes(run[0].init + data)
        stretches.append(
            export.Stretch(
                path, run[0].init, len(run[0].init), len(data), run[0].start, run[-1].end,
                run[0].media_start,
            )
        )  # fmt: skip
    return export.write(stretches, float("inf"), folder / "export.mp4")


def measure(joins: int, seed: int, ffmpeg: bool) -> tuple[Counter[str], Trouble]:
    """Make and check films with `joins` joins in all."""
    dice = random.Random(seed)
    av.logging.set_level(av.logging.WARNING)
    totals: Counter[str] = Counter()
    trouble = Trouble()
    while totals["joins"] < joins:
        film = make_film(dice, min(dice.randint(1, 20), joins - totals["joins"]))
        pieces = fragments_of(film)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            with ClipWriter(folder / "masked.mp4") as clip:
                for stretch in film.stretches:
                    for item in stretch:
                        if isinstance(item, CopiedGop):
                            clip.copy(item)
                        else:
                            clip.write(item)
            attempt(clip.path, film, dice, trouble, "clip", ffmpeg)
            check_runs(pieces, film, trouble)
            made = exported(pieces, folder)
            trouble.note(not made.encoded, "export: encoded", film)
            attempt(made.path, film, dice, trouble, "export", ffmpeg)
        totals["films"] += 1
        totals["joins"] += film.joins
        totals["pictures"] += film.pictures
        totals["copied"] += clip.copied
        totals["seeks"] += 2 * _SEEKS
        totals[f"films of {film.make}"] += 1
    return totals, trouble


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--joins", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ffmpeg", action="store_true", help="decode each file by ffmpeg too")
    wanted = parser.parse_args()
    began = time.process_time()
    totals, trouble = measure(wanted.joins, wanted.seed, wanted.ffmpeg)
    for name, count in totals.items():
        print(f"{name:45} {count:8,}")
    print(f"{'CPU seconds':45} {time.process_time() - began:8.1f}")
    for name, count in trouble.found.items():
        print(f"WRONG {name:39} {count:8,}   first: {trouble.first[name]}")
    if not trouble.found:
        print("nothing was wrong")
    return 1 if trouble.found else 0


if __name__ == "__main__":
    raise SystemExit(main())
