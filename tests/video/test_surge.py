"""The camera's own rhythm of packet sizes, and what breaks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from streetlamp.video.surge import ENOUGH_GOPS, MOST_WAITING, PacketRhythm, payload

GOP = 30
Sizes = Callable[[int], float]  # position in the GOP -> usual size in bytes


def plain(position: int) -> float:
    """A large keyframe, smaller pictures right after it, then a level."""
    return 90_000 if position == 0 else 8_000 * (1 - 0.3 * 0.7**position)


def hierarchical(position: int) -> float:
    """Every fourth picture is three times as large: hierarchical P, or B-frames."""
    return 90_000 if position == 0 else (9_000 if position % 4 == 0 else 3_000)


def gops(sizes: Sizes, count: int, *, noise: float = 0.02, seed: int = 1) -> Iterator[list[int]]:
    """Quiet GOPs whose sizes vary by `noise` (standard deviation of the logarithm)."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        vary = np.exp(rng.normal(0, noise, GOP))
        yield [int(sizes(position) * vary[position]) for position in range(GOP)]


def push(rhythm: PacketRhythm, gop: list[int]) -> list[int]:
    """Positions at which the GOP surged."""
    return [
        position
        for position, size in enumerate(gop)
        if rhythm.push(size, position == 0, position, position / 15)
    ]


def learnt(sizes: Sizes = plain, *, count: int = 20, noise: float = 0.02) -> PacketRhythm:
    rhythm = PacketRhythm()
    for gop in gops(sizes, count, noise=noise):
        push(rhythm, gop)
        rhythm.quiet()
    return rhythm


def test_a_rhythm_is_ready_after_a_few_quiet_gops_and_nothing_surges_before() -> None:
    rhythm = PacketRhythm()
    for count, gop in enumerate(gops(plain, ENOUGH_GOPS)):
        assert not rhythm.ready
        wild = [size * (1 + 9 * (count % 2)) for size in gop]
        assert push(rhythm, wild) == []
        rhythm.quiet()
    assert rhythm.ready


@pytest.mark.parametrize("sizes", [plain, hierarchical])
@pytest.mark.parametrize("noise", [0.01, 0.05, 0.15])
def test_twenty_quiet_minutes_hardly_wake(sizes: Sizes, noise: float) -> None:
    rhythm = learnt(sizes, noise=noise)
    surges = 0
    for gop in gops(sizes, 600, noise=noise, seed=2):
        surges += len(push(rhythm, gop))
        rhythm.quiet()
    assert surges <= 4


@pytest.mark.parametrize(
    ("growth", "within"),
    [(2.0, 1), (1.2, 2), (1.08, 4), (1.03, 15)],
    ids=["a van", "a person near by", "a person", "a person far away"],
)
def test_what_walks_in_surges_the_sooner_the_larger_it_is(growth: float, within: int) -> None:
    rhythm = learnt(noise=0.015)
    came = 10
    (gop,) = gops(plain, 1, noise=0.015, seed=3)
    surges = push(rhythm, [int(s * (growth if p >= came else 1)) for p, s in enumerate(gop)])
    assert surges
    assert came <= surges[0] < came + within


