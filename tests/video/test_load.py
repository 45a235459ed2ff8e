"""What gives way when a machine cannot keep up: evenly, and without swinging to and fro."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetlamp.video.load import (
    CALM,
    CLEAR_STEPS,
    LAST_LEVEL,
    LOOK_STEPS,
    Governor,
    Load,
    Signs,
    in_words,
)

GAP = 0.6  # seconds: LookOptions.max_gap_seconds


@dataclass
class Machine:
    """A queue that answers `capacity` looks a second, and cameras that ask for 8 a second each."""

    capacity: float
    cameras: int
    wanted: float = 8.0
    decode: float = 0.0  # share of the machine that one camera in full detail takes
    governor: Governor = field(default_factory=Governor)
    now: float = 0.0
    levels: list[int] = field(default_factory=list)
    asked: float = 0.0
    looked: float = 0.0
    busy: float = 0.0
    waited: float = 0.0
    lag: float = 0.0

    def second(self, noise: float = 1.0) -> None:
        load = self.governor.load
        clear = self.cameras - sum(
            load.coarse(i, self.cameras, self.now) for i in range(self.cameras)
        )
        asked = clear * load.looks_per_second(self.wanted, GAP) * noise
        looked = min(asked, self.capacity)
        full = asked > self.capacity
        self.now += 1.0
        self.asked += asked
        self.looked += looked
        self.busy += looked / self.capacity
        # one picture a camera waits, the newest: nobody waits longer than all cameras' turns
        wait = self.cameras / self.capacity if full else 0.5 / self.capacity
        self.waited += wait * looked
        over = self.decode * clear - 1.0
        self.lag = min(3.0, max(0.0, self.lag + over))
        signs = Signs(
            self.now, True, 1, round(self.asked), round(self.looked), self.busy, self.waited,
            wait, self.lag,
        )  # fmt: skip
        self.levels.append(self.governor.update(signs).level)

    def run(self, seconds: int, noise: float = 1.0) -> Machine:
        for _ in range(seconds):
            self.second(noise)
        return self

    @property
    def changes(self) -> int:
        return sum(a != b for a, b in zip(self.levels, self.levels[1:], strict=False))


@pytest.mark.parametrize(
    ("cameras", "level", "looks"),
    [(4, 0, 8.0), (6, 2, 5.6), (8, 3, 4.0), (12, 4, 2.8), (16, 5, 2.0), (19, 5, 2.0)],
)
def test_looks_give_way_as_far_as_they_must_and_no_further(
    cameras: int, level: int, looks: float
) -> None:
    """A machine good for 40 looks a second."""
    machine = Machine(40.0, cameras).run(120)
    assert machine.governor.load.level == level
    assert machine.governor.load.looks_per_second(8.0, GAP) == pytest.approx(looks)


def test_detail_gives_way_only_after_the_looks() -> None:
    machine = Machine(40.0, 60).run(300)
    load = machine.governor.load
    assert load.looks_factor == LOOK_STEPS[-1]
    assert 0.0 < load.clear_share < 1.0
    first = next(i for i, level in enumerate(machine.levels) if level >= len(LOOK_STEPS))
    assert len(LOOK_STEPS) - 1 in machine.levels[:first]


def test_it_is_quick_to_give_way_and_slow_to_take_back() -> None:
    machine = Machine(40.0, 16).run(60)
    down = next(i for i, level in enumerate(machine.levels) if level == 5)
    assert down <= 8
    machine.cameras = 2
    machine.run(25)
    assert machine.governor.load.level >= 1
    machine.run(60)
    assert machine.governor.load == CALM


def test_decoding_that_lags_costs_looks_first_and_then_detail() -> None:
    machine = Machine(1000.0, 24, decode=1 / 12).run(900)
    load = machine.governor.load
    assert load.clear_share < 1.0
    assert machine.lag < 3.0


@settings(max_examples=60, deadline=None)
@given(
    capacity=st.floats(5.0, 400.0),
    cameras=st.integers(1, 80),
    wanted=st.floats(2.0, 15.0),
    noise=st.floats(0.95, 1.05),
)
def test_it_settles_whatever_the_machine(
    capacity: float, cameras: int, wanted: float, noise: float
) -> None:
    """After two minutes it changes at most now and then, more and more seldom."""
    machine = Machine(capacity, cameras, wanted).run(120, noise)
    machine.levels.clear()
    machine.run(600, noise)
    assert machine.changes <= 12
    machine.levels.clear()
    machine.run(1800, noise)
    assert machine.changes <= 12
    load = machine.governor.load
    if load.level == 0:
        assert cameras * wanted * noise <= capacity * 1.001
    clear = cameras * load.clear_share
    assert clear * load.looks_per_second(wanted, GAP) * noise <= capacity * 1.3 + wanted


@settings(max_examples=100, deadline=None)
@given(
    level=st.integers(0, LAST_LEVEL),
    wanted=st.floats(1.8, 60.0),
    gap=st.floats(0.2, 2.0),
)
def test_looks_stay_close_enough_for_pictures_to_be_shown(
    level: int, wanted: float, gap: float
) -> None:
    now = Load(level, "x").looks_per_second(wanted, gap)
    assert now <= wanted
    assert 1.0 / now <= max(gap, 1.0 / wanted)


@pytest.mark.parametrize("seats", [1, 2, 3, 7, 24])
@pytest.mark.parametrize("step", range(len(CLEAR_STEPS)))
def test_every_camera_has_its_turn_and_none_gives_more(seats: int, step: int) -> None:
    load = Load(len(LOOK_STEPS) + step, "x")
    given = [
        sum(load.coarse(seat, seats, 20.0 * turn + 3.0) for turn in range(seats))
        for seat in range(seats)
    ]
    assert len(set(given)) == 1
    at_once = sum(load.coarse(seat, seats, 3.0) for seat in range(seats))
    assert at_once == seats - int(load.clear_share * seats)


def test_nothing_gives_way_because_nobody_looks() -> None:
    """A broken detector is not a load: its queue's figures stand still."""
    governor = Governor()
    for i in range(100):
        governor.update(Signs(float(i), False, 1, 8 * i, 0, 0.0, 0.0, 50.0, 0.0))
    assert governor.load == CALM


def test_a_clock_that_jumps_back_is_no_load() -> None:
    machine = Machine(40.0, 3).run(30)
    machine.now = 0.0
    machine.run(30)
    assert machine.governor.load == CALM


def test_the_same_signs_give_the_same_loads() -> None:
    a, b = Machine(40.0, 33).run(200), Machine(40.0, 33).run(200)
    assert a.levels == b.levels


@pytest.mark.parametrize("level", range(LAST_LEVEL + 1))
def test_it_is_said_in_words(level: int) -> None:
    said = in_words(Load(level, "pictures wait 0.5 s to be looked at" if level else ""), 8.0, GAP)
    assert bool(said) == bool(level)
    if level:
        assert ("instead of 8" in said) == (level > 1)
        assert ("coarse" in said) == (level >= len(LOOK_STEPS))
