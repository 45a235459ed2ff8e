"""How well close-ups are hidden by person boxes alone, and with the face detector beside them.

    python bench/faces.py                   all tables
    python bench/faces.py close-ups cost    some of: close-ups, thresholds, empty, clips, cost

*close-ups*: the heads of ``faces.csv`` (marked by hand in coco_val_a and dlib_faces_a: hair to
chin), each cut out as a camera of 640×480 would see it, at four sizes (the head's share of the
picture's height) and three places: "close" (in the middle of the picture), "edge" (only the head
looks in from below) and "cut" (55 % of the head is in, at the side). A head counts as hidden when
90 % of it is, by the masks of the real tracker and coverage on a camera that sees this still.
*thresholds*: the same, all sizes together, for other least scores of a face.
*empty*: pictures without anybody: how many of 1,000 have a false face.
*clips*: looks 8 times a second, at faces every 0.4 s: share of the picture hidden, heads hidden
(as bench/hiding.py counts them).
*cost*: CPU time of one look for faces, the making of its small picture included, one thread.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "bench")]
DATA = Path(os.environ.get("STREETLAMP_SHARED", ROOT.parent / "shared")) / "data" / "video"

from hiding import head_cover, paint, read_truth  # noqa: E402

from streetlamp.values import Floats  # noqa: E402
from streetlamp.video.coverage import Coverage, Look  # noqa: E402
from streetlamp.video.detect import DetectOptions, load_detector  # noqa: E402
from streetlamp.video.detect.face_turns import FaceTurns  # noqa: E402
from streetlamp.video.detect.faces import FaceFinder, WithFaces, heads  # noqa: E402
from streetlamp.video.detect.letterbox import Letterbox  # noqa: E402
from streetlamp.video.loose import loose_of  # noqa: E402
from streetlamp.video.options import HideOptions  # noqa: E402
from streetlamp.video.raw import Detections  # noqa: E402
from streetlamp.video.track.options import TrackOptions  # noqa: E402
from streetlamp.video.track.tracker import Tracker  # noqa: E402

QUOTED = ("coco_val_a", "dlib_faces_a")
SHARES = (0.25, 0.4, 0.6, 0.8, 1.2)
SIZE = (640, 480)
LOOKS_A_SECOND = 8.0
FACES_EVERY = 0.4
NOBODY = np.zeros((0, 4), np.float32)


@dataclass
class View:
    """One head as a camera close by would see it."""

    kind: str
    share: float
    picture: np.ndarray  # (480, 640, 3) blue, green, red
    head: np.ndarray  # (4,) in it, cut at its edge


def views(sets: tuple[str, ...]) -> Iterator[View]:
    """Every head of faces.csv in every place and size that its photograph has room for."""
    with Path(__file__).with_suffix(".csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["set"] in sets]
    for row in rows:
        photo = cv2.imread(str(DATA / row["set"] / "frames" / f"{int(row['frame']):06d}.jpg"))
        x1, y1, x2, y2 = (float(row[k]) for k in ("x1", "y1", "x2", "y2"))
        for share in SHARES:
            height = (y2 - y1) / share
            width = height * SIZE[0] / SIZE[1]
            left, top = (x1 + x2 - width) / 2, y1 - 0.4 * (height - (y2 - y1))
            room_x = max(0.0, photo.shape[1] - width)
            room_y = max(0.0, photo.shape[0] - height)
            places = {
                "close": (np.clip(left, 0, room_x), np.clip(top, 0, room_y)),
                "edge": (left, y2 - height),
                "cut": (x1 + 0.55 * (x2 - x1) - width, top),
            }
            for kind, (u, v) in places.items():
                beyond_x = max(0, -u) + max(0, u + width - photo.shape[1])
                beyond_y = max(0, -v) + max(0, v + height - photo.shape[0])
                if beyond_x > width / 4 or beyond_y > height / 4:
                    continue
                by = SIZE[0] / width
                move = np.array([[by, 0, -u * by], [0, by, -v * by]], np.float32)
                picture = cv2.warpAffine(photo, move, SIZE, borderMode=cv2.BORDER_REPLICATE)
                box = (np.array([x1, y1, x2, y2]) - (u, v, u, v)) * by
                yield View(kind, share, picture, np.clip(box, 0, [*SIZE, *SIZE]))


class Lens:
    """Tracker and coverage of one camera, fed with looks and asked what it hides."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.tracker = Tracker("bench", TrackOptions(), seed=1)
        self.coverage = Coverage("bench", HideOptions())

    def look(self, found: Detections, at: float, frame: int) -> None:
        update = self.tracker.update(found, at, frame, self.size)
        loose = loose_of(found, np.concatenate([update.tracks.box, update.unsure.box]))
        self.coverage.add(
            Look(at, frame, update.tracks, update.unsure, loose.box, loose.score, 0, loose.faces)
        )

    def hidden(self, at: float, frame: int) -> np.ndarray:
        """(h, w) bool"""
        cover = self.coverage.at(at, frame, self.size)
        return paint([tuple(map(float, box)) for box in cover.hide], self.size)


