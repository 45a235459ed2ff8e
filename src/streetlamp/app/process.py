"""`streetlamp process`: the pipeline over files, as fast as the machine allows.

Its outputs are a contract (docs/06-process.md): the same files are how we measure ourselves.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

import streetlamp
from streetlamp.app.pipeline import make_camera
from streetlamp.app.tables import Tables
from streetlamp.errors import UserError
from streetlamp.rules.runner import RuleRunner
from streetlamp.site import Site
from streetlamp.stream.clip import ClipWriter
from streetlamp.stream.sound import add_sound
from streetlamp.values import MaskedFrame
from streetlamp.video.camera import Camera, Copied, Output, Shown
from streetlamp.video.detect import load_with_faces
from streetlamp.video.inference import Inference
from streetlamp.video.source import SourceError, make_source
from streetlamp.video.source.base import Source
from streetlamp.video.source.options import SourceOptions

MODEL_FACTS = ("name", "file", "sha256", "licence", "source")
LIBRARIES = ("av", "numpy", "opencv-python-headless", "onnxruntime", "openvino", "lapx")

Progress = Callable[[int, float], None]  # frames done, seconds of video done


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip to process, and where its files go."""

    path: Path
    out: Path
    label: str
    frames: int | None  # as its header says; None if it does not say


@dataclass(slots=True)
class Report:
    """report.json: what was done, at what cost, with what."""

    clip: str
    complete: bool = False
    frames: int = 0
    width: int = 0
    height: int = 0
    seconds_of_video: float = 0.0
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    times_real_time: float = 0.0
    frames_decoded: int = 0
    frames_looked_at: int = 0
    frames_hidden_whole: int = 0
    gops_copied: int = 0
    gops_reencoded: int = 0
    wakes: int = 0  # times a sleeping camera woke
    events: int = 0
    warnings: list[str] = field(default_factory=list)
    model: dict[str, object] = field(default_factory=dict)
    settings: dict[str, object] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)


def plan(clips: Sequence[Path], out: Path) -> list[Clip]:
    """Where each clip's files go: straight into `out` for one clip, a folder each for several."""
    if out.exists() and not out.is_dir():
        raise UserError(f"{out} is a file; the results need a folder. Choose one with --out.")
    names: set[str] = set()
    planned = []
    for path in clips:
        if not path.exists():
            raise UserError(f"{path} does not exist. Check the path.")
        name = path.stem
        if name in names or (len(clips) > 1 and name in ("clip", "frames")):
            name = f"{path.resolve().parent.name}-{name}"
        number = 2
        unique = name
        while unique in names:
            unique, number = f"{name}-{number}", number + 1
        names.add(unique)
        place = out if len(clips) == 1 else out / unique
        if path.resolve() == (place / "masked.mp4").resolve():
            raise UserError(f"{path} would be written over itself. Choose another --out.")
        planned.append(Clip(path, place, unique, _header_frames(path)))
    return planned


def _header_frames(path: Path) -> int | None:
    """The number of frames the clip's header promises, for the progress bar only."""
    try:
        source = make_source("probe", str(path), SourceOptions(url=str(path)), live=False)
        return source.probe().frames
    except SourceError:
        return None  # said properly when the clip's turn comes


class Processor:
    """Processes clips one after another with the settings of one camera of a site.

    start_time: POSIX seconds of a clip's first frame, for schedules and for counts.csv.
    """

    def __init__(
        self, site: Site, camera: str, *, start_time: float = 0.0, audio: bool = False
    ) -> None:
        self.site, self.camera, self.start_time, self.audio = site, camera, start_time, audio
        looks = load_with_faces(site.detect)
        detector = looks.detector
        self.inference = Inference(looks, max_batch=1)
        self.model: dict[str, object] = {
            **detector.manifest.model_dump(mode="json", include=set(MODEL_FACTS)),
            "runtime": f"{detector.runtime.name} {detector.runtime.version}",
        }

    def __enter__(self) -> Processor:
        return self

    def __exit__(self, *_: object) -> None:
        self.inference.close()

    def run(self, clip: Clip, progress: Progress) -> Report:
        """Processes one clip.

        Raises UserError when the clip cannot be read at all or an output cannot be written.
        Ctrl-C (KeyboardInterrupt) finishes the files of the clip and is raised again.
        """
        return _Work(self, clip, progress).run()


