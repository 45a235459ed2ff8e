"""Drills and hours of ordinary footage for the judge of a camera's health: bar 2.

    python bench/health.py                drills on every clip, 7 hours of ordinary footage
    python bench/health.py --quick        a few of each
    python bench/health.py --drills-only / --ordinary-only / --jobs 2

Drills go through x264 at 5 pictures a second and several bit rates, after 60 s of ordinary
pictures. Ordinary hours go through x264 at 2 pictures a second (a keyframe every 2 s, as in the
drills), some at 5. What is printed: the confusion table (drill × judged name), the time until it
was recognised, and every false judgement. See ``design/health.md``.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time as clock
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from fractions import Fraction
from multiprocessing import get_context

import cv2
import health_scenes as scenes
from health_scenes import Scene

from record import Result, Table, save
from streetlamp.fleet.health import CameraHealth
from streetlamp.fleet.health_options import HealthOptions
from streetlamp.health import Reason
from streetlamp.values import CameraState, CameraStatus
from streetlamp.video.raw import RawFrame
from streetlamp.video.view.meter import ViewMeter

EPOCH = 1_770_000_000.0  # where scene time begins, POSIX seconds
AT = 60.0  # seconds into a drill's clip at which it begins
DRILL_FPS = 5
HOUR = 1650.0  # seconds of each ordinary scene


def _elsewhere(place: str) -> str:
    return "path" if place == "office" else "office"


LIMIT = {"moved": 120.0, "moved a little": 120.0, "turned away": 120.0, "covered": 120.0,
         "covered, bright": 120.0, "sprayed": 120.0}  # fmt: skip
DRILLS: dict[str, tuple[tuple[Reason, ...], Callable[[str], dict[str, list[scenes.Alter]]]]] = {
    "frozen": ((Reason.FROZEN,), lambda place: {"after": [scenes.frozen(AT)]}),
    "black": ((Reason.BLACK,), lambda place: {"after": [scenes.black(AT)]}),
    "white": ((Reason.OVEREXPOSED,), lambda place: {"alters": [scenes.overexposed(AT)]}),
    "covered": ((Reason.COVERED,), lambda place: {"alters": [scenes.covered(AT)]}),
    "covered, bright": ((Reason.COVERED,), lambda place: {"alters": [scenes.covered(AT, 170)]}),
    "sprayed": (
        (Reason.COVERED, Reason.LOW_CONTRAST),
        lambda place: {"alters": [scenes.sprayed(AT)]},
    ),
    "defocused 2": ((Reason.DEFOCUSED,), lambda place: {"alters": [scenes.defocused(AT, 2.0)]}),
    "defocused 4": ((Reason.DEFOCUSED,), lambda place: {"alters": [scenes.defocused(AT, 4.0)]}),
    "defocused 9": ((Reason.DEFOCUSED,), lambda place: {"alters": [scenes.defocused(AT, 9.0)]}),
    "moved": ((Reason.MOVED,), lambda place: {"alters": [scenes.moved(AT, 150, 20)]}),
    "moved a little": ((Reason.MOVED,), lambda place: {"alters": [scenes.moved(AT, -50, 12)]}),
    "turned away": (
        (Reason.MOVED,),
        lambda place: {"alters": [scenes.turned_away(AT, _elsewhere(place))]},
    ),
    "foggy": ((Reason.LOW_CONTRAST,), lambda place: {"alters": [scenes.foggy(AT, 0.15)]}),
    "clock": ((Reason.CLOCK_WRONG,), lambda place: {}),
}  # fmt: skip


@dataclass
class Outcome:
    """What became of one clip: the first judgement of each reason, seconds since the drill."""

    scene: Scene
    drill: str = ""
    found: list[tuple[float, Reason, str]] = field(default_factory=list)
    last: set[Reason] = field(default_factory=set)


def judge(scene: Scene, drill: str = "") -> Outcome:
    """Runs one clip through the codec, the meter and the judge."""
    cv2.setNumThreads(1)
    outcome = Outcome(scene, drill)
    health = CameraHealth(scene.name, HealthOptions.model_validate({}), recorded=False)
    meter = ViewMeter(scene.name, health.view)
    sizes: list[int] = []
    reasons: set[Reason] = set()
    told = -1.0
    for time, picture, size in scenes.coded(scene):
        if picture is not None:
            meter.coded(sizes, (scenes.WIDTH, scenes.HEIGHT))
            sizes = []
            meter.see(RawFrame(scene.name, EPOCH + time, 1, picture, 0, Fraction(1, 15)))
        else:
            sizes.append(size)
        if time - told >= 1.0 and drill == "clock":
            told = time
            health.status(_status(scene, time), EPOCH + time)
        if picture is None and drill != "clock":
            continue
        now = {one.reason for one in health.judgements() if one.reason is not None}
        for one in health.judgements():
            if one.reason is not None and one.reason not in reasons:
                outcome.found.append((time, one.reason, one.text))
        reasons = now
    outcome.last = reasons
    scenes.footage.cache_clear()
    return outcome


class _Status(CameraStatus):
    """With the offset that the camera's clock was measured to have."""

    clock_offset: float | None = None


