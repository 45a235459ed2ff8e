"""Wrong way: stories in the picture, and on the calibrated ground."""

from __future__ import annotations

import pickle
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from streetlamp.geometry import Zone
from streetlamp.rules.kinds.wrong_way import WrongWay, WrongWayOptions
from streetlamp.values import Event, Kind, Phase
from support import road
from support.road import Driver, Eyes, Pinhole, straight
from support.scene import SIZE, T0, YARD, Actor, look, phases, play, run, run_on, stand, walk

RIGHT = [[0.3, 0.5], [0.7, 0.5]]
CAR = {"kind": Kind.CAR, "size": (100.0, 64.0)}  # 80 px by its area


def wrong_way(**options: object) -> WrongWay:
    given = {"name": "w", "arrow": RIGHT, **options}
    return WrongWay(WrongWayOptions.model_validate(given), YARD)


def starts(events: tuple[Event, ...]) -> list[Event]:
    return [event for event in events if event.phase is Phase.START]


def to_and_fro(seconds: float) -> tuple[float, float]:
    """Manoeuvring into a parking bay: 0.8 sizes each way."""
    return 600 + 64 * abs((seconds / 4) % 2 - 1), 300.0


@pytest.mark.parametrize(
    ("story", "where", "options", "events"),
    [
        ("with the arrow", walk([(50, 300), (950, 300)]), {}, 0),
        ("against it", walk([(950, 300), (50, 300)]), {}, 1),
        ("across it", walk([(600, 50), (600, 490)]), {}, 0),
        ("slanting back by 45°", walk([(790, 150), (500, 440)]), {}, 1),
        ("slanting back by 75°", walk([(640, 110), (560, 440)]), {}, 0),
        ("outside the zone", walk([(390, 300), (50, 300)]), {}, 0),
        ("stands", stand(600, 300), {}, 0),
        ("manoeuvres", to_and_fro, {}, 0),
        ("1.4 sizes back, of 1.5", walk([(700, 300), (588, 300)], 40.0), {}, 0),
        ("2 sizes back", walk([(700, 300), (540, 300)], 40.0), {}, 1),
        ("2 sizes back, of 3", walk([(700, 300), (540, 300)], 40.0), {"min_sizes": 3}, 0),
        ("too short a time", walk([(950, 300), (50, 300)], 300.0), {"min_seconds": 2}, 0),
        ("turns back", walk([(420, 300), (700, 300), (420, 300)], 60.0), {}, 1),
        ("a person is not asked for", walk([(950, 300), (50, 300)]), {"classes": ["person"]}, 0),
        ("by night only", walk([(950, 300), (50, 300)]), {"schedule": [{"hours": "22:00-06:00"}]},
         0),
    ],
)  # fmt: skip
def test_who_goes_the_wrong_way(
    story: str, where: Any, options: dict[str, object], events: int
) -> None:
    made = run(wrong_way(**options), play([Actor(where, **CAR)], 20))  # type: ignore[arg-type]
    assert len(starts(made.events)) == events, story


def test_the_sentence_and_the_numbers() -> None:
    made = run(wrong_way(), play([Actor(walk([(950, 300), (50, 300)]), **CAR)], 20))  # type: ignore[arg-type]
    assert phases(made.events) == ["start", "end"]
    begin, end = made.events
    assert begin.start == pytest.approx(T0 + 1.5, abs=0.5)
    assert re.fullmatch(
        r"1 car goes the wrong way in “yard”: 1.\d of its own sizes against the arrow .limit 1.5.",
        begin.message,
    )
    assert begin.numbers["margin_sizes"] == pytest.approx(begin.numbers["sizes"] - 1.5)
    assert begin.numbers["margin_seconds"] == pytest.approx(begin.numbers["seconds"] - 1.0)
    assert end.numbers["sizes"] == pytest.approx(4.5, abs=0.5)
    assert end.message.startswith("1 car went the wrong way in “yard”: ")


def test_somebody_who_turns_round_again_ends_it() -> None:
    actor = Actor(walk([(780, 300), (500, 300), (790, 300)], 80.0), **CAR)  # type: ignore[arg-type]
    made = run(wrong_way(clear_seconds=1), play([actor], 12))
    assert phases(made.events) == ["start", "end"]
    assert made.events[1].end == pytest.approx(T0 + 5.5, abs=1)


