"""A made-up night street for the development desk: pictures, tracks and fragments, all generated.

No camera, no recording, no person: figures are mosaics from the start.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import Any

import av
import cv2
import numpy as np

FPS = 16
SECONDS = 24  # the scene loops after so long
GOP = 8  # pictures a fragment: half a second
SCALE = 16000  # media timeline units a second
W, H = 960, 540


@dataclass(frozen=True)
class Thing:
    kind: str
    tags: dict[str, str]
    y: float
    size: tuple[int, int]
    speed: float  # pixels a second, negative to the left
    start: float
    colour: tuple[int, int, int]  # BGR
    stop_at: float | None = None


UPRIGHT = {"posture": "upright"}
LYING = {"posture": "lying"}
THINGS = {
    "gate": [
        Thing(
            "person",
            UPRIGHT | {"upper": "blue", "lower": "black"},
            330,
            (44, 118),
            42,
            60,
            (150, 90, 50),
        ),
        Thing(
            "person",
            UPRIGHT | {"upper": "red", "lower": "grey"},
            360,
            (48, 128),
            -36,
            820,
            (60, 60, 170),
        ),
        Thing("bicycle", {"colour": "green"}, 350, (92, 96), 75, -120, (80, 140, 60)),
    ],
    "road": [
        Thing("car", {"colour": "red"}, 300, (170, 84), 110, -100, (50, 50, 180)),
        Thing("car", {"colour": "white"}, 372, (190, 92), -95, 1000, (200, 200, 200)),
        Thing("truck", {"colour": "blue"}, 230, (210, 120), 60, -300, (150, 90, 40), 520),
        Thing("person", UPRIGHT | {"upper": "yellow"}, 410, (40, 104), 30, 500, (60, 180, 190)),
    ],
    "yard": [
        Thing("person", LYING | {"upper": "white"}, 400, (126, 52), 0, 420, (190, 190, 190)),
    ],
}


def place(thing: Thing, t: float) -> tuple[float, float, float, float]:
    width, height = thing.size
    x = thing.start + thing.speed * t
    if thing.stop_at is not None:
        x = min(x, thing.stop_at)
    return x, thing.y, x + width, thing.y + height


def tracks(camera: str, t: float, width: int = W) -> list[dict[str, Any]]:
    rows = []
    for i, thing in enumerate(THINGS.get(camera, [])):
        x1, y1, x2, y2 = place(thing, t)
        if x2 < 4 or x1 > width - 4:
            continue
        moving = thing.stop_at is None or x1 < thing.stop_at
        rows.append(
            {
                "id": 7919 * (i + 3),
                "kind": thing.kind,
                "box": [max(0, x1), y1, min(width, x2), y2],
                "score": 0.87,
                "seen": True,
                "age": round(t, 1),
                "speed": abs(thing.speed) if moving else 0.0,
                "direction": 0.0 if thing.speed >= 0 else 180.0,
                **thing.tags,
            }
        )
    return rows


def background(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    top = np.array([52, 40, 34], np.float32)
    bottom = np.array([40, 46, 50], np.float32)
    ramp = np.linspace(0, 1, H, dtype=np.float32)[:, None, None]
    picture = np.repeat(top * (1 - ramp) + bottom * ramp, W, axis=1)
    for x in range(0, W, 120):
        tall = int(rng.integers(90, 190))
        shade = int(rng.integers(24, 46))
        cv2.rectangle(picture, (x, 210 - tall), (x + 116, 215), (shade + 8, shade + 2, shade), -1)
        for wx in range(x + 12, x + 100, 26):
            for wy in range(222 - tall, 200, 30):
                if rng.random() < 0.3:
                    cv2.rectangle(picture, (wx, wy), (wx + 12, wy + 16), (90, 170, 220), -1)
    road = np.array([[0, 300], [W, 260], [W, H], [0, H]], np.int32)
    cv2.fillPoly(picture, [road], (58, 56, 54))
    for x in range(-40, W, 130):
        cv2.line(picture, (x, 410), (x + 64, 407), (120, 130, 130), 4)
    glow = np.zeros_like(picture)
    for x in (180, 640):
        cv2.line(picture, (x, 330), (x, 100), (30, 30, 30), 7)
        cv2.circle(glow, (x, 100), 150, (60, 110, 150), -1)
    picture += cv2.GaussianBlur(glow, (0, 0), 60) * 0.8
    return picture.clip(0, 255).astype(np.uint8)


def draw(camera: str, ground: np.ndarray, t: float) -> np.ndarray:
    picture = ground.copy()
    for i, thing in enumerate(THINGS.get(camera, [])):
        x1, y1, x2, y2 = (int(v) for v in place(thing, t))
        if x2 < 0 or x1 > W:
            continue
        left, right = max(0, x1), min(W, x2)
        if thing.kind in ("person", "bicycle"):
            cell = 14
            rng = np.random.default_rng(i)
            small = rng.normal(thing.colour, 34, ((y2 - y1) // cell + 1, (x2 - x1) // cell + 1, 3))
            big = np.kron(small, np.ones((cell, cell, 1))).clip(0, 255)[: y2 - y1, : x2 - x1]
            picture[y1:y2, left:right] = big[:, left - x1 : right - x1]
        else:
            cv2.rectangle(picture, (left, y1 + 22), (right, y2 - 12), thing.colour, -1)
            cv2.rectangle(picture, (left + 26, y1), (right - 26, y1 + 26), thing.colour, -1)
            for wx in (x1 + 34, x2 - 34):
                cv2.circle(picture, (wx, y2 - 12), 14, (16, 16, 16), -1)
    return picture


def boxes(data: bytes) -> list[bytes]:
    out, at = [], 0
    while at < len(data):
        size = struct.unpack_from(">I", data, at)[0]
        out.append(data[at : at + size])
        at += size
    return out


class Scene:
    """One looping camera: init segment, fragments of half a second, small pictures."""

    def __init__(self, camera: str, seed: int, width: int = W) -> None:
        """`width`: of the picture, which is cut off at its right side."""
        self.camera = camera
        self.width = width
        ground = background(seed)
        self.small: list[np.ndarray] = []
        buffer = io.BytesIO()
        flags = "empty_moov+default_base_moof+frag_keyframe"
        options = {"movflags": flags, "video_track_timescale": str(SCALE)}
        with av.open(buffer, "w", format="mp4", options=options) as output:
            stream = output.add_stream("libx264", rate=FPS)
            stream.width, stream.height, stream.pix_fmt = width, H, "yuv420p"
            stream.options = {
                "preset": "ultrafast",
                "crf": "28",
                "g": str(GOP),
                "sc_threshold": "0",
                "bf": "0",
            }
            for n in range(FPS * SECONDS):
                picture = np.ascontiguousarray(draw(camera, ground, n / FPS)[:, :width])
                if n % 4 == 0:
                    half = (width // 2, H // 2)
                    self.small.append(cv2.resize(picture, half, interpolation=cv2.INTER_AREA))
                output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
            output.mux(stream.encode(None))
        parts = boxes(buffer.getvalue())
        kinds = [part[4:8] for part in parts]
        moov = parts[kinds.index(b"moov")]
        self.init = parts[kinds.index(b"ftyp")] + moov
        avcc = moov.index(b"avcC") + 5
        self.codec = "avc1." + moov[avcc : avcc + 3].hex().upper()
        self.parts = [
            parts[i] + parts[i + 1] for i, kind in enumerate(kinds[:-1]) if kind == b"moof"
        ]

    def fragment(self, n: int, media: float) -> bytes:
        """Fragment number n (it loops) with its decode time set to `media` seconds."""
        data = bytearray(self.parts[n % len(self.parts)])
        at = data.index(b"tfdt") + 4
        value = round(media * SCALE)
        if data[at] == 1:
            struct.pack_into(">Q", data, at + 4, value)
        else:
            struct.pack_into(">I", data, at + 4, value)
        return bytes(data)

    def phase(self, n: int) -> float:
        """Scene time of fragment n's first picture."""
        return (n % len(self.parts)) * GOP / FPS

    def jpeg(self, t: float, width: int) -> np.ndarray:
        picture = self.small[int(t * 4) % len(self.small)]
        return cv2.resize(picture, (width, width * H // self.width))
