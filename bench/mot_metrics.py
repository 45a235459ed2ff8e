"""Tracking scores from boxes alone: CLEAR MOT, IDF1 and HOTA.

CLEAR MOT after Bernardin and Stiefelhagen 2008 (a match is kept while its overlap is at least one
half), IDF1 after Ristani et al. 2016, HOTA after Luiten et al. 2021 (19 thresholds, 0.05–0.95).
``python bench/track.py --parity`` compares them with the `trackers` package's evaluation, which is
proven equal to TrackEval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import lap
import numpy as np
from numpy.typing import NDArray

Ids = Sequence[NDArray[Any]]
Overlaps = Sequence[NDArray[Any]]  # per picture (ground truths, tracks), IoU 0–1


def best_pairs(likeness: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of the one-to-one pairing of (n, m) with the greatest sum."""
    if not likeness.size:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    _, partner, _ = lap.lapjv(likeness.max() - likeness, extend_cost=True)
    rows = np.flatnonzero(partner >= 0)
    return rows, partner[rows].astype(np.int64)


@dataclass(frozen=True)
class Scores:
    mota: float
    idf1: float
    hota: float
    det_a: float
    ass_a: float
    switches: int
    misses: int
    false: int
    truths: int


def score(truth_ids: Ids, track_ids: Ids, overlaps: Overlaps) -> Scores:
    """Scores of one sequence; per picture ids (n,), ids (m,) and IoU (n, m)."""
    truth, tracks = _dense(truth_ids), _dense(track_ids)
    switches, misses, false = _clear(truth, tracks, overlaps)
    total = sum(len(ids) for ids in truth)
    hota, det_a, ass_a = _hota(truth, tracks, overlaps)
    return Scores(
        mota=1 - (switches + misses + false) / max(total, 1),
        idf1=_idf1(truth, tracks, overlaps),
        hota=hota,
        det_a=det_a,
        ass_a=ass_a,
        switches=switches,
        misses=misses,
        false=false,
        truths=total,
    )


def _dense(ids: Ids) -> list[NDArray[np.int64]]:
    """Ids renumbered 0, 1, 2 …"""
    known: dict[int, int] = {}
    return [
        np.array([known.setdefault(int(i), len(known)) for i in picture], np.int64)
        for picture in ids
    ]


def _count(ids: Ids) -> int:
    return 1 + max((int(i.max()) for i in ids if len(i)), default=-1)


def _clear(truth: Ids, tracks: Ids, overlaps: Overlaps) -> tuple[int, int, int]:
    switches = misses = false = 0
    last: dict[int, int] = {}  # truth → the track that had it last
    before: dict[int, int] = {}  # truth → its track in the previous picture
    for t, k, iou in zip(truth, tracks, overlaps, strict=True):
        gain = np.where(iou >= 0.5, iou, 0.0)
        if gain.size:
            kept = np.array([[before.get(int(a)) == int(b) for b in k] for a in t])
            gain = np.where(kept & (iou >= 0.5), gain + 1000, gain)
        rows, columns = best_pairs(gain)
        good = gain[rows, columns] > 0
        before = {}
        for a, b in zip(t[rows[good]], k[columns[good]], strict=True):
            switches += last.get(int(a), int(b)) != int(b)
            last[int(a)] = before[int(a)] = int(b)
        misses += len(t) - int(good.sum())
        false += len(k) - int(good.sum())
    return switches, misses, false


def _idf1(truth: Ids, tracks: Ids, overlaps: Overlaps) -> float:
    together = np.zeros((_count(truth), _count(tracks)))
    for t, k, iou in zip(truth, tracks, overlaps, strict=True):
        i, j = np.nonzero(iou >= 0.5)
        np.add.at(together, (t[i], k[j]), 1)
    rows, columns = best_pairs(together)
    right = together[rows, columns].sum()
    size = sum(len(t) for t in truth) + sum(len(k) for k in tracks)
    return float(2 * right / max(size, 1))


def _hota(truth: Ids, tracks: Ids, overlaps: Overlaps) -> tuple[float, float, float]:
    n, m = _count(truth), _count(tracks)
    if not n or not m:
        return 0.0, 0.0, 0.0
    # How well each pair of identities goes together over the whole sequence steers the matching.
    together = np.zeros((n, m))
    times_truth, times_track = np.zeros(n), np.zeros(m)
    for t, k, iou in zip(truth, tracks, overlaps, strict=True):
        rest = iou.sum(axis=0)[None, :] + iou.sum(axis=1)[:, None] - iou
        share = np.divide(iou, rest, out=np.zeros_like(iou), where=rest > 1e-9)
        together[np.ix_(t, k)] += share
        times_truth[t] += 1
        times_track[k] += 1
    union = times_truth[:, None] + times_track[None, :] - together
    alignment = together / np.maximum(union, 1e-9)
    total = times_truth.sum()
    det, ass, both = [], [], []
    for alpha in np.arange(0.05, 0.99, 0.05):
        matched = np.zeros((n, m))
        for t, k, iou in zip(truth, tracks, overlaps, strict=True):
            rows, columns = best_pairs(alignment[np.ix_(t, k)] * iou)
            good = iou[rows, columns] >= alpha - 1e-12
            matched[t[rows[good]], k[columns[good]]] += 1
        hits = matched.sum()
        det_a = hits / max(total + times_track.sum() - hits, 1)
        jaccard = matched / np.maximum(times_truth[:, None] + times_track[None, :] - matched, 1)
        ass_a = float((matched * jaccard).sum() / max(hits, 1))
        det.append(det_a)
        ass.append(ass_a)
        both.append(np.sqrt(det_a * ass_a))
    return float(np.mean(both)), float(np.mean(det)), float(np.mean(ass))
