"""Is this picture worth looking at, and how finely? Decided from movement, time and the last look.

Somebody well seen, who goes their way alone, can be followed at half the looks: their box is
interpolated with hindsight. Whoever is new, faint, quick, just lost or close to somebody else is
looked at as often as the options say. Where everybody known is large, a machine that has too much
to do looks mostly at a smaller picture, which costs less than half; boxes are less exact then, so
more of the picture is hidden. A fine look every second finds who is small.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from streetlamp.values import Floats, Kind, Tracks
from streetlamp.video.coverage import Look
from streetlamp.video.load import CALM, Load
from streetlamp.video.motion import Motion
from streetlamp.video.options import LookOptions
from streetlamp.video.raw import WHOLE, View
from streetlamp.video.track.associate import inside

SCENE_LOOKS: Final = 3  # every picture of a new scene is looked at until there were this many
EASY_SHARE: Final = 0.7  # of the looks a second while everybody is easy to follow
EASY_AGE: Final = 1.5  # s for which a thing must have been known
EASY_SCORE: Final = 0.5  # that it must have
EASY_SPEED: Final = 0.8  # of its own widths a second that it may move
CLOSE: Final = 0.3  # of its own size around a person in which nobody else may be
FRESH: Final = 1.0  # s for which a report speaks for pictures after it
ROUGH: Final = 0.65  # of the usual input size: a look at a smaller picture
FINE_SECONDS: Final = 1.0  # at most between two looks at the usual size
ROUGH_HEIGHT: Final = 0.065  # of the picture's long side that everybody must be high for one


class Gate:
    """One camera's cadence: `look` says, for each picture in turn, whether to look, and how."""

    def __init__(self, options: LookOptions) -> None:
        self._options = options
        self._last_look = float("-inf")
        self._last_motion = float("-inf")
        self._moving_since = float("-inf")
        self._last_time = float("inf")
        self._frame = 0.0  # seconds between the last two pictures
        self._scene_looks = 0
        self._easy_until = float("-inf")
        self._smallest = 0.0  # height of the smallest thing known, as a share of the long side …
        self._smallest_until = float("-inf")  # … and until when that holds
        self._last_fine = float("-inf")

    def look(self, time: float, motion: Motion, load: Load = CALM) -> View | None:
        """How to look at the picture taken at `time` (POSIX seconds), the load being so; or not.

        None: nobody need look.
        """
        if motion.jump:
            self._scene_looks = 0
        was_quiet = time - self._last_motion > 1.0
        woken = motion.moving and was_quiet
        if motion.moving:
            self._last_motion = time
            if was_quiet:
                self._moving_since = time
        since = time - self._last_look
        frame = self._frame = max(0.0, time - self._last_time)
        self._last_time = time
        per_second = load.looks_per_second(self._per_second(time), self._options.max_gap_seconds)
        # The picture nearest to the due time: half a picture early rather than half one late.
        due = since >= 1.0 / per_second - 0.5 * frame - 1e-3 or since < 0
        if not (due or woken or self._scene_looks < SCENE_LOOKS):
            return None
        large = self._smallest >= ROUGH_HEIGHT and time <= self._smallest_until
        rough = load.rough and large and not woken and self._scene_looks >= SCENE_LOOKS
        self._last_look = time
        self._scene_looks += 1
        if rough and 0.0 <= time - self._last_fine < FINE_SECONDS - 0.5 * frame:
            return View(fine=ROUGH)
        self._last_fine = time
        return WHOLE

    def is_due(self, time: float, load: Load = CALM) -> bool:
        """Whether `look` may say yes to the picture taken at `time`, as far as time alone tells.

        Where nothing moves the next picture may be the one in which something does.
        """
        if self._scene_looks < SCENE_LOOKS or not 0.0 <= time - self._last_motion <= 1.0:
            return True
        per_second = load.looks_per_second(self._per_second(time), self._options.max_gap_seconds)
        since = time - self._last_look
        return since < 0 or since >= 1.0 / per_second - self._frame

    def report(self, look: Look, faint: Floats) -> None:
        """Takes in what a look reported; it may come late, and out of step with `look`.

        faint: (n, 4) possible people it found who are neither tracks nor furniture.
        """
        easy = not len(faint) and not len(look.faces) and _easy(look.tracks)
        self._easy_until = look.time + FRESH if easy else float("-inf")
        boxes = np.concatenate([look.tracks.box, faint])
        height = (boxes[:, 3] - boxes[:, 1]).min(initial=np.inf)
        self._smallest = float(height) / max(1, *look.tracks.size)
        self._smallest_until = look.time + FRESH

    def reset(self) -> None:
        """Forget the scene: the next picture is looked at."""
        self._last_look = self._last_motion = self._easy_until = float("-inf")
        self._smallest_until = self._last_fine = float("-inf")
        self._moving_since = float("-inf")
        self._scene_looks = 0

    def _per_second(self, time: float) -> float:
        quiet, busy = self._options.quiet_looks_per_second, self._options.looks_per_second
        if time - self._last_motion > 1.0:
            return quiet
        new = time - self._moving_since < EASY_AGE
        if new or time > self._easy_until:
            return busy
        return min(busy, max(quiet, EASY_SHARE * busy))


def _easy(tracks: Tracks) -> bool:
    """Whether everybody is well seen, slow and alone."""
    people = tracks.kind == Kind.PERSON
    if not people.any():
        return bool(tracks.seen.all())
    box = tracks.box[people]
    width, height = box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]
    speed = np.hypot(tracks.velocity[people, 0], tracks.velocity[people, 1])
    known = tracks.seen[people] & (tracks.age[people] >= EASY_AGE)
    slow = speed <= EASY_SPEED * np.maximum(width, 1.0)
    if not (known & slow & (tracks.score[people] >= EASY_SCORE)).all():
        return False
    reach = CLOSE * np.stack([-width, -height, width, height], axis=1)
    near = inside(box + reach, box + reach)
    np.fill_diagonal(near, 0.0)
    return not bool((near > 0.0).any())