def _status(scene: Scene, time: float) -> CameraStatus:
    status = _Status(
        scene.name, CameraState.LIVE, EPOCH, fps=15.0, looks_per_second=3.0,
        last_frame=EPOCH + time,
    )  # fmt: skip
    object.__setattr__(status, "clock_offset", 0.02 if time < AT else 95.0)
    return status


def drill_scenes(*, quick: bool) -> list[tuple[Scene, str]]:
    places = (*scenes.TUNED_ON, *scenes.HELD_OUT)
    found = []
    codecs = list(scenes.CODECS)
    for number, place in enumerate(places[::4] if quick else places):
        for index, (name, (_, make)) in enumerate(DRILLS.items()):
            own = codecs if name == "frozen" and not quick else [codecs[(number + index) % 4]]
            for codec in own:
                seconds = AT + LIMIT.get(name, 60.0) + 12
                noise = (0.8, 1.5, 3.0)[(number + index) % 3]
                found.append(
                    (
                        Scene(
                            place,
                            seconds,
                            f"{place} {codec}",
                            codec,
                            noise,
                            fps=DRILL_FPS,
                            seed=number + 1,
                            **make(place),
                        ),
                        name,
                    )
                )
    return found


def ordinary_scenes(*, quick: bool) -> list[Scene]:
    """Hours of what happens in front of cameras that are well."""
    hour = 400.0 if quick else HOUR
    s = scenes
    recipes: list[tuple[str, str, float, dict[str, list[scenes.Alter]]]] = [
        ("office", "day indoors", 1, {}),
        ("path", "clouds", 1, {"alters": [s.light(s.clouds())]}),
        ("motorway", "rain", 1, {"alters": [s.rain(), s.light(s.clouds(3))]}),
        ("crossing", "dusk to night", 1, {"alters": [s.light(s.dusk(hour, 0.2))]}),
        ("visitors", "infrared and back", 1, {"alters": [s.infrared(0.3 * hour, 0.75 * hour)]}),
        ("carpark", "shaking, windy", 1, {"alters": [s.tree(), s.shaking()]}),
        ("campus", "crowd comes and goes", 1, {"alters": [s.crowd(0.2 * hour, 0.7 * hour)]}),
        ("street", "infrared, headlights", 1,
         {"alters": [s.infrared(0.25 * hour, 0.9 * hour), s.headlights()]}),
        ("plaza", "heavy rain at dusk", 1,
         {"alters": [s.rain(2.0), s.light(s.dusk(hour, 0.35))]}),
        ("junction_1", "lorries park", 1, {"alters": [
            s.lorry(0.15 * hour, min(0.15 * hour + 720, 0.4 * hour), 0.5),
            s.lorry(0.5 * hour, min(0.5 * hour + 600, 0.7 * hour), 0.72, 200)]}),
        ("junction_2", "night, headlights", 1,
         {"alters": [s.light(lambda time: 0.3), s.headlights(11)]}),
        ("junction_3", "empty, still", 1, {"alters": [s.light(s.dusk(hour, 0.5))]}),
        ("motorway", "traffic jam", 1, {}),
        ("room", "indoors, lamp switched", 1, {"alters": [
            s.light(lambda time: 1.0 if time % 900 < 600 else 0.55)]}),
        ("yard", "still, sun and shade", 1, {"alters": [s.light(s.clouds(11))]}),
    ]  # fmt: skip
    codecs = list(s.CODECS)
    found = []
    for number, (place, name, hours, extra) in enumerate(recipes):
        scene = Scene(
            place,
            hours * hour,
            f"{place}: {name}",
            codecs[number % 4],
            (0.8, 1.5, 3.0)[number % 3],
            seed=100 + number,
            **extra,
        )
        if name == "traffic jam":
            scene.hold = (0.3 * hour, 0.6 * hour)
        if number % 5 == 2 and not quick:
            scene.fps = 5
        found.append(scene)
    return found


