"""Is what a camera shows usable, and is it what it is meant to show? One picture at a time.

Each function takes a `ViewSample` and the camera's `Usual` values and gives a finding with the
number that decided and what it was held against. Whether a finding counts is not decided here:
`settle` waits to see whether it stays. The limits are explained in ``design/health.md``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from streetlamp.fleet.usual import Usual, measures
from streetlamp.health import CHECK_OF, Check, Judgement, Reason
from streetlamp.video.view.reference import fits_better
from streetlamp.video.view.sample import ViewSample

BLACK: Final = 30.0  # levels that 95 % of a black picture is below
WHITE_SHARE: Final = 0.6  # of the picture that is white in an overexposed one
SEEN: Final = 0.35  # fit of the view from which on a dark or bright picture is usable
LEAST_SHARP: Final = 0.72  # of the usual sharpness
LEAST_CONTRAST: Final = 0.5  # of the usual, and of the detail as well
LEAST_DETAIL: Final = 0.55
BELOW_ALL: Final = 0.9  # … and less than the poorest usual values by a tenth
FOG: Final = 0.2  # of the usual contrast: hardly any, and …
NO_COVER: Final = (0.35, 0.1)  # … what is left is the view, from this layout and kappa on
SAME_PLACE: Final = 0.6  # correlation of light and shade at large with the reference's
GONE: Final = 0.30  # fit of the view below which it is covered, if its edges are gone …
OTHER: Final = 0.2  # fit beyond chance (kappa) below which it is another view
PARTLY: Final = 0.60  # fit below which a good part of it is blocked
BARE: Final = 0.5  # share of the view's edges gone, for a cover
BARE_STRUCTURE: Final = 0.6  # of the usual structure that is left at most, for a cover
OWN_STRUCTURE: Final = 0.4  # of the usual structure that another view has at least
SPRAYED: Final = (0.5, 0.7, 0.2)  # of the usual detail, contrast; share of the edges gone
STEADY: Final = 0.6  # of the edges, in another view; in a crowd they go
SHIFT_FIT: Final = 0.5  # fit of the reference when it is shifted
LEAST_SHIFT: Final = 0.04  # of the picture's width
LEAST_NOISE: Final = 0.02  # share of pixels that differ: fewer, and nothing does
USUAL_NOISE: Final = 0.15  # … if usually so many do
QUIET_CODING: Final = 0.3  # of the usual bytes between keyframes …
QUIET_NOISE: Final = 0.5  # … with less than so much of the usual noise
STILLER: Final = (0.5, 0.35)  # of the usual share and noise: too little, whatever was coded
SAME: Final = 0.08  # share of blocks the same to the bit, beyond the most that is usual
SKIPPED: Final = 150.0  # bytes for 1000 macroblocks: hardly anything was coded

SOON: Final = 20.0  # seconds a finding must hold: black, white
SURE: Final = 30.0  # focus, contrast, frozen, covered whole
VIEW: Final = 60.0  # another view
Found = tuple[Judgement, float]  # and for how long it must hold, seconds


def exposure(sample: ViewSample, usual: Usual) -> Found:
    """Black, white, or grey in grey."""
    lost = not sample.known or sample.fit < SEEN
    if sample.high <= BLACK and lost:
        text = f"95 % of the picture is darker than {BLACK:.0f} of 255 ({sample.high:.0f})"
        return _bad(sample, Reason.BLACK, sample.high, BLACK, "levels", text), SOON
    if sample.bright >= WHITE_SHARE and sample.fit < 0.75:
        text = f"{_percent(sample.bright)} of the picture is white"
        return _bad(sample, Reason.OVEREXPOSED, sample.bright, WHITE_SHARE, "share", text), SOON
    now = measures(sample)
    contrast, low = usual.of("contrast", sample), usual.of("contrast", sample, 0.03)
    detail, least = usual.of("detail", sample), usual.of("detail", sample, 0.03)
    if contrast is None or low is None or detail is None or least is None:
        return _fog(sample, usual, now["contrast"]), SURE
    reference = min(LEAST_CONTRAST * contrast, BELOW_ALL * low)
    flat = now["contrast"] < reference
    dull = now["detail"] < min(LEAST_DETAIL * detail, BELOW_ALL * least)
    if flat and dull and sample.layout >= SAME_PLACE:
        text = (
            f"contrast {now['contrast']:.2f}, usually {contrast:.2f} at this hour"
            f" (less than {reference:.2f} is too little)"
        )
        return _bad(sample, Reason.LOW_CONTRAST, now["contrast"], contrast, "ratio", text), SURE
    return _fog(sample, usual, now["contrast"]), SURE


def _fog(sample: ViewSample, usual: Usual, contrast: float) -> Judgement:
    """Hardly any contrast is left, and what is left is the view.

    Fog takes the colours, too: where infrared has no usual values yet, those of the day count.
    """
    normal = usual.of("contrast", sample) or usual.of("contrast", replace(sample, infrared=False))
    if normal is None:
        return _well(sample, Check.EXPOSURE)
    layout, kappa = NO_COVER
    if contrast < FOG * normal and sample.layout >= layout and sample.kappa >= kappa:
        text = f"contrast {contrast:.2f}, usually {normal:.2f}: hardly any of the view is left"
        return _bad(sample, Reason.LOW_CONTRAST, contrast, normal, "ratio", text)
    return _well(sample, Check.EXPOSURE, contrast, normal, "ratio")


def focus(sample: ViewSample, usual: Usual) -> Found:
    """Are edges as sharp as usual?"""
    normal, low = usual.of("sharpness", sample), usual.of("sharpness", sample, 0.03)
    if normal is None or low is None:
        return _well(sample, Check.FOCUS), 0.0
    if sample.known and sample.layout < SAME_PLACE and sample.fit < PARTLY:
        return _well(sample, Check.FOCUS), 0.0  # another view: its edges say nothing of focus
    if sample.sharpness is None:
        return _no_edges(sample, usual, normal), SURE
    reference = min(LEAST_SHARP * normal, BELOW_ALL * low)
    number = sample.sharpness
    if number < reference:
        text = (
            f"sharpness {100 * number:.0f}, usually {100 * normal:.0f} at this hour"
            f" (less than {100 * reference:.0f} is out of focus)"
        )
        return _bad(sample, Reason.DEFOCUSED, number, normal, "ratio", text), SURE
    return _well(sample, Check.FOCUS, number, normal, "ratio"), 0.0


def _no_edges(sample: ViewSample, usual: Usual, normal: float) -> Judgement:
    """No edge is steep enough to be measured, though light and shade lie where they lay."""
    contrast = usual.of("contrast", sample)
    now = measures(sample)["contrast"]
    if sample.known and sample.layout >= SAME_PLACE and contrast and now >= 0.5 * contrast:
        text = f"no sharp edge is left; sharpness is usually {100 * normal:.0f} at this hour"
        return _bad(sample, Reason.DEFOCUSED, 0.0, normal, "ratio", text)
    return _well(sample, Check.FOCUS)


def view(sample: ViewSample, usual: Usual, parked: float) -> Found:
    """Is it the reference view? parked: seconds for which a part may be blocked."""
    if not sample.known:
        return _well(sample, Check.VIEW), 0.0
    structure = usual.of("structure", sample)
    left = 1.0 if structure is None else sample.structure / max(structure, 0.05)
    fits = _percent(sample.fit)
    if sample.fit < GONE and sample.bare >= BARE and left <= BARE_STRUCTURE:
        text = f"{_percent(sample.bare)} of the view's edges are gone, {fits} are where they were"
        return _bad(sample, Reason.COVERED, sample.bare, BARE, "share", text), SURE
    if sample.fit < PARTLY and _sprayed(sample, usual):
        text = f"{_percent(sample.bare)} of the view's edges are gone, and most of its contrast"
        return _bad(sample, Reason.COVERED, sample.bare, SPRAYED[2], "share", text), SURE
    if sample.kappa < OTHER and sample.layout < SAME_PLACE and _blurred(sample, usual):
        text = f"no edges but noise: {fits} are where the view's were, no more than by chance"
        return _bad(sample, Reason.COVERED, sample.kappa, OTHER, "share", text), SURE
    right, down = sample.shift
    far = max(abs(right), abs(down)) >= LEAST_SHIFT * sample.size[0]
    if far and sample.shifted_fit >= SHIFT_FIT and fits_better(sample.fit, sample.shifted_fit):
        text = (
            f"the view lies {_way(right, down)} of where it was: {_percent(sample.shifted_fit)} of"
            f" its edges fit there, {fits} where they were"
        )
        number = (right * right + down * down) ** 0.5
        return _bad(
            sample, Reason.MOVED, number, LEAST_SHIFT * sample.size[0], "pixels", text
        ), SURE
    if sample.kappa < OTHER and left >= OWN_STRUCTURE and sample.steady >= STEADY:
        text = (
            f"{fits} of the view's edges are where they were, no more than by chance: it shows"
            " something else"
        )
        return _bad(sample, Reason.MOVED, sample.kappa, OTHER, "share", text), VIEW
    if sample.fit < PARTLY and sample.steady >= STEADY:
        text = (
            f"{fits} of the view's edges are where they were; the rest has been blocked for"
            f" {parked / 60:.0f} minutes"
        )
        return _bad(sample, Reason.COVERED, sample.fit, PARTLY, "share", text), parked
    return _well(sample, Check.VIEW, sample.fit, PARTLY, "share"), 0.0


def _blurred(sample: ViewSample, usual: Usual) -> bool:
    """A bright cover, in which a sensor's noise has edges of its own: none is sharp, or none stays
    (a burnt-in clock is sharp)."""
    detail = usual.of("detail", sample)
    if usual.of("sharpness", sample) is None or detail is None:
        return False
    dull = measures(sample)["detail"] < SPRAYED[0] * detail
    return sample.sharpness is None or (dull and sample.steady < STEADY)


def _sprayed(sample: ViewSample, usual: Usual) -> bool:
    """Paint, frost, a web: most of the picture is dull, not only part of it another thing."""
    now = measures(sample)
    detail, contrast = usual.of("detail", sample), usual.of("contrast", sample)
    if detail is None or contrast is None or sample.bare < SPRAYED[2]:
        return False
    return now["detail"] < SPRAYED[0] * detail and now["contrast"] < SPRAYED[1] * contrast


def alive(sample: ViewSample, usual: Usual) -> Found:
    """Is there a sensor's noise? See ``design/health.md`` for what an encoder makes of it."""
    if sample.alive is None or sample.noise is None:
        return _well(sample, Check.ALIVE), 0.0
    if sample.known and sample.fit < PARTLY:
        return _well(sample, Check.ALIVE), 0.0  # what is before the lens has noise of its own
    share, noise = usual.of("alive", sample, 0.03), usual.of("noise", sample, 0.03)
    coded = usual.of("coded", sample, 0.1)
    if share is None or noise is None or share < USUAL_NOISE:
        return _well(sample, Check.ALIVE, sample.alive, share or 0.0, "share"), 0.0
    text = (
        f"{_percent(sample.alive)} of the pixels differ from one keyframe to the next, by"
        f" {sample.noise:.1f} levels; usually {_percent(share)} or more, by {noise:.1f}"
    )
    same = _same(sample, usual)
    if same is not None:
        text = (
            f"{_percent(sample.same or 0.0)} of the blocks come out as in keyframes before, to the"
            f" bit; usually {_percent(same)} at most"
        )
        return _bad(sample, Reason.FROZEN, sample.same or 0.0, same, "share", text), SOON
    nothing = sample.alive < min(LEAST_NOISE, 0.2 * share)
    skipped = sample.coded is not None and (
        sample.coded < SKIPPED or (coded is not None and sample.coded < QUIET_CODING * coded)
    )
    stiller = sample.alive < STILLER[0] * share and sample.noise < STILLER[1] * noise
    if nothing or stiller or (skipped and sample.noise < QUIET_NOISE * noise):
        return _bad(sample, Reason.FROZEN, sample.alive, share, "share", text), SURE
    return _well(sample, Check.ALIVE, sample.alive, share, "share"), 0.0


