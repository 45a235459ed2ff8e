"""Streetlamp kept running while cameras fail and people come and go: what grows or gets lost?

    python bench/soak.py                 30 minutes
    python bench/soak.py --minutes 4     as CI runs it
    python bench/soak.py --verbose       a line each cycle

`streetlamp run` with six virtual cameras (480×360, 8 pictures a second; people in three of them).
Every 30 seconds four of them are cut off, sent noise, stalled, made smaller, switched off and on;
somebody watches one live, somebody the wall, somebody stops reading halfway, somebody exports. The
other two fail for two minutes now and then: what the ledger says of them is held against that. Near
the end Streetlamp is killed as by a power cut and started again.

- *Growth*: of memory, threads and open files at the calm end of each cycle, by Sen's slope. It must
  stay within the noise (three standard deviations), or within 1 % of the memory, 4 threads and 4
  files where that is more. In less than a quarter of an hour caches still fill: 10 %, 8 and 8.
- *Lost*: seconds in which the desk said that pictures came, and no recorded picture is near; files
  that no segment knows, segments without a file, files that cannot be read. What the kill may cost
  is given apart.
- *Ledger*: minutes of the two cameras whose state or reason is not what was done to them.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from soak_checks import MOST_LOST_BY_KILL, Fault, Footage, Growth, Minutes, Shown, footage, ledger
from soak_site import COUNTED, STRESSED, Rack, people, quiet, site_file

from live import Lamp
from record import ROOT, Bar, Result, Table, save
from streetlamp.fleet.virtual import FAULTS

CYCLE = 30.0  # seconds
CALM = 7.0  # seconds at the end of a cycle in which nothing is done, and figures are taken
START = 25.0  # seconds until everything runs
WARM = 1 / 3  # the share of the cycles after which memory counts, at least two
FAULT_SECONDS, FAULT_EVERY = 130.0, 300.0
SETTLED = 90.0  # seconds after a fault in which its camera may still be looked for
LONG = ("drop", "stall", "login", "mute")
LONG_MINUTES = 15.0  # from which growth is judged strictly
KILL_SECONDS = 55.0  # from the kill to the end


@dataclass
class Figures:
    """Taken in the calm of each cycle."""

    memory: list[float] = field(default_factory=list)  # MB
    threads: list[float] = field(default_factory=list)
    files: list[float] = field(default_factory=list)


class Watch:
    """Asks the desk once a second, and keeps from when to when each camera's pictures came."""

    def __init__(self) -> None:
        self.shown: Shown = {id_: [] for id_ in STRESSED + COUNTED}
        self._newest: dict[str, float] = {}
        self.live: dict[str, bool] = {}

    def ask(self, lamp: Lamp) -> None:
        for status in lamp.get("/api/status")["cameras"]:
            id_, newest = status["camera"], status["last_frame"]
            before = self._newest.get(id_, 0.0)
            # asleep, a camera's newest picture is as old as its GOP and the delay line
            self.live[id_] = status["state"] == "live" and time.time() - newest < 12
            if 0 < newest - before < 4:
                stretches = self.shown[id_]
                if stretches and stretches[-1][1] == before:
                    stretches[-1] = stretches[-1][0], newest
                else:
                    stretches.append((before, newest))
            self._newest[id_] = newest


