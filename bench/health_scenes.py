"""Ordinary footage and drills for `bench/health.py`: real clips, light and weather drawn over them.

Everything is planar YUV 4:2:0 of 640×360 and goes through x264 with a keyframe every two seconds,
as a small camera sends it. None of it may be published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import Any

import av
import cv2
import numpy as np
from clips import FOOTAGE
from hiding import DATA
from numpy.typing import NDArray

WIDTH, HEIGHT = 640, 360
SPARSE = 2  # pictures a second of hours of ordinary scenes; drills have as many as a camera
KEY_SECONDS = 2
Plane = NDArray[Any]

# Tuned on the first, reported on all and on the second alone: see design/health.md.
TUNED_ON = ("office", "path", "motorway", "crossing")
HELD_OUT = ("visitors", "carpark", "campus", "street", "plaza", "room", "yard", "junction_1",
            "junction_2", "junction_3")  # fmt: skip

CODECS: dict[str, dict[str, str]] = {
    "crf23": {"crf": "23"},
    "crf32": {"crf": "32"},
    "low": {"b": "30000"},  # bits a picture: 0.45 Mbit/s at 15 a second
    "smooth": {"crf": "36", "x264-params": "nr=800"},  # skips all that hardly moves
}


FALLS = DATA / "falls_assistiot_a" / "clips"


@dataclass(frozen=True)
class Picture:
    """Luma (360, 640), chroma (2, 180, 320): bytes as filmed, float32 while it is worked on."""

    y: Plane
    uv: Plane

    def floating(self) -> Picture:
        return Picture(self.y.astype(np.float32), self.uv.astype(np.float32))


@cache
def footage(name: str) -> tuple[list[Picture], float]:
    """The clip's pictures, at most 160, and how many of them pass in a second of scene time."""
    videos = {
        "office": (DATA / "cdnet_office" / "clip.mp4", 0, 1481, 6, 25),
        "path": (FOOTAGE / "path.mp4", 0, 405, 2, 10),
        "crossing": (FOOTAGE / "crossing.mp4", 0, 390, 2, 10),
        "carpark": (FOOTAGE / "carpark.mp4", 0, 390, 2, 10),
        "motorway": (DATA / "ngsim_us101_1" / "clip.mp4", 0, 177, 1, 3),
        "visitors": (DATA / "intel_onebyone" / "clip.mp4", 0, 1394, 6, 10),
        "campus": (DATA / "pets09_s2l1_a" / "clip.mp4", 0, 397, 2, 7),
        "street": (DATA / "mot17mini_02" / "clip.mp4", 0, 50, 1, 2),
        "plaza": (DATA / "mot17mini_05" / "clip.mp4", 0, 50, 1, 2),
        "room": (FALLS / "adl_02_walking_quickly.mp4", 0, 400, 2, 30),
        "yard": (DATA / "tamper_clips_a" / "clips" / "Defocusing.mp4", 0, 20, 1, 30),
    }  # fmt: skip
    if name.startswith("junction"):
        files = sorted((DATA / "manaus_traffic_a" / "frames").glob("*.jpg"))
        chosen = files[int(name[-1]) * 17]
        image = cv2.imread(str(chosen))
        return [_picture(image)], 1.0
    path, first, last, step, fps = videos[name]
    found = []
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if first <= number < last and number % step == 0:
                found.append(_picture(frame.to_ndarray(format="bgr24")))
    return found[:160], fps / step


