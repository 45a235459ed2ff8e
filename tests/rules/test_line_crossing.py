"""Counts in both directions: once for each time something is clearly across."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetlamp.geometry import Line
from streetlamp.rules.kinds.line_crossing import LineCrossing, LineCrossingOptions
from streetlamp.values import Kind, Phase
from support.scene import GATE, SIZE, T0, Actor, look, passed, play, run, run_on, stand, walk

# GATE runs down the middle (x = 500); its left is the picture's right, so "in" is leftwards.


def rule(line: Line = GATE, **options: object) -> LineCrossing:
    return LineCrossing(
        LineCrossingOptions.model_validate({"name": "c", "place": line.name, **options}), line
    )


HALF = Line("half", (0.5, 0.0), (0.5, 0.5))  # the upper half of the gate
UP = Line("up", (0.5, 1.0), (0.5, 0.0))  # the gate drawn the other way

STORIES = {
    "leftwards is in": (GATE, [(800, 300), (200, 300)], (1, 0)),
    "rightwards is out": (GATE, [(200, 300), (800, 300)], (0, 1)),
    "the line drawn the other way": (UP, [(800, 300), (200, 300)], (0, 1)),
    "there and back": (GATE, [(800, 300), (200, 300), (800, 300)], (1, 1)),
    "three times over": (GATE, [(700, 300), (300, 300), (700, 300), (300, 300)], (2, 1)),
    "comes up to the line and turns": (GATE, [(800, 300), (497, 300), (800, 300)], (0, 0)),
    "steps on the line and turns": (GATE, [(800, 300), (495, 300), (800, 300)], (0, 0)),
    "walks along the line": (GATE, [(502, 110), (498, 480)], (0, 0)),
    "crosses at a slant": (GATE, [(600, 120), (400, 480)], (1, 0)),
    "passes below the line's end": (HALF, [(800, 400), (200, 400)], (0, 0)),
    "passes within its extent": (HALF, [(800, 200), (200, 200)], (1, 0)),
    "around the end and back through": (
        HALF,
        [(700, 400), (300, 400), (300, 200), (700, 200)],
        (0, 1),
    ),
    "starts on the line": (GATE, [(500, 300), (200, 300)], (0, 0)),
}


@pytest.mark.parametrize("story", STORIES)
def test_a_walk(story: str) -> None:
    line, points, expected = STORIES[story]
    assert passed(run(rule(line), play([Actor(walk(points, 150.0))], 20))) == expected


@pytest.mark.parametrize("every", [0.05, 0.1, 0.25, 0.5])
def test_the_rate_of_looking_changes_nothing(every: float) -> None:
    actors = [
        Actor(walk([(900, 200), (100, 200)], 160.0), id=1),
        Actor(walk([(100, 400), (900, 400)], 160.0), id=2, kind=Kind.BICYCLE),
    ]
    made = run(rule(), play(actors, 8, every))
    assert passed(made) == (1, 1)
    assert {(one.kind, one.direction) for one in made.counts} == {
        ("person", "in"),
        ("bicycle", "out"),
    }


def test_a_car_that_jumps_over_the_line_between_two_looks() -> None:
    actor = Actor(walk([(950, 300), (50, 300)], 400.0), kind=Kind.CAR, size=(160, 90))
    assert passed(run(rule(), play([actor], 4, 0.5))) == (1, 0)


def test_the_minute_is_that_of_the_passage() -> None:
    start = 58.0  # seconds past a full minute, as T0 is one
    actor = Actor(walk([(700, 300), (300, 300)], 100.0, start=start))
    (count,) = run(rule(), play([actor], 70)).counts
    assert count.minute == T0 + 60  # over at 60.0 s, clear of the line later
    assert count.place == "gate"


def test_a_flickering_box_is_counted_once() -> None:
    """Every third look misses, and the tracker gives a new number after each loss."""
    way = walk([(660, 300), (340, 300)], 80.0)
    for seed in range(1000):
        rng = np.random.default_rng(seed)
        state, counts, number = rule().start(), [], 1
        one = rule()
        for n in range(32):
            if rng.random() < 0.3:
                number += 1
                looked = look((), n * 0.125, n + 1)
            else:
                looked = look([Actor(way, id=number)], n * 0.125, n + 1)
            state, made = one.step(state, looked)
            counts += made.counts
        assert [c.direction for c in counts] == ["in"], f"seed {seed}"


def test_two_boxes_on_one_person_count_once() -> None:
    a = walk([(800, 300), (200, 300)], 100.0)

    def twin(seconds: float) -> tuple[float, float] | None:
        at = a(seconds)
        return None if at is None else (at[0] + 4, at[1] + 3)

    assert passed(run(rule(), play([Actor(a, id=1), Actor(twin, id=2)], 8))) == (1, 0)


def test_a_young_echo_counts_once() -> None:
    """A second number appears just before the line, on the same person, for a short while."""
    a = walk([(800, 300), (200, 300)], 100.0)

    def echo(seconds: float) -> tuple[float, float] | None:
        at = a(seconds)
        return None if at is None or not 2.75 <= seconds <= 3.45 else (at[0] + 22, at[1] + 2)

    assert passed(run(rule(), play([Actor(a, id=1), Actor(echo, id=2)], 8, 0.125))) == (1, 0)


def test_two_people_side_by_side_are_two() -> None:
    a, b = walk([(800, 300), (200, 300)], 100.0), walk([(805, 340), (205, 340)], 100.0)
    assert passed(run(rule(), play([Actor(a, id=1), Actor(b, id=2)], 8))) == (2, 0)


def test_a_queue_through_a_door_is_everybody() -> None:
    actors = [Actor(walk([(900, 300), (100, 300)], 120.0, start=n * 0.6), id=n) for n in range(8)]
    assert passed(run(rule(), play(actors, 16, 0.125))) == (8, 0)


def test_a_ghost_across_the_line_counts_nothing() -> None:
    blink = Actor(walk([(560, 300), (440, 300)], 600.0), score=0.9)
    assert passed(run(rule(), play([blink], 2, 0.15))) == (0, 0)
    faint = Actor(walk([(800, 300), (200, 300)], 150.0), score=0.1)
    assert passed(run(rule(), play([faint], 8))) == (0, 0)


def test_feet_hidden_for_a_moment_count_nothing() -> None:
    """Somebody walks along a line; now and then a box ends at the knees, beyond the line."""
    along = Line("along", (0.0, 0.7), (1.0, 0.7))  # y = 350; the band is 9.5 px

    def way(seconds: float) -> tuple[float, float]:
        return 100 + 40 * seconds, 336.0 if (seconds + 1) % 3 < 0.4 else 362.0

    assert passed(run(rule(along), play([Actor(way)], 20, 0.125))) == (0, 0)


@pytest.mark.parametrize(("beyond", "seconds"), [(14, 0.5), (40, 0.0)])
def test_just_across_counts_after_a_moment_far_across_at_once(
    beyond: float, seconds: float
) -> None:
    """From one look to the next somebody is across, and stays there."""
    one, state = rule(), rule().start()
    times = []
    for n in range(20):
        x = 560.0 if n < 10 else 500.0 - beyond
        state, made = one.step(state, look([Actor(stand(x, 300))], n * 0.125, n + 1))
        times += [n * 0.125 for _ in made.counts]
    assert times == [pytest.approx(1.25 + seconds)]


def test_a_passage_waits_for_its_evidence() -> None:
    """Over the line at the second look; counted once the third makes it sure."""
    actor = Actor(walk([(560, 300), (200, 300)], 250.0))
    one, state, seen = rule(), rule().start(), []
    for n in range(5):
        state, made = one.step(state, look([actor], n * 0.3, n + 1))
        seen.append(len(made.counts))
    assert seen == [0, 0, 1, 0, 0]


def test_a_car_now_and_then_taken_for_a_truck_is_one_car() -> None:
    way = walk([(900, 300), (100, 300)], 160.0)
    one, state, counts = rule(classes=["car"]), rule().start(), []
    for n in range(30):
        kind = Kind.TRUCK if n % 3 == 0 else Kind.CAR
        actor = Actor(way, kind=kind, size=(160, 90))
        state, made = one.step(state, look([actor], n * 0.2, n + 1))
        counts += made.counts
    assert [(c.kind, c.n) for c in counts] == [("car", 1)]


def test_only_the_classes_asked() -> None:
    actors = [Actor(walk([(800, 300), (200, 300)]), kind=Kind.BUS, size=(200, 120))]
    assert passed(run(rule(classes=["person", "car"]), play(actors, 8))) == (0, 0)


def test_events_on_one_direction() -> None:
    actor = Actor(walk([(800, 300), (200, 300), (800, 300)], 100.0))
    made = run(rule(alarm_on="in"), play([actor], 14))
    (event,) = made.events
    assert passed(made) == (1, 1)
    assert event.phase is Phase.START
    assert event.start == event.end == pytest.approx(T0 + 3.0, abs=0.01)
    assert event.message == "A person passed gate (in)"
    assert event.numbers["margin_px"] == pytest.approx(
        event.numbers["distance_px"] - event.numbers["band_px"], abs=0.11
    )


def test_outside_the_schedule_nothing_counts() -> None:
    actor = Actor(walk([(800, 300), (200, 300)]))
    nights = [{"hours": "22:00-06:00"}]  # T0 is eight in the morning
    assert passed(run(rule(schedule=nights), play([actor], 8))) == (0, 0)


def test_the_centre_instead_of_the_foot() -> None:
    low = Line("low", (0.0, 0.7), (1.0, 0.7))  # y = 350; the foot is below, the centre above
    actor = Actor(walk([(300, 250), (300, 390)], 40.0), size=(40, 100))
    assert passed(run(rule(low), play([actor], 5))) == (1, 0)
    assert passed(run(rule(low, point="centre"), play([actor], 5))) == (0, 0)


@settings(max_examples=120, deadline=None)
@given(
    starts_right=st.booleans(),
    turns=st.lists(st.floats(60, 400), min_size=1, max_size=6),
    wobble=st.floats(0, 30),
    period=st.floats(0.5, 4),
    every=st.sampled_from([0.1, 0.2, 0.3]),
)
def test_in_minus_out_is_the_net_way(
    starts_right: bool, turns: list[float], wobble: float, period: float, every: float
) -> None:
    """For any smooth way over the line: what was counted is how often it was clearly across."""
    side = 1 if starts_right else -1
    points = [(500 + side * turns[0], 300.0)]
    for reach in turns:
        side = -side
        points.append((500 + side * reach, 300.0))
    straight = walk(points, 90.0)

    def way(seconds: float) -> tuple[float, float] | None:
        at = straight(seconds)
        if at is None:
            return None
        return at[0], at[1] + wobble * math.sin(2 * math.pi * seconds / period)

    length = sum(abs(b[0] - a[0]) for a, b in itertools.pairwise(points))
    ins, outs = passed(run(rule(), play([Actor(way)], length / 90.0, every)))
    began_right = points[0][0] > 500
    ends_right = points[-1][0] > 500
    assert ins - outs == int(began_right) - int(ends_right)
    assert ins + outs == len(turns)


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    angle=st.floats(0, math.pi),
    size=st.tuples(st.floats(10, 200), st.floats(20, 300)),
    reach=st.floats(0.0, 0.99),
    first=st.sampled_from([-1, 0, 1]),
)
def test_trembling_within_the_band_counts_nothing(
    seed: int, angle: float, size: tuple[float, float], reach: float, first: int
) -> None:
    """A box on the line whose foot never leaves the band, however it got there."""
    dx, dy = math.cos(angle), math.sin(angle)
    line = Line("l", (0.5 - 0.2 * dx, 0.5 - 0.3 * dy), (0.5 + 0.2 * dx, 0.5 + 0.3 * dy))
    edge = np.array([(line.b[0] - line.a[0]) * SIZE[0], (line.b[1] - line.a[1]) * SIZE[1]])
    normal = np.array([-edge[1], edge[0]]) / np.hypot(*edge)
    band = max(2.0, 0.15 * math.sqrt(size[0] * size[1]))
    rng = np.random.default_rng(seed)
    one = rule(line)
    state, total = one.start(), 0
    for n in range(80):
        shift = first * band * 3 if n < 10 else rng.uniform(-1, 1) * band * reach
        x, y = np.array([500.0, 250.0]) + normal * shift
        looked = look([Actor(stand(x, y), size=size)], n * 0.1, n + 1)
        state, made = one.step(state, looked)
        total += len(made.counts)
    assert total == 0


def test_state_forgets_who_has_gone() -> None:
    one = rule()
    actors = [Actor(walk([(900, 300), (100, 300)], 400.0, start=n), id=n) for n in range(30)]
    _, state = run_on(one, one.start(), play(actors, 40))
    assert len(state.things) == 0
    assert state.notes == ()
