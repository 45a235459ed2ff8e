"""A generated camera: a drawn street that moves, with the frame number in every picture."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from fractions import Fraction
from typing import Annotated, ClassVar, Final
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from streetlamp.errors import UserError
from streetlamp.video.raw import RawFrame
from streetlamp.video.source.base import SOURCES, Capabilities, Probe, Source
from streetlamp.video.source.options import SourceOptions
from streetlamp.video.source.pace import Pace
from streetlamp.video.source.play import Placed, raw_frames
from streetlamp.video.source.scene import Scene

DEFAULT_SECONDS: Final = 10.0  # of `process` when the address does not say


class SceneSettings(BaseModel):
    """What may stand behind the question mark of a ``test:`` address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: Annotated[str, Field(pattern=r"^\d{2,4}x\d{2,4}$")] = "640x360"
    fps: Annotated[float, Field(gt=0, le=120)] = 25.0
    seconds: Annotated[float, Field(gt=0, le=1e7)] | None = None  # None: endless when live
    seed: int = Field(1, ge=0)
    people: int = Field(5, ge=0, le=100)
    cars: int = Field(2, ge=0, le=100)

    @property
    def pixels(self) -> tuple[int, int]:
        """Width, height; at least 48×32, so that the number strip can be read."""
        width, height = self.size.split("x")
        return max(48, int(width)), max(32, int(height))

    @classmethod
    def parse(cls, url: str) -> SceneSettings:
        """From ``test:?size=1280x720&fps=25``; UserError names what is wrong."""
        _, _, query = url.partition("?")
        try:
            pairs = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
            return cls.model_validate(pairs)
        except ValidationError as error:
            first = error.errors()[0]
            problem = f"{first['loc'][0]}: {first['msg']}"
        except ValueError:
            problem = "write name=value pairs with & between them"
        known = ", ".join(cls.model_fields)
        raise UserError(f"{url}: {problem}; a test address takes {known}")


@SOURCES.add("test")
class TestSource(Source):
    """Deterministic: the same address gives the same pictures, on every machine and run."""

    __test__ = False  # not a test, whatever its name begins with

    schemes: ClassVar[tuple[str, ...]] = ("test",)
    summary: ClassVar[str] = "A drawn street with moving figures and a frame number, for trying out"
    capabilities: ClassVar[Capabilities] = Capabilities(
        live=True,
        process=True,
        ends=True,
        login=False,
        times="exact: frame number / fps",
        codecs="none (drawn)",
        example="test:?size=1280x720&fps=25&seconds=10&seed=1",
    )

    def __init__(self, camera: str, url: str, options: SourceOptions, *, live: bool) -> None:
        super().__init__(camera, url, options, live=live)
        self.settings = SceneSettings.parse(self.url)

    @property
    def rate(self) -> Fraction:
        """Pictures a second, exact."""
        return Fraction(self.settings.fps).limit_denominator(1001)

    def scene(self) -> Scene:
        """What is drawn; its `figures` say where everything is."""
        one = self.settings
        return Scene(one.pixels, float(self.rate), one.seed, one.people, one.cars)

    def frames(self) -> Generator[RawFrame, None, None]:
        pace = Pace(self) if self.live else None
        yield from raw_frames(self, self._drawn(pace), pace)

    def probe(self) -> Probe:
        width, height = self.settings.pixels
        count = self._count()
        seconds = None if count is None else count / float(self.rate)
        return Probe("drawn", width, height, float(self.rate), count, seconds, "yuv420p", None)

    def _count(self) -> int | None:
        seconds = self.settings.seconds
        if seconds is None:
            if self.live or self.options.loop:
                return None
            seconds = DEFAULT_SECONDS
        return max(1, round(Fraction(seconds) * self.rate))

    def _drawn(self, pace: Pace | None) -> Iterator[Placed]:
        scene, base, count, number = self.scene(), 1 / self.rate, self._count(), 0
        while count is None or number < count:
            if pace is None or not pace.skip(keyframe=True, step=float(base)):
                yield number, base, scene.draw(number)
            number += 1