def _same(sample: ViewSample, usual: Usual) -> float | None:
    """The most that usually comes out the same, if it is clearly more now; by the hour and of the
    last minutes, as noise fades slowly at dusk."""
    ever, lately = usual.of("same", sample, 0.97), usual.lately("same", sample, 0.97)
    if sample.same is None or ever is None or lately is None:
        return None
    most = max(ever, lately)
    return most if sample.same > most + SAME else None


def judged(sample: ViewSample, usual: Usual, parked: float) -> dict[Check, Found]:
    """All four. What makes another one meaningless is told first, and the other is not told."""
    found = {Check.EXPOSURE: exposure(sample, usual)}
    well = _well(sample, Check.VIEW), 0.0
    sharp = focus(sample, usual)
    dark = found[Check.EXPOSURE][0].reason
    if dark in (Reason.BLACK, Reason.OVEREXPOSED):
        sharp = _well(sample, Check.FOCUS), 0.0
        found[Check.VIEW] = well
    elif not sharp[0].well or dark is Reason.LOW_CONTRAST:
        found[Check.VIEW] = well
        if dark is Reason.LOW_CONTRAST:
            sharp = _well(sample, Check.FOCUS), 0.0
    else:
        found[Check.VIEW] = view(sample, usual, parked)
    found[Check.FOCUS] = sharp
    bright = dark in (Reason.BLACK, Reason.OVEREXPOSED)
    found[Check.ALIVE] = (_well(sample, Check.ALIVE), 0.0) if bright else alive(sample, usual)
    return found


def _bad(
    sample: ViewSample, reason: Reason, number: float, reference: float, unit: str, text: str
) -> Judgement:

    return Judgement(CHECK_OF[reason], sample.time, reason, number, reference, unit, text)


def _well(
    sample: ViewSample, check: Check, number: float = 0.0, reference: float = 0.0, unit: str = ""
) -> Judgement:
    return Judgement(check, sample.time, None, number, reference, unit)


def _percent(share: float) -> str:
    return f"{100 * min(1.0, max(0.0, share)):.0f} %"


def _way(right: float, down: float) -> str:
    """By how much and whither, in words."""
    said = []
    if abs(right) >= 1:
        said.append(f"{abs(right):.0f} pixels {'right' if right > 0 else 'left'}")
    if abs(down) >= 1:
        said.append(f"{abs(down):.0f} {'below' if down > 0 else 'above'}")
    return " and ".join(said) or "right"