def report_drills(outcomes: list[Outcome], *, part: str) -> Table:
    rows = []
    print(f"\nDrills, {part}: {len(outcomes)}")
    for drill, (right, _) in DRILLS.items():
        own = [one for one in outcomes if one.drill == drill]
        if not own:
            continue
        names: Counter[str] = Counter()
        times = []
        for one in own:
            after = [(time - AT, reason) for time, reason, _ in one.found if time >= AT]
            within = [pair for pair in after if pair[0] <= LIMIT.get(drill, 60.0)]
            first = within[0][1] if within else None
            names[first.value if first else "(nothing)"] += 1
            hit = next((time for time, reason in after if reason in right), None)
            if hit is not None:
                times.append(hit)
        told = ", ".join(f"{name} {count}" for name, count in names.most_common())
        times.sort()
        limit = f"{LIMIT.get(drill, 60.0):.0f}"
        median_ = f"{statistics.median(times):.0f}" if times else "–"
        worst = f"{times[-1]:.0f}" if times else "–"
        ok = sum(names[reason.value] for reason in right)
        rows.append([drill, f"{ok}/{len(own)}", told, median_, worst, limit])
        print(
            f"  {drill:16} {ok:3}/{len(own):<3} median {median_:>4} s worst {worst:>4} s of"
            f" {limit:>3}   {told}"
        )
        for one in own:
            before = [(t, r, x) for t, r, x in one.found if t < AT]
            after = [(t, r, x) for t, r, x in one.found if t >= AT]
            wrong = not after or after[0][1] not in right or after[0][0] - AT > LIMIT.get(drill, 60)
            if before or wrong:
                said = [f"{t - AT:+.0f} s {r.value}: {x}" for t, r, x in (*before, *after)]
                print(f"      {one.scene.name}, noise {one.scene.noise}: {said or 'nothing'}")
    return Table(
        f"Drills, {part}", ["drill", "right", "judged", "median s", "worst s", "limit s"], rows
    )


