"""Screens get each camera's video at one delay, however it comes."""

from __future__ import annotations

from streetlamp.live.level import Level
from streetlamp.values import Fragment


def fragment(start: float, seconds: float) -> Fragment:
    return Fragment(
        "gate", "r", b"", b"", "avc1", (64, 64), start, start + seconds, 0.0, keyframe=True
    )


def played(story: list[tuple[float, float, float]], until: float) -> dict[float, float]:
    """When each fragment is given: `story` is (ready, start, seconds), time moves in tenths."""
    level, given = Level(), {}
    for tick in range(round(until * 10)):
        now = tick / 10
        for ready, start, seconds in story:
            if abs(ready - now) < 0.05:
                level.put(fragment(start, seconds), now)
        given.update({one.start: now for one in level.due(now)})
    return given


def test_fragments_that_are_ready_early_wait_for_the_usual_delay() -> None:
    copied = [(start + 3.0, start, 2.0) for start in (0.0, 2.0, 4.0)]
    encoded = [(start + 1.5, start, 0.5) for start in (6.0, 6.5, 7.0, 7.5)]
    given = played(copied + encoded, 15.0)
    assert list(given) == sorted(given)
    delays = [round(now - start, 1) for start, now in given.items()]
    assert max(delays) == 3.0
    assert min(delays) >= 2.8


def test_a_delay_that_is_not_needed_any_more_is_given_back_slowly() -> None:
    story = [(3.0, 0.0, 2.0), *((2.0 + n + 1.5, 2.0 + n, 1.0) for n in range(200))]
    given = played(story, 220.0)
    last = max(given)
    assert given[last] - last <= 1.6


def test_a_clock_that_is_set_holds_nothing_back() -> None:
    level = Level()
    level.put(fragment(1000.0, 1.0), 1001.0)
    assert len(list(level.due(1001.0))) == 1
    level.put(fragment(100.0, 1.0), 101.0)
    assert len(list(level.due(101.0))) == 1


def test_when_the_camera_is_away_all_is_given() -> None:
    level = Level()
    level.put(fragment(0.0, 2.0), 3.0)
    level.put(fragment(2.0, 2.0), 3.5)
    assert [one.start for one in level.flush()] == [0.0, 2.0]
