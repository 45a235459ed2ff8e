"""Clips for `bench/gating.py`: a quiet, noisy camera at which people of known size walk in.

Backgrounds come from ../shared/data/video (an empty room that is looped, medians of streets), the
people are cut-outs from the masks of `cdnet_office`. Each clip is 1280×720 with 15 pictures a
second and sensor noise whose variance grows with brightness (Poisson–Gaussian), encoded as cameras
encode. Everything is kept in `.cache/gating`; none of it may be published.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("STREETLAMP_SHARED", ROOT.parent / "shared")) / "data" / "video"
CACHE = ROOT / ".cache" / "gating"
WIDTH, HEIGHT, FPS, GOP = 1280, 720, 15, 30
FIRST, QUIET = 24.0, 300.0  # seconds without anybody: before the first; of a quiet clip
EVENT, WALK = 12.0, 3.2  # seconds from one walk to the next, and of walking
VISIT, SHORT, AFTER = 6.0, 24, 3  # seconds from visit to visit; pictures; pictures after a keyframe
NOISE = {"low": 1.0, "mid": 2.5, "high": 5.0}  # standard deviation at middle grey, levels
HEIGHTS = {"people": (24, 40, 80, 160), "visits": (40, 80, 160, 320), "quiet": ()}
CONTRASTS = {"low": 12.0, "medium": 25.0}  # levels between a person and what is behind them
RATES: dict[str, dict[str, str]] = {
    "crf": {"crf": "25"},
    "vbr": {"b": "2000000", "maxrate": "3000000", "bufsize": "3000000"},
    "cbr": {
        "b": "2000000", "maxrate": "2000000", "bufsize": "1000000", "x264-params": "nal-hrd=cbr",
    },
    "bframes": {"crf": "25", "bf": "2", "x264-params": "b-adapt=0:b-pyramid=0"},
}  # fmt: skip


@dataclass(frozen=True)
class Spec:
    """One clip: where, how noisy, how encoded, and whether people come."""

    place: str  # room, office, street, tree, clouds
    noise: str
    rate: str
    kind: str  # people: they walk in and stay; visits: gone before the next keyframe; quiet
    seed: int = 1

    @property
    def seconds(self) -> float:
        last = {"people": 8 * EVENT, "visits": 8 * VISIT, "quiet": QUIET - FIRST}
        return FIRST + last[self.kind]

    @property
    def path(self) -> Path:
        return CACHE / f"{self.place}-{self.noise}-{self.rate}-{self.kind}.mp4"


@dataclass(frozen=True)
class Walk:
    """Somebody walks in at `start` (picture, from 0), to be seen until `end`."""

    start: int
    end: int
    height: int
    contrast: str


def walks(spec: Spec) -> list[Walk]:
    """Who walks in when; the same for each clip but for the phase to the keyframes."""
    rng = np.random.default_rng(spec.seed)
    out = []
    for i, (height, contrast) in enumerate((h, c) for c in CONTRASTS for h in HEIGHTS[spec.kind]):
        if spec.kind == "visits":
            start = int((FIRST + VISIT * i) * FPS) // GOP * GOP + AFTER
            out.append(Walk(start, start + SHORT, height, contrast))
        else:
            start = int((FIRST + EVENT * i) * FPS) + int(rng.integers(0, GOP))
            out.append(Walk(start, start + int(WALK * FPS), height, contrast))
    return out


@cache
def _pictures(name: str, first: int, last: int) -> list[np.ndarray]:
    """Luma of pictures `first`–`last` (0-based) of a clip, cut to 16:9 and scaled to 1280×720."""
    out = []
    with av.open(str(DATA / name / "clip.mp4")) as container:
        for i, picture in enumerate(container.decode(video=0)):
            if i > last:
                break
            if i >= first:
                luma = picture.to_ndarray(format="gray")
                keep = luma.shape[1] * HEIGHT // WIDTH
                top = max(0, (luma.shape[0] - keep) // 2)
                luma = luma[top : top + keep]
                out.append(cv2.resize(luma, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC))
    return out


@cache
def _median(name: str, step: int) -> np.ndarray:
    return np.median(np.stack(_pictures(name, 0, 10**6)[::step]), axis=0).astype(np.uint8)


@cache
def _office() -> np.ndarray:
    """The office without the person who stands in it nearly all the time: before and after."""
    both = _pictures("cdnet_office", 0, 11) + _pictures("cdnet_office", 1473, 1480)
    return np.median(np.stack(both), axis=0).astype(np.uint8)


@cache
def _cutouts() -> list[tuple[np.ndarray, np.ndarray]]:
    """(luma, mask) of somebody walking in `cdnet_office`, whole, as they come in and go out."""
    out = []
    with av.open(str(DATA / "cdnet_office" / "clip.mp4")) as container:
        for i, picture in enumerate(container.decode(video=0), start=1):
            mask = cv2.imread(str(DATA / "cdnet_office" / "masks" / f"{i:06d}.png"), 0)
            person = (mask == 255).astype(np.uint8)
            rows, columns = np.flatnonzero(person.any(1)), np.flatnonzero(person.any(0))
            if len(rows) < 110 or not (50 <= i <= 110 or 1400 <= i <= 1455):
                continue
            if columns[0] < 3 or columns[-1] > 356:
                continue
            cut = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            out.append((picture.to_ndarray(format="gray")[cut], person[cut]))
    return out


def _scene(spec: Spec) -> Iterator[np.ndarray]:
    """The place without people and without noise, float32, for ever."""
    n = 0
    if spec.place == "room":  # real pictures of an empty room, to and fro
        real = np.stack(_pictures("intel_onebyone", 2, 54))
        # Means over 1.1 s: its light stays, the pops of its own compression go.
        loop = [real[max(0, i - 5) : i + 6].mean(axis=0) for i in range(len(real))]
        loop = loop + loop[-2:0:-1]
        while True:
            yield loop[n % len(loop)].astype(np.float32)
            n += 1
    still = _office() if spec.place == "office" else _median("pets09_s2l1_a", 5)
    base = still.astype(np.float32)
    yy, xx = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    rng = np.random.default_rng(spec.seed + 7)
    sway = 0.0
    while True:
        seconds = n / FPS
        if spec.place == "tree":  # a patch of 300×220 that sways in gusts
            sway += 0.35 * (rng.normal(0, 4.0) - sway)
            box = np.s_[40:260, 820:1120]
            moved = cv2.remap(
                base,
                xx[box] + sway * np.sin(yy[box] / 23 + seconds),
                yy[box] + 0.5 * sway * np.cos(xx[box] / 17 + seconds),
                cv2.INTER_LINEAR,
            )
            scene = base.copy()
            scene[box] = moved
            yield scene
        elif spec.place == "clouds":  # light that changes by a fifth within half a minute
            phase = xx[::16, ::16] / 900 + yy[::16, ::16] / 1400 + seconds / 5
            light = 1 + 0.10 * np.sin(phase) + 0.02 * np.sin(seconds * 1.3)
            yield base * cv2.resize(light, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
        else:
            yield base.copy()
        n += 1


def _walker(walk: Walk, n: int) -> tuple[int, int, np.ndarray, np.ndarray]:
    """Left, top, luma and opacity of what can be seen of the walker in picture `n`.

    1.4 m/s at 1.7 m, from behind an edge in the middle of the picture; who only visits goes
    behind another edge.
    """
    cuts = _cutouts()
    luma, mask = cuts[int(n * 25 / FPS) % len(cuts)]
    scale = walk.height / luma.shape[0]
    width, step = max(2, round(luma.shape[1] * scale)), 0.82 * walk.height / FPS
    person = cv2.resize(luma, (width, walk.height), interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(mask.astype(np.float32), person.shape[::-1], interpolation=cv2.INTER_AREA)
    edge, top = 430, 470 + walk.height // 3 - walk.height
    gone = edge + int(step * (walk.end - walk.start) - 0.4 * walk.height)
    left = int(edge - width + step * (n - walk.start + 1))
    first, last = max(0, edge - left), width
    if walk.end - walk.start == SHORT:
        last = min(width, max(first, gone - left))
    texture = (person - luma.mean()) * min(1.0, CONTRASTS[walk.contrast] / 40)
    return left + first, top, texture[:, first:last].astype(np.float32), alpha[:, first:last]


def seen_box(walk: Walk, n: int) -> tuple[int, int, int, int] | None:
    """The box around what can be seen of the walker in picture `n`, pixels; None: too little."""
    left, top, _, alpha = _walker(walk, n)
    there = alpha > 0.5
    if there.sum() < 12:
        return None
    rows, columns = np.flatnonzero(there.any(1)), np.flatnonzero(there.any(0))
    return (
        left + int(columns[0]),
        top + int(rows[0]),
        left + int(columns[-1]) + 1,
        top + int(rows[-1]) + 1,
    )


def _paste(scene: np.ndarray, walk: Walk, n: int) -> None:
    """Draws the walker into picture `n`."""
    left, top, texture, alpha = _walker(walk, n)
    if not texture.size:
        return
    box = np.s_[top : top + texture.shape[0], left : left + texture.shape[1]]
    ground, contrast = scene[box], CONTRASTS[walk.contrast]
    middle = float(ground.mean())
    tone = middle - contrast if middle > 90 else middle + contrast
    scene[box] = ground * (1 - alpha) + (tone + texture) * alpha


def pictures(spec: Spec) -> Iterator[np.ndarray]:
    """The luma (720, 1280) uint8 of each picture in turn."""
    rng = np.random.default_rng(spec.seed)
    bank = []
    for _ in range(12):  # demosaicing makes neighbours alike
        field = cv2.GaussianBlur(rng.standard_normal((900, 1500), np.float32), (3, 3), 0.6)
        bank.append(field / field.std())
    plan = walks(spec)
    sigma = NOISE[spec.noise]
    for n, scene in zip(range(int(spec.seconds * FPS)), _scene(spec), strict=False):
        for walk in plan:
            if walk.start <= n < walk.end:
                _paste(scene, walk, n)
        field = bank[int(rng.integers(len(bank)))]
        top, left = int(rng.integers(180)), int(rng.integers(220))
        amplitude = cv2.sqrt(0.3 + 0.7 * np.maximum(scene, 0) / 128) * sigma
        noisy = scene + amplitude * field[top : top + HEIGHT, left : left + WIDTH]
        yield np.clip(noisy + 0.5, 0, 255).astype(np.uint8)


def build(spec: Spec) -> Path:
    """The clip, made if it is not there."""
    path = spec.path
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".part.mp4")
    with av.open(str(half), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(FPS))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.gop_size = GOP
        context = stream.codec_context
        context.thread_count = 1
        options = dict(RATES[spec.rate])
        bframes = options.pop("bf", "0")
        options["x264-params"] = ":".join(
            [p for p in (options.get("x264-params", ""),) if p] + ["scenecut=0", f"keyint={GOP}"]
        )
        if bframes == "0":
            options["tune"] = "zerolatency"
        context.options = {"preset": "superfast", "bf": bframes, **options}
        grey = np.full((HEIGHT // 2, WIDTH), 128, np.uint8)
        for n, luma in enumerate(pictures(spec)):
            frame = av.VideoFrame.from_ndarray(np.vstack([luma, grey]), format="yuv420p")
            frame.pts, frame.time_base = n, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    half.replace(path)
    return path