def report_ordinary(outcomes: list[Outcome]) -> Table:
    hours = sum(one.scene.seconds for one in outcomes) / 3600
    alarms = sum(len(one.found) for one in outcomes)
    rows = []
    print(f"\nOrdinary footage: {hours:.1f} h")
    for one in outcomes:
        said = "; ".join(f"{t:.0f} s {r.value} ({x})" for t, r, x in one.found)
        rows.append(
            [
                one.scene.name,
                one.scene.codec,
                str(one.scene.fps),
                f"{one.scene.seconds / 3600:.2f}",
                str(len(one.found)),
            ]
        )
        print(
            f"  {one.scene.name:34} {one.scene.codec:7} {one.scene.fps:3}/s"
            f" {one.scene.seconds / 3600:5.2f} h  {said or '–'}"
        )
    week = alarms / hours * 168
    print(f"False judgements: {alarms} in {hours:.1f} h = {week:.1f} per camera-week")
    if not alarms:
        print(
            f"(none seen: with 95 % confidence fewer than {3 / hours * 168:.0f} per camera-week"
            " of footage as varied as this)"
        )
    return Table("Ordinary footage", ["what", "codec", "pictures/s", "hours", "false"], rows)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--drills-only", action="store_true")
    parser.add_argument("--ordinary-only", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--place", action="append", help="only these")
    parser.add_argument("--drill", action="append", choices=list(DRILLS))
    wanted = parser.parse_args()
    if not scenes.DATA.is_dir():
        print("SKIPPED: no reference footage (STREETLAMP_SHARED)", file=sys.stderr)
        return 1
    began = clock.perf_counter()
    places = wanted.place or (*scenes.TUNED_ON, *scenes.HELD_OUT)
    drills = [] if wanted.ordinary_only else drill_scenes(quick=wanted.quick)
    drills = [
        (scene, name)
        for scene, name in drills
        if scene.place in places and (not wanted.drill or name in wanted.drill)
    ]
    hours = [] if wanted.drills_only else ordinary_scenes(quick=wanted.quick)
    hours = [scene for scene in hours if scene.place in places]
    tables = []
    # spawned: OpenCV may hang in a process that was forked after it had threads
    with ProcessPoolExecutor(wanted.jobs, mp_context=get_context("spawn")) as pool:
        ordinary = [
            pool.submit(judge_named, "hours", number, wanted.quick, "")
            for number in _numbers(hours, ordinary_scenes(quick=wanted.quick))
        ]
        tried = [
            pool.submit(judge_named, "drills", number, wanted.quick, "")
            for number in _numbers(
                [s for s, _ in drills],
                [s for s, _ in drill_scenes(quick=wanted.quick)],
                [n for _, n in drills],
                [n for _, n in drill_scenes(quick=wanted.quick)],
            )
        ]
        outcomes = [one.result() for one in tried]
        calm = [one.result() for one in ordinary]
    groups = defaultdict(list)
    for one in outcomes:
        groups[one.scene.place in scenes.TUNED_ON].append(one)
    for tuned, part in ((True, "clips it was tuned on"), (False, "clips held out")):
        if groups[tuned]:
            tables.append(report_drills(groups[tuned], part=part))
    if calm:
        tables.append(report_ordinary(calm))
    print(f"\n{clock.perf_counter() - began:.0f} s")
    if not (wanted.place or wanted.drill):
        save(Result("health", "python bench/health.py", quick=wanted.quick, tables=tables))
    return 0


def _numbers(
    some: list[Scene],
    every: list[Scene],
    names: list[str] | None = None,
    every_name: list[str] | None = None,
) -> list[int]:
    """The places of some of the scenes in the list of all: what goes to another process."""
    own = {(one.name, name) for one, name in zip(some, names or [""] * len(some), strict=True)}
    all_names = every_name or [""] * len(every)
    return [
        i
        for i, (one, name) in enumerate(zip(every, all_names, strict=True))
        if (one.name, name) in own
    ]


def judge_named(kind: str, number: int, quick: bool, drill: str) -> Outcome:
    """In another process: scenes have functions in them, which do not travel; their number does."""
    if kind == "hours":
        outcome = judge(ordinary_scenes(quick=quick)[number])
    else:
        scene, drill = drill_scenes(quick=quick)[number]
        outcome = judge(scene, drill)
    outcome.scene.alters, outcome.scene.after = [], []
    return outcome


if __name__ == "__main__":
    raise SystemExit(main())