def without_faces(found: Detections, faces: Floats = NOBODY) -> Detections:
    return Detections(found.box, found.kind, found.score, faces)


def head_is_hidden(found: Detections, view: View) -> bool:
    """On a camera that has looked at this still four times."""
    lens = Lens(SIZE)
    for i in range(4):
        lens.look(found, i / LOOKS_A_SECOND, i + 1)
    x1, y1, x2, y2 = (round(float(v)) for v in view.head)
    return bool(lens.hidden(2 / LOOKS_A_SECOND, 3)[y1:y2, x1:x2].mean() >= 0.9)


def eyes(score: float = 0.3) -> WithFaces:
    options = DetectOptions(threads=1, min_face_score=score)
    return WithFaces.load(load_detector(options), options)


def frame_of(picture: np.ndarray) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(picture, "bgr24").reformat(format="yuv420p")


def percent(some: list[bool]) -> str:
    return f"{100 * float(np.mean(some)):5.0f} ({len(some)})" if some else "-"


def close_ups() -> None:
    both, rows = eyes(), defaultdict(list)
    for view in views(QUOTED):
        found = both.look(frame_of(view.picture))
        nobody = Detections(NOBODY, np.zeros(0, np.int64), np.zeros(0, np.float32), found.faces)
        answer = [head_is_hidden(one, view) for one in (without_faces(found), nobody, found)]
        for key in ((view.kind, f"{view.share:.0%}"), (view.kind, "all"), ("all", "all")):
            rows[key].append(answer)
    print(f"{'place':8}{'head is':8}{'persons alone':>16}{'faces alone':>16}{'both':>16}")
    for (kind, share), answers in sorted(rows.items()):
        columns = (percent([bool(a[i]) for a in answers]) for i in range(3))
        print(f"{kind:8}{share:8}" + "".join(f"{column:>16}" for column in columns), flush=True)


def thresholds() -> None:
    both, rows = eyes(0.1), defaultdict(list)
    for view in views(QUOTED):
        frame = frame_of(view.picture)
        prepared = both.prepare(frame)
        (found,) = both.detector.infer([prepared])
        (faces,) = both.finder.find_all([both.small(prepared)])
        for least in (0.15, 0.2, 0.3, 0.4, 0.5, 0.6):
            sure = heads(faces[faces[:, 4] >= least])
            rows[least].append(head_is_hidden(without_faces(found, sure), view))
    print(f"{'least score':14}{'both':>12}")
    for least, answers in sorted(rows.items()):
        print(f"{least:<14}{percent(answers):>12}")


def empty_pictures() -> Iterator[tuple[str, np.ndarray]]:
    """Set and picture, where nobody is."""
    with (DATA / "intel_onebyone" / "events.csv").open(newline="") as file:
        visits = [
            (int(row["first_frame0"]) - 15, int(row["last_frame0"]) + 15)
            for row in csv.DictReader(file)
        ]
    for name, step in (("intel_onebyone", 2), ("ngsim_us101_1", 1)):
        with av.open(str(DATA / name / "clip.mp4")) as container:
            for i, frame in enumerate(container.decode(video=0)):
                if i % step == 0 and (
                    name != "intel_onebyone" or not any(a <= i <= b for a, b in visits)
                ):
                    yield name, frame.to_ndarray(format="bgr24")
    for name in ("coco_val_a", "coco_train_perm"):
        people = read_truth(DATA / name / "gt.csv")
        for path in sorted((DATA / name / "frames").glob("*.jpg")):
            if int(path.stem) not in people:
                yield "coco (both)", cv2.imread(str(path))


