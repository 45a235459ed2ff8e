"""A sleeping camera judged by its second, small stream: spared more, and nobody slips through."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from streetlamp.values import Bytes
from streetlamp.video import same_view, second_eye
from streetlamp.video.camera import Camera, Copied, Output, Shown
from streetlamp.video.decode import Decoder
from streetlamp.video.raw import Packet, RawFrame
from streetlamp.video.second import MOST_KEYS, NOT_H264, SecondStream
from streetlamp.video.second_eye import KEPT
from streetlamp.video.surge import PacketRhythm
from support.pipeline import raw
from support.yard import (
    GOP,
    H,
    Sees,
    W,
    Where,
    copied,
    film,
    numbers,
    run_through,
    seen,
    visible,
    walk,
    yard_camera,
)  # fmt: skip

COUNT = 300
SMALL = (288, 216)


@functools.cache
def main_film(*spans: tuple[int, int]) -> tuple[Packet, ...]:
    return tuple(film(COUNT, walk(*spans)))


def small_film(where: Where, size: tuple[int, int] = SMALL, **more: object) -> list[Packet]:
    return film(COUNT, where, size=size, **{"crf": "26", **more})  # type: ignore[arg-type]


def beside(
    camera: Camera,
    stream: SecondStream,
    main: Sequence[Packet],
    small: Sequence[Packet],
    *,
    skew: float = 0.0,
    lag: float = 0.0,
) -> list[Output]:
    """Both streams as they come. skew: of the small one's times; lag: by which it comes late."""
    waiting = list(small)
    out: list[Output] = []
    for packet in main:
        while waiting and waiting[0].time + lag <= packet.time:
            unit = waiting.pop(0)
            stream.put(replace(unit, time=unit.time + skew))
        out += camera.push(packet)
    return out + camera.flush()


def run(
    main: Sequence[Packet],
    small: Sequence[Packet],
    *,
    skew: float = 0.0,
    lag: float = 0.0,
    wait: bool = True,
) -> tuple[Camera, list[Output]]:
    stream = SecondStream(settle=2.0)
    camera = yard_camera(Sees(), wait=wait, second=stream)
    outputs = beside(camera, stream, main, small, skew=skew, lag=lag)
    assert numbers(outputs) == list(range(1, len(main) + 1))
    return camera, outputs


def nobody_is_seen(outputs: Sequence[Output], main: Sequence[Packet]) -> bool:
    stills = [one.gop.picture.y for one in outputs if isinstance(one, Copied)]
    return seen(outputs, main) == [] and not any(visible(luma) for luma in stills)


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packet sizes tell nothing, so that keyframes must."""
    push = PacketRhythm.push

    def silent(self: PacketRhythm, *packet: Any) -> bool:
        push(self, *packet)
        return False

    monkeypatch.setattr(PacketRhythm, "push", silent)


@functools.cache
def alone() -> int:
    """Pictures of the main stream decoded of an empty yard, without a second stream."""
    camera = yard_camera(Sees())
    run_through(camera, main_film())
    return camera.figures.decoded


def test_main_keyframes_are_not_decoded_while_the_second_stream_tells_enough() -> None:
    camera, outputs = run(main_film(), small_film(walk()))
    figures = camera.figures
    assert figures.second_trouble == ""
    assert figures.wakes == 1  # the end
    assert alone() - figures.decoded >= 8
    assert figures.second_decoded >= 12
    assert copied(outputs) >= 22
    sent = {packet.frame: packet.data for packet in main_film()}
    for output in outputs:
        if isinstance(output, Copied):
            assert all(sample.data == sent[sample.frame] for sample in output.gop.samples)


def test_the_wall_goes_on_while_main_keyframes_are_not_decoded() -> None:
    """Each copied GOP has a picture of its own moment, as large as the main stream's."""
    light = [number / 20 for number in range(COUNT)]
    main = film(COUNT, walk(), light=lambda n: light[n])
    small = film(COUNT, walk(), light=lambda n: light[n], size=SMALL, crf="26")
    camera, outputs = run(main, small)
    assert camera.figures.second_decoded > 8
    gops = [one.gop for one in outputs if isinstance(one, Copied)]
    for gop in gops:
        assert (gop.picture.width, gop.picture.height) == gop.size == (W, H)
        assert gop.picture.frame == gop.samples[0].frame
        assert gop.picture.time == gop.samples[0].time
    means = [float(gop.picture.y.mean()) for gop in gops]
    assert means[-1] - means[4] > 8.0
    moments = [gop.picture.frame - 1 for gop in gops]
    levels = [mean - means[0] for mean in means]
    due = [219 / 255 * (light[n] - light[0]) for n in moments]
    assert max(abs(a - b) for a, b in zip(levels, due, strict=True)) < light[10 * KEPT]


