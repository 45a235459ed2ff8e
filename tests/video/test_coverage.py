"""What must be hidden in a picture, told from the looks around it."""

from __future__ import annotations

import numpy as np
import pytest

from streetlamp.values import Kind, Tracks
from streetlamp.video.coverage import BACK_SECONDS, GHOST_SECONDS, Coverage, Look
from streetlamp.video.options import HideOptions

SIZE = (640, 360)
HIDE = HideOptions()
NOBODY = np.zeros((0, 4), np.float32), np.zeros(0, np.float32)


def look(time: float, *rows: tuple[int, tuple[float, float, float, float], bool], **columns):
    """A look at `time` (frames at 10 a second) with rows of (id, box, seen)."""
    tracks = Tracks.make(
        "gate",
        time,
        round(time * 10) + 1,
        SIZE,
        id=[row[0] for row in rows],
        box=np.array([row[1] for row in rows], np.float32).reshape(-1, 4),
        seen=[row[2] for row in rows],
        **columns,
    )
    none = Tracks.make("gate", time, tracks.frame, SIZE)
    return Look(time, tracks.frame, tracks, none, *NOBODY)


def covers(boxes, box) -> bool:
    return any(
        b[0] <= box[0] and b[1] <= box[1] and b[2] >= box[2] and b[3] >= box[3] for b in boxes
    )


A = (100.0, 100.0, 140.0, 200.0)
B = (200.0, 100.0, 240.0, 200.0)
BETWEEN = (150.0, 100.0, 190.0, 200.0)


def test_between_two_looks_the_box_is_interpolated_and_hidden() -> None:
    coverage = Coverage("gate", HIDE)
    coverage.add(look(0.0, (7, A, True)))
    coverage.add(look(0.4, (7, B, True)))
    cover = coverage.at(0.2, 3, SIZE)
    assert covers(cover.hide, BETWEEN)
    assert cover.tracks.id.tolist() == [7]
    np.testing.assert_allclose(cover.tracks.box[0], BETWEEN)
    assert not cover.tracks.seen[0]


def test_where_nothing_is_nothing_is_hidden() -> None:
    coverage = Coverage("gate", HIDE)
    for time in (0.0, 0.2):
        coverage.add(look(time))
    cover = coverage.at(0.1, 2, SIZE)
    assert cover.hide.shape == cover.vehicles.shape == (0, 4)
    assert (cover.tracks.camera, cover.tracks.time, cover.tracks.frame) == ("gate", 0.1, 2)
    assert len(cover.tracks) == 0
    for shared in (cover.hide, cover.vehicles, cover.tracks.box, cover.tracks.id):
        assert not shared.flags.writeable  # all such covers have the same


def test_the_margins_are_hidden_too() -> None:
    coverage = Coverage("gate", HideOptions(margin_side=0.5, margin_top=0.2))
    coverage.add(look(0.0, (7, A, True)))
    coverage.add(look(0.1, (7, A, True)))
    head, body = sorted(coverage.at(0.0, 1, SIZE).hide, key=lambda box: float(box[3]))
    assert head[0] <= 100 - 20
    assert min(head[1], body[1]) <= 100 - 20
    assert head[2] >= 140 + 20
    assert head[3] >= 100 + 40  # head and shoulders
    assert body[0] < 100
    assert body[2] > 140
    assert body[3] > 200
    assert body[2] - body[0] < head[2] - head[0]  # legs need less


def test_a_person_found_now_is_hidden_backwards_but_not_for_ever() -> None:
    coverage = Coverage("gate", HIDE)
    coverage.add(look(0.0))
    coverage.add(look(1.0, (7, A, True)))
    coverage.add(look(1.1, (7, A, True)))
    assert covers(coverage.at(1.0 - BACK_SECONDS + 0.05, 5, SIZE).hide, A)
    assert len(coverage.at(1.0 - BACK_SECONDS - 0.05, 4, SIZE).hide) == 0


def test_going_backwards_follows_the_way_the_person_came() -> None:
    coverage = Coverage("gate", HIDE)
    coverage.add(look(1.0, (7, B, True)))
    coverage.add(look(1.2, (7, (240.0, 100.0, 280.0, 200.0), True)))  # 200 pixels a second
    assert covers(coverage.at(0.75, 8, SIZE).hide, (150.0, 100.0, 190.0, 200.0))


def test_a_lost_person_stays_hidden_in_a_growing_region() -> None:
    coverage = Coverage("gate", HIDE)
    for step in range(10):  # found often: held for as long as the options say
        coverage.add(look(-0.9 + 0.1 * step, (7, A, True)))
    for time in (0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8):
        coverage.add(look(time, (7, A, False)))
    early, late = coverage.at(0.6, 5, SIZE).hide, coverage.at(0.95, 15, SIZE).hide
    assert covers(early, A)
    assert all(covers(late, box) for box in early)
    assert late[0][2] - late[0][0] > early[0][2] - early[0][0]
    assert len(coverage.at(HIDE.hold_seconds + 0.1, 19, SIZE).hide) == 0


def test_a_person_lost_and_found_is_hidden_all_the_way() -> None:
    coverage = Coverage("gate", HIDE)
    coverage.add(look(0.0, (7, A, True)))
    coverage.add(look(0.2, (7, A, True)))
    coverage.add(look(0.6, (7, A, False)))
    coverage.add(look(1.2, (7, B, True)))
    for time in (0.4, 0.7, 0.9, 1.1):
        share = (time - 0.2) / 1.0
        x = 100.0 + 100.0 * share
        assert covers(coverage.at(time, 5, SIZE).hide, (x, 100.0, x + 40.0, 200.0)), time


