"""A feed keeps a source alive: scripted sources, and a clock that only waits turn."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Iterator
from fractions import Fraction

import pytest

from streetlamp.health import Reason
from streetlamp.values import CameraState
from streetlamp.video.feed import Feed, FeedStatus
from streetlamp.video.raw import RawFrame
from streetlamp.video.source import Probe, Source, SourceError, SourceOptions
from streetlamp.video.source.clock import Clock
from support.clips import numbers, picture

NOON = 1_750_000_000.0
PICTURES = [picture(number, (48, 32)) for number in range(100)]
Step = int | Exception | Callable[["Scripted"], object]


class Scripted(Source):
    """Plays a script: n pictures, an exception to raise, or something to do."""

    schemes = ()
    summary = "For tests"

    def __init__(self, *script: Step, open_timeout: float = 5, read_timeout: float = 5) -> None:
        options = SourceOptions(
            url="rtsp://joe:hunter2@cam/1", open_timeout=open_timeout, read_timeout=read_timeout
        )
        super().__init__("yard", options.url, options, live=True)
        self.script = script
        self.closed = threading.Event()

    def frames(self) -> Generator[RawFrame, None, None]:
        number = 0
        try:
            for step in self.script:
                if isinstance(step, Exception):
                    raise step
                for _ in range(step) if isinstance(step, int) else [step(self)][:0]:
                    number += 1
                    yield RawFrame(
                        "yard", float(number), number, PICTURES[number % 100], number,
                        Fraction(1, 25),
                    )  # fmt: skip
        finally:
            self.closed.set()

    def probe(self) -> Probe:
        raise NotImplementedError


class Hands:
    """Waiting moves the clock at once; nothing else does, save the test."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def clock(self) -> Clock:
        def wait(event: threading.Event, seconds: float) -> bool:
            self.pauses.append(seconds)
            self.now += seconds
            return event.is_set()

        return Clock(lambda: NOON + self.now, lambda: self.now, wait)


def feed_of(*sources: Source, live: bool = True, hands: Hands | None = None, **more: int) -> Feed:
    left = iter(sources)
    clock = (hands or Hands()).clock()
    return Feed(lambda: next(left), live=live, clock=clock, jitter=lambda: 0.5, **more)


def told(items: Iterator[RawFrame | FeedStatus]) -> list[str | int]:
    """A feed's story: states by name, runs of pictures by their count."""
    story: list[str | int] = []
    for item in items:
        if isinstance(item, FeedStatus):
            story.append(item.state.value)
        elif story and isinstance(story[-1], int):
            story[-1] += 1
        else:
            story.append(1)
    return story


AWAY = SourceError("no pictures from rtsp://cam/1: connection refused", retry=True)
WRONG = SourceError("the user name or password was refused", retry=False)


@pytest.mark.parametrize(
    ("story", "scripts", "expected"),
    [
        ("plays to its end", [(30,)], ["connecting", "live", 30, "ended"]),
        ("an empty end", [()], ["connecting", "ended"]),
        (
            "away, then back",
            [(AWAY,), (AWAY,), (5,)],
            ["connecting", "waiting", "connecting", "waiting", "connecting", "live", 5, "ended"],
        ),
        (
            "dies midway",
            [(10, AWAY), (3,)],
            ["connecting", "live", 10, "waiting", "connecting", "live", 3, "ended"],
        ),
        ("wrong password", [(WRONG,), (5,)], ["connecting", "failed"]),
    ],
)
def test_the_story_of_a_camera(
    story: str, scripts: list[tuple[Step, ...]], expected: list[str | int]
) -> None:
    feed = feed_of(*(Scripted(*script) for script in scripts), depth=100)
    assert told(feed.items()) == expected, story


