"""The tracker: stories of one street, one table row or test each."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetlamp.values import Kind
from streetlamp.video.raw import Detections
from streetlamp.video.track.associate import assign, inside, iou, overlap
from streetlamp.video.track.options import TrackOptions
from streetlamp.video.track.tracker import Tracker, TrackUpdate

SIZE = (640, 480)


def boxes(*rows, kind=Kind.PERSON, score=0.9):
    """Detections from x, y (top left), width, height [, score [, kind]]."""
    box = [(r[0], r[1], r[0] + r[2], r[1] + r[3]) for r in rows]
    return Detections(
        np.array(box, np.float32).reshape(-1, 4),
        np.array([r[5] if len(r) > 5 else kind for r in rows], np.int64),
        np.array([r[4] if len(r) > 4 else score for r in rows], np.float32),
    )


def play(looks, options=None, size=SIZE) -> list[TrackUpdate]:
    """Updates of looks (time, detections)."""
    tracker = Tracker("gate", options or TrackOptions(), seed=3)
    return [tracker.update(d, t, k + 1, size) for k, (t, d) in enumerate(looks)]


def walker(t, speed=60.0, x=50.0, **kwargs):
    return boxes((x + speed * t, 200, 40, 100), **kwargs)


def test_a_good_box_is_a_track_at_once():
    (first,) = play([(0.0, boxes((10, 10, 40, 100)))])
    assert first.started == (int(first.tracks.id[0]),)
    assert not first.confirmed[0]
    assert first.tracks.seen[0]


def test_a_weak_box_is_followed_but_not_shown_until_it_scores_well():
    updates = play(
        [(0.0, walker(0.0, score=0.3)), (0.2, walker(0.2, score=0.3)), (0.4, walker(0.4))]
    )
    assert [len(u.tracks) for u in updates] == [0, 0, 1]
    assert [len(u.unsure) for u in updates] == [1, 1, 0]
    assert updates[2].tracks.id[0] == updates[0].unsure.id[0]
    assert updates[2].started == (int(updates[0].unsure.id[0]),)
    assert updates[2].tracks.age[0] == pytest.approx(0.4)


def test_a_weak_thing_that_walks_becomes_a_track_and_one_that_stands_does_not():
    looks = [
        (t, boxes((50 + 80 * t, 100, 30, 80, 0.42), (400, 100, 30, 80, 0.42)))
        for t in np.arange(0, 3, 0.2)
    ]
    last = play(looks)[-1]
    assert len(last.tracks) == 1
    assert last.tracks.velocity[0, 0] == pytest.approx(80, rel=0.15)
    assert len(last.unsure) == 1


def test_a_cone_that_scores_well_once_does_not_stay():
    scores = [0.3, 0.3, 0.55, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3]
    updates = play([(k * 0.2, boxes((300, 200, 20, 40, s))) for k, s in enumerate(scores)])
    assert len(updates[2].tracks) == 1
    assert len(updates[-1].tracks) == 0
    assert len(updates[-1].unsure) == 1  # still hidden
    assert any(u.ended for u in updates)


def test_a_person_who_bends_down_and_scores_badly_for_a_while_stays_a_track():
    looks = [(t, boxes((300, 100, 60, 140, 0.8))) for t in np.arange(0, 3, 0.2)]
    looks += [(t, boxes((290, 130, 90, 110, 0.2))) for t in np.arange(3, 8, 0.2)]
    looks += [(t, boxes((300, 100, 60, 140, 0.8))) for t in np.arange(8, 9, 0.2)]
    updates = play(looks)
    assert {tuple(u.tracks.id) for u in updates} == {tuple(updates[0].tracks.id)}


@pytest.mark.parametrize("gap", [0.05, 0.125, 0.2, 0.33, 0.5])
def test_the_same_walker_keeps_one_id_however_often_we_look(gap):
    updates = play([(t, walker(t)) for t in np.arange(0, 6, gap)])
    assert len({int(i) for u in updates for i in u.tracks.id}) == 1
    assert updates[-1].tracks.velocity[0] == pytest.approx([60, 0], abs=4)


def test_looks_at_irregular_times_do_not_disturb_the_speed():
    rng = np.random.default_rng(1)
    times = np.cumsum(rng.uniform(0.05, 0.5, 30))
    last = play([(t, walker(t, speed=15.0)) for t in times])[-1]
    assert last.tracks.velocity[0, 0] == pytest.approx(15, abs=1.5)


def test_a_fast_cyclist_at_slow_looks_is_joined_though_the_boxes_never_meet():
    updates = play([(t, boxes((20 + 150 * t, 200, 40, 90))) for t in np.arange(0, 3, 0.4)])
    assert len({int(i) for u in updates for i in u.tracks.id}) == 1


def test_a_missed_walker_is_carried_along_and_found_again():
    times = np.arange(0, 4, 0.2)
    hidden = (times > 1.5) & (times < 2.5)
    none = Detections.none()
    updates = play([(t, none if h else walker(t)) for t, h in zip(times, hidden, strict=True)])
    for t, h, u in zip(times, hidden, updates, strict=True):
        assert len(u.tracks) == 1, t
        assert u.tracks.seen[0] != h
        assert u.tracks.box[0, 0] == pytest.approx(50 + 60 * t, abs=12)
    assert len({int(u.tracks.id[0]) for u in updates}) == 1


@pytest.mark.parametrize(
    ("speed", "lasts"),
    [(60.0, TrackOptions().hold_seconds), (0.0, TrackOptions().hold_still_seconds)],
)
def test_a_lost_thing_is_held_longer_if_it_stood_still(speed, lasts):
    looks = [(t, walker(t, speed)) for t in np.arange(0, 2, 0.2)]
    looks += [(t, Detections.none()) for t in np.arange(2, 9, 0.1)]
    updates = play(looks)
    held = [u.tracks.time for u in updates if len(u.tracks)]
    assert held[-1] - 1.8 == pytest.approx(lasts, abs=0.11)
    ended = [u for u in updates if u.ended]
    assert len(ended) == 1
    assert ended[0].ended == (int(updates[0].tracks.id[0]),)


def test_who_leaves_the_picture_is_not_held():
    looks = [(t, boxes((600 + 100 * t, 200, 40, 100))) for t in (0.0, 0.1, 0.2, 0.3)]
    updates = play([*looks, (0.5, Detections.none())])
    assert len(updates[-1].tracks) == 0


def test_a_weak_box_carries_a_track_on():
    looks = [(t, walker(t)) for t in np.arange(0, 1, 0.2)]
    updates = play([*looks, (1.0, walker(1.0, score=0.12))])
    assert updates[-1].tracks.seen[0]
    assert updates[-1].tracks.id[0] == updates[0].tracks.id[0]


def test_two_who_cross_keep_their_ids():
    looks = []
    for t in np.arange(0, 5, 0.2):
        a, b = (100 + 60 * t, 200, 40, 110), (340 - 60 * t, 210, 40, 112)
        looks.append((t, boxes(a) if abs(a[0] - b[0]) < 12 else boxes(a, b)))
    updates = play(looks)
    first, last = updates[0].tracks, updates[-1].tracks
    assert first.id[first.box[:, 0].argmin()] == last.id[last.box[:, 0].argmax()]
    assert first.id[first.box[:, 0].argmax()] == last.id[last.box[:, 0].argmin()]


def test_car_and_truck_on_one_thing_are_one_track_of_the_class_with_more_votes():
    looks = [
        (t, boxes((100, 100, 120, 80, 0.8, Kind.CAR), (102, 101, 120, 80, 0.6, Kind.TRUCK)))
        for t in np.arange(0, 1, 0.2)
    ]
    updates = play(looks)
    assert [len(u.tracks) for u in updates] == [1] * 5
    assert updates[-1].tracks.kind[0] == Kind.CAR


def test_a_class_that_flickers_does_not_change_the_track():
    kinds = [Kind.CAR, Kind.CAR, Kind.TRUCK, Kind.CAR, Kind.TRUCK, Kind.CAR]
    updates = play(
        [(k * 0.2, boxes((100 + 5 * k, 100, 120, 80), kind=kind)) for k, kind in enumerate(kinds)]
    )
    assert {int(u.tracks.kind[0]) for u in updates} == {Kind.CAR}
    assert len({int(u.tracks.id[0]) for u in updates}) == 1


def test_rider_and_bicycle_are_two_things():
    looks = [
        (t, boxes((100 + 50 * t, 100, 40, 90, 0.8), (95 + 50 * t, 140, 60, 60, 0.7, Kind.BICYCLE)))
        for t in np.arange(0, 2, 0.2)
    ]
    last = play(looks)[-1]
    assert sorted(last.tracks.kind.tolist()) == [Kind.PERSON, Kind.BICYCLE]


def test_a_person_stays_a_person_when_now_and_then_called_a_motorcycle():
    kinds = [Kind.PERSON, Kind.MOTORCYCLE, Kind.MOTORCYCLE, Kind.PERSON, Kind.MOTORCYCLE]
    updates = play(
        [(k * 0.2, boxes((100, 100, 60, 90), kind=kind)) for k, kind in enumerate(kinds)]
    )
    for update in updates:
        assert Kind.PERSON in update.tracks.kind


def test_a_torso_within_its_person_is_no_second_person():
    looks = [
        (t, boxes((100, 100, 50, 130, 0.9), (105, 105, 40, 60, 0.6))) for t in np.arange(0, 1, 0.2)
    ]
    assert [len(u.tracks) for u in play(looks)] == [1] * 5


@pytest.mark.parametrize(
    ("story", "time", "size"),
    [
        ("the clock jumps back", -5.0, SIZE),
        ("nobody looked for a minute", 60.0, SIZE),
        ("another resolution", 0.4, (320, 240)),
    ],
)
def test_after_a_jump_everything_starts_anew(story, time, size):
    tracker = Tracker("gate", TrackOptions(), seed=3)
    before = tracker.update(boxes((100, 50, 40, 100)), 0.2, 1, SIZE)
    after = tracker.update(boxes((100, 50, 40, 100)), time, 2, size)
    assert after.ended == tuple(before.tracks.id.tolist()), story
    assert after.tracks.id[0] != before.tracks.id[0]


def test_ids_are_random_and_repeat_only_with_a_seed():
    def first(seed):
        update = Tracker("gate", TrackOptions(), seed).update(walker(0), 0.0, 1, SIZE)
        return int(update.tracks.id[0])

    assert first(1) == first(1)
    assert len({first(None) for _ in range(20)}) == 20


def test_a_time_that_is_no_time_is_refused():
    with pytest.raises(ValueError, match="finite"):
        Tracker("gate", TrackOptions()).update(walker(0), float("nan"), 1, SIZE)


def test_scores_in_the_wrong_order_are_refused():
    with pytest.raises(ValueError, match="order"):
        TrackOptions(low_score=0.4, start_score=0.3)


_look = st.lists(
    st.tuples(
        st.floats(-50, 600), st.floats(-50, 450), st.floats(1, 200), st.floats(1, 200),
        st.floats(0, 1), st.sampled_from(list(Kind)),
    ),
    max_size=8,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 4), st.integers(0, 4), st.integers(0, 2**32 - 1), st.floats(0.05, 0.95))
def test_an_assignment_is_the_best_of_all(n, m, seed, least):
    likeness = np.random.default_rng(seed).random((n, m))
    rows, columns = assign(likeness, least)
    assert len(set(rows.tolist())) == len(rows) == len(set(columns.tolist())) == len(columns)
    assert (likeness[rows, columns] >= least).all()
    gain = np.pad(np.where(likeness >= least, likeness, 0.0), ((0, 4 - n), (0, 4 - m)))
    best = max(gain[range(4), order].sum() for order in permutations(range(4)))
    assert likeness[rows, columns].sum() == pytest.approx(best)


@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 2**32 - 1))
def test_overlaps_are_those_of_box_by_box(n, m, seed):
    random = np.random.default_rng(seed)
    a, b = (random.integers(0, 20, (k, 4)).astype(np.float32) for k in (n, m))  # some inside out
    shared = np.zeros((n, m))
    size = [[max(x2 - x1, 0) * max(y2 - y1, 0) for x1, y1, x2, y2 in box] for box in (a, b)]
    for i, j in np.ndindex(n, m):
        right, down = np.minimum(a[i, 2:], b[j, 2:]) - np.maximum(a[i, :2], b[j, :2])
        shared[i, j] = max(right, 0) * max(down, 0)
    one, two = np.array(size[0]).reshape(-1, 1), np.array(size[1]).reshape(1, -1)
    assert np.array_equal(overlap(a, b), shared)
    np.testing.assert_allclose(iou(a, b), shared / np.maximum(one + two - shared, 1e-9))
    np.testing.assert_allclose(inside(a, b), shared / np.maximum(one, 1e-9))


@given(st.lists(st.tuples(st.floats(0.02, 1.0), _look), min_size=1, max_size=8))
def test_whatever_comes_tracks_are_well_formed_and_repeat(looks):
    times = np.cumsum([gap for gap, _ in looks])
    story = [(float(t), boxes(*rows)) for t, (_, rows) in zip(times, looks, strict=True)]
    one, two = play(story), play(story)
    alive: set[int] = set()
    for a, b in zip(one, two, strict=True):
        assert a.tracks.id.tolist() == b.tracks.id.tolist()
        assert np.array_equal(a.tracks.box, b.tracks.box)
        every = a.tracks.id.tolist() + a.unsure.id.tolist()
        assert len(set(every)) == len(every)
        assert len(a.confirmed) == len(a.tracks)
        box = a.tracks.box
        assert np.isfinite(box).all()
        assert (box[:, 2:] >= box[:, :2]).all()
        assert (box >= 0).all()
        assert (box[:, [2, 3]] <= SIZE).all()
        alive = (alive | set(a.started)) - set(a.ended)
        assert alive == set(a.tracks.id.tolist())


def test_who_falls_over_and_then_scores_badly_keeps_the_id():
    looks = [(t, boxes((300, 200, 60, 150, 0.75))) for t in np.arange(0, 2, 0.13)]
    looks += [(t, boxes((265, 265, 130, 80, 0.38))) for t in np.arange(2, 9, 0.13)]
    updates = play(looks)
    assert {tuple(u.tracks.id) for u in updates} == {tuple(updates[0].tracks.id)}
    assert updates[-1].tracks.box[0] == pytest.approx([265, 265, 395, 345], abs=3)


def test_a_walker_does_not_get_stuck_on_a_cone_by_the_way():
    looks = []
    for t in np.arange(0, 8, 0.15):
        rows = [(300, 260, 20, 40, 0.35)]
        if t >= 3:
            rows.append((60 + 80 * (t - 3), 200, 40, 100, 0.8))
        looks.append((t, boxes(*rows)))
    last = play(looks)[-1]
    assert len(last.tracks) == 1
    assert last.tracks.box[0, 0] > 400
    assert last.unsure.box[:, 0].tolist() == pytest.approx([300], abs=3)
