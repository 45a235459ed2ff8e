"""Judges by the second, small stream whether a sleeping camera's picture is still the same.

It answers one question only: is this still the picture that was looked at? Whatever else it sees,
or when there is any doubt about the stream itself, keyframes of the main stream are judged as if
there were no other. See ``design/gating.md``.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from enum import Enum
from typing import Final

import av

from streetlamp.values import Bytes
from streetlamp.video.decode import Decoder
from streetlamp.video.planes import halved_luma
from streetlamp.video.raw import Packet, RawFrame
from streetlamp.video.same_view import FROZEN, OTHER_VIEW, moves, why_other
from streetlamp.video.second import SecondStream
from streetlamp.video.still import StillScene, Verdict

SKEW_SECONDS: Final = 1.0  # by which the times of the two streams may be apart
GRACE_SECONDS: Final = 0.5  # a keyframe may come so much later than its time says
SPARSE: Final = 1.25  # times the main stream's GOP that its keyframes may be apart
FIRST_KEYS: Final = 5  # of a new opening: by their differences it learns what is usual
MOST_LATE: Final = 3  # judgements in a row that it comes too late for
RETRY_SECONDS: Final = 60.0  # after it was found unfit
ASIDE_SECONDS: Final = 600.0  # after it told what was not so, or did not tell what was
DOUBTS_WEIGHT: Final = 1 / 8
MOST_DOUBTS: Final = 0.75  # share of its keyframes that may be unlike its reference
KEPT: Final = 4  # pictures kept for the wall
OLD_SECONDS: Final = 10.0  # a picture older than this is not shown for another
LEAST_NOISE: Final = 0.15  # share of pixels that differ between two keyframes of a live sensor …
STEADY_NOISE: Final = 0.9  # … and of what it usually is
NOISE_WEIGHT: Final = 1 / 8
LARGEST: Final = 960  # pixels: a wider picture is halved before it is judged
WIDE_ENOUGH: Final = 0.85  # as wide as what is judged of the main stream's, at least

SPARSE_KEYS: Final = "its keyframes are further apart than the main stream's"
TOO_SMALL: Final = "its pictures are too small to see what the main stream shows"
LATE: Final = "its keyframes come too late"
DAMAGED: Final = "its keyframes are damaged"
MISSED: Final = "it did not show somebody who was found in the main stream"
INVENTS: Final = "it changes too often"

log: Final = logging.getLogger(__name__)


class Says(Enum):
    """What it tells of everything before a main keyframe."""

    SAME = "same"  # nothing changed until after that keyframe
    WAIT = "wait"  # its own next keyframe will tell
    ASK = "ask"  # look at the main stream's keyframe


class SecondEye:
    """One camera's second stream, judged while the camera sleeps.

    `opened` when the main stream begins, `asleep` when the camera falls asleep, then `watch` at
    each moment, `says` of each main keyframe, and `calm` for each that was decoded and in which
    nothing was to hide: by those it learns. Its own reference is a keyframe that lies between two
    such moments, so nobody can be in it unseen.
    """

    def __init__(self, camera: str, stream: SecondStream | None) -> None:
        self._camera = camera
        self._stream = stream
        self._decoder = Decoder()
        self._scene = StillScene()
        self._trusted = False
        self._opening = -1
        self._said = ""  # why it is not used
        self._told: set[str] = set()  # that, as it stands in the log
        self._retry = float("-inf")  # not tried again before
        self._asleep_since = 0.0
        self._judged = 0.0  # its last keyframe that was judged, or need not be
        self._same = float("-inf")  # … and the last that was SAME
        self._doubt: float | None = None  # its keyframe that was not, until that is cleared up
        self._doubtful = 0.0  # from how many seconds after it on the main stream clears it up
        self._doubts = 0.0  # share of its keyframes of late that were not
        self._late = 0  # judgements in a row it came too late for
        self._luma: Bytes | None = None  # its last keyframe
        self._noise = 0.0  # share of pixels that usually differ between two …
        self._stiller = False  # … and whether that were less between the last two
        self._kept: deque[tuple[float, av.VideoFrame]] = deque(maxlen=KEPT)
        self._gap = self._lag = 0.0  # seconds that its keyframes may be apart, and be waited for
        self._told_until = 0.0  # either stream has told of everything up to then

    @property
    def decoded(self) -> int:
        """Its keyframes that were decoded."""
        return self._decoder.decoded

    @property
    def lag(self) -> float:
        """Seconds of video that may have to wait for its next keyframe."""
        return self._lag if self._trusted else 0.0

    @property
    def trouble(self) -> str:
        """Why it is not used, "" if it is or if it has not been tried."""
        return self._said

    def opened(self, time: float) -> None:
        """The main stream begins, or goes on after a break: its times, too, have to settle."""
        if self._stream is not None:
            self._retry = max(self._retry, time + self._stream.settle)

    def asleep(self, time: float) -> None:
        """The camera falls asleep at the main keyframe of this time."""
        self._trusted = False
        self._kept.clear()
        self._retry = min(self._retry, time + ASIDE_SECONDS)  # should the clock have been set
        self._asleep_since = time
        self._same = float("-inf")
        self._doubt = None
        self._late = 0

    def watch(self) -> None:
        """Judges what has come of it."""
        stream = self._stream
        if not self._trusted or stream is None or self._doubt is not None:
            return
        if stream.opening != self._opening:
            self._lay_aside(stream.trouble, float("-inf"))
            return
        if stream.latest <= self._judged:
            return
        for packet in stream.after(self._judged):
            self._judged = packet.time
            picture = self._picture(packet)
            if picture is None:
                continue  # the next one tells, or the main stream
            if not self._judge(picture, packet.time):
                return

    def says(self, time: float, now: float) -> Says:
        """What it tells of everything before the main keyframe of `time`; now: of the camera."""
        if not self._trusted or self._doubt is not None:
            return Says.ASK
        if self._same >= time + SKEW_SECONDS:
            self._late = 0
            return Says.SAME
        if now - time <= self.lag:
            return Says.WAIT
        self._late += 1
        if self._late >= MOST_LATE:
            self._lay_aside(LATE, now + RETRY_SECONDS)
        return Says.ASK

    def calm(self, raw: RawFrame, gop_seconds: float, *, whole: bool) -> None:
        """Nothing is to hide in this main keyframe, the first after a GOP of that length.

        whole: the detector looked at all of it.
        """
        if self._stream is None:
            return
        # what came before it is told by it
        self._judged = max(self._judged, raw.time - SKEW_SECONDS)
        self._told_until = max(self._told_until, raw.time - SKEW_SECONDS)
        self._clear_up(raw.time)
        if (whole or not self._trusted) and raw.time >= self._retry:
            self._learn(raw, gop_seconds)

    def _clear_up(self, time: float) -> None:
        """The main stream told of this moment that there is nothing: was the doubt about it?

        What was restless is nothing, or will be seen again. What changed must be gone.
        """
        if self._doubt is not None and time >= self._doubt + self._doubtful:
            self._scene.looked_there()
            self._doubt = None

    def missed(self, time: float) -> None:
        """Somebody was found in the main keyframe of this time."""
        if self._trusted and self._same >= time + SKEW_SECONDS:
            self._lay_aside(MISSED, time + ASIDE_SECONDS)

    def picture(self, key: Packet, until: float, size: tuple[int, int]) -> RawFrame | None:
        """A picture for the wall of a main GOP of `size`, from `key` until then.

        Not taken after the GOP's end: what comes later nobody has cleared. None: there is none.
        """
        for time, picture in reversed(self._kept):
            if key.time - OLD_SECONDS <= time <= until - SKEW_SECONDS:
                large = picture.reformat(*size, interpolation="FAST_BILINEAR", threads=1)
                return RawFrame(key.camera, key.time, key.frame, large, key.pts, key.time_base)
        return None

    def _learn(self, raw: RawFrame, gop_seconds: float) -> None:
        """Takes a keyframe before `raw` as reference, if it shows the same view and moves."""
        stream = self._stream
        assert stream is not None
        if stream.opening != self._opening:
            self._scene.reset()
            self._opening = stream.opening
        latest = raw.time - SKEW_SECONDS
        keys = [packet for packet in stream.after(float("-inf")) if packet.time <= latest]
        quiet = [key for key in keys if key.time >= self._asleep_since + SKEW_SECONDS]
        wanted = 1 if self._scene.ready else FIRST_KEYS
        spacing = stream.spacing
        if len(keys) < 2 or len(quiet) < wanted or quiet[-1].time < raw.time - OLD_SECONDS:
            if self._trusted or raw.time >= self._asleep_since + RETRY_SECONDS:
                self._lay_aside(stream.trouble or LATE, float("-inf"))
            return
        tried = [self._picture(packet) for packet in keys[-max(2, wanted) :]]
        pictures = [picture for picture in tried if picture is not None]
        if len(pictures) < len(tried):
            why = DAMAGED
        elif spacing > SPARSE * gop_seconds:
            why = SPARSE_KEYS
        else:
            why = _why_unfit(raw.picture, pictures)
        if why:
            self._lay_aside(why, raw.time + RETRY_SECONDS)
            return
        for key, picture in zip(keys[-wanted:], pictures[-wanted:], strict=True):
            self._scene.looked(_luma(picture), key.time)
        if not self._trusted:
            self._trusted = True
            self._judged = self._told_until = keys[-1].time
            self._luma = _luma(pictures[-1])
            self._stiller = False
            self._noise = moves(_luma(pictures[-2]), self._luma)
        self._gap = SPARSE * spacing
        self._lag = SKEW_SECONDS + GRACE_SECONDS + self._gap
        self._say("")

    def _picture(self, packet: Packet) -> av.VideoFrame | None:
        """A keyframe of it, decoded; None where it is damaged."""
        raw = self._decoder.keyframe(packet)
        return None if raw is None or raw.picture.is_corrupt else raw.picture

    def _judge(self, picture: av.VideoFrame, time: float) -> bool:
        """Takes in its next keyframe. False: no more before the main stream has told."""
        luma = _luma(picture)
        stiller = self._is_stiller(luma)
        if (stiller and self._stiller) or stiller is None:
            self._lay_aside(FROZEN, time + RETRY_SECONDS)
            return False
        self._stiller = stiller
        verdict = self._scene.judge(luma, time)
        if verdict is Verdict.JUMP:  # another view, or the light is out
            self._scene.reset()
            self._lay_aside(OTHER_VIEW, time)
            return False
        self._doubts += ((verdict is not Verdict.SAME) - self._doubts) * DOUBTS_WEIGHT
        if self._doubts > MOST_DOUBTS:  # asking the main stream each time, it spares nothing
            self._doubts = 0.0
            self._lay_aside(INVENTS, time + ASIDE_SECONDS)
            return False
        changed = verdict is Verdict.CHANGED
        if not changed:
            self._kept.append((time, picture))
        gap = time - self._told_until > self._gap  # one was lost: who came and went by then?
        self._told_until = time
        if verdict is not Verdict.SAME or stiller or gap:
            self._doubt, self._doubtful = time, SKEW_SECONDS if changed else -SKEW_SECONDS
            return False
        self._same = time
        return True

    def _is_stiller(self, luma: Bytes) -> bool | None:
        """Whether its next keyframe differs from the one before by less than usual; None: hardly.

        That is how a picture that is compressed again and again begins to stand still.
        """
        before, self._luma = self._luma, luma
        noise = 1.0 if before is None else moves(before, luma)
        if noise < LEAST_NOISE:
            return None
        if noise < STEADY_NOISE * self._noise:
            return True
        self._noise += (noise - self._noise) * NOISE_WEIGHT
        return False

    def _lay_aside(self, why: str, until: float) -> None:
        self._trusted = False
        self._doubt = None
        self._retry = max(self._retry, until)
        self._say(why)

    def _say(self, why: str) -> None:
        """Why it is not used just now, each reason once in the log; "": it is."""
        if why and why not in self._told:
            self._told.add(why)
            log.warning("camera %s: the second stream is not used: %s", self._camera, why)
        self._said = why


def _why_unfit(main: av.VideoFrame, pictures: Sequence[av.VideoFrame]) -> str:
    """Why a stream with these keyframes tells nothing of what happens in `main`, "" if it does."""
    before, now = _luma(pictures[-2]), _luma(pictures[-1])
    if now.shape[1] < WIDE_ENOUGH * halved_luma(main).shape[1]:
        return TOO_SMALL
    return FROZEN if moves(before, now) < LEAST_NOISE else why_other(main, pictures[-1])


def _luma(picture: av.VideoFrame) -> Bytes:
    return halved_luma(picture, most=LARGEST)