def test_not_live_nothing_is_lost_and_failures_are_raised() -> None:
    feed = feed_of(Scripted(99), live=False, depth=3)
    frames = [item for item in feed.items() if isinstance(item, RawFrame)]
    assert numbers([frame.picture for frame in frames]) == list(range(1, 100))
    feed = feed_of(Scripted(4, AWAY), live=False)
    got: list[RawFrame | FeedStatus] = []
    with pytest.raises(SourceError, match="connection refused"):
        got.extend(feed.items())
    assert sum(isinstance(item, RawFrame) for item in got) == 4


def test_pauses_double_to_half_a_minute_and_start_over_after_a_good_run() -> None:
    hands = Hands()

    seen = threading.Event()

    def long_run(_: Scripted) -> None:
        assert seen.wait(5)
        hands.now += 20

    scripts = [Scripted(AWAY) for _ in range(7)]
    cut = SourceError("cut off", retry=True, trouble=Reason.NO_VIDEO)
    good = Scripted(1, long_run, 1, cut)
    feed = feed_of(*scripts, good, Scripted(AWAY), Scripted(WRONG), hands=hands)
    statuses = []
    for item in feed.items():
        if isinstance(item, FeedStatus):
            statuses.append(item)
        else:
            seen.set()
    assert hands.pauses == [1, 2, 4, 8, 16, 30, 30, 1, 2]
    waiting = [status for status in statuses if status.state is CameraState.WAITING]
    assert [status.repeats for status in waiting] == [1, 2, 3, 4, 5, 6, 7, 1, 1]
    assert waiting[0].message.endswith("connection refused; next try in 1 s")
    assert "(7 times in a row); next try in 30 s" in waiting[6].message
    live = next(status for status in statuses if status.state is CameraState.LIVE)
    assert live.message == "live after 7 failed tries"
    assert (live.run, live.restarts) == (8, 7)


