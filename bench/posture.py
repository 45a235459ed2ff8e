"""Upright or lying on clips of falls and of what only looks like one.

    python bench/posture.py ../shared/data/video/falls_assistiot_a

For each clip: looks in which somebody was found at all, shown as a track, and called lying; and how
long after the body was down (events.csv) that was. ``--every`` is pictures from look to look.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import av

from streetlamp.values import Kind, Posture
from streetlamp.video.detect import load_detector
from streetlamp.video.tag.options import TagOptions
from streetlamp.video.tag.tagger import Tagger
from streetlamp.video.track.options import TrackOptions
from streetlamp.video.track.tracker import Tracker


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=4)
    arguments = parser.parse_args()
    detector = load_detector()
    with (arguments.folder / "events.csv").open() as file:
        clips = list(csv.DictReader(file))
    print(f"{'clip':40}{'looks':>6}{'found':>6}{'track':>6}{'lying':>6}  first called lying")
    for clip in clips:
        tracker, tagger = Tracker("bench", TrackOptions(), 1), Tagger(TagOptions(colours=False))
        looks = found = shown = lying = 0
        first: int | None = None
        fps = float(clip["fps"])
        with av.open(str(arguments.folder / "clips" / clip["clip"])) as video:
            for k, picture in enumerate(video.decode(video=0)):
                if k % arguments.every:
                    continue
                size = picture.width, picture.height
                update = tracker.update(detector.look(picture), k / fps, k + 1, size)
                tracks = tagger.update(picture, update.tracks)
                people = (tracks.kind == Kind.PERSON) & tracks.seen
                candidates = (update.unsure.kind == Kind.PERSON) & update.unsure.seen
                looks += 1
                shown += bool(people.any())
                found += bool(people.any() or candidates.any())
                down = bool((people & (tracks.posture == Posture.LYING)).any())
                lying += down
                first = k if down and first is None else first
        when = "never"
        if first is not None:
            when = f"picture {first}"
            if clip["down_frame0"]:
                when += f", {(first - int(clip['down_frame0'])) / fps:+.1f} s after being down"
        print(f"{clip['clip']:40}{looks:6}{found:6}{shown:6}{lying:6}  {when}")


if __name__ == "__main__":
    main()
