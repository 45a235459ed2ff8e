"""Everything around the looks breaks, and nobody is seen in what would be stored or shown.

Each case runs twice: as a camera whose pictures are decoded for it, and as H.264 packets. Each is
judged on the decoded output alone, beside a control in which nothing is hidden and the same
measure must see nearly every head. See `support.breaking`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from streetlamp.video.inference import Inference
from streetlamp.video.raw import Detections, Unit
from support.breaking import (
    FPS,
    SIZE,
    T0,
    Still,
    crossing,
    drawn,
    packets,
    pictures,
    play,
    still,
    walker,
)

COUNT = 80
BRIEF = 0.1  # s of real time in which a look that does not hang is over
GO = threading.Event()  # set when a test is over: hung looks end then


@pytest.fixture(autouse=True)
def _let_go() -> Iterator[None]:
    GO.clear()
    yield
    GO.set()


def hang() -> None:
    GO.wait(30)


def after(first: int, what: Callable[[], object]) -> Callable[[int], object]:
    return lambda i: what() if i >= first else None


def between(first: int, last: int, what: Callable[[], object]) -> Callable[[int], object]:
    return lambda i: what() if first <= i < last else None


def throw(error: BaseException) -> Callable[[], object]:
    def thrower() -> object:
        raise error

    return thrower


def nan() -> Detections:
    box = np.array([[10, 10, np.nan, 40]], np.float32)
    return Detections(box, np.zeros(1, np.int64), np.ones(1, np.float32))


def odd_shapes() -> Detections:
    return Detections(np.zeros((3, 2), np.float32), np.zeros(5, np.int64), np.ones(1, np.float32))


def everywhere() -> Detections:
    box = np.array([[-1e6, -1e6, 1e6, 1e6], [50, 50, 10, 10]], np.float32)
    return Detections(box, np.zeros(2, np.int64), np.ones(2, np.float32))


def once(what: Callable[[], object], at: int) -> Callable[[int], object]:
    """At the first look at or after this picture, and never again."""
    done: list[int] = []

    def job(i: int) -> object:
        if i >= at and not done:
            done.append(i)
            return what()
        return None

    return job


def plain(count: int = COUNT, **look: Any) -> list[Still]:
    return drawn(count, crossing, **look)


def swapped(film: list[Still], where: range, make: Callable[[int, Still], Still]) -> list[Still]:
    return [make(i, one) if i in where else one for i, one in enumerate(film)]


def noise(i: int, one: Still) -> Still:
    random = np.random.default_rng(i)
    luma = random.integers(0, 256, one.luma.shape, dtype=np.uint8)
    return Still(luma, (128, 128), one.time)


def dark(i: int, one: Still) -> Still:
    luma = np.random.default_rng(i).integers(14, 19, one.luma.shape, dtype=np.uint8)
    return Still(luma, (128, 128), one.time)


def moved(i: int) -> list[Any]:
    """Where they are after something happened that nobody saw."""
    return crossing(i) if i < 40 else [walker(7, 60, 90), walker(8, 150 + 2.0 * (i - 40), 30)]


def stepping(*steps: float) -> Callable[[int], float]:
    """Times that jump by so many seconds at pictures 30, 45, 60 …"""
    return lambda i: T0 + i / FPS + sum(s for k, s in enumerate(steps) if i >= 30 + 15 * k)


@dataclass(frozen=True)
class Case:
    """One way to break it. clear: pictures (first, last) that must not all be hidden whole."""

    film: Callable[[], list[Still]] = plain
    breaks: Callable[[], Callable[[int], object]] = lambda: lambda i: None
    latency: Callable[[float], float] = lambda time: 0.1
    patience: float = 20.0
    tended: bool = True
    between: Callable[[int, Inference], None] = lambda i, queue: None
    away: tuple[int, ...] = ()
    clear: tuple[int, int] | None = None
    only: Sequence[str] = field(default=("pictures", "packets"))


def close_at(number: int) -> Callable[[int, Inference], None]:
    def closes(i: int, queue: Inference) -> None:
        if i == number:
            queue.close()

    return closes


CASES = {
    "nothing is wrong": Case(clear=(20, 70)),
    # the detector and its threads
    "the worker thread is killed": Case(
        breaks=lambda: once(throw(SystemExit(1)), 25), clear=(50, 75)
    ),
    "a worker is killed as by Ctrl-C": Case(
        breaks=lambda: once(throw(KeyboardInterrupt()), 25), clear=(50, 75)
    ),
    "every worker is killed, nobody tends": Case(
        breaks=lambda: after(25, throw(SystemExit(1))), tended=False
    ),
    "the queue is closed": Case(between=close_at(30)),
    "a look hangs for ever": Case(breaks=lambda: once(hang, 25), patience=BRIEF, tended=False),
    "a look hangs, a fresh detector takes over": Case(
        breaks=lambda: once(hang, 25), patience=BRIEF, clear=(70, 78)
    ),
    "looks hang again and again": Case(
        breaks=lambda: lambda i: hang() if i % 25 > 20 else None, patience=BRIEF
    ),
    "ten times slower": Case(latency=lambda t: 0.1 if t - T0 < 2.0 else 1.0),
    "much too slow": Case(latency=lambda t: 0.1 if t - T0 < 2.0 else 3.0),
    "now quick, now slow": Case(latency=lambda t: (0.1, 0.4, 1.6)[int(t * 10) % 3]),
    "every third look fails": Case(
        breaks=lambda: lambda i: throw(RuntimeError("no"))() if i % 3 == 0 else None
    ),
    "it fails for two seconds": Case(
        breaks=lambda: between(22, 42, throw(MemoryError())), clear=(65, 78)
    ),
    "it says NaN": Case(breaks=lambda: between(22, 42, nan)),
    "it says boxes of odd shapes": Case(breaks=lambda: between(22, 42, odd_shapes)),
    "it says words": Case(breaks=lambda: between(22, 42, lambda: "a person")),
    "it says boxes of no sense": Case(breaks=lambda: between(22, 42, everywhere)),
    "it misses everybody every other look": Case(
        breaks=lambda: lambda i: Detections.none() if i % 4 == 1 and i > 24 else None
    ),
    "it is late just when somebody comes in": Case(
        latency=lambda t: 2.5 if 1.2 < t - T0 < 2.8 else 0.1
    ),
    "it dies just when somebody comes in": Case(
        breaks=lambda: between(15, 26, throw(RuntimeError("no")))
    ),
    "it looks again only after somebody left": Case(
        film=lambda: drawn(COUNT, lambda i: [walker(8, -40 + 14.0 * (i - 16), 20)] * (i >= 16)),
        breaks=lambda: between(14, 46, throw(RuntimeError("no"))),
    ),
    # the picture
    "noise": Case(film=lambda: swapped(plain(), range(30, 40), noise)),
    "noise in every fifth picture": Case(film=lambda: swapped(plain(), range(20, COUNT, 5), noise)),
    "the scene is cut": Case(film=lambda: drawn(COUNT, moved, scene=lambda i: 1 + (i >= 40))),
    "the scene is cut, and the detector is slow": Case(
        film=lambda: drawn(COUNT, moved, scene=lambda i: 1 + (i >= 40)),
        latency=lambda t: 0.8,
    ),
    "two scenes in turn": Case(film=lambda: plain(scene=lambda i: 1 + (i // 4) % 2)),
    "it switches to infrared": Case(
        film=lambda: plain(
            gain=lambda i: 1.0 if i < 35 else 0.55,
            chroma=lambda i: (118, 138) if i < 35 else (128, 128),
        ),
    ),
    "it switches to infrared by and by": Case(
        film=lambda: plain(gain=lambda i: float(np.interp(i, [30, 50], [1.0, 0.5])))
    ),
    "black, and they are elsewhere after it": Case(
        film=lambda: swapped(drawn(COUNT, moved), range(33, 46), dark)
    ),
    "black for one picture": Case(film=lambda: swapped(plain(), range(40, 41), dark)),
    "the picture gets larger": Case(
        film=lambda: [
            still(
                T0 + i / FPS,
                moved(i),
                noise=i,
                size=SIZE if i < 40 else (480, 360),
            )
            for i in range(COUNT)
        ]
    ),
    # time
    "the clock jumps back": Case(film=lambda: plain(times=stepping(-30.0, -3600.0))),
    "the clock jumps forwards": Case(film=lambda: plain(times=stepping(20.0, 3600.0))),
    "the clock jumps both ways": Case(film=lambda: plain(times=stepping(5.0, -5.0, 0.9))),
    "the clock jumps back a little": Case(film=lambda: plain(times=stepping(-0.3, -0.15))),
    "time stands still": Case(
        film=lambda: plain(times=lambda i: T0 + min(i, 30) / FPS + max(0, i - 60) / FPS)
    ),
    "time crawls": Case(film=lambda: plain(times=lambda i: T0 + i / 90_000)),
    "the camera is away, and somebody came meanwhile": Case(
        film=lambda: drawn(COUNT, moved, times=lambda i: T0 + i / FPS + 20.0 * (i >= 40)),
        away=(40,),
    ),
    "the camera is away, and nobody looks when it is back": Case(
        film=lambda: drawn(COUNT, moved, times=lambda i: T0 + i / FPS + 20.0 * (i >= 40)),
        breaks=lambda: after(40, throw(RuntimeError("no"))),
        away=(40,),
    ),
    "the camera is lost every second": Case(away=tuple(range(10, 60, 10))),
    "the camera is lost at every second picture": Case(
        away=tuple(range(10, 60, 2)),
        only=("pictures",),  # packets without their keyframe are never shown
    ),
}
MAKERS: dict[str, Callable[[Sequence[Still]], list[Unit]]] = {
    "pictures": pictures,
    "packets": packets,
}


@pytest.fixture(scope="module")
def controls() -> dict[object, tuple[int, int]]:
    """Of each film sent through with nothing hidden: heads the measure sees, and heads."""
    return {}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    ("name", "kind"), [(name, kind) for name, case in CASES.items() for kind in case.only]
)
def test_nobody_is_seen(
    monkeypatch: pytest.MonkeyPatch,
    controls: dict[object, tuple[int, int]],
    name: str,
    kind: str,
) -> None:
    case = CASES[name]
    film = case.film()
    units = MAKERS[kind](film)

    def run(*, unmasked: bool) -> Any:
        return play(
            monkeypatch,
            film,
            breaks=case.breaks(),
            latency=case.latency,
            patience=case.patience,
            tended=case.tended,
            between=case.between,
            away=case.away,
            units=units,
            unmasked=unmasked,
        )

    film_itself = (case.film, kind, case.away)
    if film_itself not in controls:  # once for all that is done to the same film
        control = run(unmasked=True)
        controls[film_itself] = len(control.visible()), control.heads()
        GO.set()
        GO.clear()
    visible, heads = controls[film_itself]
    assert visible >= 0.95 * heads > 0, "the measure sees heads"
    played = run(unmasked=False)
    assert played.visible() == []
    if case.clear is not None:
        assert played.clear(*case.clear) > 0.7, "it is hidden for a reason, not for ever"