def test_a_ghost_seen_once_goes_soon_and_is_no_track() -> None:
    coverage = Coverage("gate", HIDE)
    coverage.add(look(0.0, (7, A, True), score=[0.3]))
    coverage.add(look(1.0))
    cover = coverage.at(0.0, 1, SIZE)
    assert covers(cover.hide, A)
    assert len(cover.tracks) == 0
    assert len(coverage.at(GHOST_SECONDS + 0.1, 6, SIZE).hide) == 0


def test_faint_people_are_hidden_around_the_look_that_saw_them() -> None:
    coverage = Coverage("gate", HIDE)
    empty = look(0.0)
    loose = np.array([A], np.float32), np.array([0.2], np.float32)
    faint = Look(0.0, 1, empty.tracks, empty.unsure, *loose)
    coverage.add(faint)
    coverage.add(look(0.2))
    assert covers(coverage.at(0.1, 2, SIZE).hide, A)


@pytest.mark.parametrize(
    ("kind", "velocity", "hidden"),
    [
        (Kind.PERSON, (0.0, 0.0), True),
        (Kind.CAR, (50.0, 0.0), False),
        (Kind.TRUCK, (0.0, 0.0), False),
        (Kind.BICYCLE, (0.0, 0.0), False),
        (Kind.BICYCLE, (0.0, 0.0), True),
        (Kind.BICYCLE, (80.0, 0.0), True),
        (Kind.MOTORCYCLE, (80.0, 0.0), True),
    ],
    ids=[
        "person",
        "car",
        "truck",
        "parked bicycle",
        "new bicycle",
        "ridden bicycle",
        "ridden motorcycle",
    ],
)
def test_who_is_hidden(kind: Kind, velocity: tuple[float, float], hidden: bool) -> None:
    coverage = Coverage("gate", HIDE)
    age = [0.5 if hidden else 10.0]
    for time in (0.0, 0.2):
        coverage.add(look(time, (7, A, True), kind=[int(kind)], velocity=[velocity], age=age))
    assert bool(len(coverage.at(0.1, 2, SIZE).hide)) == hidden


def test_a_person_over_a_parked_bicycle_hides_both() -> None:
    coverage = Coverage("gate", HIDE)
    rider = (105.0, 80.0, 135.0, 180.0)
    for time in (0.0, 0.2):
        coverage.add(
            look(
                time,
                (7, A, True),
                (8, rider, True),
                kind=[int(Kind.BICYCLE), int(Kind.PERSON)],
                age=[10.0, 10.0],
            )
        )
    assert covers(coverage.at(0.1, 2, SIZE).hide, A)


def test_the_looks_around_a_moment() -> None:
    coverage = Coverage("gate", HIDE)
    for time in (0.0, 0.5, 1.0):
        coverage.add(look(time))
    before, after = coverage.around(0.7)
    assert before is not None
    assert after is not None
    assert (before.time, after.time) == (0.5, 1.0)
    before, after = coverage.around(0.5)
    assert before is after
    assert coverage.around(1.1)[1] is None


def test_old_looks_are_forgotten_and_people_across_the_limit_are_not() -> None:
    coverage = Coverage("gate", HIDE)
    for step in range(200):
        coverage.add(look(step * 0.1, (7, A, True)))
        coverage.forget_before(step * 0.1 - 1.0)
    assert len(coverage._looks) < 60
    assert coverage._things._cells.shape < (2, 120)
    assert covers(coverage.at(19.0, 191, SIZE).hide, A)


@pytest.mark.parametrize(
    ("box", "score", "hidden"),
    [
        ((100.0, 100.0, 110.0, 130.0), 0.15, True),
        ((50.0, 10.0, 350.0, 350.0), 0.2, False),
        ((50.0, 10.0, 350.0, 350.0), 0.4, True),
        ((50.0, 10.0, 650.0, 370.0), 0.36, True),
    ],
    ids=["far and faint", "a large faint wall", "near and clear", "as near as can be"],
)
def test_the_larger_the_box_the_more_it_takes_to_be_believed(
    box: tuple[float, float, float, float], score: float, hidden: bool
) -> None:
    coverage = Coverage("gate", HIDE)
    for time in (0.0, 0.2):
        coverage.add(look(time, (7, box, True), score=[score]))
    assert bool(len(coverage.at(0.1, 2, SIZE).hide)) == hidden
    assert bool(len(coverage.at(0.1, 2, SIZE).tracks)) == hidden


def test_a_candidate_is_hidden_and_not_shown() -> None:
    coverage = Coverage("gate", HIDE)
    for time in (0.0, 0.2):
        there = look(time, (7, A, True), score=[0.22])
        coverage.add(Look(time, there.frame, there.unsure, there.tracks, *NOBODY))
    cover = coverage.at(0.1, 2, SIZE)
    assert covers(cover.hide, A)
    assert len(cover.tracks) == 0


def test_who_walks_out_of_the_picture_is_not_hidden_for_long() -> None:
    for x, hold in ((300.0, HIDE.hold_seconds), (580.0, GHOST_SECONDS)):
        coverage = Coverage("gate", HIDE)
        for step in range(-8, 4):
            left = x + 10.0 * step
            box = (left, 100.0, min(640.0, left + 40.0), 200.0)
            coverage.add(look(0.1 * step, (7, box, True)))
        coverage.add(look(0.3 + hold - 0.05))
        coverage.add(look(0.3 + hold + 0.1))
        assert len(coverage.at(0.3 + hold - 0.05, 9, SIZE).hide) > 0
        assert len(coverage.at(0.3 + hold + 0.1, 10, SIZE).hide) == 0
