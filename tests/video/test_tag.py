"""Tags of drawn things: the right name, or none."""

from __future__ import annotations

import av
import numpy as np
import pytest

from streetlamp.values import Colour, Kind, Posture, Tracks
from streetlamp.video.tag.options import TagOptions
from streetlamp.video.tag.pixels import Light, Pixels
from streetlamp.video.tag.swatch import PERSON as REGIONS
from streetlamp.video.tag.swatch import swatches
from streetlamp.video.tag.tagger import ColourVote, Tagger

SIZE = (320, 240)
PERSON = (140.0, 60.0, 180.0, 180.0)
CAR = (100.0, 100.0, 220.0, 170.0)
COLOURS = {
    "black": (22, 22, 24), "white": (238, 238, 236), "grey": (128, 128, 130), "red": (190, 25, 35),
    "orange": (245, 130, 20), "yellow": (240, 215, 30), "green": (30, 120, 50),
    "blue": (35, 70, 165), "purple": (120, 45, 150), "pink": (245, 150, 185),
    "brown": (105, 62, 30),
}  # fmt: skip
BACKGROUNDS = {"road": (110, 110, 112), "lawn": (70, 120, 55), "brick": (150, 85, 65)}


def scene(background="road", noise=4.0):
    image = np.empty((SIZE[1], SIZE[0], 3))
    image[:] = (112, 112, 113)
    image[:40] = (205, 206, 208)
    image[60:] = BACKGROUNDS[background]
    return image + np.random.default_rng(5).normal(0, noise, image.shape)


