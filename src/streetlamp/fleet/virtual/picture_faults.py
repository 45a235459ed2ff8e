"""Faults on pictures, applied: by a virtual camera as it runs, or to pictures at hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from streetlamp.fleet.virtual.base import FAULTS, Moment, PictureFault, Stage
from streetlamp.fleet.virtual.picture import Picture, noisy, with_clock
from streetlamp.fleet.virtual.schedule import Drill, Schedule, parse_drills

__all__ = ["FAULTS", "Active", "Picture", "apply_faults", "faulted", "picture_fault_names"]


class Active:
    """A fault on pictures that has begun."""

    def __init__(self, fault: PictureFault, begun: float) -> None:
        self.fault = fault
        self.begun = begun  # on the clock of the pictures' times


def picture_fault_names() -> list[str]:
    """The names of all faults on pictures."""
    return [name for name, kind in FAULTS.members().items() if issubclass(kind, PictureFault)]


def apply_faults(
    picture: Picture,
    active: Sequence[Active],
    time: float,
    number: int,
    wall: float | None = None,
) -> Picture | None:
    """The picture as the camera shows it; None when it shows none now.

    `time`: seconds, on the clock on which the faults began. `number`: of the picture. `wall`: POSIX
    seconds of a clock that is burnt in; None: there is none.
    """
    for one in sorted(active, key=lambda each: each.fault.stage):
        if wall is not None and one.fault.stage >= Stage.OUTPUT:
            picture, wall = with_clock(picture, wall), None
        shown = one.fault.apply(picture, Moment(time - one.begun, number))
        if shown is None:
            return None
        picture = shown
    return picture if wall is None else with_clock(picture, wall)


def faulted(
    frames: Iterable[tuple[float, Picture]],
    faults: str | Sequence[Drill],
    *,
    seed: int = 0,
    repeat: float | None = None,
    clock: float | None = None,
    noise: float = 0.0,
) -> Iterator[tuple[float, Picture]]:
    """What a camera with these faults shows instead of `frames`; nothing here asks a clock.

    `frames`: seconds since the drills begin (ascending), and the picture. `faults`: as on the
    command line ("freeze@30s+1m,cover@2m:50%"), or drills; faults on the stream are passed over.
    `clock`: POSIX seconds of time 0 for a clock burnt into every picture; None: none is burnt in
    (but with freeze-clock, from 0 on). `noise`: deviation of a sensor's noise laid over every
    picture first, in levels of luma. The same arguments give the same pictures, bit by bit.

    UserError when `faults` cannot be read.
    """
    drills = parse_drills(faults) if isinstance(faults, str) else tuple(faults)
    kinds = {drill: FAULTS[drill.fault] for drill in drills}
    wanted = tuple(drill for drill in drills if issubclass(kinds[drill], PictureFault))
    if clock is None and any(
        issubclass(kind, PictureFault) and kind.wants_clock for kind in kinds.values()
    ):
        clock = 0.0
    events = Schedule(wanted, repeat).events()
    coming = next(events, None)
    active: dict[Drill, Active] = {}
    for number, (time, frame) in enumerate(frames):
        while coming is not None and coming.time <= time:
            if not coming.begins:
                active.pop(coming.drill, None)
            elif isinstance(fault := coming.drill.make(seed + coming.round), PictureFault):
                active[coming.drill] = Active(fault, coming.time)
            coming = next(events, None)
        seen = noisy(frame, noise, number, seed)
        wall = None if clock is None else clock + time
        shown = apply_faults(seen, list(active.values()), time, number, wall)
        if shown is not None:
            yield time, shown