def _picture(image: Plane) -> Picture:
    rows, columns = image.shape[:2]
    keep = min(rows, columns * 9 // 16)
    wide = min(columns, keep * 16 // 9)
    top, left = (rows - keep) // 2, (columns - wide) // 2
    cut = cv2.resize(
        image[top : top + keep, left : left + wide],
        (WIDTH, HEIGHT),
        interpolation=cv2.INTER_AREA if wide > WIDTH else cv2.INTER_CUBIC,
    )
    yuv = cv2.cvtColor(cut, cv2.COLOR_BGR2YUV_I420)
    half = HEIGHT // 4
    uv = np.stack([yuv[HEIGHT : HEIGHT + half], yuv[HEIGHT + half :]])
    return Picture(
        yuv[:HEIGHT].astype(np.float32), uv.reshape(2, HEIGHT // 2, WIDTH // 2).astype(np.float32)
    )


@cache
def _grain() -> list[Plane]:
    rng = np.random.default_rng(3)
    fields = [
        cv2.GaussianBlur(rng.standard_normal((HEIGHT + 80, WIDTH + 80), np.float32), (3, 3), 0.6)
        for _ in range(16)
    ]
    return [one / one.std() for one in fields]


Alter = Callable[[Picture, float], Picture]


@dataclass
class Scene:
    """A place for so many seconds, with what is laid over it in turn."""

    place: str
    seconds: float
    name: str = ""
    codec: str = "crf32"
    noise: float = 1.5  # levels at middle grey
    seed: int = 1
    alters: list[Alter] = field(default_factory=list)  # of the scene, before the sensor
    after: list[Alter] = field(default_factory=list)  # of the picture, after it
    clock: bool = True
    fps: int = SPARSE
    hold: tuple[float, float] | None = None  # seconds between which nothing moves (a jam)

    def pictures(self, start: float = 0.0) -> Iterator[tuple[float, Plane]]:
        """(seconds since the start, I420 picture)."""
        frames, rate = footage(self.place)
        rng = np.random.default_rng(self.seed)
        grains = _grain()
        for number in range(int(self.seconds * self.fps)):
            time = start + number / self.fps
            at = time
            if self.hold and self.hold[0] <= time:
                at = min(time, self.hold[0]) + max(0.0, time - self.hold[1])
            picture = frames[_to_and_fro(int(at * rate), len(frames))]
            picture = picture.floating()
            for alter in self.alters:
                picture = alter(picture, time)
            # a factor of numpy's own makes it double, which OpenCV does not add to single
            picture = Picture(picture.y.astype(np.float32, copy=False), picture.uv)
            top, left = rng.integers(80, size=2)
            field_ = grains[int(rng.integers(16))][top : top + HEIGHT, left : left + WIDTH]
            amplitude = cv2.sqrt(cv2.max(picture.y * (0.7 / 128) + 0.3, 0.3)) * self.noise
            picture = Picture(cv2.add(picture.y, cv2.multiply(amplitude, field_)), picture.uv)
            for alter in self.after:
                picture = alter(picture, time)
            yield time, _planes(picture, time if self.clock else None)


def _to_and_fro(number: int, count: int) -> int:
    if count == 1:
        return 0
    place = number % (2 * count - 2)
    return place if place < count else 2 * count - 2 - place


def _planes(picture: Picture, clock: float | None) -> Plane:
    y = cv2.min(cv2.max(cv2.convertScaleAbs(picture.y), 16), 235)
    if clock is not None:
        y[6:26, 8:210] = 40
        text = f"2026-03-07 {int(clock) // 3600:02}:{int(clock) // 60 % 60:02}:{int(clock) % 60:02}"
        cv2.putText(y, text, (12, 21), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 220, 1)
    uv = cv2.convertScaleAbs(np.ascontiguousarray(picture.uv).reshape(HEIGHT, -1))
    return np.concatenate([y.ravel(), uv.ravel()]).reshape(HEIGHT * 3 // 2, WIDTH)


# --- ordinary: light, weather, traffic -----------------------------------------------------------


def light(curve: Callable[[float], float]) -> Alter:
    """The scene as bright as `curve` says (1: as filmed); colours fade with it."""

    def alter(picture: Picture, time: float) -> Picture:
        gain = curve(time)
        return Picture((picture.y - 16) * gain + 16, (picture.uv - 128) * min(1.0, gain) + 128)

    return alter


def clouds(seed: int = 5) -> Callable[[float], float]:
    rng = np.random.default_rng(seed)
    phases = rng.uniform(0, 6.28, 4)
    return lambda time: (
        1.0
        + 0.18
        * np.tanh(
            2
            * sum(
                np.sin(time / span + phase)
                for span, phase in zip((13, 31, 77, 190), phases, strict=True)
            )
        )
    )


def dusk(seconds: float, least: float = 0.25) -> Callable[[float], float]:
    """From full light to `least` over the middle half."""
    return lambda time: 1 - (1 - least) * float(np.clip((time / seconds - 0.25) / 0.5, 0.0, 1.0))


def infrared(first: float, last: float, dark: float = 0.35) -> Alter:
    """Between these times: lit by the camera's own lamp, without colour, noisier."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    lamp = 1.15 * np.exp(-(((x - WIDTH / 2) / 330) ** 2) - ((y - HEIGHT * 0.6) / 240) ** 2) + 0.08
    rng = np.random.default_rng(9)

    def alter(picture: Picture, time: float) -> Picture:
        if not first <= time < last:
            if first - 600 < time < first or last <= time < last + 600:  # twilight
                away = min(abs(time - first), abs(time - last)) / 600
                gain = dark + (1 - dark) * away
                return Picture((picture.y - 16) * gain + 16, (picture.uv - 128) * gain + 128)
            return picture
        red = cv2.resize(picture.uv[1], (WIDTH, HEIGHT)) - 128  # leaves and cloth are brighter
        y = (picture.y - 16 + 1.2 * red) * lamp + 16
        y = y + 3.0 * _grain()[int(rng.integers(16))][:HEIGHT, :WIDTH]
        return Picture(y, np.full_like(picture.uv, 128))

    return alter


def headlights(every: float = 20.0) -> Alter:
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)

    def alter(picture: Picture, time: float) -> Picture:
        phase = time % every / 4.0
        if phase > 1.0:
            return picture
        at = -80 + phase * (WIDTH + 160)
        glow = np.zeros_like(picture.y)
        for shift in (0, 34):
            far = (x - at - shift) ** 2 + (y - 210) ** 2
            glow += 230 * np.exp(-far / 300) + 70 * np.exp(-far / 9000)
        return Picture(picture.y + glow, picture.uv)

    return alter


def rain(strength: float = 1.0, seed: int = 8) -> Alter:
    rng = np.random.default_rng(seed)

    def alter(picture: Picture, time: float) -> Picture:
        drops = np.zeros((HEIGHT, WIDTH), np.float32)
        for x, y, length in rng.integers((0, 0, 8), (WIDTH, HEIGHT, 26), (int(160 * strength), 3)):
            cv2.line(drops, (int(x), int(y)), (int(x) + 2, int(y) + int(length)), 34.0, 1)
        haze = 1 - 0.2 * strength
        mean = float(picture.y.mean())
        return Picture((picture.y - mean) * haze + mean + drops, picture.uv)

    return alter


def shaking(pixels: float = 4.0, seed: int = 4) -> Alter:
    rng = np.random.default_rng(seed)
    state = np.zeros(2)

    def alter(picture: Picture, time: float) -> Picture:
        state[:] = 0.6 * state + rng.normal(0, pixels * 0.6, 2)
        move = np.float32([[1, 0, state[0]], [0, 1, state[1]]])
        y = cv2.warpAffine(picture.y, move, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        return Picture(y, picture.uv)

    return alter


def tree(seed: int = 6) -> Alter:
    """A fifth of the picture sways."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    weight = np.exp(-(((x - 520) / 110) ** 2) - (((y - 90) / 90) ** 2))
    state = [0.0]

    def alter(picture: Picture, time: float) -> Picture:
        state[0] += 0.4 * (rng.normal(0, 6) - state[0])
        moved = cv2.remap(
            picture.y,
            x + weight * state[0] * np.sin(y / 14 + time),
            y + weight * state[0] * 0.5,
            cv2.INTER_LINEAR,
        )
        return Picture(moved, picture.uv)

    return alter


def crowd(first: float, last: float, count: int = 90, seed: int = 12) -> Alter:
    """People everywhere: cut-outs of somebody, scaled, walking to and fro."""
    rng = np.random.default_rng(seed)
    cuts = _cutouts()
    places = rng.uniform((0, 60), (WIDTH, HEIGHT), (count, 2))
    speeds = rng.normal(0, 22, count)
    tones = rng.uniform(-60, 60, count)

    def alter(picture: Picture, time: float) -> Picture:
        if not first <= time < last:
            return picture
        there = min(1.0, (time - first) / 60, (last - time) / 60) * count
        y = picture.y
        order = np.argsort(places[: max(1, int(there)), 1])
        for k in order:
            luma, mask = cuts[int(time * 3 + k) % len(cuts)]
            foot = places[k, 1]
            tall = int(40 + foot * 0.45)
            wide = max(4, int(luma.shape[1] * tall / luma.shape[0]))
            x = int((places[k, 0] + speeds[k] * time) % (WIDTH + wide) - wide)
            top = int(foot) - tall
            _paste(
                y, cv2.resize(luma, (wide, tall)) + tones[k], cv2.resize(mask, (wide, tall)), x, top
            )
        return Picture(y, picture.uv)

    return alter


@cache
def _cutouts() -> list[tuple[Plane, Plane]]:
    out = []
    with av.open(str(DATA / "cdnet_office" / "clip.mp4")) as container:
        for i, frame in enumerate(container.decode(video=0), start=1):
            if not (50 <= i <= 110 or 1400 <= i <= 1455) or i % 4:
                continue
            mask = cv2.imread(str(DATA / "cdnet_office" / "masks" / f"{i:06d}.png"), 0)
            there = (mask == 255).astype(np.float32)
            rows, columns = np.flatnonzero(there.any(1)), np.flatnonzero(there.any(0))
            if len(rows) < 90 or len(columns) < 10:
                continue
            cut = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            out.append((frame.to_ndarray(format="gray")[cut].astype(np.float32), there[cut]))
    return out


def _paste(y: Plane, luma: Plane, mask: Plane, left: int, top: int) -> None:
    x1, y1 = max(0, left), max(0, top)
    x2, y2 = min(WIDTH, left + luma.shape[1]), min(HEIGHT, top + luma.shape[0])
    if x2 <= x1 or y2 <= y1:
        return
    cut = np.s_[y1 - top : y2 - top, x1 - left : x2 - left]
    y[y1:y2, x1:x2] = y[y1:y2, x1:x2] * (1 - mask[cut]) + luma[cut] * mask[cut]


def lorry(first: float, last: float, share: float = 0.5, tone: float = 150.0) -> Alter:
    """A box lorry drives in, stands over so much of the picture's width, and drives off."""
    wide, tall = int(WIDTH * share), int(HEIGHT * 0.85)
    body = np.full((tall, wide), tone, np.float32)
    body[:, :3] = body[:, -3:] = 60
    for y in range(30, tall - 60, 34):
        body[y : y + 2] -= 12
    text = np.zeros(body.shape, np.uint8)
    cv2.putText(text, "SPEDITION", (wide // 8, tall // 2), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 255, 3)
    body += (70 - tone) * (text / np.float32(255))
    body[tall - 50 :] = 45
    for x in (wide // 5, 4 * wide // 5):
        cv2.circle(body, (x, tall - 26), 24, 25, -1)
        cv2.circle(body, (x, tall - 26), 10, 110, -1)
    solid = np.ones_like(body)

    def alter(picture: Picture, time: float) -> Picture:
        if not first - 4 <= time < last + 4:
            return picture
        stop = (WIDTH - wide) * 0.4
        if time < first:
            left = -wide + (stop + wide) * (time - first + 4) / 4
        else:
            left = stop + (0 if time < last else (WIDTH - stop) * (time - last) / 4)
        _paste(picture.y, body, solid, int(left), HEIGHT - tall)
        return Picture(picture.y, picture.uv)

    return alter


# --- drills --------------------------------------------------------------------------------------


def frozen(at: float) -> Alter:
    """The same picture again and again; the clock is drawn after it and goes on."""
    held: list[Picture] = []

    def alter(picture: Picture, time: float) -> Picture:
        if time < at:
            return picture
        if not held:
            held.append(picture)
        return held[0]

    return alter


def black(at: float) -> Alter:
    rng = np.random.default_rng(2)

    def alter(picture: Picture, time: float) -> Picture:
        if time < at:
            return picture
        y = 17 + 1.2 * _grain()[int(rng.integers(16))][:HEIGHT, :WIDTH]
        return Picture(y, np.full_like(picture.uv, 128))

    return alter


def covered(at: float, tone: float = 75.0, share: float = 1.0, soft: float = 18.0) -> Alter:
    """A cloth right before the lens: dull, out of focus, lit from one side."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    folds = cv2.GaussianBlur(
        np.random.default_rng(3).normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32), (0, 0), 40
    )
    cloth = tone + 25 * x / WIDTH - 15 * y / HEIGHT + 12 * folds / folds.std()
    mask = cv2.GaussianBlur((x < share * WIDTH).astype(np.float32), (0, 0), soft)
    mask = np.ones_like(mask) if share >= 1 else mask

    def alter(picture: Picture, time: float) -> Picture:
        if time < at:
            return picture
        small = cv2.resize(mask, (WIDTH // 2, HEIGHT // 2))
        uv = picture.uv * (1 - small) + np.array([122.0, 134.0])[:, None, None] * small
        return Picture(picture.y * (1 - mask) + cloth * mask, uv.astype(np.float32))

    return alter


def sprayed(at: float) -> Alter:
    """Paint over most of the lens: blots without structure, a rim where one sees through."""
    rng = np.random.default_rng(17)
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    for _ in range(60):
        centre = (int(rng.normal(WIDTH / 2, 170)), int(rng.normal(HEIGHT / 2, 95)))
        cv2.circle(mask, centre, int(rng.integers(30, 85)), 1.0, -1)
    mask = np.minimum(1, 1.05 * cv2.GaussianBlur(mask, (0, 0), 14)).astype(np.float32)

    def alter(picture: Picture, time: float) -> Picture:
        if time < at:
            return picture
        return Picture(picture.y * (1 - mask) + 120 * mask, picture.uv)

    return alter


def defocused(at: float, sigma: float = 4.0) -> Alter:
    """Blurred by so many pixels of 640, over ten seconds."""

    def alter(picture: Picture, time: float) -> Picture:
        if time < at:
            return picture
        now = sigma * min(1.0, (time - at + 0.5) / 10)
        return Picture(
            cv2.GaussianBlur(picture.y, (0, 0), now),
            np.stack([cv2.GaussianBlur(one, (0, 0), now / 2) for one in picture.uv]),
        )

    return alter


def moved(at: float, right: float = 150.0, down: float = 20.0, turn: float = 0.0) -> Alter:
    """Turned: what comes into the picture is the rest of it, mirrored."""

    def alter(picture: Picture, time: float) -> Picture:
        if time < at:
            return picture
        matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), turn, 1.0)
        matrix[:, 2] += (right, down)
        half = matrix.copy()
        half[:, 2] /= 2
        y = cv2.warpAffine(picture.y, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
        uv = np.stack(
            [
                cv2.warpAffine(one, half, (WIDTH // 2, HEIGHT // 2), borderMode=cv2.BORDER_REFLECT)
                for one in picture.uv
            ]
        )
        return Picture(y, uv)

    return alter


def turned_away(at: float, other: str) -> Alter:
    """It looks at a wholly different place."""
    frames, rate = footage(other)

    def alter(picture: Picture, time: float) -> Picture:
        if time < at:
            return picture
        return frames[_to_and_fro(int(time * rate), len(frames))].floating()

    return alter


def overexposed(at: float) -> Alter:
    return light(lambda time: 1.0 if time < at else 7.0)


def foggy(at: float, left: float = 0.15) -> Alter:
    """Dirt or fog: so much of the contrast is left."""

    def alter(picture: Picture, time: float) -> Picture:
        if time < at:
            return picture
        return Picture((picture.y - 150) * left + 150, (picture.uv - 128) * left + 128)

    return alter


# --- through the codec ---------------------------------------------------------------------------


def coded(scene: Scene) -> Iterator[tuple[float, av.VideoFrame | None, int]]:
    """(time, its picture if it is a keyframe, bytes) of each packet of a scene through x264.

    Keyframes are decoded as a sleeping camera decodes them, without the loop filter.
    """
    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, scene.fps), Fraction(scene.fps)
    gop = KEY_SECONDS * scene.fps
    encoder.thread_count, encoder.gop_size = 1, gop
    options = dict(CODECS[scene.codec])
    bits = options.pop("b", "")
    encoder.bit_rate = int(bits) * scene.fps if bits else 0
    if bits:
        options |= {"maxrate": str(encoder.bit_rate), "bufsize": str(encoder.bit_rate)}
    params = ":".join(
        p for p in (options.pop("x264-params", ""), "scenecut=0", f"keyint={gop}") if p
    )
    encoder.options = {
        "preset": "superfast",
        "tune": "zerolatency",
        "bf": "0",
        "x264-params": params,
        **options,
    }
    decoder: Any = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    decoder.options = {"skip_loop_filter": "all"}
    for number, (time, planes) in enumerate(scene.pictures()):
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, scene.fps)
        for packet in encoder.encode(frame):
            picture = None
            if packet.is_keyframe:
                picture = (decoder.decode(av.Packet(bytes(packet))) + decoder.decode(None))[0]
                decoder.flush_buffers()
            yield time, picture, packet.size
