"""What each measure says of pixels, and what it does not hear."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest

from streetlamp.values import Bytes, Floats
from streetlamp.video.view.alive import Aliveness
from streetlamp.video.view.grid import Compared, View, chance, edge_grid, shifted, structure
from streetlamp.video.view.planes import colour, exposure, sharpness

H, W = 360, 640


def _place(seed: int) -> Floats:
    """A place with edges of all directions: rectangles of many sizes on a soft ground."""
    rng = np.random.default_rng(seed)
    y = np.tile(np.linspace(90, 140, W, dtype=np.float32), (H, 1))
    for _ in range(90):
        x1, y1 = rng.integers((0, 0), (W - 30, H - 30))
        wide, tall = rng.integers(14, 110, 2)
        y[y1 : y1 + tall, x1 : x1 + wide] = rng.uniform(40, 215)
    return cv2.GaussianBlur(y, (0, 0), 0.7)


@cache
def _grain(seed: int) -> Floats:
    grain = np.random.default_rng(seed).standard_normal((H, W), np.float32)
    grain.flags.writeable = False
    return grain


@cache
def place(seed: int = 1) -> Floats:
    y = _place(seed)
    y.flags.writeable = False
    return y


def seen(y: Floats, noise: float = 1.5, seed: int = 0) -> Bytes:
    return np.clip(y + noise * _grain(seed % 16), 16, 235).round().astype(np.uint8)


def small(luma: Bytes) -> Bytes:
    return cv2.resize(luma, (W // 2, H // 2), interpolation=cv2.INTER_LINEAR).astype(np.uint8)


def view(y: Floats, noise: float = 1.5, seed: int = 0) -> View:
    return View(edge_grid(small(seen(y, noise, seed))))


def test_exposure_is_in_levels_whatever_the_range() -> None:
    black, white = np.full((90, 160), 16, np.uint8), np.full((90, 160), 235, np.uint8)
    assert exposure(black, full_range=False).brightness == pytest.approx(0.0)
    assert exposure(black, full_range=False).dark == 1.0
    assert exposure(white, full_range=False).brightness == pytest.approx(255.0)
    assert exposure(white, full_range=False).bright == 1.0
    assert exposure(white, full_range=True).brightness == pytest.approx(235.0)
    ramp = np.tile(np.arange(16, 236, dtype=np.uint8), (100, 1))
    found = exposure(ramp, full_range=False)
    assert found.low == pytest.approx(0.05 * 255, abs=3)
    assert found.high == pytest.approx(0.95 * 255, abs=3)


def test_colour_is_not_its_noise() -> None:
    rng = np.random.default_rng(2)
    grey = rng.normal(128, 3, (2, 180, 320)).round().astype(np.uint8)
    assert colour(grey[0], grey[1]) < 1.8
    tinted = (grey + 9).astype(np.uint8)
    assert colour(tinted[0], tinted[1]) == pytest.approx(18, abs=2)


@pytest.mark.parametrize("noise", [0.5, 1.5, 4.0])
@pytest.mark.parametrize("contrast", [1.0, 0.5])
def test_sharpness_hears_blur_and_neither_noise_nor_contrast(noise: float, contrast: float) -> None:
    y = place()
    dull = (y - 120) * contrast + 120
    sharp, _ = sharpness(seen(dull, noise))
    blurred, _ = sharpness(seen(cv2.GaussianBlur(dull, (0, 0), 2.0), noise))
    assert sharp is not None
    assert sharp == pytest.approx(sharpness(seen(y, 0.5))[0], abs=0.12)
    assert blurred is None or blurred < 0.72 * sharp


def test_a_clock_does_not_make_a_blurred_picture_sharp() -> None:
    y = cv2.GaussianBlur(place(), (0, 0), 4.0)
    with_clock = seen(y)
    cv2.putText(with_clock, "2026-03-07 12:00:00", (10, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 230, 2)
    without, _ = sharpness(seen(y))
    found, _ = sharpness(with_clock)
    assert without is not None
    assert found == pytest.approx(without, abs=0.05)


def test_nothing_to_measure_is_said_so() -> None:
    found, detail = sharpness(seen(np.full((H, W), 120, np.float32)))
    assert found is None
    assert detail < 3.0


def test_a_view_is_itself_in_other_light_and_noise() -> None:
    y = place()
    reference = view(y)
    for other in (y * 0.45, y * 0.7 + 60, (y - 128) * 0.6 + 128):
        assert Compared(view(other, 2.5, 7), reference).fit > 0.9


def test_another_view_does_not_fit_and_is_not_bare() -> None:
    found = Compared(view(place(2)), view(place(1)))
    assert found.fit < 0.25
    assert found.bare < 0.4
    assert found.fit == pytest.approx(chance(view(place(2)), view(place(1))), abs=0.08)


def test_half_of_a_view_fits_better_than_by_chance() -> None:
    y = place(1).copy()
    y[:, : W // 2] = place(2)[:, : W // 2]
    half, whole = view(y), view(place(1))
    assert Compared(half, whole).fit > chance(half, whole) + 0.2


def test_a_cover_leaves_it_bare() -> None:
    cloth = np.tile(np.linspace(70, 95, W, dtype=np.float32), (H, 1))
    found = Compared(view(cloth), view(place()))
    assert found.fit < 0.1
    assert found.bare > 0.9
    assert structure(edge_grid(small(seen(cloth)))) < 0.05


@pytest.mark.parametrize(("right", "down"), [(64, 0), (-96, 32), (32, -40), (160, 20)])
def test_a_turn_is_measured(right: int, down: int) -> None:
    y = place()
    move = np.float32([[1, 0, right], [0, 1, down]])
    turned = cv2.warpAffine(y, move, (W, H), borderMode=cv2.BORDER_REFLECT)
    (x, z), fit = shifted(view(turned, seed=3), view(y))
    assert x * W / 40 == pytest.approx(right, abs=8)
    assert z * H / 20 == pytest.approx(down, abs=9)
    assert fit > 0.6


def test_a_sensor_is_alive_and_one_picture_again_is_not() -> None:
    y = place()
    living, still = Aliveness(), Aliveness()
    for number in range(6):
        live, again = living.measure(seen(y, 1.0, number)), still.measure(seen(y, 1.0, 0))
    assert live is not None
    assert live.share > 0.4
    assert live.same < 0.01
    assert again is not None
    assert again.share == again.noise == 0.0
    assert again.same > 0.2


def test_a_burnt_in_clock_and_a_passer_by_do_not_make_a_picture_alive() -> None:
    y, still = place(), Aliveness()
    for number in range(6):
        picture = seen(y, 1.0, 0)
        text = f"12:00:{number:02}"
        cv2.putText(picture, text, (10, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 230, 2)
        picture[120:300, 60 * number : 60 * number + 60] = 20 + 10 * number
        found = still.measure(picture)
    assert found is not None
    assert found.share == 0.0


def test_an_encoder_that_goes_to_and_fro_between_two_qualities_is_found_out() -> None:
    y, still = place(), Aliveness()
    for number in range(6):
        found = still.measure(seen(y, 2.5, number))
    assert found is not None
    assert found.share > 0.5
    two = [seen(y, 1.0, 0), seen(y, 1.0, 1)]
    for number in range(8):
        found = still.measure(two[number % 2])
    assert found is not None
    assert found.share == 0.0


def test_an_encoder_that_is_as_coarse_as_it_has_to_be_row_by_row_is_found_out() -> None:
    rng = np.random.default_rng(4)
    y, still, living = place(), Aliveness(), Aliveness()
    found = []
    for _ in range(24):
        coarse = np.repeat(rng.choice([5, 7, 9, 11], H // 20), 20)[:, None]
        grain = rng.standard_normal((H, W), np.float32)
        once, now = seen(y, 1.5), np.clip(y + 1.5 * grain, 16, 235)
        found.append((
            still.measure((once // coarse * coarse).astype(np.uint8)),
            living.measure((now // coarse * coarse).astype(np.uint8)),
        ))  # fmt: skip
    again, live = found[-1]
    assert again is not None
    assert live is not None
    assert again.share < 0.5 * live.share
    assert again.same > live.same + 0.2


def test_less_noise_than_usual_is_told_at_once_and_is_usual_some_day() -> None:
    y, alive, rng = place(), Aliveness(), np.random.default_rng(2)

    def measure(noise: float) -> None:
        picture = y + noise * rng.standard_normal((H, W), np.float32)
        alive.measure(np.clip(picture, 16, 235).round().astype(np.uint8))

    for _ in range(40):
        measure(2.0)
        assert not alive.quieter
    for _ in range(4):
        measure(0.6)
    assert alive.quieter
    for _ in range(200):
        measure(0.6)
    assert not alive.quieter


def test_where_all_is_black_nobody_can_tell() -> None:
    alive = Aliveness()
    for _ in range(4):
        found = alive.measure(np.full((H, W), 16, np.uint8))
    assert found is None
