"""The runner of all feeds, with a feed that plays a script: pauses, memory, what is told again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Sequence

import pytest

from streetlamp.app import feed_runner
from streetlamp.app.feed_runner import FeedRunner
from streetlamp.feeds.base import Feed, FeedError, Here, Item, NotNowError, Reading, Refused
from streetlamp.feeds.options import FeedOptions
from support.feeds import running, until


def reading(value: float, second: int = 0, name: str = "W") -> Reading:
    return Reading(
        name, "water", value, "m3", f"2026-01-01T00:{second // 60:02d}:{second % 60:02d}Z"
    )


class Played(Feed):
    """Each connection plays the next list; then it is lost. After the last one it stays."""

    kind = "played"
    where = "a script"  # type: ignore[assignment]

    def __init__(self, *script: Sequence[Item | Exception]) -> None:
        super().__init__(FeedOptions(kind="played"))
        self.script = list(script)
        self.connections = 0
        self.closed = 0

    async def listen(self) -> AsyncGenerator[Item, None]:
        self.connections += 1
        try:
            for item in self.script.pop(0) if self.script else ():
                if isinstance(item, Exception):
                    raise item
                yield item
            if self.script:
                raise FeedError("it hung up")
            await asyncio.sleep(60)
        finally:
            self.closed += 1


class Sunk:
    def __init__(self) -> None:
        self.took: list[Reading] = []
        self.shut = ""

    def put(self, readings: Sequence[Reading], now: float) -> Sequence[Refused]:
        if self.shut:
            raise NotNowError(self.shut)
        good = [one for one in readings if one.value >= 0]
        self.took += good
        return [Refused(one.name, "below zero") for one in readings if one.value < 0]


def run(*script: Sequence[Item | Exception]) -> tuple[FeedRunner, Played, Sunk]:
    feed, sunk = Played(*script), Sunk()
    return FeedRunner("meters", "one", feed, sunk), feed, sunk


def test_what_is_told_again_is_handed_on_once() -> None:
    again = [reading(1), reading(1), Here(), reading(2, 1), reading(3, 1), reading(1, 0, "V")]
    one, feed, sunk = run(again, [reading(2, 1), Here(), reading(4, 2)], [Here()])
    with running(one):
        until(lambda: feed.connections == 3 and len(sunk.took) == 4)
    assert [(r.name, r.value) for r in sunk.took] == [("W", 1), ("W", 2), ("V", 1), ("W", 4)]
    assert feed.closed == 3
    assert one.view().taken == 4


def test_what_the_room_refuses_is_counted_and_listed() -> None:
    one, _, sunk = run([reading(-1), Refused("X", "no number"), reading(1, 1), Here()])
    with running(one):
        until(lambda: one.view().taken == 1 and one.view().refused == 2)
    assert [(each.name, each.why) for each in one.view().refusals] == [
        ("X", "no number"), ("W", "below zero"),
    ]  # fmt: skip
    assert [r.value for r in sunk.took] == [1]


def test_readings_wait_and_the_oldest_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    one, feed, sunk = run([Here(), *(reading(i, i) for i in range(600))], [Here()])
    one._waiting = feed_runner.deque(maxlen=500)
    monkeypatch.setattr(feed_runner, "MOST_WAITING", 500)
    sunk.shut = "the stores are being looked through"
    with running(one):
        until(lambda: "wait in memory" in one.trouble and feed.connections == 2)
        assert one.view().lost == 100
        sunk.shut = ""
        until(lambda: len(sunk.took) == 500)
        until(lambda: not one.trouble)
    assert [r.value for r in sunk.took] == list(range(100, 600))


def test_what_waits_is_handed_on_at_the_end() -> None:
    one, _, sunk = run([Here(), reading(1)])
    sunk.shut = "later"
    stopping = threading.Event()
    thread = threading.Thread(target=one.run, args=(stopping,))
    thread.start()
    until(lambda: bool(one.trouble))
    sunk.shut = ""
    stopping.set()
    thread.join(20)
    assert [r.value for r in sunk.took] == [1]


def test_thousands_of_refusals_are_few_lines(caplog: pytest.LogCaptureFixture) -> None:
    one, _, _ = run([*(Refused(f"m{i}\n", "x" * 5000) for i in range(5000)), Here()])
    with running(one):
        until(lambda: one.view().refused == 5000)
    view = one.view()
    assert len(view.refusals) == 20
    assert all(len(each.why) <= 200 for each in view.refusals)
    assert all(each.name.endswith("?") for each in view.refusals)
    assert len(caplog.records) <= 101


def test_pauses_grow_while_nothing_answers_and_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    class Share(float):
        """Of a pause: none of it is waited for, and how long it was is noted."""

        def __rmul__(self, pause: float) -> float:
            pauses.append(pause)
            return 0.0

    monkeypatch.setattr(feed_runner.random, "uniform", lambda low, high: Share(0.0))
    away = [FeedError("it is away")]
    one, feed, _ = run(away, away, away, [Here()], away, [Here()])
    with running(one):
        until(lambda: feed.connections == 6)
        until(lambda: one.view().there)
        assert not one.trouble
    assert pauses[:5] == [0.1, 0.2, 0.2, 0.1, 0.2]


def test_a_fault_of_the_program_is_not_hidden() -> None:
    one, _, _ = run([ZeroDivisionError("our own")])
    with pytest.raises(ZeroDivisionError):
        one.run(threading.Event())
