"""What is said of a camera's health: checks, reasons, judgements, and minutes.

Nothing here shows or describes a person: it is about the camera. `video` measures the picture
(`ViewSample`, numbers alone), `fleet` judges, keeps the minutes and raises alarms, the desk shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Check(StrEnum):
    """One thing that a camera must do to have done its whole job in a minute."""

    CONNECTED = "connected"
    FLOWING = "flowing"  # packets and pictures come at about the camera's own rate
    ALIVE = "alive"  # the picture is not frozen: sensor noise is there
    EXPOSURE = "exposure"
    FOCUS = "focus"
    VIEW = "view"  # it shows what it is meant to show: not moved, covered, sprayed
    CLOCK = "clock"
    ANALYSED = "analysed"  # looked at as often as promised
    RECORDED = "recorded"
    MASKED = "masked"  # people could be hidden one by one; false: the picture was hidden whole


class Reason(StrEnum):
    """Why a minute was lost. In order: of several reasons the first one is the root."""

    STREETLAMP_DOWN = "streetlamp_down"  # ours, never the camera's
    UNREACHABLE = "unreachable"
    LOGIN_REFUSED = "login_refused"
    NO_VIDEO = "no_video"  # reached, but nothing flows
    DAMAGED = "damaged"  # what comes cannot be decoded, or is not a video stream
    CLOCK_WRONG = "clock_wrong"
    BLACK = "black"
    OVEREXPOSED = "overexposed"
    COVERED = "covered"
    MOVED = "moved"
    DEFOCUSED = "defocused"
    LOW_CONTRAST = "low_contrast"  # fog, dirt, spray, a dazzled lens
    FROZEN = "frozen"
    LOW_RATE = "low_rate"  # fewer pictures than the camera's own rate
    NOT_ANALYSED = "not_analysed"
    NOT_RECORDED = "not_recorded"
    NOT_MASKED = "not_masked"


PRECEDENCE: Final = {reason: place for place, reason in enumerate(Reason)}

OURS: Final = frozenset(
    {Reason.STREETLAMP_DOWN, Reason.NOT_ANALYSED, Reason.NOT_RECORDED, Reason.NOT_MASKED}
)
"""What Streetlamp or its machine did not do: never held against a camera."""

CHECK_OF: Final = {
    Reason.STREETLAMP_DOWN: Check.CONNECTED,
    Reason.UNREACHABLE: Check.CONNECTED,
    Reason.LOGIN_REFUSED: Check.CONNECTED,
    Reason.NO_VIDEO: Check.FLOWING,
    Reason.DAMAGED: Check.FLOWING,
    Reason.LOW_RATE: Check.FLOWING,
    Reason.CLOCK_WRONG: Check.CLOCK,
    Reason.BLACK: Check.EXPOSURE,
    Reason.OVEREXPOSED: Check.EXPOSURE,
    Reason.COVERED: Check.VIEW,
    Reason.MOVED: Check.VIEW,
    Reason.DEFOCUSED: Check.FOCUS,
    Reason.LOW_CONTRAST: Check.EXPOSURE,
    Reason.FROZEN: Check.ALIVE,
    Reason.NOT_ANALYSED: Check.ANALYSED,
    Reason.NOT_RECORDED: Check.RECORDED,
    Reason.NOT_MASKED: Check.MASKED,
}

WORDS: Final = {
    Reason.STREETLAMP_DOWN: "Streetlamp was not running",
    Reason.UNREACHABLE: "cannot be reached",
    Reason.LOGIN_REFUSED: "refuses the login",
    Reason.NO_VIDEO: "connected, but sends no video",
    Reason.DAMAGED: "what it sends cannot be decoded",
    Reason.CLOCK_WRONG: "its clock is wrong",
    Reason.BLACK: "the picture is black",
    Reason.OVEREXPOSED: "the picture is white",
    Reason.COVERED: "something covers the lens",
    Reason.MOVED: "it looks somewhere else",
    Reason.DEFOCUSED: "out of focus",
    Reason.LOW_CONTRAST: "hardly any contrast (fog, dirt or spray)",
    Reason.FROZEN: "the picture stands still",
    Reason.LOW_RATE: "too few pictures",
    Reason.NOT_ANALYSED: "not looked at as often as promised",
    Reason.NOT_RECORDED: "not recorded",
    Reason.NOT_MASKED: "hidden whole: people could not be hidden one by one",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one check came to, with the number that decided and what it was held against."""

    check: Check
    time: float  # POSIX seconds
    reason: Reason | None = None  # None: all is well
    number: float = 0.0
    reference: float = 0.0
    unit: str = ""
    text: str = ""  # one sentence for a person: "sharpness 12, usually 80 at this hour"

    @property
    def well(self) -> bool:
        return self.reason is None


class MinuteState(StrEnum):
    KEPT = "kept"  # the camera did its whole job
    LOST = "lost"
    PLANNED = "planned"  # maintenance that was announced: not expected


@dataclass(frozen=True, slots=True)
class Minute:
    """One camera's one minute."""

    camera: str
    minute: int  # POSIX seconds, a multiple of 60
    state: MinuteState
    reasons: tuple[Reason, ...] = ()  # by precedence; empty when kept
    text: str = ""  # the first reason's judgement, for a person
