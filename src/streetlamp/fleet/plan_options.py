"""What the owner may say about plans and maps of the site, and where on them a camera stands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from streetlamp.fleet.plan_picture import look_at_picture
from streetlamp.fleet.plan_style import look_at_style
from streetlamp.options import Options

PLAIN: Final = "plain"
"""A map with nothing behind the cameras but a grid of latitudes and longitudes."""

PlanId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]


class PlanOptions(Options):
    """A plan (a picture, such as a floor plan) or a map, on which the page shows the cameras."""

    name: str = Field(
        default="",
        max_length=80,
        title="Name",
        description="What people call it. Left out: its id.",
        examples=["Ground floor"],
    )
    image: Path | None = Field(
        default=None,
        title="Picture",
        description="A PNG, JPEG or SVG file; a relative path starts at this file's folder. An SVG "
        "with scripts, or one that loads anything, is refused.",
        examples=["plans/ground.svg"],
    )
    width_m: float | None = Field(
        default=None,
        gt=0,
        le=100_000,
        title="Width in metres",
        description="How many metres the picture is wide, for its scale bar.",
        examples=[120],
    )
    map: str = Field(
        default="",
        title="Map",
        description="`plain` for a map with nothing behind the cameras but a grid, or a MapLibre "
        "style file, all of whose tiles, letters and data lie in its own folder. The page never "
        "loads anything from elsewhere.",
        examples=[PLAIN, "maps/style.json"],
    )

    @field_validator("image")
    @classmethod
    def _whole_picture(cls, path: Path | None) -> Path | None:
        if path is not None:
            look_at_picture(path)
        return path

    @field_validator("map")
    @classmethod
    def _whole_style(cls, text: str) -> str:
        if "://" in text:
            raise ValueError(f"{text} lies elsewhere; a map here is a style file on this machine")
        if text not in ("", PLAIN):
            look_at_style(Path(text))
        return text

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.image is None) == (self.map == ""):
            raise ValueError("give image (a picture) or map, one of the two")
        if self.width_m is not None and self.image is None:
            raise ValueError("width_m speaks of a picture; a map knows its scale")
        return self

    @property
    def style(self) -> Path | None:
        """The map's style file, if it has one."""
        return Path(self.map) if self.map not in ("", PLAIN) else None


class AtOptions(Options):
    """Where a camera stands: x and y on a plan's picture, or lat and lon on a map."""

    plan: str = Field(
        default="",
        title="Plan",
        description="One of the site's plans. May be left out where there is only one that fits; "
        "with lat and lon and no map at all, the site gets a plain one.",
        examples=["ground"],
    )
    x: float | None = Field(
        default=None,
        ge=0,
        le=1,
        title="Across",
        description="From the picture's left edge (0) to its right edge (1).",
        examples=[0.42],
    )
    y: float | None = Field(
        default=None,
        ge=0,
        le=1,
        title="Down",
        description="From the picture's upper edge (0) to its lower edge (1).",
        examples=[0.3],
    )
    lat: float | None = Field(
        default=None,
        ge=-85,
        le=85,
        title="Latitude",
        description="Degrees north (WGS 84).",
        examples=[52.5163],
    )
    lon: float | None = Field(
        default=None,
        ge=-180,
        le=180,
        title="Longitude",
        description="Degrees east (WGS 84).",
        examples=[13.3777],
    )
    direction: float | None = Field(
        default=None,
        ge=0,
        le=360,
        title="Direction, degrees",
        description="Where it looks, clockwise: 0 is up on a plan and north on a map, 90 is right "
        "or east. Left out: the place alone is shown.",
        examples=[90],
    )
    angle: float = Field(
        default=70.0,
        ge=1,
        le=360,
        title="Angle of view, degrees",
        description="How wide it sees.",
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        picture = [self.x is not None, self.y is not None]
        earth = [self.lat is not None, self.lon is not None]
        if any(picture) == any(earth):
            raise ValueError("say where: x and y on a plan's picture, or lat and lon on a map")
        if any(picture) != all(picture):
            raise ValueError("x and y belong together; one of them is missing")
        if any(earth) != all(earth):
            raise ValueError("lat and lon belong together; one of them is missing")
        return self

    @property
    def on_a_map(self) -> bool:
        return self.lat is not None