def empty() -> None:
    finder, scores = FaceFinder.load(threads=1, score=0.1), defaultdict(list)
    for name, picture in empty_pictures():
        scores[name].append(float(finder.find(picture)[:, 4].max(initial=0.0)))
    levels = (0.2, 0.3, 0.4, 0.5, 0.6)
    print(f"{'set':18}{'pictures':>9}" + "".join(f"{f'≥ {s}':>9}" for s in levels))
    for name, best in scores.items():
        rates = [1000 * sum(b >= s for b in best) / len(best) for s in levels]
        print(f"{name:18}{len(best):9}" + "".join(f"{rate:9.0f}" for rate in rates))


def clips() -> None:
    both = eyes()
    print(f"{'clip':18}{'faces':8}{'hidden %':>9}{'heads hidden %':>16}{'pixels hidden %':>17}")
    for name, step in (("pets09_s2l1_a", 1), ("cdnet_office", 3), ("ngsim_us101_1", 1)):
        for faces in (False, True):
            print(f"{name:18}{'with' if faces else 'without':8}{one_clip(both, name, step, faces)}")


def one_clip(both: WithFaces, name: str, step: int, faces: bool) -> str:
    """Shares of the picture, of heads and of labelled pixels hidden, every ``step``-th frame."""
    with av.open(str(DATA / name / "clip.mp4")) as container:
        rate = float(container.streams.video[0].average_rate or 25)
        lens, turns, times, last = None, FaceTurns(FACES_EVERY), [], float("-inf")
        for i, frame in enumerate(container.decode(video=0)):
            lens = lens or Lens((frame.width, frame.height))
            at = i / rate
            times.append(at)
            if at - last >= 1 / LOOKS_A_SECOND - 0.5 / rate:
                last = at
                prepared = both.prepare(frame)
                wanted = faces and turns.due(at)
                (found,) = both.infer([prepared.with_faces() if wanted else prepared])
                lens.look(found, at, i + 1)
    assert lens is not None
    truth = read_truth(DATA / name / "gt.csv")
    area, shown, pixels, all_pixels = [], [], 0, 0
    for i in range(0, len(times), step):
        cover = lens.hidden(times[i], i + 1)
        area.append(float(cover.mean()))
        for person in truth.get(i + 1, []):
            part = head_cover(person.box, cover)
            if not person.ignore and part is not None and not 0 <= person.visibility < 0.5:
                shown.append(part >= 0.9)
        mask = DATA / name / "masks" / f"{i + 1:06d}.png"
        if mask.exists():
            must = cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE) == 255
            pixels, all_pixels = pixels + int((must & cover).sum()), all_pixels + int(must.sum())
    heads_hidden = f"{100 * float(np.mean(shown)):.2f}" if shown else "-"
    pixels_hidden = f"{100 * pixels / all_pixels:.2f}" if all_pixels else "-"
    return f"{100 * float(np.mean(area)):9.2f}{heads_hidden:>16}{pixels_hidden:>17}"


def cost() -> None:
    """From a picture the person detector already has, as a running camera does it."""
    rng = np.random.default_rng(1)
    print(f"{'input':10}{'runtime':14}{'CPU ms, median':>16}{'best':>8}")
    for runtime in ("openvino", "onnxruntime"):
        finder = FaceFinder.load(runtime=runtime, threads=1)
        for side in (320, 416, 640):
            whole = rng.integers(0, 256, (384, 640, 3), np.uint8)
            box = Letterbox.fit(1280, 720, side)
            taken = []
            for _ in range(60):
                start = time.process_time()
                small = whole if side == 640 else cv2.resize(whole, box.shape[::-1])
                finder.find_all([(small, box)])
                taken.append(1000 * (time.process_time() - start))
            rest = sorted(taken[10:])
            name = "×".join(map(str, box.shape))
            print(f"{name:10}{runtime:14}{rest[len(rest) // 2]:16.1f}{rest[0]:8.1f}", flush=True)


TABLES = {
    "close-ups": close_ups,
    "thresholds": thresholds,
    "empty": empty,
    "clips": clips,
    "cost": cost,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("tables", nargs="*", default=list(TABLES), metavar="TABLE")
    names = parser.parse_args().tables
    if odd := set(names) - set(TABLES):
        parser.error(f"no table is called {', '.join(sorted(odd))}; there are {', '.join(TABLES)}")
    for name in names:
        print(f"\n{name}")
        TABLES[name]()


if __name__ == "__main__":
    main()