@pytest.mark.usefixtures("deaf")
@pytest.mark.parametrize(("skew", "phase"), [(0.0, 0), (-0.5, 3), (0.5, 7)])
@pytest.mark.parametrize("start", [141, 145, 148, 149, 152, 158, 168, 190])
def test_who_walks_in_is_hidden_from_the_first_picture(start: int, skew: float, phase: int) -> None:
    """phase: pictures by which the second stream's keyframes follow the main stream's."""
    spans = (start, start + 30)
    main = main_film(spans)
    small = film(
        COUNT - phase, lambda n: walk(spans)(n + phase), size=SMALL, crf="26", start=phase / 10
    )
    camera, outputs = run(main, small, skew=skew, wait=start % 2 == 0)
    assert nobody_is_seen(outputs, main)
    hidden = {o.frame.frame for o in outputs if isinstance(o, Shown) and len(o.frame.hidden)}
    assert set(range(start + 1, start + 31)) <= hidden
    assert camera.figures.second_decoded > 0


@pytest.mark.usefixtures("deaf")
@pytest.mark.parametrize("start", [236, 238, 239])
def test_half_a_second_between_the_streams_shows_nobody(start: int) -> None:
    """The second stream's last keyframe before they come bears a time after the GOP's end."""
    spans = (start, start + 40)
    gops = {"g": "20", "keyint_min": "20"}
    main = film(COUNT, walk(spans), **gops)
    small = film(COUNT - 17, lambda n: walk(spans)(n + 17), size=SMALL, crf="26", start=1.7, **gops)
    camera, outputs = run(main, small, skew=0.5)
    assert nobody_is_seen(outputs, main)
    assert camera.figures.second_decoded > 6


@pytest.mark.usefixtures("deaf")
@pytest.mark.parametrize("start", range(60, 130, 7))
def test_who_comes_before_it_is_believed_is_in_no_reference(start: int) -> None:

    def where(number: int) -> tuple[int, int, int, int] | None:
        x = 20 + number - start  # slowly, in view of both streams to the end
        return (x, 90, x + 28, 190) if number >= start else None

    main = film(COUNT, where)
    _, outputs = run(main, small_film(where))
    assert nobody_is_seen(outputs, main)