def test_the_log_has_one_line_for_a_row_of_equal_failures(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scripts = [Scripted(AWAY) for _ in range(6)]
    with caplog.at_level(logging.WARNING):
        list(feed_of(*scripts, Scripted(3)).items())
    assert [record.getMessage() for record in caplog.records] == [
        "camera yard: no pictures from rtsp://cam/1: connection refused",
        "camera yard: live after 6 failed tries, 61 s without pictures",
    ]
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize(
    ("script", "says"),
    [((), "rtsp://cam/1: it did not answer for 3 s"), ((2,), "no picture came for 4 s")],
)
def test_a_hang_is_given_up_and_a_new_try_made(script: tuple[Step, ...], says: str) -> None:
    hands, freed = Hands(), threading.Event()

    def hang(_: Scripted) -> None:
        freed.wait(10)

    stuck = Scripted(*script, hang, 50, open_timeout=3, read_timeout=4)
    feed = feed_of(stuck, Scripted(5), hands=hands)
    story: list[FeedStatus | RawFrame] = []
    for item in feed.items():
        story.append(item)
        quiet = sum(isinstance(one, RawFrame) for one in story) == len(script) * 2
        if quiet and isinstance(item, FeedStatus | RawFrame):
            threading.Timer(0.05, lambda: setattr(hands, "now", hands.now + 6)).start()
    waiting = [one for one in story if isinstance(one, FeedStatus) and one.repeats == 1]
    assert says in waiting[0].message
    assert told(iter(story))[-3:] == ["live", 5, "ended"]
    freed.set()
    assert stuck.closed.wait(2), "the thread that hung ends when it comes back"
    assert told(iter(story)).count("live") == 1 + len(script), "and its pictures are not shown"


def test_a_camera_that_opens_slowly_is_waited_for_longer_each_time() -> None:
    hands, patience = Hands(), []

    def slow(source: Scripted) -> None:
        """Needs 12 s to open, and is given up after its own patience, as FFmpeg would."""
        patience.append(source.open_timeout)
        hands.now += min(12.0, source.open_timeout)
        if source.open_timeout < 12:
            raise SourceError("it did not answer in time", retry=True, trouble=Reason.NO_VIDEO)

    lost = SourceError("the connection was cut", retry=True)
    makings = (Scripted(slow), Scripted(slow), Scripted(slow, 3, lost), Scripted(slow), Scripted(2))
    story = told(feed_of(*makings, hands=hands).items())
    assert patience == [5, 10, 20, 5], "and what was open once is as usual again"
    assert story[-3:] == ["live", 2, "ended"]


def test_threads_that_hang_do_not_pile_up() -> None:
    hands, freed, made = Hands(), threading.Event(), []

    def make() -> Source:
        made.append(Scripted(lambda _: freed.wait(10), open_timeout=1))
        return made[-1]

    def clock_wait(event: threading.Event, seconds: float) -> bool:
        hands.now += seconds
        return event.wait(0.001)

    clock = Clock(lambda: NOON + hands.now, lambda: hands.now, clock_wait)
    feed = Feed(make, live=True, clock=clock, jitter=lambda: 0.5)
    waits = 0
    for item in feed.items():
        if item.state is CameraState.CONNECTING:  # type: ignore[union-attr]
            threading.Timer(0.02, lambda: setattr(hands, "now", hands.now + 6)).start()
        else:
            waits += 1
            if waits == 8:
                feed.stop()
    assert len(made) == 4
    freed.set()


def test_what_is_odd_about_a_live_source_is_logged_once_with_its_camera(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def odd(source: Scripted) -> None:
        source.warn("left out: notes.mp4 holds text")

    feed = Feed(lambda: Scripted(1, odd, 3, odd, 3), live=True)
    assert sum(isinstance(item, RawFrame) for item in feed.items()) == 7
    assert caplog.messages == ["camera yard: left out: notes.mp4 holds text"]


def test_a_slow_consumer_loses_the_oldest_and_is_told() -> None:
    hands, ready = Hands(), threading.Event()

    def announce(_: Scripted) -> None:
        ready.set()

    feed = feed_of(Scripted(90, announce, lambda one: one.stopped.wait(5)), hands=hands, depth=10)
    frames: list[int] = []
    words: list[FeedStatus] = []
    for item in feed.items():
        if isinstance(item, FeedStatus):
            words.append(item)
            continue
        frames.append(item.frame)
        if len(frames) == 1:
            assert ready.wait(5)
            hands.now += 6
        if item.frame == 90:
            break
    assert len(frames) < 15
    assert frames == sorted(frames)
    assert frames[-5:] == list(range(86, 91)), "the newest are there"
    assert any("too slow" in word.message and word.dropped > 70 for word in words)


@pytest.mark.parametrize("stuck_after", [None, 3, 0])
def test_stop_ends_it_whatever_the_source_does(stuck_after: int | None) -> None:
    freed, begun, ended = threading.Event(), threading.Event(), threading.Event()
    stuck: tuple[Step, ...] = (stuck_after or 0, lambda _: freed.wait(8))
    script = (10_000,) if stuck_after is None else stuck
    feed = Feed(lambda: Scripted(*script), live=True, depth=5)

    def consume() -> None:
        for _ in feed.items():
            begun.set()
        ended.set()

    threading.Thread(target=consume, daemon=True).start()
    assert begun.wait(3)
    feed.stop()
    feed.stop()
    assert ended.wait(2)
    freed.set()


def test_leaving_early_frees_the_source() -> None:
    source = Scripted(10_000)
    items = feed_of(source, live=False).items()
    for item in items:
        if isinstance(item, RawFrame):
            break
    items.close()  # type: ignore[attr-defined]
    assert source.closed.wait(2)


def test_a_fault_of_ours_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        list(feed_of(Scripted(2, ZeroDivisionError("ours"))).items())


def test_a_source_that_means_to_be_quiet_is_left_alone() -> None:
    hands = Hands()

    def long_gap(source: Scripted) -> None:
        source.quiet_until = hands.now + 600
        hands.now += 599
        source.stopped.wait(0.3)  # longer than the feed looks away

    feed = feed_of(Scripted(2, long_gap, 2), hands=hands)
    assert told(feed.items()) == ["connecting", "live", 4, "ended"]
