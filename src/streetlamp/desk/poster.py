"""The picture that stands for an alarm: taken from its masked clip, made once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import BinaryIO, Final

import av
import cv2

_QUALITY: Final = 80
_WIDEST: Final = 960  # pixels
_MOST: Final = 200


def draw(clip: BinaryIO, seconds: float) -> bytes | None:
    """JPEG of the picture `seconds` into the clip (or its last one); None if nothing decodes."""
    try:
        with av.open(clip, "r") as container:
            stream = container.streams.video[0]
            if seconds > 0:
                container.seek(int(seconds * av.time_base), backward=True)
            picture = None
            for picture in container.decode(stream):  # the last one is wanted
                if picture.time is not None and picture.time >= seconds:
                    break
            if picture is None:
                return None
            width = min(picture.width, _WIDEST)
            height = max(1, round(picture.height * width / picture.width))
            pixels = picture.reformat(width, height, format="bgr24").to_ndarray()
    except (av.FFmpegError, IndexError):
        return None
    made, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return jpeg.tobytes() if made else None


class Posters:
    """The pictures drawn last. Thread-safe."""

    def __init__(self) -> None:
        self._drawn: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, name: str, clip: BinaryIO, seconds: float) -> bytes | None:
        """The picture of the clip called `name`."""
        with self._lock:
            found = self._drawn.get(name)
            if found is None:
                found = draw(clip, seconds)
                if found is not None:
                    self._drawn[name] = found
                    while len(self._drawn) > _MOST:
                        self._drawn.popitem(last=False)
            return found