def _crop(number: int, luma: Bytes) -> Bytes:
    rows, columns = np.mgrid[0:H, 0:W]
    return luma[24 + rows * (H - 48) // H, 32 + columns * (W - 64) // W]


def _dark(number: int, luma: Bytes) -> Bytes:
    return np.full_like(luma, 16)


def _half_grey(number: int, luma: Bytes) -> Bytes:
    luma = luma.copy()
    luma[H // 2 :] = 128
    return luma


UNFIT = {
    "turned": (lambda number, luma: luma[::-1, ::-1].copy(), same_view.OTHER_VIEW),
    "cropped": (_crop, same_view.OTHER_VIEW),
    "black": (_dark, same_view.FROZEN),
    "half of it grey": (_half_grey, same_view.OTHER_VIEW),
    "frozen": (lambda number, luma: _still(), same_view.FROZEN),
}


@functools.cache
def _still() -> Bytes:
    from support.yard import picture  # noqa: PLC0415 (one picture, for one test)

    return picture(0, walk())


@pytest.mark.usefixtures("deaf")
@pytest.mark.parametrize("what", UNFIT)
def test_a_stream_that_cannot_tell_is_not_believed(
    what: str, caplog: pytest.LogCaptureFixture
) -> None:
    alter, why = UNFIT[what]
    main = main_film((190, 220))
    camera, outputs = run(main, small_film(walk((190, 220)), alter=alter))
    assert nobody_is_seen(outputs, main)
    assert camera.figures.second_trouble == why
    assert [record.message for record in caplog.records].count(
        f"camera yard: the second stream is not used: {why}"
    ) == 1


@pytest.mark.usefixtures("deaf")
@pytest.mark.parametrize("what", UNFIT)
def test_a_stream_that_goes_bad_while_the_camera_sleeps_is_left(what: str) -> None:
    alter, _ = UNFIT[what]
    main = main_film((190, 220))
    small = small_film(walk(), alter=lambda n, luma: alter(n, luma) if n >= 165 else luma)
    camera, outputs = run(main, small)
    assert nobody_is_seen(outputs, main)
    assert camera.figures.second_decoded > 3


def test_one_that_shows_another_yard_is_not_believed() -> None:
    def other(number: int, luma: Bytes) -> Bytes:
        ground = np.random.default_rng(8).integers(50, 150, (12, 16), np.uint8)
        return ground.repeat(20, 0).repeat(20, 1)

    camera, outputs = run(main_film(), small_film(walk(), alter=other))
    assert camera.figures.second_trouble
    assert copied(outputs) >= 22


@pytest.mark.parametrize(
    ("size", "trouble"),
    [
        ((288, 162), ""),
        ((320, 176), ""),
        ((640, 480), ""),
        ((1280, 720), ""),
        ((160, 120), second_eye.TOO_SMALL),
    ],
)
def test_sizes_and_shapes(size: tuple[int, int], trouble: str) -> None:
    main = main_film((190, 220))
    camera, outputs = run(main, small_film(walk((190, 220)), size=size))
    assert nobody_is_seen(outputs, main)
    assert camera.figures.second_trouble == trouble


@pytest.mark.usefixtures("deaf")
@pytest.mark.parametrize(
    ("gop", "trouble"), [("1", ""), ("5", ""), ("12", ""), ("20", second_eye.SPARSE_KEYS)]
)
def test_keyframes_at_another_rhythm(gop: str, trouble: str) -> None:
    main = main_film((193, 223))
    small = small_film(walk((193, 223)), g=gop, keyint_min=gop, crf="20")
    camera, outputs = run(main, small)
    assert nobody_is_seen(outputs, main)
    assert camera.figures.second_trouble == trouble
    assert (camera.figures.second_decoded > 8) is (trouble == "")


@pytest.mark.usefixtures("deaf")
def test_one_that_comes_too_late_is_left() -> None:
    main = main_film((190, 220))
    camera, outputs = run(main, small_film(walk((190, 220))), lag=4.0)
    assert nobody_is_seen(outputs, main)
    assert camera.figures.second_trouble == second_eye.LATE


@pytest.mark.usefixtures("deaf")
@pytest.mark.parametrize("told", [True, False])
def test_one_that_dies_while_the_camera_sleeps_holds_up_nothing(told: bool) -> None:
    main = main_film((190, 220))
    stream = SecondStream(settle=2.0)
    camera = yard_camera(Sees(), second=stream)
    small = {packet.time: packet for packet in small_film(walk((190, 220)))}
    out: list[Output] = []
    waits: list[float] = []
    for packet in main:
        if packet.frame < 135:
            stream.put(small[packet.time])
        elif packet.frame == 135 and told:
            stream.away("it does not come")
        new = camera.push(packet)
        waits += [packet.time - one.gop.start for one in new if isinstance(one, Copied)]
        out += new
    out += camera.flush()
    assert numbers(out) == list(range(1, COUNT + 1))
    assert nobody_is_seen(out, main)
    assert camera.figures.second_trouble == ("it does not come" if told else second_eye.LATE)
    assert max(waits) < 6.0  # a GOP, what the streams may be apart, its own GOP


def test_one_that_comes_back_is_used_again() -> None:
    main = main_film()
    stream = SecondStream(settle=1.0)
    camera = yard_camera(Sees(), second=stream)
    small = small_film(walk())
    again = replace(small[0].stream)
    asked: list[int] = []
    for packet, one in zip(main, small, strict=True):
        if 140 <= packet.frame < 160:
            stream.away("it does not come")
        else:
            stream.put(one if packet.frame < 140 else replace(one, stream=again))
        camera.push(packet)
        asked.append(camera.figures.second_decoded)
    camera.flush()
    assert camera.figures.second_trouble == ""
    assert asked[139] > 3
    assert asked[159] - asked[140] <= 1
    assert asked[-1] - asked[180] > 3


@pytest.mark.usefixtures("deaf")
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_damaged_keyframes_tell_nothing(share: float) -> None:
    main = main_film((190, 220))
    rng = np.random.default_rng(3)

    def hurt(packet: Packet) -> Packet:
        data = bytearray(packet.data)
        for place in rng.integers(40, len(data), 30):
            data[place] ^= 0x5A
        keep = max(60, round(share * len(data)))
        return replace(packet, data=bytes(data[:keep] if packet.frame % 3 else data))

    small = [hurt(one) if one.frame > 150 else one for one in small_film(walk((190, 220)))]
    _, outputs = run(main, small)
    assert nobody_is_seen(outputs, main)


def test_a_look_that_is_due_is_at_the_main_stream() -> None:
    looker = Sees()
    stream = SecondStream(settle=2.0)
    camera = yard_camera(looker, second=stream, look_seconds=2.0, look_seconds_most=2.0)
    counted: list[int] = []
    small = {packet.time: packet for packet in small_film(walk())}
    for packet in main_film():
        stream.put(small[packet.time])
        camera.push(packet)
        counted.append(looker.looks)
    assert counted[-1] - counted[150] >= 4


def test_what_it_missed_costs_it_its_trust() -> None:
    """Somebody too faint for the main stream's keyframes, and whom the second does not show."""
    stream = SecondStream(settle=2.0)
    eye = second_eye.SecondEye("gate", stream)
    eye._trusted, eye._same = True, 20.0
    eye.missed(19.5)
    assert eye._trusted  # it had not told yet
    eye.missed(18.0)
    assert eye.trouble == second_eye.MISSED


def _eye(times: Sequence[float]) -> second_eye.SecondEye:
    """With a second stream that has sent keyframes at these times already."""
    stream = SecondStream(settle=0.0)
    keys = [packet for packet in small_film(walk()) if packet.keyframe]
    for time, packet in zip(times, keys, strict=False):
        stream.put(replace(packet, time=time))
    return second_eye.SecondEye("gate", stream)


def _main(time: float) -> RawFrame:
    found = Decoder().keyframe(replace(main_film()[0], time=time))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("asleep", "now", "reference"),
    [
        (3.0, 15.0, 13.6),  # not the one at 14.6: the streams may be a second apart
        (3.0, 20.5, 18.6),
        (9.5, 14.0, None),  # too few since it fell asleep
        (9.5, 16.0, 14.6),
    ],
)
def test_its_reference_lies_between_moments_at_which_nobody_was_there(
    asleep: float, now: float, reference: float | None
) -> None:
    eye = _eye([1.6 + number for number in range(19)])
    eye.asleep(asleep)
    eye.calm(_main(now), 1.0, whole=True)
    assert eye._trusted is (reference is not None)
    assert reference is None or eye._judged == pytest.approx(reference)


def test_a_keyframe_that_was_lost_leaves_a_gap_that_the_main_stream_fills() -> None:
    times = [1.6 + number for number in range(12)]
    for lost in ([], [9.6]):
        eye = _eye([time for time in times if round(time, 1) not in lost])
        eye.asleep(2.0)
        eye.calm(_main(9.0), 1.0, whole=True)
        eye._gap = 1.25
        eye.watch()
        told = eye.says(9.0, 11.0)
        assert told is (second_eye.Says.ASK if lost else second_eye.Says.SAME)


def test_the_wall_never_shows_what_came_after_the_gop() -> None:
    eye = _eye([1.6 + number for number in range(19)])
    eye.asleep(2.0)
    eye.calm(_main(9.0), 1.0, whole=True)
    eye.watch()
    times = [time for time, _ in eye._kept]
    assert times
    assert times[-1] > 18.0
    key = replace(main_film()[0], time=17.0)
    chosen = eye.picture(key, 18.0, (W, H))
    assert chosen is not None
    assert (chosen.time, chosen.frame, chosen.size) == (17.0, key.frame, (W, H))
    assert eye.picture(key, times[0] + 0.9, (W, H)) is None
    assert eye.picture(replace(key, time=60.0), 61.0, (W, H)) is None


def test_the_store_keeps_a_few_keyframes_and_nothing_of_the_beginning() -> None:
    stream = SecondStream(settle=3.0)
    packets = film(100, walk(), g="1", keyint_min="1")
    assert all(stream.put(packet) for packet in packets)
    kept = stream.after(float("-inf"))
    assert len(kept) <= MOST_KEYS
    assert kept[0].time >= 3.0
    assert all(packet.keyframe for packet in kept)
    assert stream.spacing >= 0.4
    assert stream.trouble == ""
    before = stream.opening
    stream.put(replace(packets[0], stream=replace(packets[0].stream), time=50.0))
    assert stream.opening > before
    assert stream.after(0.0) == []
    assert stream.trouble
    for number in range(5):
        stream.put(replace(packets[0], stream=packets[1].stream, time=60.0 + GOP * number))
    assert stream.after(70.0)[0].time == 80.0


def test_pictures_instead_of_packets_are_of_no_use() -> None:
    stream = SecondStream()
    assert not stream.put(raw(1, 5.0))
    assert stream.trouble == NOT_H264
