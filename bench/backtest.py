"""Rules tried on the last days: how long a week takes, and whether the answer is the live one.

    python bench/backtest.py                   all parts (some minutes on two cores)
    python bench/backtest.py agree             some of them
    python bench/backtest.py week --seconds 60 a week; ends a question after so long
    python bench/backtest.py busy --seconds 10 a week at a place that is busy all day
    python bench/backtest.py --save            also into bench/results/

- *agree*: clips go through the real pipeline. The same rules, of every kind, at zones and lines all
  over the picture, hear the live tracks and what the index keeps of them. An event is matched when
  the other side has one of the same rule that overlaps it in time (one second's slack).
- *week*: an invented week of one camera, five looks a second, 8 hours a day with 1 to 5 things that
  walk and drive through the picture and the rest with somebody now and then; written and read as
  the program does. Seconds are the processor's: what else runs on the machine does not count.
  `first`: nothing is known yet; `again`: with another threshold, as somebody does who tries to find
  the right one.
- *busy*: the same where many are in the zone for ten hours a day (`backtest_busy.py`), for every
  kind of rule, beside what the same rule takes when it is shown each look.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from backtest_busy import busy
from hiding import DATA

from record import ROOT, Bar, Result, Table, save
from streetlamp.app.pipeline import make_camera
from streetlamp.backtest import index_file
from streetlamp.backtest.engine import Engine, Job
from streetlamp.backtest.follow import follow
from streetlamp.backtest.looks import Looks
from streetlamp.backtest.replay import Setup, replay
from streetlamp.geometry import Line, Place, Zone
from streetlamp.ground import Plane, plane_from_rectangle
from streetlamp.rules import RuleRunner, options_of
from streetlamp.rules.options import RuleOptions
from streetlamp.site import site_from_sources
from streetlamp.values import Event, Kind, Tracks
from streetlamp.video.detect import load_with_faces
from streetlamp.video.inference import Inference
from streetlamp.video.outputs import Now
from streetlamp.video.source import make_source

CLIPS: Final = (
    *(DATA / name / "clip.mp4" for name in ("pets09_s2l1_a", "intel_onebyone", "ngsim_us101_1")),
    *(ROOT / "demo" / "footage" / f"{name}.mp4" for name in ("path", "carpark", "crossing")),
)
SIZE: Final = (1280, 720)
RATE: Final = 5.0  # looks a second
MONDAY: Final = 1_799_625_600.0  # 2027-01-11, 00:00 UTC
SLACK: Final = 1.0
ALL: Final = [kind.label for kind in Kind]


def _zone(name: str, x1: float, y1: float, x2: float, y2: float) -> Zone:
    return Zone(name, ((x1, y1), (x2, y1), (x2, y2), (x1, y2)))


PLACES: Final[tuple[Place, ...]] = (
    _zone("left", 0.05, 0.3, 0.45, 1),
    _zone("middle", 0.35, 0.2, 0.7, 0.8),
    _zone("right", 0.6, 0.3, 1, 1),
    _zone("all", 0, 0, 1, 1),
    _zone("small", 0.5, 0.4, 0.65, 0.6),
    Line("down", (0.5, 0), (0.5, 1)),
    Line("across", (0, 0.5), (1, 0.5)),
    Line("short", (0.4, 0.4), (0.6, 0.6)),
)
ASKED: Final[tuple[dict[str, Any], ...]] = (
    {"kind": "intrusion", "min_seconds": 1, "classes": ALL},
    {"kind": "intrusion", "min_seconds": 4, "classes": ALL},
    {"kind": "danger_zone", "classes": ALL},
    {"kind": "dwell", "min_seconds": 8, "forget_seconds": 3, "clear_seconds": 3, "classes": ALL},
    {"kind": "occupancy", "limit": 2, "clear_seconds": 2, "classes": ALL},
    {"kind": "occupancy", "limit": 4, "clear_seconds": 2, "classes": ALL},
    {"kind": "occupancy", "limit": 0, "least": 1, "clear_seconds": 2, "classes": ALL},
    {"kind": "person_lying", "min_seconds": 2},
    {"kind": "stopped_vehicle", "min_seconds": 5, "ignore_parked_at_start": False},
    {"kind": "queue", "limit": 2, "min_seconds": 3, "clear_seconds": 3},
    {"kind": "wrong_way", "arrow": [[0.5, 0.9], [0.5, 0.2]], "classes": ALL},
    {"kind": "wrong_way", "arrow": [[0.2, 0.5], [0.8, 0.5]], "classes": ALL},
    {"kind": "speed", "limit_kmh": 6, "classes": ALL},
    {"kind": "crowding", "limit_per_m2": 0.02, "min_seconds": 3},
    {"kind": "near_miss"},
)
GROUND: Final[Plane] = plane_from_rectangle(
    ((0.3, 0.9), (0.7, 0.9), (0.6, 0.4), (0.4, 0.4)), (8.0, 25.0)
)


def _rules() -> tuple[RuleOptions, ...]:
    made: list[dict[str, Any]] = []
    for place in PLACES:
        if isinstance(place, Line):
            made.append({"kind": "line_crossing", "alarm_on": "both", "place": place.name})
        else:
            made += [{**one, "place": place.name} for one in ASKED]
    return tuple(options_of({"name": f"{n}", **one}) for n, one in enumerate(made))


def _live(clip: Path) -> list[Tracks]:
    """What the rules of a camera would hear of this clip."""
    site = site_from_sources([str(clip)])
    name, options = next(iter(site.cameras.items()))
    heard: list[Tracks] = []
    with Inference(load_with_faces(site.detect), max_batch=1) as inference:
        camera = make_camera(name, options, site, inference, wait=True)
        source = options.source.model_copy(update={"loop": False, "start_time": MONDAY})
        for unit in make_source(name, str(clip), source, live=False).units():
            heard += [one.tracks for one in camera.push(unit) if isinstance(one, Now)]
        heard += [one.tracks for one in camera.flush() if isinstance(one, Now)]
    return heard


def _matched(ours: Iterable[Event], theirs: Iterable[Event]) -> int:
    free = sorted(theirs, key=lambda one: one.start)
    found = 0
    for one in sorted(ours, key=lambda one: one.start):
        for other in free:
            end, until = one.end or np.inf, other.end or np.inf
            if other.start <= end + SLACK and until >= one.start - SLACK:
                free.remove(other)
                found += 1
                break
    return found


def agree(result: Result, limit: float) -> None:
    del limit
    rules = _rules()
    kinds: dict[str, Counter[str]] = {}
    clips = []
    for clip in CLIPS:
        if not clip.exists():
            result.skipped.append(f"agree: no {clip} (set STREETLAMP_SHARED)")
            continue
        heard = _live(clip)
        runner = RuleRunner(heard[0].camera, rules, PLACES, ground=GROUND)
        live: dict[str, Event] = {}
        passed = 0
        for tracks in heard:
            outcome = runner.step(tracks)
            live |= {event.id: event for event in outcome.events}
            passed += sum(one.n for one in outcome.counts if one.direction)
        live |= {event.id: event for event in runner.finish().events}
        kept = Looks.unpack(Looks.of(heard, [True] + [False] * (len(heard) - 1)).pack())
        said = replay(heard[0].camera, [follow(kept)], Setup(rules, PLACES, ground=GROUND))
        sums = Counter[str]()
        for one in said:
            true = [event for event in live.values() if event.rule == one.rule.name]
            right = _matched(true, one.events)
            found = {"live": len(true), "matched": right, "extra": len(one.events) - right}
            sums.update(found)
            kinds.setdefault(one.rule.kind, Counter()).update(found)
        back = sum(sum(one.passed.values()) for one in said)
        name = clip.parent.name if clip.stem == "clip" else f"demo {clip.stem}"
        row = [str(sums[key]) for key in ("live", "matched", "extra")]
        bytes_a_look = len(kept.pack()) / len(heard)
        clips.append([name, str(len(heard)), *row, f"{passed}/{back}", f"{bytes_a_look:.0f}"])
    columns = ["live", "matched", "extra"]
    result.tables.append(
        Table(
            "Live rules and the back-test, by clip",
            ["clip", "looks", *columns, "passages live/back", "bytes a look"],
            clips,
        )
    )
    rows = [[kind, *(str(sums[one]) for one in columns)] for kind, sums in sorted(kinds.items())]
    result.tables.append(Table("… by kind of rule", ["rule", *columns], rows))
    every = sum(kinds.values(), Counter[str]())
    if every["live"]:
        share = 100 * every["matched"] / every["live"]
        result.bars.append(Bar("live events that the back-test has, %", share, 95, at_most=False))
        extra = 100 * every["extra"] / every["live"]
        result.bars.append(Bar("events the live rules do not have, %", extra, 5))


# A week


def _hour(rng: np.random.Generator, start: float, things: float) -> Looks:
    """An hour of looks with so many things in the picture at a time, on average."""
    k = int(3600 * RATE)
    stay = 15.0
    boxes, kinds, at = [], [], []
    for _ in range(rng.poisson(things * 3600 / stay)):
        come, last = rng.uniform(0, 3600), stay * rng.lognormal(0, 0.4)
        look = np.arange(int(come * RATE), min(k, int((come + last) * RATE)))
        if not len(look):
            continue
        a, b = rng.uniform((0, 0.2), (1, 1), (2, 2)) * SIZE
        foot = a + (b - a) * ((look / RATE - come) / last)[:, None]
        foot += rng.normal(0, 1.5, foot.shape)
        car = rng.random() < 0.3
        high = rng.uniform(60, 140)
        wide = high * (1.6 if car else 0.4)
        low = np.stack([foot[:, 0] - wide / 2, foot[:, 1] - high], axis=1)
        boxes.append(np.concatenate([low, low + np.array([wide, high])], axis=1))
        kinds.append(np.full(len(look), Kind.CAR if car else Kind.PERSON))
        at.append(look)
    tracks = []
    every = np.concatenate(at) if at else np.zeros(0, int)
    order = np.argsort(every, kind="stable")
    box = np.concatenate(boxes)[order] if at else np.zeros((0, 4))
    kind = np.concatenate(kinds)[order] if at else np.zeros(0)
    first = np.searchsorted(every[order], np.arange(k + 1))
    for n in range(k):
        some = slice(first[n], first[n + 1])
        many = first[n + 1] - first[n]
        rows = {"id": np.arange(many), "box": box[some], "kind": kind[some], "posture": [1] * many,
                "score": [0.7] * many} if many else {}  # fmt: skip
        tracks.append(Tracks.make("gate", start + n / RATE, n + 1, SIZE, **rows))
    return Looks.of(tracks, [False] * k)


def _week(data: Path) -> tuple[int, int]:
    """Writes it; looks and bytes."""
    rng = np.random.default_rng(11)
    looks = size = 0
    for hour in range(7 * 24):
        start = MONDAY + hour * 3600
        busy = 9 <= hour % 24 < 17
        made = _hour(rng, start, 3.0 if busy else 0.02)
        place = index_file.place_for(data, "gate", start)
        file = index_file.IndexFile(place.path)
        file.add(made)
        file.close()
        looks += len(made)
        size += place.path.stat().st_size
    return looks, size


TRIED: Final[tuple[tuple[str, dict[str, Any], dict[str, Any]], ...]] = (
    ("somebody at the gate, at night", {"kind": "intrusion", "place": "gate", "min_seconds": 2,
      "schedule": [{"hours": "20:00-06:00"}]}, {"min_seconds": 4}),
    ("somebody stays a minute at the gate", {"kind": "dwell", "place": "gate", "min_seconds": 60},
     {"min_seconds": 45}),
    ("a vehicle stops at the gate", {"kind": "stopped_vehicle", "place": "gate"},
     {"min_seconds": 20}),
    ("a vehicle stops in the yard (30 %)", {"kind": "stopped_vehicle", "place": "yard"},
     {"min_seconds": 20}),
    ("somebody lies anywhere", {"kind": "person_lying"}, {"min_seconds": 5}),
    ("somebody at the gate (6 % of the picture)", {"kind": "intrusion", "place": "gate",
      "min_seconds": 2}, {"min_seconds": 4}),
    ("three at the gate", {"kind": "occupancy", "place": "gate", "limit": 3}, {"limit": 2}),
    ("passages of a line", {"kind": "line_crossing", "place": "way in", "alarm_on": "in"},
     {"band": 0.2}),
    ("somebody anywhere in the yard (30 %)", {"kind": "intrusion", "place": "yard",
      "min_seconds": 2}, {"min_seconds": 4}),
    ("three wait in the yard", {"kind": "queue", "place": "yard", "limit": 2}, {"limit": 3}),
    ("the wrong way through the yard", {"kind": "wrong_way", "place": "yard",
      "arrow": [[0.2, 0.5], [0.8, 0.5]]}, {"min_seconds": 2}),
    ("too fast through the yard", {"kind": "speed", "place": "yard", "limit_kmh": 30},
     {"limit_kmh": 40}),
    ("near misses in the yard", {"kind": "near_miss", "place": "yard"}, {"pet_seconds": 0.8}),
    ("an unusual hour in the yard", {"kind": "unusual_count", "place": "yard"}, {"sigmas": 4}),
)  # fmt: skip
GATE: Final[tuple[Place, ...]] = (
    _zone("gate", 0.1, 0.4, 0.3, 0.7), _zone("yard", 0.3, 0.3, 0.9, 0.8),
    Line("way in", (0.1, 0.5), (0.3, 0.5)),
)  # fmt: skip


class _LateError(Exception):
    pass


def week(result: Result, limit: float) -> None:
    rows, slowest = [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        looks, size = _week(Path(folder))
        for name, asked, changed in TRIED:
            engine = Engine(Path(folder))
            cells = [name]
            for options in (asked, {**asked, **changed}):
                rule = options_of({"name": name, **options})
                job = Job("gate", MONDAY, MONDAY + 7 * 86400, Setup((rule,), GATE, ground=GROUND))
                began = time.process_time()

                def late(share: float, began: float = began) -> None:
                    if time.process_time() - began > limit:
                        raise _LateError(f"{share:.0%}")

                try:
                    answer = engine.answer(job, late)
                except _LateError as error:
                    cells += [f"> {limit:.0f} ({error} done)", "–", "–"]
                    slowest = np.inf
                    continue
                took = time.process_time() - began
                slowest = max(slowest, took)
                (one,) = answer.version.rules
                cells += [f"{took:.1f}", str(answer.shown), str(len(one.incidents))]
            rows.append(cells)
    columns = ["first, CPU s", "looks run", "alarms", "again, CPU s", "looks run", "alarms"]
    title = f"A week: {looks:,} looks, {size / 1e6:.1f} MB"
    result.tables.append(Table(title, ["rule", *columns], rows))
    result.bars.append(Bar("the slowest of these, CPU s", float(slowest), 5.0))


PARTS: Final[dict[str, Callable[[Result, float], None]]] = {
    "agree": agree,
    "week": week,
    "busy": busy,
}


def _chosen(names: list[str]) -> Iterator[Callable[[Result, float], None]]:
    for name in names or PARTS:
        yield PARTS[name]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=" ".join(PARTS))
    parser.add_argument("--seconds", type=float, default=60.0, help="most a question may take")
    parser.add_argument("--save", action="store_true")
    args = parser.parse_args()
    unknown = sorted(set(args.parts) - PARTS.keys())
    if unknown:
        parser.error(f"no part is called {', '.join(unknown)}; there are: {', '.join(PARTS)}")
    command = " ".join(["python bench/backtest.py", *args.parts])
    result = Result("backtest", command, bool(args.parts), [])
    for part in _chosen(args.parts):
        part(result, args.seconds)
    result.print()
    if args.save:
        print(f"\n{save(result).name}")


if __name__ == "__main__":
    main()
