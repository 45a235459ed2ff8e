"""Streetlamp's own source and feed before a virtual camera: each fault is met, and got over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from streetlamp.fleet.virtual import FAULTS, VirtualCamera
from streetlamp.values import CameraState
from streetlamp.video.feed import Feed, FeedStatus
from streetlamp.video.raw import Packet, RawFrame
from streetlamp.video.source import SourceOptions, make_source
from support.clips import Clip, numbers

LIVE, WAITING = CameraState.LIVE, CameraState.WAITING


@pytest.fixture(scope="module")
def camera(clip: Clip) -> Iterator[VirtualCamera]:
    with VirtualCamera(clip.path, sub=False) as one:
        yield one


def feed_of(url: str, **options: object) -> Feed:
    def source() -> object:
        return make_source("yard", url, SourceOptions(url=url, **options), live=True)  # type: ignore[arg-type]

    return Feed(source, live=True, jitter=lambda: 0.0)  # type: ignore[arg-type]


def watch(feed: Feed, seen: Callable[[int], None], enough: int) -> list[FeedStatus]:
    """Statuses until `enough` pictures came in the last run; `seen` is told each count."""
    told: list[FeedStatus] = []
    count = 0
    for item in feed.items():
        if isinstance(item, FeedStatus):
            told.append(item)
            count = 0
            continue
        assert isinstance(item, Packet | RawFrame)
        count += 1
        seen(len(told) * 1000 + count)
        if told[-1].run > 1 and count == enough:
            feed.stop()
    return told


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_pictures_come_whole_and_evenly(camera: VirtualCamera, transport: str) -> None:
    url = camera.url
    source = make_source("yard", url, SourceOptions(url=url, transport=transport), live=True)
    frames: list[RawFrame] = []
    for frame in source.frames():
        frames.append(frame)
        if len(frames) == 60:
            break
    found = numbers([frame.picture for frame in frames])
    assert all((after - before) % 100 == 1 for before, after in pairwise(found))
    assert frames[-1].time - frames[0].time == pytest.approx(59 * 0.02, abs=0.3)


@pytest.mark.parametrize("name", ["drop", "unplug", "codec"])
def test_a_camera_that_comes_back_is_found_again(camera: VirtualCamera, name: str) -> None:
    begun: list[str] = []

    def seen(count: int) -> None:
        if count % 1000 == 10 and not begun:
            begun.append(name)
            camera.start(name)
            camera.stop(name)

    told = watch(feed_of(camera.url, read_timeout=3, open_timeout=3), seen, enough=10)
    states = [status.state for status in told]
    assert states.count(LIVE) == 2
    assert WAITING in states


def test_a_camera_that_sends_nothing_is_noticed(camera: VirtualCamera) -> None:
    def seen(count: int) -> None:
        if count % 1000 == 10 and not camera.server.cameras[0].faults("stall"):
            camera.start("stall")

    feed = feed_of(camera.url, read_timeout=0.7, open_timeout=0.7)
    said = []
    count = 0
    for item in feed.items():
        if isinstance(item, FeedStatus):
            said.append(item)
            if item.state is WAITING:
                feed.stop()
        else:
            count += 1
            seen(count)
    camera.stop("stall")
    assert said[-1].state is WAITING
    assert "did not answer in time" in said[-1].message


@pytest.mark.parametrize("name", ["drop", "unplug", "mute", "stall", "login"])
def test_why_there_are_no_pictures(camera: VirtualCamera, name: str) -> None:
    """What the feed gives as the reason is what the fault says a watcher should say."""
    camera.start(name)
    try:
        feed = feed_of(camera.url, open_timeout=1.5, read_timeout=1.5)
        told: list[FeedStatus] = []
        for item in feed.items():
            if isinstance(item, FeedStatus):
                told.append(item)
                if item.trouble is not None:
                    feed.stop()
    finally:
        camera.stop(name)
    troubles = [status.trouble for status in told if status.trouble is not None]
    assert troubles
    assert troubles[-1] in FAULTS[name].reasons, told[-1].message


def test_a_size_that_changes_midway(camera: VirtualCamera) -> None:
    url = camera.url
    source = make_source("yard", url, SourceOptions(url=url), live=True)
    sizes: list[tuple[int, int]] = []
    for frame in source.frames():
        sizes.append(frame.size)
        if len(sizes) == 3:
            camera.start("size", 2.0)
        if len(sizes) == 200 or frame.size == (320, 240):
            break
    camera.stop("size")
    assert sizes[-1] == (320, 240)
