"""How heat maps look on the wire."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from streetlamp.desk.wire import Wire


class HeatOut(Wire):
    """Sums by cell of the picture. Cells are listed by rows from the top left."""

    camera: str
    kind: Literal["person", "vehicle"]
    what: Literal["presence", "waiting", "passing"] = Field(
        description="Seconds of all together; seconds of those that stood; how many passed."
    )
    start: float
    end: float
    columns: int
    rows: int
    hours: int = Field(description="Of how many hours there is a map.")
    by_hour: tuple[tuple[int, ...], ...] = Field(
        description="24 lists by the hour of the day at the site; an empty one is all zero."
    )
    rest: tuple[int, ...] = Field(
        description="What was too little for its hour and enough for its day; empty is all zero."
    )
    least: int = Field(description="So many different things a cell needs to be in a map.")
    next: float = Field(description="When the map of the hour that runs can be seen.")
    colours: tuple[str, ...] = Field(description="A scale from few to many, `#rrggbb`.")
