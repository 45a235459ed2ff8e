"""Every cause of electricity: no look-ahead, survives a pickle, gaps and single meters."""

from __future__ import annotations

import pickle
from functools import cache
from typing import Any

import numpy as np
import pytest

from streetlamp.meters.base import CAUSES, Step
from streetlamp.values import Finding
from support.load_curves import fridge, homes, hourly, short_steps

ELECTRICITY = {name: one for name, one in CAUSES.members().items() if name.startswith("electr")}
NAMES = ["p/L1", "p/L2", "p/L3", "d", "e", "f", "g"]


def _faulty() -> list[Step]:
    """Seven meters of 130 days with a fault of every kind among them."""
    curve = homes(7, 130, seed=21)
    curve[:, :3] = curve[:, :1] * np.random.default_rng(1).lognormal(0, 0.1, (len(curve), 3))
    at = 42 * 24
    curve[:, 3] += 0.3 * np.clip(np.arange(len(curve)) / 24 / 50 - 1.6, 0, 1)
    curve[at:, 1] *= 2.5
    curve[at : at + 60, 3] = curve[at, 3]
    curve[at : at + 99, 4] = 0.0
    curve[at : at + 6, 5] += 9.0
    curve[at + 500 :, 5] += np.quantile(curve[:, 5], 0.1) * 3
    curve[at:, 6] = np.roll(curve[:, 6], 4)[at:]
    curve[at + 700 : at + 760, 2] = 0.0
    curve[30 * 24 : 33 * 24] = np.nan
    return list(hourly(curve))


def _minutes() -> list[Step]:
    power = np.stack([fridge(8, longer_from=6.5, seed=i) for i in range(2)], axis=1)
    power = np.pad(power, ((0, 0), (0, 5)), constant_values=np.nan)
    return list(short_steps(power, 240.0))


STEPS = {False: _faulty(), True: _minutes()}


def _steps(name: str) -> list[Step]:
    steps = STEPS[name == "electricity_appliance_fault"]
    return steps if name.endswith(("rise", "fault")) else steps[: 80 * 24]


def _told(cause: Any, steps: list[Step]) -> list[Finding]:
    return [finding for step in steps for finding in cause.update(step)]


@cache
def _whole(name: str) -> list[Finding]:
    return _told(ELECTRICITY[name](NAMES), _steps(name))


@pytest.mark.parametrize("name", ELECTRICITY)
def test_a_future_cut_off_changes_nothing_told_before(name: str) -> None:
    steps, whole = _steps(name), _whole(name)
    assert whole, "the series has something for every cause, or this proves nothing"
    cut = next(i for i, step in enumerate(steps) if step.end >= whole[0].detected) + 1
    cause = ELECTRICITY[name](NAMES)
    part = _told(cause, steps[:cut])
    assert part == whole[: len(part)]
    assert part
    later = [told for told in whole[len(part) :] if told.end is None]
    assert all(told.detected > steps[cut - 1].end for told in later)
    gone_on = pickle.loads(pickle.dumps(cause))
    assert _told(gone_on, steps[cut:]) == whole[len(part) :], "it goes on after a pickle"


@pytest.mark.parametrize("name", ELECTRICITY)
def test_findings_are_whole_and_told_once_an_episode(name: str) -> None:
    begun = [one.id for one in _whole(name) if one.end is None]
    assert len(begun) == len(set(begun))
    for one in _whole(name):
        assert one.start <= one.detected
        assert 0 < one.confidence <= 0.99
        assert np.isfinite(one.size)
        names = [each for each, cause in ELECTRICITY.items() if cause is ELECTRICITY[name]]
        assert f"electricity_{one.cause}" in names
        assert one.evidence.endswith(".")
        assert one.end is None or one.id in begun


@pytest.mark.parametrize("name", ELECTRICITY)
def test_no_reading_at_all_and_one_meter(name: str) -> None:
    for n in (0, 1):
        cause = ELECTRICITY[name]([str(i) for i in range(n)])
        assert _told(cause, list(hourly(np.full((24 * 10, n), np.nan)))) == []


@pytest.mark.parametrize("name", ELECTRICITY)
def test_every_option_is_explained(name: str) -> None:
    for field in ELECTRICITY[name].Options.model_fields.values():
        assert field.title
        assert field.description