def empty(count: int, seed: int = 3) -> Iterator[list[int]]:
    """Quiet GOPs of a picture in which nothing is coded but, now and then, one block."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        blocks = rng.binomial(1, 0.06, GOP) * rng.integers(4, 7, GOP)
        yield [11_000, *(25 + int(some) for some in blocks[1:])]


def test_one_block_in_pictures_of_nothing_is_no_surge() -> None:
    rhythm, surges = PacketRhythm(), 0
    for gop in empty(600):
        surges += len(push(rhythm, gop))
        rhythm.quiet()
    assert surges == 0


@pytest.mark.parametrize(("bytes_more", "within"), [(150, 2), (60, 3), (20, 8), (12, 14)])
def test_somebody_in_pictures_of_nothing_surges(bytes_more: int, within: int) -> None:
    rhythm = PacketRhythm()
    for gop in empty(20):
        push(rhythm, gop)
        rhythm.quiet()
    gop = next(empty(1, seed=9))
    surged = push(rhythm, [size + bytes_more * (number >= 10) for number, size in enumerate(gop)])
    assert surged
    assert surged[0] < 10 + within


def test_a_pattern_is_learnt_by_position_so_that_a_small_surge_within_it_shows() -> None:
    rhythm = learnt(hierarchical, noise=0.015)
    (gop,) = gops(hierarchical, 1, noise=0.015, seed=3)
    surges = push(rhythm, [int(s * (1.3 if p in (9, 10) else 1)) for p, s in enumerate(gop)])
    assert surges[0] == 9
    assert max(surges) <= 10


def test_a_burst_that_rate_control_pays_back_at_once_is_a_surge_and_a_dip_alone_is_not() -> None:
    rhythm = learnt(noise=0.015)
    rise, dip = 1.15, 0.85  # neither is enough alone

    def surges(*changes: float) -> int:
        (gop,) = gops(plain, 1, noise=0.0)
        changed = dict(enumerate(changes, start=10))
        found = len(push(rhythm, [int(s * changed.get(p, 1)) for p, s in enumerate(gop)]))
        rhythm.forget()
        return found

    assert surges(rise) == 0
    assert surges(dip, dip, dip) == 0
    assert surges(rise, dip) == 1


def test_keyframes_do_not_surge_and_smaller_packets_neither() -> None:
    rhythm = learnt()
    (gop,) = gops(plain, 1, seed=3)
    assert push(rhythm, [gop[0] * 5] + [size // 2 for size in gop[1:]]) == []


def test_what_was_not_quiet_is_not_learnt() -> None:
    rhythm, steady = learnt(), learnt()
    for gop in gops(plain, 40, seed=4):
        assert push(rhythm, [int(size * 1.5) for size in gop])
        rhythm.forget()
    (after,) = gops(plain, 1, seed=5)
    surge = [int(size * 1.1) for size in after]
    assert push(rhythm, after) == push(steady, after) == []
    rhythm.quiet()
    steady.quiet()
    assert push(rhythm, surge) == push(steady, surge) != []


def test_an_encoder_set_otherwise_surges_until_its_quiet_gops_are_learnt() -> None:
    rhythm = learnt()
    surges = []
    for gop in gops(lambda position: 1.6 * plain(position), 12, seed=6):
        surges.append(len(push(rhythm, gop)))
        rhythm.quiet()  # woken, looked, found nothing
    assert surges[0] > 0
    assert not any(surges[4:])
    assert rhythm.ready
    (gop,) = gops(lambda position: 1.6 * plain(position), 1, seed=7)
    assert push(rhythm, [int(size * 1.2) for size in gop])


def test_a_slow_drift_of_noise_at_dusk_is_followed() -> None:
    rhythm = learnt()
    surges = 0
    for step, gop in enumerate(gops(plain, 300, seed=8)):
        surges += len(push(rhythm, [int(size * 1.002**step) for size in gop]))
        rhythm.quiet()
    assert surges <= 2


def test_a_camera_that_surges_for_nothing_again_and_again_learns_that_too() -> None:
    rhythm = learnt()
    surges = []
    for step, gop in enumerate(gops(plain, 120, seed=9)):
        burst = [int(s * (1.25 if step % 3 == 0 and p == 7 + step % 11 else 1)) for p, s in enumerate(gop)]  # fmt: skip  # noqa: E501
        surges.append(len(push(rhythm, burst)))
        rhythm.quiet()
    assert sum(surges[:30]) > 0
    assert sum(surges[60:]) <= sum(surges[:30]) // 2


def test_gops_are_settled_in_order_while_the_next_one_comes_in() -> None:
    rhythm = learnt()
    first, second = gops(plain, 2, seed=10)
    push(rhythm, [size * 3 for size in first])
    push(rhythm, second[:5])
    assert rhythm.unsettled == 2
    rhythm.forget()
    rhythm.quiet()
    assert rhythm.unsettled == 0
    for position in range(5, GOP):  # the rest of a settled GOP is judged, not learnt
        rhythm.push(second[position], False, position, 0.0)
    rhythm.quiet()
    (third,) = gops(plain, 1, seed=11)
    assert push(rhythm, third) == []


def test_what_nobody_settles_does_not_pile_up() -> None:
    rhythm = learnt()
    for gop in gops(plain, MOST_WAITING + 20, seed=12):
        push(rhythm, gop)
    assert rhythm.unsettled == MOST_WAITING


@pytest.mark.parametrize("lengths", [(30, 12), (12, 30), (30, 1), (1, 30)])
def test_gops_may_become_longer_or_shorter(lengths: tuple[int, int]) -> None:
    rhythm = PacketRhythm()
    rng = np.random.default_rng(1)
    for step in range(60):
        length = lengths[step // 30]
        for position in range(length):
            rhythm.push(int(plain(position) * rng.normal(1, 0.01)), position == 0, position, 0.0)
        rhythm.quiet()
    assert rhythm.ready


def test_empty_packets_and_a_stream_without_a_first_keyframe_are_no_error() -> None:
    rhythm = PacketRhythm()
    rhythm.quiet()
    rhythm.forget()
    assert not rhythm.push(0, False, 7, 0.0)
    assert rhythm.unsettled == 0
    assert not rhythm.push(0, True, 0, 0.0)
    rhythm.quiet()


def test_a_new_stream_starts_with_nothing_known() -> None:
    rhythm = learnt()
    rhythm.reset()
    assert not rhythm.ready


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (b"\x00\x00\x01\x41abc", 7),
        (b"\x00\x00\x01\x41abc" + b"\x00\x00\x01\x0c" + b"\xff" * 900 + b"\x80", 11),
        (b"", 0),
        (b"\x41abc\x80", 5),
    ],
)
def test_filler_is_no_payload(data: bytes, size: int) -> None:
    assert payload(data) == size