def test_trembling_losses_and_new_numbers() -> None:
    """Forwards with all a tracker does to it: nothing. Backwards with the same: one incident."""
    rng = np.random.default_rng(8)
    for ends, events in (([(420, 300), (780, 300)], 0), ([(780, 300), (420, 300)], 1)):
        way = walk(ends, 30.0)  # type: ignore[arg-type]
        rule = wrong_way()
        state, made = rule.start(), []
        for n in range(60):
            at = way(n * 0.2)
            seen = []
            if at is not None and rng.random() > 0.15:
                x, y = at[0] + rng.normal(0, 5), at[1] + rng.normal(0, 4)
                y -= 20 * (rng.random() < 0.1)
                seen.append(Actor(stand(x, y), id=n // 15, **CAR))  # type: ignore[arg-type]
            state, outcome = rule.step(state, look(seen, n * 0.2, n + 1))
            made += outcome.events
        assert len(starts(tuple(made))) == events


def test_numbers_that_change_places_are_not_a_way() -> None:
    """Two cars side by side in the right direction; the tracker takes one for the other."""
    rule = wrong_way()
    state, made = rule.start(), []
    for n in range(60):
        a, b = walk([(420, 250), (790, 250)], 35.0), walk([(560, 350), (930, 350)], 35.0)
        pair = [Actor(a, id=1, **CAR), Actor(b, id=2, **CAR)]  # type: ignore[arg-type]
        if n % 10 < 5:
            pair = [replace(one, id=3 - one.id) for one in pair]
        state, outcome = rule.step(state, look(pair, n * 0.2, n + 1))
        made += outcome.events
    assert made == []


@pytest.mark.parametrize("jump", [-0.6, -3.0, 0.6, 3.0])
def test_a_clock_that_jumps_turns_nobody_round(jump: float) -> None:
    looks = [
        replace(one, time=one.time + (jump if one.time > T0 + 5 else 0.0))
        for one in play([Actor(walk([(50, 300), (950, 300)]), **CAR)], 12)  # type: ignore[arg-type]
    ]
    assert run(wrong_way(), looks).events == ()


def test_truncation_and_restarts_change_no_past_event() -> None:
    actors = [
        Actor(walk([(950, 300), (50, 300)], 90.0), id=1, **CAR),  # type: ignore[arg-type]
        Actor(walk([(790, 400), (420, 400)], 60.0, start=9.0), id=2, **CAR),  # type: ignore[arg-type]
    ]
    looks = list(play(actors, 30))
    rule = wrong_way()
    whole, _ = run_on(rule, rule.start(), looks)
    assert whole.events
    for cut in (10, 25, 60, 90):
        part, _ = run_on(rule, rule.start(), looks[:cut])
        assert part.events == whole.events[: len(part.events)]
    state: Any = rule.start()
    events: tuple[Event, ...] = ()
    for n in range(0, len(looks), 11):
        made, state = run_on(
            pickle.loads(pickle.dumps(rule)), pickle.loads(pickle.dumps(state)), looks[n : n + 11]
        )
        events += made.events
    assert repr(events) == repr(whole.events)


@pytest.mark.parametrize(
    ("arrow", "said"),
    [
        ([[0.5, 0.5], [0.5, 0.5]], "the same point"),
        ([[0.5, 0.5], [0.5, 7]], "the arrow's end .* outside the picture"),
        (None, "arrow"),
    ],
)
def test_an_arrow_that_is_none(arrow: object, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        WrongWayOptions.model_validate({"name": "w", "arrow": arrow})


# On the ground


def on_the_road(eyes: Eyes | None = None, **way: Any) -> tuple[Event, ...]:
    """A carriageway that leads away from the camera and to the left of it; right is away."""
    camera = Pinhole()
    arrow = camera.fractions([(0, 10), (-10, 30)]).tolist()
    options = WrongWayOptions.model_validate({"name": "w", "arrow": arrow})
    rule = WrongWay(options, Zone.whole("road"), ground=camera.plane(2.0, 1))
    driver = Driver(straight(**way))
    return run(rule, road.play(camera, [driver], 15, eyes)).events


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("story", "start", "end", "events"),
    [
        ("the right way", (2, 6), (-10, 40), 0),
        ("the wrong way", (-12, 40), (2, 7), 1),
        ("the wrong way far off, where the arrow looks another way", (8, 40), (8, 20), 1),
        ("across, though it looks like back in the picture", (-4, 25), (12, 33), 0),
        ("4 m the wrong way", (-3, 18), (-1.4, 14.4), 0),
    ],
)
def test_on_the_ground(story: str, start: Any, end: Any, events: int, seed: int) -> None:
    eyes = Eyes(noise=0.02, miss=0.1, cut=0.05, seed=seed)
    made = on_the_road(eyes, start=start, end=end, speed=5.0)
    assert len(starts(made)) == events, story
    for event in made:
        assert event.numbers["min_metres"] == 5
        assert event.numbers["margin_metres"] == pytest.approx(event.numbers["metres"] - 5)
        assert "m against the arrow (limit 5 m)" in event.message


def test_the_picture_s_size_does_not_matter() -> None:
    actor = Actor(walk([(950, 300), (50, 300)]), **CAR)  # type: ignore[arg-type]
    double = (SIZE[0] * 2, SIZE[1] * 2)
    rule = wrong_way()
    small = run(rule, play([actor], 12))
    large = run(rule, (look([actor], n * 0.2, n + 1, double) for n in range(61)))
    assert [event.start for event in small.events] == [event.start for event in large.events]