class Soak:
    def __init__(self, folder: Path, minutes: float, verbose: bool) -> None:
        busy, still = people(folder), quiet(folder)
        self._stressed = Rack((busy, still), STRESSED)
        self._counted = Rack((still, busy), COUNTED)
        self._folder, self._verbose = folder, verbose
        self._end = time.monotonic() + minutes * 60 - KILL_SECONDS
        self._pool = ThreadPoolExecutor(8)
        self._guests: list[Future[None]] = []
        self.watch = Watch()
        self.figures = Figures()
        self.faults: list[Fault] = []
        self.done: dict[str, int] = {}
        self.killed: list[tuple[float, float]] = []
        self.began = self.ended = 0.0
        self.trouble: list[str] = []

    @contextlib.contextmanager
    def _cameras(self) -> Iterator[str]:
        self._stressed.on()
        self._counted.on()
        try:
            yield site_file({**self._stressed.urls(), **self._counted.urls()})
        finally:
            self._stressed.off()
            self._counted.off()

    def run(self) -> None:
        with self._cameras() as site:
            lamp = Lamp(site, self._folder)
            with lamp:
                lamp.login()
                self._follow(lamp, time.monotonic() + START)
                self.began = time.time()
                while time.monotonic() + CYCLE < self._end:
                    self._cycle(lamp)
                self._follow(lamp, self._end)
                gone = time.time()
                lamp.kill()
            time.sleep(5)
            again = Lamp(site, self._folder, again=True)
            with again:
                again.login()
                self.killed.append((gone, time.time()))
                self._follow(again, time.monotonic() + KILL_SECONDS - 10)
                missing = [id_ for id_, live in self.watch.live.items() if not live]
                if missing:
                    self.trouble.append(f"not live at the end: {', '.join(missing)}")
            self.ended = time.time()
        for guest in self._guests:
            if error := guest.exception(timeout=60):
                self.trouble.append(f"{type(error).__name__}: {error}")

    # One cycle.

    def _cycle(self, lamp: Lamp) -> None:
        began = time.monotonic()
        plan = self._plan(lamp)
        for after, name, act in sorted(plan, key=lambda one: one[0]):
            self._follow(lamp, began + after)
            self.done[name] = self.done.get(name, 0) + 1
            act()
        self._follow(lamp, began + CYCLE - CALM)
        taken = self._follow(lamp, began + CYCLE, figures=True)
        for name, values in taken.items():
            getattr(self.figures, name).append(statistics.median(values))
        if self._verbose:
            last = {name: getattr(self.figures, name)[-1] for name in taken}
            print(
                f"  {len(self.figures.memory):3d} {time.time():.0f} {last}",
                file=sys.stderr,
                flush=True,
            )

    def _plan(self, lamp: Lamp) -> list[tuple[float, str, Callable[[], None]]]:
        rack = self._stressed
        plan: list[tuple[float, str, Callable[[], None]]] = [
            (1, "watched live", partial(self._guest, _look, lamp, "/api/live/camera/a1", 10)),
            (1, "wall watched", partial(self._guest, _wall, lamp, 10)),
            (2, "who stops reading", partial(self._guest, _stuck, lamp, 14)),
            (11, "all off and on", rack.off),
            (13, "", rack.on),
            (19, "exported", partial(self._guest, _export, lamp, time.time() - 30)),
        ]
        for after, until, fault, id_ in (
            (2, 6, "drop", "a1"), (2, 8, "stall", "a2"), (3, 7, "garbage", "a3"),
            (3, 9, "size", "a4"), (16, 19, "loss", "a1"), (16, 18, "clock-jump", "a3"),
        ):  # fmt: skip
            plan.append((after, fault, partial(rack.start, fault, id_)))
            plan.append((until, "", partial(rack.stop, fault, id_)))
        return plan

    def _guest(self, what: Callable[..., None], *arguments: Any) -> None:
        self._guests = [one for one in self._guests if not one.done() or one.exception()]
        self._guests.append(self._pool.submit(what, *arguments))

    # Time goes by.

    def _follow(self, lamp: Lamp, until: float, *, figures: bool = False) -> dict[str, list[float]]:
        taken: dict[str, list[float]] = {"memory": [], "threads": [], "files": []}
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 1.0))
            if not lamp.alive:
                raise SystemExit(f"Streetlamp ended by itself:\n{lamp.said[-3000:]}")
            self.watch.ask(lamp)
            self._long_faults()
            if figures:
                for name, values in taken.items():
                    values.append(float(getattr(lamp, name)()))
        return taken

    def _long_faults(self) -> None:
        """One at a time of the counted cameras, in turns; each ends before Streetlamp is killed."""
        now, steady = time.time(), time.monotonic()
        last = self.faults[-1] if self.faults else None
        for one in self.faults:
            if one.end and now < one.end + SETTLED and not self.watch.live[one.camera]:
                one.back = now
        if last is not None and not last.end:
            if now - last.start >= FAULT_SECONDS:
                self._counted.stop(last.name, last.camera)
                last.end = now
        elif self.began and steady + FAULT_SECONDS + 30 < self._end:
            since = 0.0 if last is None else last.end
            if now - since >= FAULT_EVERY - FAULT_SECONDS:
                fault = LONG[len(self.faults) % len(LONG)]
                camera = COUNTED[len(self.faults) // 2 % 2]
                self._counted.start(fault, camera)
                self.faults.append(Fault(camera, fault, FAULTS[fault].reasons, now, 0.0))


def _look(lamp: Lamp, path: str, seconds: float) -> None:
    end = time.monotonic() + seconds
    with lamp.socket(path) as socket, contextlib.suppress(TimeoutError):
        while time.monotonic() < end:
            socket.recv(timeout=seconds)


def _wall(lamp: Lamp, seconds: float) -> None:
    end, sheets = time.monotonic() + seconds, 0
    with lamp.socket("/api/live/wall?tile=160") as socket, contextlib.suppress(TimeoutError):
        socket.send('{"show": [[0, 5]]}')
        while time.monotonic() < end:
            if isinstance(socket.recv(timeout=seconds), bytes):
                sheets += 1
                socket.send(f'{{"drawn": {sheets}}}')


def _stuck(lamp: Lamp, seconds: float) -> None:
    with lamp.socket("/api/live/camera/b1"):
        time.sleep(seconds)


def _export(lamp: Lamp, since: float) -> None:
    try:
        lamp.fetch(f"/api/cameras/b2/export.mp4?start={since}&end={since + 20}")
    except HTTPError as error:
        if error.code != HTTPStatus.NOT_FOUND:  # it was away
            raise


def result(soak: Soak, minutes: float, kept: Footage, counted: Minutes) -> Result:
    skip = max(2, round(WARM * len(soak.figures.memory)))
    grown = {
        name: Growth(getattr(soak.figures, name)[skip:], CYCLE)
        for name in ("memory", "threads", "files")
    }
    rows = [
        [name, f"{one.values[0]:.0f}", f"{one.values[-1]:.0f}", f"{one.grown:+.2f}",
         f"{one.noise:.2f}", f"{one.an_hour:+.1f}"]
        for name, one in grown.items()
    ]  # fmt: skip
    counted_cycles = len(grown["memory"].values)
    long = minutes >= LONG_MINUTES
    least = {
        "memory": (0.01 if long else 0.1) * statistics.median(grown["memory"].values),
        "threads": 4.0 if long else 8.0,
        "files": 4.0 if long else 8.0,
    }
    times = {name: max(0.0, one.grown) / max(one.noise, least[name]) for name, one in grown.items()}
    done = [[name, str(times)] for name, times in soak.done.items() if name]
    done += [[f"{one.name}, {FAULT_SECONDS:.0f} s", one.camera] for one in soak.faults]
    wrong = [*kept.wrong, *kept.where, *counted.wrong, *soak.trouble]
    return Result(
        "soak",
        f"python bench/soak.py --minutes {minutes:g}",
        minutes < 30,
        [
            Table("Growth, at the calm end of each cycle",
                  ["", "first", "last", "by the slope", "noise", "an hour"], rows,
                  f"{counted_cycles} cycles of {CYCLE:.0f} s, after {skip} to warm up"),
            Table("What was done", ["", ""], done),
            Table("Recorded", ["files", "pictures", "seconds shown", "lost", "by the kill"],
                  [[str(kept.files), str(kept.pictures), f"{kept.shown:.0f}", f"{kept.lost:.1f}",
                    f"{kept.lost_by_kill:.1f}"]]),
            Table("Ledger, minutes of two cameras", ["right", "at an edge", "wrong"],
                  [[str(counted.right), str(counted.free), str(len(counted.wrong))]],
                  "; ".join(wrong)),
        ],
        [
            *(Bar(f"{name} grown ÷ what is noise", one, 1.0) for name, one in times.items()),
            Bar("segments lost or damaged", len(kept.wrong), 0),
            Bar("seconds shown and not recorded", kept.lost, 0.0),
            Bar("seconds lost by the kill, the worst camera", kept.lost_by_kill, MOST_LOST_BY_KILL),
            Bar("minutes wrong in the ledger", len(counted.wrong), 0),
            Bar("cameras or guests in trouble", len(soak.trouble), 0),
        ],
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30.0, help="all of it; at least 4")
    parser.add_argument("--no-save", action="store_true", help="print only, keep nothing")
    parser.add_argument("--verbose", action="store_true", help="figures of every cycle")
    wanted = parser.parse_args()
    if wanted.minutes < 4:
        parser.error("a soak takes at least 4 minutes")
    with tempfile.TemporaryDirectory() as scratch:
        soak = Soak(Path(scratch), wanted.minutes, wanted.verbose)
        soak.run()
        data = Path(scratch) / "data"
        kept = footage(data, soak.watch.shown, [gone for gone, _ in soak.killed])
        start = soak.began
        counted = ledger(data, soak.faults, COUNTED, start, soak.ended - 60, soak.killed)
    made = result(soak, wanted.minutes, kept, counted)
    made.print()
    if not wanted.no_save:
        print(f"\nkept as {save(made).relative_to(ROOT)}")
    return 0 if all(bar.holds for bar in made.bars) else 1


if __name__ == "__main__":
    raise SystemExit(main())
