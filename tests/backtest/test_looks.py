"""Looks as bytes: nothing is lost that rules need, and nothing is told that they do not."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetlamp.backtest.looks import SCALE, SCORES, DamagedLooksError, Looks, join
from streetlamp.values import Kind, Posture, Tracks
from support.scene import SIZE, T0

_row = st.fixed_dictionaries(
    {
        "box": st.tuples(
            st.floats(-50, 900), st.floats(-50, 400), st.floats(1, 300), st.floats(1, 300)
        ).map(lambda b: [b[0], b[1], b[0] + b[2], b[1] + b[3]]),
        "kind": st.sampled_from(Kind),
        "posture": st.sampled_from(Posture),
        "score": st.floats(0, 1),
        "seen": st.booleans(),
    }
)
_story = st.lists(
    st.tuples(st.floats(0.03, 5), st.lists(_row, max_size=5), st.booleans()),
    min_size=1,
    max_size=20,
)


def _tracks(rows: list[dict[str, Any]], time: float, **more: Any) -> Tracks:
    columns = {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
    if rows:
        columns["id"] = list(range(len(rows)))
    return Tracks.make("cam", time, 1, SIZE, **columns, **more)


def _looks(story: list[Any]) -> Looks:
    time, made = T0, []
    for step, rows, _ in story:
        time += step
        made.append(_tracks(rows, time))
    return Looks.of(made, [fresh for _, _, fresh in story])


@settings(max_examples=60, deadline=None)
@given(story=_story)
def test_what_goes_in_comes_out(story: list[Any]) -> None:
    looks = Looks.unpack(_looks(story).pack())
    assert len(looks) == len(story)
    assert looks.fresh.tolist() == [fresh for _, _, fresh in story]
    assert np.allclose(np.diff(looks.time) / 1e6, [step for step, _, _ in story[1:]], atol=1e-5)
    at = 0
    for many, (_, rows, _) in zip(looks.many.tolist(), story, strict=True):
        kept = [row for row in rows if row["seen"]]
        assert many == len(kept)
        found = looks.box[at : at + many] * np.tile(SIZE, 2) / SCALE
        key = sorted(row["box"] for row in kept)
        assert np.allclose(sorted(found.tolist()), key, atol=0.1) or many > 1
        assert sorted(looks.kind[at : at + many]) == sorted(row["kind"] for row in kept)
        assert np.allclose(
            np.sort(looks.score[at : at + many]) / SCORES,
            sorted(row["score"] for row in kept), atol=0.01,
        )  # fmt: skip
        at += many


@settings(max_examples=60, deadline=None)
@given(story=_story, seed=st.integers(0, 1000))
def test_the_order_of_rows_and_their_numbers_tell_nothing(story: list[Any], seed: int) -> None:
    shuffle = random.Random(seed)
    mixed = [(step, shuffle.sample(rows, len(rows)), fresh) for step, rows, fresh in story]
    assert _looks(mixed).pack() == _looks(story).pack()


def test_what_is_written_of_a_thing_is_box_kind_posture_and_score_alone() -> None:
    row = {"box": [1, 2, 30, 40], "kind": Kind.PERSON, "posture": Posture.LYING, "score": 0.5,
           "seen": True}  # fmt: skip
    plain = Looks.of([_tracks([row], T0)], [True]).pack()
    other = {"colour": [4], "upper": [5], "lower": [6], "age": [99], "velocity": [[7, 8]]}
    assert Looks.of([_tracks([row], T0, **other)], [True]).pack() == plain
    assert set(Looks.__slots__) == {
        "size", "time", "fresh", "many", "box", "kind", "posture", "score",
    }  # fmt: skip


def test_hours_in_which_nothing_is_there_take_hardly_any_room() -> None:
    times = T0 + np.arange(18_000) * 0.2
    empty = Looks.of([Tracks.make("cam", time, 1, SIZE) for time in times], [False] * len(times))
    assert len(empty.pack()) < 20_000


@settings(max_examples=80, deadline=None)
@given(data=st.binary(max_size=200))
def test_bytes_that_are_no_looks_are_refused(data: bytes) -> None:
    with pytest.raises(DamagedLooksError):
        Looks.unpack(data)


@settings(max_examples=60, deadline=None)
@given(story=_story, cut=st.floats(0, 1))
def test_a_torn_piece_is_refused(story: list[Any], cut: float) -> None:
    data = _looks(story).pack()
    with pytest.raises(DamagedLooksError):
        Looks.unpack(data[: int(cut * (len(data) - 1))])


def test_watching_begins_anew_after_what_was_left_out() -> None:
    looks = Looks.of([Tracks.make("cam", T0 + n, 1, SIZE) for n in range(5)], [True] + [False] * 4)
    left = looks.where(np.array([True, False, True, True, False]))
    assert left.fresh.tolist() == [True, True, False]
    assert [len(one) for one in join([left, left])] == [6]
