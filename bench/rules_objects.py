"""Things left and removed: real clips with an object drawn in, and hours of ordinary footage.

    python bench/rules_objects.py               drills on every place, and ordinary footage
    python bench/rules_objects.py --quick       a few drills
    python bench/rules_objects.py --long        seven hours of ordinary footage, not 1.7
    python bench/rules_objects.py --drills-only / --ordinary-only / --save

No clip with known answers was at hand. So the ground truth is **rendered**: a textured box with a
shadow is set down at a drawn place at 60 s of a real clip (or is gone from then on), behind a box
that is hidden as somebody who sets it down is, under the sensor's noise and x264, seen at one
keyframe in two seconds as from a sleeping camera. The detector and the tracker are the real ones.
Right is an incident that begins within 30 s of the truth, at the place of the object. Ordinary
footage is that of `bench/health.py`: light, weather, infrared, parked lorries, a shaking camera.
"""

from __future__ import annotations

import argparse
import sys
import time as clock
from dataclasses import dataclass, field
from fractions import Fraction

import cv2
import health_scenes as scenes
import numpy as np
from health import EPOCH, ordinary_scenes
from health_scenes import HEIGHT, WIDTH, Alter, Picture, Scene

from record import Result, Table, save
from streetlamp.rules import RuleRunner, options_of
from streetlamp.values import Event, Phase
from streetlamp.video.detect import load_detector
from streetlamp.video.raw import RawFrame
from streetlamp.video.things import ThingWatch
from streetlamp.video.track.options import TrackOptions
from streetlamp.video.track.tracker import Tracker

AT = 60.0
LAST = 112.0
WAIT = 30.0  # min_seconds of the drills
LATE = 30.0  # s by which the start may be off
LIKELY = 0.2  # as in `streetlamp.video.hiding`
Box = tuple[int, int, int, int]


@dataclass
class Run:
    """What became of one scene."""

    scene: Scene
    events: list[Event] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)  # s a picture


