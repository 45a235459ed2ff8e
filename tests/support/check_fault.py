"""The contract of every fault of a virtual camera."""

from __future__ import annotations

from functools import lru_cache
from random import Random

import numpy as np

from streetlamp.fleet.virtual import FAULTS, Fault, Picture, PictureFault, StreamFault
from streetlamp.fleet.virtual.base import Door, Moment, Unit
from streetlamp.fleet.virtual.schedule import parse_drills, parse_strength, strength_in_words
from streetlamp.health import Reason

SIZES = [(64, 36), (160, 120), (322, 182)]
TIMES = [0.0, 0.04, 0.5, 3.0, 30.0]


@lru_cache(maxsize=256)
def scene(size: tuple[int, int], number: int = 0) -> Picture:
    """A textured scene with colours, other noise in every picture, and something that moves."""
    width, height = size
    rng = np.random.default_rng(7)
    blocks = rng.integers(40, 210, (height // 8 + 1, width // 8 + 1))
    y = np.kron(blocks, np.ones((8, 8)))[:height, :width]
    y = y + np.random.default_rng(number).normal(0, 2, (height, width))
    y[height // 2 : height // 2 + 6, (number * 3) % (width - 6) :][:, :6] = 230
    half = ((height + 1) // 2, (width + 1) // 2)
    u, v = (rng.integers(90, 166, half) for _ in range(2))
    planes = (np.clip(each, 0, 255).astype(np.uint8) for each in (y, u, v))
    return Picture(*planes)


def check_fault(kind: type[Fault]) -> None:
    """Everything that holds for any fault."""
    check_words(kind)
    check_strength(kind)
    assert issubclass(kind, PictureFault) != issubclass(kind, StreamFault)
    if issubclass(kind, PictureFault):
        for size in SIZES:
            check_pictures(kind, size)
    elif issubclass(kind, StreamFault):
        check_stream(kind)


def check_words(kind: type[Fault]) -> None:
    assert FAULTS[kind.name] is kind
    assert kind.name == kind.name.lower().strip()
    assert kind.summary.endswith(".")
    assert "\n" not in kind.summary
    assert len(kind.summary) <= 80, "the table has one line for it"
    assert "|" not in kind.summary
    assert kind.__doc__
    assert all(isinstance(reason, Reason) for reason in kind.reasons)


def check_strength(kind: type[Fault]) -> None:
    (drill,) = parse_drills(f"{kind.name}@3s+2s")
    made = drill.make(seed=5)
    assert type(made) is kind
    assert made.seed == 5
    takes = kind.takes
    if takes is None:
        return
    assert takes.low <= takes.default <= takes.high
    assert made.strength == takes.default
    assert takes.meaning
    assert takes.meaning[0].islower()
    assert kind(takes.low).strength == takes.low
    if takes.unit is Unit.SHARE:
        assert takes.high <= 1
        assert parse_strength(f"{100 * takes.high:g}%", kind) == takes.high
    assert strength_in_words(takes.default, takes)


def shown(kind: type[PictureFault], size: tuple[int, int], seed: int) -> list[Picture | None]:
    fault = kind(seed=seed)
    return [
        fault.apply(scene(size, number), Moment(since, number))
        for number, since in enumerate(TIMES)
    ]


def check_pictures(kind: type[PictureFault], size: tuple[int, int]) -> None:
    first, again = shown(kind, size, 3), shown(kind, size, 3)
    changed = False
    for number, (one, other) in enumerate(zip(first, again, strict=True)):
        assert (one is None) == (other is None)
        if one is None or other is None:
            changed = True
            continue
        for plane, twin in zip(one, other, strict=True):
            assert np.array_equal(plane, twin), "the same seed gives the same picture"
            assert plane.dtype == np.uint8
        width, height = one.size
        assert width % 2 == height % 2 == 0
        assert one.u.shape == one.v.shape == (height // 2, width // 2)
        own = scene(size, number)
        changed |= one.size != own.size or not np.array_equal(one.y, own.y)
    assert changed, "it does something"
    picture = scene(size)
    before = [plane.copy() for plane in picture]
    kind().apply(picture, Moment(20.0, 1))
    assert all(map(np.array_equal, before, picture)), "what it is given is not written to"


def check_stream(kind: type[StreamFault]) -> None:
    fault = kind(seed=3)
    packet = bytes(range(100))
    rng = Random(1)
    became = [fault.packet(packet, rng) for _ in range(500)]
    differs = {
        "cuts": fault.cuts,
        "door": fault.door is not Door.OPEN,
        "flows": not fault.flows,
        "codec": fault.codec != "h264",
        "packets": any(one != packet for one in became),
        "clock": fault.clock(10.0) != 0 or fault.stamps(10.0) != 0,
        "password": fault.password("usual") != "usual",
    }
    assert any(differs.values()), "it does something"
    assert differs["packets"] == fault.by_packet
    assert differs["clock"] == fault.jumps
    assert all(one is None or one[:12] == packet[:12] for one in became), "a packet's head stays"
    if fault.password("usual") != "usual":
        assert fault.password("usual") == fault.password(None), "one password while it lasts"
    again = kind(seed=3)
    rng = Random(1)
    assert became == [again.packet(packet, rng) for _ in range(500)]
