"""What is normal for a camera: by hour, robust, remembered."""

from __future__ import annotations

import json

import numpy as np
import pytest

from streetlamp.fleet.normal import Normal

HOUR = 3600.0


def test_nothing_is_known_before_enough_was_seen() -> None:
    normal = Normal(0.1, 10.0)
    for minute in range(19):
        normal.learn(1.0, minute * 60.0)
        assert normal.quantile(0.5, 0.0) is None
    normal.learn(1.0, 0.0)
    assert normal.quantile(0.5, 0.0) == pytest.approx(1.0, rel=0.1)


def test_quantiles_are_those_of_the_values() -> None:
    rng = np.random.default_rng(1)
    values = rng.lognormal(0.0, 0.5, 500)
    normal = Normal(0.05, 20.0)
    for value in values:
        normal.learn(float(value), 100.0)
    for share in (0.03, 0.5, 0.9):
        assert normal.quantile(share, 100.0) == pytest.approx(
            float(np.quantile(values, share)), rel=0.15
        )


def test_an_hour_of_night_is_not_one_of_day() -> None:
    normal = Normal(0.1, 10.0)
    for day in range(3):
        for minute in range(60):
            normal.learn(5.0, day * 24 * HOUR + 12 * HOUR + minute * 60)
            normal.learn(0.5, day * 24 * HOUR + 2 * HOUR + minute * 60)
    assert normal.quantile(0.5, 30 * 24 * HOUR + 12 * HOUR) == pytest.approx(5.0, rel=0.1)
    assert normal.quantile(0.5, 30 * 24 * HOUR + 2 * HOUR) == pytest.approx(0.5, rel=0.1)


def test_what_happened_once_hardly_counts_and_what_lasts_does() -> None:
    normal = Normal(0.1, 10.0)
    for _ in range(200):
        normal.learn(2.0, 0.0)
    for _ in range(10):
        normal.learn(0.2, 0.0)
    assert normal.quantile(0.5, 0.0) == pytest.approx(2.0, rel=0.1)
    for _ in range(3000):
        normal.learn(0.2, 0.0)
    assert normal.quantile(0.5, 0.0) == pytest.approx(0.2, rel=0.1)


def test_it_is_remembered() -> None:
    normal = Normal(0.1, 10.0)
    for minute in range(2000):
        normal.learn(1.0 + minute % 7 / 7, minute * 60.0)
    text = json.dumps(normal.state())
    again = Normal(0.1, 10.0)
    again.restore(json.loads(text))
    for share in (0.03, 0.5, 0.97):
        assert again.quantile(share, 5 * HOUR) == pytest.approx(
            normal.quantile(share, 5 * HOUR), rel=0.01
        )
    assert len(text) < 10_000


@pytest.mark.parametrize("state", [{"99": {"0": 1}}, {"x": {}}, {"0": []}, {"0": {"0": "much"}}])
def test_a_damaged_file_is_refused(state: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Normal(0.1, 10.0).restore(state)
