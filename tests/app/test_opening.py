"""Cameras open one after another, and none waits for ever."""

from __future__ import annotations

import threading

import pytest

from streetlamp.app.opening import LEAST_SECONDS, MOST_SECONDS, Opening


class Stopping(threading.Event):
    """Adds up what it is asked to wait, and does not wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waited = 0.0

    def wait(self, timeout: float | None = None) -> bool:
        self.waited += timeout or 0.0
        return self.is_set()


def test_as_many_as_are_free_open_at_once_and_the_others_in_turn() -> None:
    door, stopping, waits = Opening(lambda: False, 2), Stopping(), []
    for _ in range(4):
        stopping.waited = 0.0
        assert door.wait(stopping)
        waits.append(stopping.waited)
    assert waits == pytest.approx([0.0, 0.0, LEAST_SECONDS, LEAST_SECONDS], abs=0.11)


@pytest.mark.parametrize("for_steps", [0, 20, 10**6])
def test_a_pressed_machine_opens_more_slowly_but_all_of_them(for_steps: int) -> None:
    stopping = Stopping()
    door = Opening(lambda: stopping.waited < 0.1 * for_steps, 0)
    assert door.wait(stopping)
    expected = min(max(LEAST_SECONDS, 0.1 * for_steps), MOST_SECONDS)
    assert stopping.waited == pytest.approx(expected, abs=0.11)


def test_whoever_waits_is_let_go_when_it_is_stopped() -> None:
    door, stopping = Opening(lambda: True, 0), Stopping()
    stopping.set()
    assert not door.wait(stopping)