def draw_person(image, upper, lower, box=PERSON):
    x1, y1, x2, y2 = (int(v) for v in box)
    w, h = x2 - x1, y2 - y1
    image[y1 : y1 + h // 7, x1 + w // 3 : x2 - w // 3] = (205, 160, 135)
    image[y1 + h // 7 : y1 + h // 2, x1 + w // 5 : x2 - w // 5] = COLOURS[upper]
    image[y1 + h // 2 : y2 - h // 20, x1 + w // 4 : x2 - w // 4] = COLOURS[lower]


def draw_car(image, paint, box=CAR):
    x1, y1, x2, y2 = (int(v) for v in box)
    w, h = x2 - x1, y2 - y1
    image[y1 : y2 - h // 8, x1:x2] = COLOURS[paint]
    image[y1 + h // 8 : y1 + h // 3, x1 + w // 5 : x2 - w // 5] = (45, 50, 55)  # window
    image[y2 - h // 4 : y2, x1 + w // 8 : x1 + w // 4] = (20, 20, 20)  # wheels
    image[y2 - h // 4 : y2, x2 - w // 4 : x2 - w // 8] = (20, 20, 20)


def frame(image, light=1.0):
    return av.VideoFrame.from_ndarray(
        np.clip(image * light, 0, 255).astype(np.uint8), format="rgb24"
    ).reformat(format="yuv420p")


def tracks(*rows, time=0.0, seen=True):
    return Tracks.make(
        "gate", time, 1, SIZE,
        id=np.arange(len(rows)) + 1,
        box=np.array([box for _, box in rows]).reshape(-1, 4),
        kind=[kind for kind, _ in rows],
        seen=np.full(len(rows), seen),
    )  # fmt: skip


def tag(picture, *rows):
    return Tagger(TagOptions()).update(picture, tracks(*rows))


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize(
    ("upper", "lower"),
    [(name, "blue" if name != "blue" else "black") for name in COLOURS],
)
def test_clothes_on_every_background(upper, lower, background):
    image = scene(background)
    draw_person(image, upper, lower)
    seen = tag(frame(image), (Kind.PERSON, PERSON))
    named = Colour(int(seen.upper[0])).label, Colour(int(seen.lower[0])).label
    assert named == (upper, lower)
    assert seen.colour[0] == Colour.UNKNOWN


@pytest.mark.parametrize("light", [0.75, 1.0, 1.1])
@pytest.mark.parametrize("paint", ["black", "white", "red", "yellow", "green", "blue"])
def test_paint_in_dim_and_bright_light(paint, light):
    image = scene()
    draw_car(image, paint)
    seen = tag(frame(image, light), (Kind.CAR, CAR))
    assert Colour(int(seen.colour[0])).label == paint
    assert seen.upper[0] == seen.lower[0] == Colour.UNKNOWN


def test_a_tinted_evening_does_not_paint_a_white_car():
    image = scene()
    draw_car(image, "white")
    seen = tag(frame(image * np.array([1.0, 0.93, 0.8])), (Kind.CAR, CAR))
    assert Colour(int(seen.colour[0])).label == "white"


def test_what_stands_in_front_does_not_lend_its_colour():
    image = scene()
    draw_car(image, "blue")
    front = (110.0, 90.0, 150.0, 200.0)
    image[90:200, 110:150] = COLOURS["red"]
    alone = tag(frame(image), (Kind.CAR, CAR), (Kind.PERSON, front))
    assert Colour(int(alone.colour[0])).label == "blue"


def test_things_looked_at_together_are_what_each_is_alone():
    image, box = scene("lawn"), []
    for k, (upper, lower) in enumerate([("red", "blue"), ("white", "black"), ("green", "brown")]):
        box.append((20.0 + 110 * k, 40.0 + 20 * k, 60.0 + 110 * k, 170.0 + 20 * k))
        draw_person(image, upper, lower, box[-1])
    box += [(-200.0, 20.0, -160.0, 140.0), (250.0, 180.0, 330.0, 300.0)]  # out of the picture; half
    boxes, pixels = np.array(box, np.float32), Pixels.of(frame(image))
    nearer = [boxes[k + 1 :] if k % 2 else boxes[:0] for k in range(len(boxes))]
    together = swatches(pixels, Light(), boxes, REGIONS, nearer)
    for k in range(len(boxes)):
        alone = swatches(pixels, Light(), boxes[k : k + 1], REGIONS, nearer[k : k + 1])
        np.testing.assert_allclose(together.shares[k], alone.shares[0], atol=1e-12)
        np.testing.assert_allclose(together.clear[k], alone.clear[0])
    assert not together.clear[3].any()
    assert not together.shares[3].any()
    np.testing.assert_allclose(together.shares[:3].sum(axis=2), 1)


def test_who_is_wholly_behind_something_has_no_colours():
    image = scene()
    image[60:180, 140:180] = COLOURS["red"]
    seen = tag(frame(image), (Kind.PERSON, PERSON), (Kind.BUS, (100.0, 40.0, 250.0, 200.0)))
    assert seen.upper[0] == seen.lower[0] == Colour.UNKNOWN


def test_a_stripy_thing_stays_unnamed():
    image = scene()
    for k, name in enumerate(("red", "green", "blue", "yellow", "purple", "orange")):
        image[60 + k * 20 : 60 + (k + 1) * 20, 120:200] = COLOURS[name]
    box = (120.0, 60.0, 200.0, 180.0)
    assert tag(frame(image), (Kind.CAR, box)).colour[0] == Colour.UNKNOWN


def test_an_infrared_picture_has_no_colours():
    image = scene()
    draw_person(image, "red", "blue")
    grey = np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2)
    seen = tag(frame(grey), (Kind.PERSON, PERSON))
    assert seen.upper[0] == seen.lower[0] == Colour.UNKNOWN


def test_a_bicycle_has_no_colour_of_its_riders_clothes():
    image = scene()
    draw_person(image, "red", "red")
    seen = tag(frame(image), (Kind.BICYCLE, PERSON))
    assert seen.colour[0] == Colour.UNKNOWN


@pytest.mark.parametrize("box", [(140.0, 60.0, 152.0, 95.0), (10.0, 60.0, 14.0, 90.0)])
def test_what_is_too_small_is_not_named(box):
    image = scene()
    image[:] = COLOURS["red"]
    assert tag(frame(image), (Kind.PERSON, box)).upper[0] == Colour.UNKNOWN


def test_a_held_box_is_not_looked_at():
    image = scene()
    draw_person(image, "red", "blue")
    held = tracks((Kind.PERSON, PERSON), seen=False)
    assert Tagger(TagOptions()).update(frame(image), held).upper[0] == Colour.UNKNOWN


def test_a_name_outlasts_a_short_occlusion_and_is_forgotten_with_its_track():
    image = scene()
    draw_person(image, "red", "blue")
    empty = scene()
    tagger = Tagger(TagOptions())
    tagger.update(frame(image), tracks((Kind.PERSON, PERSON), time=0.0))
    held = tagger.update(frame(empty), tracks((Kind.PERSON, PERSON), time=2.0, seen=False))
    assert held.upper[0] == Colour.RED
    tagger.update(frame(empty), tracks(time=20.0))
    later = tagger.update(frame(empty), tracks((Kind.PERSON, PERSON), time=20.1, seen=False))
    assert later.upper[0] == Colour.UNKNOWN


def test_in_a_crowd_the_tracks_take_turns():
    image = scene()
    rows = []
    for k in range(6):
        box = (10.0 + 50 * k, 60.0, 50.0 + 50 * k, 180.0)
        draw_person(image, "red", "blue", box)
        rows.append((Kind.PERSON, box))
    tagger = Tagger(TagOptions(tracks_per_look=2))
    named = []
    for k in range(3):
        seen = tagger.update(frame(image), tracks(*rows, time=0.1 * k))
        named.append(int((seen.upper == Colour.RED).sum()))
    assert named == [2, 4, 6]


def test_colours_can_be_turned_off_and_postures_stay():
    image = scene()
    draw_person(image, "red", "blue")
    seen = Tagger(TagOptions(colours=False)).update(frame(image), tracks((Kind.PERSON, PERSON)))
    assert seen.upper[0] == Colour.UNKNOWN
    assert seen.posture[0] == Posture.UPRIGHT


def test_vehicles_have_no_posture():
    image = scene()
    assert tag(frame(image), (Kind.CAR, PERSON)).posture[0] == Posture.UNKNOWN


def test_one_odd_look_does_not_rename_a_thing():
    def share(name):
        shares = np.zeros(11)
        shares[Colour[name.upper()] - 1] = 1.0
        return shares

    vote = ColourVote()
    names = []
    for k, name in enumerate(["blue", "blue", "blue", "grey", "blue", "grey", "blue"]):
        vote.add(share(name), 0.8, k * 0.5, 0.45)
        names.append(vote.name)
    assert set(names) == {Colour.BLUE}
