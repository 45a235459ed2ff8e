"""The tracking scores of bench/, on cases small enough to work out by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
from mot_metrics import score


def sequence(*pictures):
    """Pictures of (truth ids, track ids, overlap matrix)."""
    return (
        [np.array(t, np.int64) for t, _, _ in pictures],
        [np.array(k, np.int64) for _, k, _ in pictures],
        [np.array(o, float).reshape(len(t), len(k)) for t, k, o in pictures],
    )


def test_perfect():
    s = score(*sequence(*[([1, 2], [7, 9], [[1, 0], [0, 1]])] * 4))
    assert (s.mota, s.idf1, s.hota, s.switches) == (1, 1, 1, 0)


def test_nobody_found():
    s = score(*sequence(([1], [], []), ([1], [], [])))
    assert (s.mota, s.idf1, s.hota, s.misses) == (0, 0, 0, 2)


def test_one_switch_in_four_pictures():
    """One person, tracks 7, 7, 8, 8: three of four right for MOTA, half for the identity."""
    s = score(*sequence(*[([1], [i], [[1]]) for i in (7, 7, 8, 8)]))
    assert s.switches == 1
    assert s.mota == pytest.approx(1 - 1 / 4)
    assert s.idf1 == pytest.approx(2 * 2 / (4 + 4))
    assert s.ass_a == pytest.approx(1 / 2)  # each track holds 2 of the 4: 2 / (4 + 2 - 2)
    assert s.hota == pytest.approx(np.sqrt(1 / 2))


def test_a_miss_and_a_false_box():
    s = score(*sequence(([1], [7], [[1]]), ([1], [7], [[0]]), ([1], [7], [[1]])))
    assert (s.misses, s.false, s.switches) == (1, 1, 0)
    assert s.mota == pytest.approx(1 - 2 / 3)


def test_a_match_is_kept_while_it_overlaps_enough():
    """Track 8 fits better in the second picture, but 7 still overlaps by half."""
    s = score(*sequence(([1], [7], [[0.9]]), ([1], [7, 8], [[0.55, 0.95]])))
    assert s.switches == 0
    assert s.false == 1