class _Work:
    """One clip on its way through the pipeline."""

    def __init__(self, job: Processor, clip: Clip, progress: Progress) -> None:
        site, name = job.site, job.camera
        options = site.cameras[name]
        self.report = Report(str(clip.path), model=job.model)
        self._clip = clip
        self._progress = progress
        self._audio = job.audio
        self._encode = site.encode
        heard = any(rule.enabled for rule in options.rules)
        self._camera: Camera = make_camera(
            name, options, site, job.inference, wait=True, heard=heard
        )
        self._rules = RuleRunner(
            name, options.rules, options.places, site.zone, options.plane, site.almanac()
        )
        source = options.source.model_copy(
            update={"url": str(clip.path), "loop": False, "start_time": job.start_time}
        )
        self._source: Source = make_source(name, str(clip.path), source, live=False)
        self._first_time: float | None = None
        self.report.settings = {
            "camera": options.model_dump(mode="json", exclude={"source", "second_stream"}),
            "detect": site.detect.model_dump(mode="json"),
        }
        self.report.versions = {
            "streetlamp": streetlamp.__version__,
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        }

    def run(self) -> Report:
        started, cpu = time.monotonic(), time.process_time()
        try:
            self._clip.out.mkdir(parents=True, exist_ok=True)
            # results of an earlier clip must not stand beside this one's tables
            (self._clip.out / "masked.mp4").unlink(missing_ok=True)
            with ExitStack() as stack:
                tables = stack.enter_context(Tables(self._clip.out))
                place, encode = self._clip.out / "masked.mp4", self._encode
                writer = stack.enter_context(
                    ClipWriter(place, crf=encode.crf, preset=encode.preset)
                )
                try:
                    self._frames(tables, writer)
                    self.report.complete = True
                finally:
                    self._finish(tables, writer)
            if self._audio and not add_sound(self._clip.out / "masked.mp4", self._clip.path):
                self._source.warn("the clip has no sound to keep")
        except SourceError as error:
            raise UserError(str(error)) from error
        except OSError as error:
            raise UserError(
                f"cannot write to {self._clip.out}: {error.strerror or error}. "
                "Free some space or choose another folder with --out."
            ) from error
        finally:
            self._account(time.monotonic() - started, time.process_time() - cpu)
        return self.report

    def _frames(self, tables: Tables, writer: ClipWriter) -> None:
        for unit in self._source.units():
            if self._first_time is None:
                self._first_time = unit.time
            self._take(self._camera.push(unit), tables, writer)
            self.report.seconds_of_video = max(
                self.report.seconds_of_video, unit.time - self._first_time
            )
            self._progress(self.report.frames, self.report.seconds_of_video)

    def _finish(self, tables: Tables, writer: ClipWriter) -> None:
        self._take(self._camera.flush(), tables, writer)
        self._progress(self.report.frames, self.report.seconds_of_video)
        tables.outcome(self._rules.finish())
        self.report.events = tables.events

    def _take(self, outputs: list[Output], tables: Tables, writer: ClipWriter) -> None:
        for output in outputs:  # the tables first: what is written together is written quicker
            if isinstance(output, Shown):
                tables.shown(output.frame, output.tracks)
            elif isinstance(output, Copied):
                tables.copied(output.gop)
            else:
                tables.outcome(self._rules.step(output.tracks))
        kept = [output for output in outputs if isinstance(output, Shown | Copied)]
        for _, some in groupby(kept, type):
            together = list(some)
            self._write([one.frame for one in together if isinstance(one, Shown)], writer)
            for one in together:
                if isinstance(one, Copied):
                    self._check_size(one.gop.size)
                    writer.copy(one.gop)
                    self.report.frames += len(one.gop.samples)

    def _write(self, frames: list[MaskedFrame], writer: ClipWriter) -> None:
        for frame in frames:
            self._check_size((frame.width, frame.height))
        writer.write_all(frames)
        self.report.frames += len(frames)

    def _check_size(self, size: tuple[int, int]) -> None:
        if not self.report.width:
            self.report.width, self.report.height = size
        elif size != (self.report.width, self.report.height):
            self._source.warn("the picture changes its size midway; masked.mp4 keeps the first")

    def _account(self, wall: float, cpu: float) -> None:
        report = self.report
        report.wall_seconds, report.cpu_seconds = round(wall, 3), round(cpu, 3)
        report.seconds_of_video = round(report.seconds_of_video, 3)
        report.times_real_time = round(report.seconds_of_video / wall, 2) if wall else 0.0
        figures = self._camera.figures
        report.frames_looked_at = figures.looks
        report.frames_hidden_whole = figures.whole_hidden
        report.frames_decoded = figures.decoded
        report.gops_copied, report.gops_reencoded = figures.gops_copied, figures.gops_encoded
        report.wakes = figures.wakes
        if figures.damaged:
            self._source.warn(f"{figures.damaged} damaged packets were left out")
        if figures.failed_looks:
            self._source.warn(
                f"{figures.failed_looks} looks failed; the pictures around them are hidden whole"
            )
        report.warnings = list(self._source.warnings)
        if self._clip.out.is_dir():
            text = json.dumps(asdict(report), indent=2, ensure_ascii=False, default=str)
            (self._clip.out / "report.json").write_text(text + "\n")
