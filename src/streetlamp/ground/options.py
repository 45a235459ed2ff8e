"""How an owner calibrates a camera's ground in the site file."""

from __future__ import annotations

from pydantic import Field, model_validator

from streetlamp.geometry import Point, in_picture
from streetlamp.ground.people import MEAN_HEIGHT, plane_from_people
from streetlamp.ground.plane import Plane
from streetlamp.ground.points import (
    CLICK_PIXELS,
    PICTURE,
    plane_from_points,
    plane_from_rectangle,
)
from streetlamp.options import Options


class GroundOptions(Options):
    """How far apart things on the ground are: points, a rectangle, or people; one of the three."""

    points: tuple[Point, ...] = Field(
        default=(),
        title="Points",
        description="Four or more points [x, y] of the picture (fractions) on the ground, no three"
        " on one line; their places on the ground stand under metres.",
        examples=[[[0.30, 0.50], [0.70, 0.50], [0.95, 0.95], [0.05, 0.95]]],
    )
    metres: tuple[Point, ...] = Field(
        default=(),
        title="Metres",
        description="For each of the points its place [X, Y] on the ground, in metres from anywhere"
        " and turned anyhow.",
        examples=[[[0, 20], [8, 20], [8, 0], [0, 0]]],
    )
    rectangle: tuple[Point, ...] = Field(
        default=(),
        title="Rectangle",
        description="The four corners [x, y] of something rectangular on the ground, such as a"
        " parking bay or a stretch of road, in the order of a walk around it.",
    )
    sides_m: Point | None = Field(
        default=None,
        title="Sides",
        description="Metres from the rectangle's first corner to its second, and from there to its"
        " third.",
        examples=[[2.5, 5.0]],
    )
    people: tuple[tuple[float, float, float], ...] = Field(
        default=(),
        title="People",
        description="Six or more upright people [x, y of the foot, y of the head], near and far, on"
        " flat ground. One person at many places is as good. Needs view_degrees.",
    )
    person_height_m: float = Field(
        default=MEAN_HEIGHT,
        gt=0.5,
        lt=2.5,
        title="Height of the people",
        description="Their mean height in metres, for people; your own, if it is you.",
    )
    view_degrees: float | None = Field(
        default=None,
        gt=5,
        lt=150,
        title="Angle of view",
        description="How wide the camera sees from its picture's left edge to its right, degrees,"
        " from its data sheet; for people.",
        examples=[84],
    )
    picture: tuple[int, int] = Field(
        default=PICTURE,
        title="Picture",
        description="Width and height in pixels of the picture the points were taken from.",
    )
    click_pixels: float = Field(
        default=CLICK_PIXELS,
        ge=0.1,
        le=50,
        title="Accuracy of the points",
        description="By how many pixels of that picture a point may be off; measurements state what"
        " comes of it.",
    )

    @model_validator(mode="after")
    def _possible(self) -> GroundOptions:
        self.plane()
        return self

    def plane(self) -> Plane:
        """The calibrated plane; ValueError says what is wrong with what is given."""
        ways = [name for name in ("points", "rectangle", "people") if getattr(self, name)]
        if len(ways) != 1:
            raise ValueError(
                "give points (and metres), rectangle (and sides_m) or people (and view_degrees):"
                " one of the three"
            )
        if min(self.picture) < 1:
            raise ValueError("picture is its width and its height in pixels")
        for number, point in enumerate((*self.points, *self.rectangle), 1):
            in_picture(point, f"point {number}")
        if ways == ["points"]:
            return plane_from_points(self.points, self.metres, self.picture, self.click_pixels)
        if ways == ["rectangle"]:
            if self.sides_m is None:
                raise ValueError(
                    "sides_m is missing: the metres of the rectangle's first two sides"
                )
            return plane_from_rectangle(
                self.rectangle, self.sides_m, self.picture, self.click_pixels
            )
        if self.view_degrees is None:
            raise ValueError("view_degrees is missing: people alone do not tell how wide it sees")
        return plane_from_people(
            self.people,
            self.view_degrees,
            self.picture,
            mean_height=self.person_height_m,
            click_pixels=self.click_pixels,
        )