def thing(rng: np.random.Generator) -> np.ndarray:
    """Luma of a box or bag with a pattern of its own."""
    tall, wide = int(rng.integers(24, 52)), int(rng.integers(22, 56))
    tone = float(rng.choice([45.0, 70.0, 165.0, 205.0]))
    body = np.full((tall, wide), tone, np.float32)
    body += cv2.GaussianBlur(rng.standard_normal((tall, wide)).astype(np.float32), (5, 5), 1) * 14
    body[:, : wide // 4] *= 0.8
    body[: max(2, tall // 6)] *= 1.15
    body[tall // 3 : tall // 3 + 2] *= 0.6
    return np.clip(body, 18, 233)


def drawn(first: float, last: float, seed: int) -> tuple[Alter, Box]:
    """Something that stands there between two times, and its box."""
    rng = np.random.default_rng(seed)
    body = thing(rng)
    tall, wide = body.shape
    left, top = int(rng.uniform(0.15, 0.8) * WIDTH), int(rng.uniform(0.55, 0.85) * HEIGHT)
    mask = np.zeros((tall, wide), np.float32)
    cv2.rectangle(mask, (1, 1), (wide - 2, tall - 2), 1.0, -1)
    mask = cv2.GaussianBlur(mask, (3, 3), 0)
    shadow = np.zeros((HEIGHT, WIDTH), np.float32)
    middle, axes = (left + wide // 2 + 4, top + tall), (wide // 2 + 5, 4)
    cv2.ellipse(shadow, middle, axes, 0, 0, 360, 0.35, -1)
    shadow = cv2.GaussianBlur(shadow, (7, 7), 0)

    def alter(picture: Picture, time: float) -> Picture:
        if not first <= time < last:
            return picture
        y = picture.y * (1 - shadow)
        scenes._paste(y, body, mask, left, top)
        return Picture(y, picture.uv)

    return alter, (left, top, left + wide, top + tall)


def watch(scene: Scene, detector: object, hidden: Box | None, seconds: float) -> Run:
    """Looks at a scene's keyframes, and what the two rules say."""
    run = Run(scene)
    asked = {"place": "", "min_seconds": seconds}
    options = [
        options_of({"name": kind, "kind": kind, **asked})
        for kind in ("object_left", "object_removed")
    ]
    rules = RuleRunner("bench", options, ())
    things = ThingWatch()
    tracker = Tracker("bench", TrackOptions.model_validate({}))
    number = 0
    for time, picture, _ in scenes.coded(scene):
        if picture is None:
            continue
        number += 1
        found = detector.infer([detector.prepare(picture)])[0]  # type: ignore[attr-defined]
        now = EPOCH + time
        update = tracker.update(found, now, number, (WIDTH, HEIGHT))
        boxes = [update.tracks.box, update.unsure.box, found.box[found.score >= LIKELY]]
        if hidden is not None and AT - 4 <= time <= AT + 4:
            x1, y1, x2, y2 = hidden
            boxes.append(np.array([[x1 - 25, y1 - 60, x2 + 5, y2 + 5]], np.float32))
        raw = RawFrame("bench", now, number, picture, 0, Fraction(1, 15))
        began = clock.perf_counter()
        told = things.see(raw, np.concatenate(boxes))
        run.costs.append(clock.perf_counter() - began)
        run.events += rules.step(update.tracks.with_things(told)).events
    run.events = [one for one in run.events if one.phase is Phase.START]
    scenes.footage.cache_clear()
    return run


def drills(detector: object, *, quick: bool) -> Table:
    """Each place with something left, and with something removed."""
    places = (*scenes.TUNED_ON, *scenes.HELD_OUT)[:: 4 if quick else 1]
    rows = []
    for kind in ("object_left", "object_removed"):
        right = false = 0
        missed = []
        for number, place in enumerate(places):
            span = (AT, LAST + 9) if kind == "object_left" else (-1.0, AT)
            alter, box = drawn(*span, seed=31 * number + 7)
            codec = list(scenes.CODECS)[number % 4]
            noise = (0.8, 1.5, 3.0)[number % 3]
            scene = Scene(place, LAST, place, codec, noise, seed=number + 1, alters=[alter])
            run = watch(scene, detector, box, WAIT)
            hits = [
                one
                for one in run.events
                if one.kind == kind and abs(one.start - EPOCH - AT) <= LATE and _near(one, box)
            ]
            right += bool(hits)
            false += len(run.events) - bool(hits)
            if not hits:
                missed.append(scene.name)
            if run.events and len(run.events) > bool(hits):
                print(f"  {kind} {scene.name}: also {[_said(one) for one in run.events]} {box}")
        total = right + false
        precision = f"{right / total:.2f}" if total else "–"
        rows.append([kind, str(len(places)), str(right), str(false), precision,
                     f"{right / len(places):.2f}"])  # fmt: skip
        print(f"  {kind}: missed {missed}")
    return Table(
        "Things drawn into real clips (rendered ground truth)",
        ["rule", "true", "right", "false", "precision", "recall"], rows,
        "min_seconds 30; places, tones, sizes, codecs and noise drawn",
    )  # fmt: skip


def ordinary(detector: object, *, quick: bool, costs: list[float]) -> Table:
    """False alarms of both rules in footage in which nothing is left or removed."""
    rows = []
    for scene in ordinary_scenes(quick=quick):
        run = watch(scene, detector, None, 60.0)
        costs += run.costs
        hours = scene.seconds / 3600
        rows.append([scene.name, f"{hours:.2f}", str(len(run.events))])
        print(f"  {scene.name}: {[_said(one) for one in run.events]}")
    hours = sum(float(row[1]) for row in rows)
    false = sum(int(row[2]) for row in rows)
    rows.append(["all", f"{hours:.2f}", str(false)])
    return Table("Ordinary footage, min_seconds 60", ["what", "hours", "false"], rows)


def _near(event: Event, box: Box) -> bool:
    if event.box is None:
        return False
    x, y = (event.box[0] + event.box[2]) / 2, (event.box[1] + event.box[3]) / 2
    return box[0] - 8 <= x <= box[2] + 8 and box[1] - 8 <= y <= box[3] + 8


def _said(event: Event) -> str:
    box = [round(value) for value in event.box or ()]
    return f"{event.kind} at {event.start - EPOCH:.0f} s {box}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for flag in ("--quick", "--long", "--drills-only", "--ordinary-only", "--save"):
        parser.add_argument(flag, action="store_true")
    wanted = parser.parse_args()
    if not scenes.DATA.is_dir():
        print("SKIPPED: no reference footage (STREETLAMP_SHARED)", file=sys.stderr)
        return 1
    cv2.setNumThreads(1)
    detector = load_detector()
    tables, costs = [], list[float]()
    if not wanted.ordinary_only:
        tables.append(drills(detector, quick=wanted.quick))
    if not wanted.drills_only:
        tables.append(ordinary(detector, quick=not wanted.long, costs=costs))
        spent = np.sort(np.array(costs)) * 1000
        row = [f"{np.median(spent):.2f}", f"{spent[int(0.95 * len(spent))]:.2f}"]
        tables.append(
            Table("Cost of one picture compared, 640×360, ms", ["median", "95 % below"], [row])
        )
    for table in tables:
        print(table.text())
    if wanted.save:
        flags = " --quick" * wanted.quick + " --long" * wanted.long
        command = "python bench/rules_objects.py" + flags
        save(Result("rules_objects", command, quick=wanted.quick, tables=tables))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
