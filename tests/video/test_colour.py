"""Colour names: nominal colours, under other light, and through a decoder's planes."""

from __future__ import annotations

import av
import numpy as np
import pytest

from streetlamp.values import Colour
from streetlamp.video.tag import colour
from streetlamp.video.tag.pixels import Light, Pixels, quantile

NOMINAL = [
    ("black", "000000"), ("black", "1c1c1c"), ("charcoal", "2b2b2b"),
    ("white", "ffffff"), ("white", "f5f5f0"), ("grey", "808080"), ("grey", "a9a9a9"),
    ("grey", "5a5a5c"), ("red", "ff0000"), ("red", "b22222"), ("red", "8b0000"),
    ("orange", "ffa500"), ("orange", "ff7f00"), ("yellow", "ffff00"), ("yellow", "ffd700"),
    ("green", "00ff00"), ("green", "008000"), ("green", "228b22"), ("green", "556b2f"),
    ("blue", "0000ff"), ("blue", "000080"), ("blue", "4682b4"), ("blue", "87ceeb"),
    ("blue", "4a5a70"), ("purple", "800080"), ("purple", "7b3fa0"), ("pink", "ffc0cb"),
    ("pink", "ff69b4"), ("brown", "8b4513"), ("brown", "5c3a1e"), ("brown", "a0522d"),
]  # fmt: skip


def rgb(code):
    return tuple(int(code[k : k + 2], 16) for k in (0, 2, 4))


@pytest.mark.parametrize(("name", "code"), NOMINAL)
def test_a_colour_everybody_names_alike(name, code):
    wanted = {"charcoal": "black"}.get(name, name)
    assert colour.term(rgb(code)).label == wanted


@pytest.mark.parametrize("brightness", [0.75, 0.9, 1.1])
@pytest.mark.parametrize(
    ("name", "code"),
    [(n, c) for n, c in NOMINAL if n in ("red", "blue", "green") and c not in ("8b0000", "556b2f")],
)
def test_a_strong_colour_keeps_its_name_in_other_light(name, code, brightness):
    lit = tuple(min(255, round(v * brightness)) for v in rgb(code))
    assert colour.term(lit).label == name


def test_memberships_are_shares():
    shares = colour.memberships(np.random.default_rng(1).uniform(0, 1, (500, 3)))
    assert shares.shape == (500, 11)
    assert (shares >= 0).all()
    assert shares.sum(axis=1) == pytest.approx(1)


def test_the_table_agrees_with_the_names_it_was_made_from():
    middles = (np.random.default_rng(2).integers(0, 32, (300, 3)) + 0.5) / 32
    looked_up = colour.table()[colour.table_row(middles)]
    assert looked_up == pytest.approx(colour.memberships(middles), abs=1e-6)


def test_oklab_of_white_black_and_the_primaries():
    """Reference values of the colour space's author (2020), three digits."""
    lab = colour.to_oklab(np.array([[1, 1, 1], [0, 0, 0], [1, 0, 0], [0, 0, 1.0]]))
    wanted = [[1, 0, 0], [0, 0, 0], [0.628, 0.225, 0.126], [0.452, -0.032, -0.312]]
    assert lab == pytest.approx(np.array(wanted), abs=1e-3)


def picture(code, pixel_format="yuv420p", size=(64, 48)):
    image = np.full((size[1], size[0], 3), rgb(code), np.uint8)
    return av.VideoFrame.from_ndarray(image, format="rgb24").reformat(
        format=pixel_format, dst_colorspace="ITU709" if size[1] >= 720 else "ITU601"
    )


@pytest.mark.parametrize("size", [(64, 48), (63, 47), (1280, 720)])
@pytest.mark.parametrize(
    "pixel_format",
    ["yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "nv12", "rgb24", "bgr24"],
)
@pytest.mark.parametrize("code", ["d02030", "20a040", "2040d0", "808080"])
def test_pixels_are_read_from_every_format_a_decoder_gives(code, pixel_format, size):
    pixels = Pixels.of(picture(code, pixel_format, size))
    read = pixels.at(np.array([0.0, 30.0, size[0] + 50.0]), np.array([0.0, 20.0, -3.0]))
    assert read * 255 == pytest.approx(np.array([rgb(code)] * 3), abs=8)


def street(tint=(1.0, 1.0, 1.0), brightness=1.0):
    """Grey road, grey houses, a strip of lawn: what most cameras see."""
    image = np.zeros((240, 320, 3))
    image[:100] = (150, 150, 152)
    image[100:200] = (95, 95, 95)
    image[200:] = (60, 110, 50)
    image[20:40, :60] = (235, 235, 235)
    image = np.clip(image * np.array(tint) * brightness, 0, 255).astype(np.uint8)
    return Pixels.of(av.VideoFrame.from_ndarray(image, format="rgb24"))


def test_the_light_of_a_tinted_street_is_taken_back_in_part():
    warm = street((1.12, 1.0, 0.85))
    light = Light.of(warm)
    before = warm.at(np.array([150.0]), np.array([150.0]))
    after = light.correct(before)
    assert np.ptp(after) < 0.5 * np.ptp(before)
    assert not light.colourless


def test_a_lawn_is_no_green_light():
    lawn = Pixels.of(picture("3c8c32", size=(320, 240)))
    assert len(set(Light.of(lawn).gain)) == 1


def test_infrared_has_no_colours():
    rng = np.random.default_rng(3)
    grey = np.repeat(rng.integers(0, 255, (240, 320, 1), np.uint8), 3, axis=2)
    light = Light.of(Pixels.of(av.VideoFrame.from_ndarray(grey, format="rgb24")))
    assert light.colourless


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.97, 1.0])
@pytest.mark.parametrize("number", [1, 2, 7, 100])
def test_a_quantile_is_numpys(share, number):
    values = np.random.default_rng(number).normal(size=number)
    assert quantile(values, share) == pytest.approx(np.quantile(values, share))


def test_every_term_has_a_column():
    assert len(Colour) == colour.TERMS + 1
