"""A sleeping camera: spared while nothing happens, and nobody slips through."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from streetlamp.video.camera import Copied, Now, Output, Shown
from streetlamp.video.load import Load
from support.yard import (
    GOP,
    Late,
    Sees,
    copied,
    film,
    numbers,
    run_through,
    seen,
    walk,
    yard_camera,
)  # fmt: skip


def test_an_empty_yard_is_hardly_decoded_and_leaves_as_it_came() -> None:
    packets = film(200, walk())
    looker = Sees()
    camera = yard_camera(looker)
    outputs = run_through(camera, packets)
    assert numbers(outputs) == list(range(1, 201))
    figures = camera.figures
    assert figures.asleep is False  # the end woke it: the last GOP was looked at
    assert figures.wakes == 1
    assert figures.decoded < 110  # while it got to know the camera, keyframes, the last GOP
    assert looker.looks < 45
    assert looker.parts == 1  # that it need not be made ready when a keyframe is restless
    assert copied(outputs) >= 17
    sent = {packet.frame: packet.data for packet in packets}
    for output in outputs:
        if isinstance(output, Copied):
            assert all(sample.data == sent[sample.frame] for sample in output.gop.samples)
            assert len(output.gop.tracks) == len(output.gop.samples) == GOP
            assert output.gop.picture.frame == output.gop.samples[0].frame


@pytest.mark.parametrize("start", [120, 121, 125, 129, 133])
def test_who_walks_in_while_it_sleeps_is_hidden_from_the_first_picture(start: int) -> None:
    packets = film(200, walk((start, start + 30)))
    camera = yard_camera(Sees())
    outputs = run_through(camera, packets)
    assert numbers(outputs) == list(range(1, 201))
    assert seen(outputs, packets) == []
    hidden = {o.frame.frame for o in outputs if isinstance(o, Shown) and len(o.frame.hidden)}
    assert set(range(start + 1, start + 31)) <= hidden
    assert copied(outputs) >= 10


def test_who_comes_and_goes_between_two_keyframes_is_noticed_by_the_packets() -> None:
    packets = film(200, walk((123, 127)))
    camera = yard_camera(Sees())
    outputs = run_through(camera, packets)
    assert seen(outputs, packets) == []
    assert camera.figures.wakes >= 2


def test_alarms_do_not_wait_for_a_keyframe_when_packets_surge() -> None:
    packets = film(200, walk((123, 160)))
    camera = yard_camera(Sees(), wait=False)
    first = None
    for packet in packets:
        for output in camera.push(packet):
            if isinstance(output, Now) and len(output.tracks) and first is None:
                first = packet.frame
    assert first is not None
    assert first < 130  # the next keyframe is picture 131


def test_a_detector_that_fails_while_the_camera_sleeps_hides_everything() -> None:
    packets = film(300, walk((250, 280)))
    looker = Sees()
    camera = yard_camera(looker, look_seconds=2.0)
    outputs: list[Output] = []
    for packet in packets:
        looker.broken = packet.frame > 150
        outputs += camera.push(packet)
    outputs += camera.flush()
    assert numbers(outputs) == list(range(1, 301))
    assert seen(outputs, packets) == []
    late = [o.frame for o in outputs if isinstance(o, Shown) and o.frame.frame > 200]
    assert len(late) == 100
    assert all(frame.whole for frame in late)


def test_light_that_changes_slowly_does_not_keep_it_awake() -> None:
    packets = film(300, walk(), light=lambda number: number / 30)
    camera = yard_camera(Sees())
    outputs = run_through(camera, packets)
    assert camera.figures.decoded < 220
    assert numbers(outputs) == list(range(1, 301))


def test_lights_out_is_looked_at_and_nothing_is_lost() -> None:
    packets = film(220, walk((150, 180)), light=lambda n: -60.0 if 120 <= n < 170 else 0.0)
    camera = yard_camera(Sees())
    outputs = run_through(camera, packets)
    assert numbers(outputs) == list(range(1, 221))
    assert seen(outputs, packets) == []


@pytest.mark.parametrize(
    ("what", "options"),
    [
        ("open GOPs", {"x264-params": "open-gop=1:bframes=2:keyint=10:min-keyint=10"}),
        ("intra refresh", {"x264-params": "intra-refresh=1:keyint=10"}),
        ("one GOP for all", {"g": "1000", "keyint_min": "1000"}),
    ],
)
def test_streams_that_cannot_be_slept_through_are_masked_as_ever(
    what: str, options: dict[str, str]
) -> None:
    packets = film(150, walk((100, 130)), **options)
    camera = yard_camera(Sees())
    outputs = run_through(camera, packets)
    assert numbers(outputs) == list(range(1, 151)), what
    assert seen(outputs, packets) == []
    assert copied(outputs) == 0
    assert camera.figures.wakes == 0


def test_b_frames_are_slept_through_and_copied_too() -> None:
    packets = film(200, walk((143, 160)), tune="film", **{"x264-params": "bframes=2:open-gop=0"})
    assert [p.frame for p in packets] != sorted(p.frame for p in packets)
    camera = yard_camera(Sees())
    outputs = run_through(camera, packets)
    assert numbers(outputs) == list(range(1, 201))
    assert seen(outputs, packets) == []
    assert copied(outputs) >= 10


def test_sleep_and_copies_can_be_switched_off() -> None:
    packets = film(150, walk())
    camera = yard_camera(Sees(), enabled=False, copy_clear=False)
    outputs = run_through(camera, packets)
    assert (copied(outputs), camera.figures.decoded) == (0, 150)
    assert numbers(outputs) == list(range(1, 151))


def test_a_loop_or_a_reconnect_does_not_wake_it() -> None:
    once = film(120, walk())
    again = [
        replace(packet, time=packet.time + 12.0, frame=packet.frame + 120, pts=packet.pts + 120,
                stream=replace(packet.stream))
        for packet in once
    ]  # fmt: skip
    again = [replace(packet, stream=again[0].stream) for packet in again]
    camera = yard_camera(Sees())
    outputs = run_through(camera, [*once, *again])
    assert numbers(outputs) == list(range(1, 241))
    assert camera.figures.wakes == 1  # the end


def test_packets_that_are_lost_are_all_that_is_lost() -> None:
    packets = film(200, walk())
    camera = yard_camera(Sees())
    outputs = run_through(camera, packets[:134] + packets[140:])
    left = numbers(outputs)
    assert left == sorted(left)
    assert set(left) == set(range(1, 201)) - set(range(135, 141))


def test_another_picture_size_begins_anew() -> None:
    first = film(120, walk())
    second = film(120, walk((60, 90)), size=(160, 120), first=121, start=12.0)
    camera = yard_camera(Sees())
    outputs = run_through(camera, [*first, *second])
    assert numbers(outputs) == list(range(1, 241))
    sizes = [(o.gop.size if isinstance(o, Copied) else (o.frame.width, o.frame.height))
             for o in outputs if not isinstance(o, Now)]  # fmt: skip
    assert sizes == sorted(sizes, reverse=True)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    spans=st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 15), st.integers(4, 20)),
        max_size=3,
        unique_by=lambda span: span[0],
    ),
    live=st.booleans(),
)
@example(spans=[(1, 15, 9), (2, 0, 4)], live=False)  # somebody new right where one was lost
@example(spans=[(1, 15, 16), (2, 0, 4)], live=True)
def test_whatever_the_story_every_picture_leaves_once_and_nobody_is_seen(
    spans: list[tuple[int, int, int]], live: bool
) -> None:
    begins = [(60 + 40 * place + start, length) for place, start, length in spans]
    story = walk(*[(start, start + length) for start, length in begins])
    packets = film(190, story)
    camera = yard_camera(Sees(), wait=not live)
    outputs = run_through(camera, packets)
    assert numbers(outputs) == list(range(1, 191))
    assert seen(outputs, packets) == []


@pytest.mark.parametrize("start", [None, 60, 65, 100])
def test_a_busy_machine_whose_looks_are_late_lets_a_calm_camera_sleep(start: int | None) -> None:
    packets = film(150, walk() if start is None else walk((start, start + 30)))
    looker = Late(20)  # two seconds: never within the one after which a camera sleeps
    level = 0
    camera = yard_camera(looker, wait=False, load=lambda: Load(level, "busy" * level))
    outputs: list[Output] = []
    asleep = []
    for packet in packets:
        looker.now = packet.frame
        level = int(packet.frame > 40)
        looker.answer()
        outputs += camera.push(packet)
        asleep.append(camera.figures.asleep)
    looker.answer(all_of_them=True)
    outputs += camera.flush()
    assert not any(asleep[:40])
    assert any(asleep[40:60])
    assert numbers(outputs) == list(range(1, 151))
    assert seen(outputs, packets) == []


@pytest.mark.parametrize("start", [None, 0, 3, 14, 47])
def test_on_a_busy_machine_a_camera_begins_asleep_and_nobody_is_seen(start: int | None) -> None:
    packets = film(150, walk() if start is None else walk((start, start + 30)))
    looker = Sees()
    camera = yard_camera(looker, load=Load(1, "too many cameras"))
    outputs = run_through(camera, packets)
    assert numbers(outputs) == list(range(1, 151))
    assert seen(outputs, packets) == []
    if start is None:
        assert camera.figures.wakes == 1  # the end of the stream
        assert camera.figures.decoded <= 15 + 2 * GOP  # keyframes, and the last GOPs
        assert copied(outputs) >= 13
