"""A tank's chart (strapping table): which volume stands at which height.

A chart comes from a CSV file with two columns, height in mm and volume in L, or from the formula of
a horizontal cylinder with flat ends (ISO 12917-1's simplest case; how most station tanks lie).
Between two rows it is read as a straight line, as gauges and people do.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from streetlamp.errors import UserError
from streetlamp.stock.arrays import Reals


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """Heights (n,) mm and volumes (n,) L, both ascending; checked when made (ValueError)."""

    heights: Reals
    volumes: Reals

    def __post_init__(self) -> None:
        if self.heights.ndim != 1 or self.heights.shape != self.volumes.shape:
            raise ValueError("a chart has one volume for each height")
        if len(self.heights) < 2:
            raise ValueError("a chart has two rows or more")
        if not (np.isfinite(self.heights).all() and np.isfinite(self.volumes).all()):
            raise ValueError("a chart's heights and volumes are numbers")
        if (np.diff(self.heights) <= 0).any() or (np.diff(self.volumes) <= 0).any():
            raise ValueError("a chart's heights and volumes rise from row to row")

    @property
    def top(self) -> float:
        """The greatest height, mm."""
        return float(self.heights[-1])

    @property
    def capacity(self) -> float:
        """The volume at the greatest height, L."""
        return float(self.volumes[-1])

    def volume(self, height: Reals) -> Reals:
        """L at heights in mm, any shape. NaN where the chart does not reach."""
        return _inside(height, self.heights, self.volumes)

    def height(self, volume: Reals) -> Reals:
        """mm at volumes in L: the inverse of `volume`."""
        return _inside(volume, self.volumes, self.heights)

    def area(self, height: Reals) -> Reals:
        """L per mm at a height: how much a millimetre of a reading's error is worth there."""
        height = np.asarray(height, float)
        row = np.searchsorted(self.heights, height, side="right") - 1
        row = np.clip(row, 0, len(self.heights) - 2)
        slope = np.diff(self.volumes)[row] / np.diff(self.heights)[row]
        inside = (height >= self.heights[0]) & (height <= self.heights[-1])
        return np.where(inside, slope, np.nan)


def _inside(at: Reals, x: Reals, y: Reals) -> Reals:
    return np.asarray(np.interp(np.asarray(at, float), x, y, left=np.nan, right=np.nan), float)


def horizontal_cylinder(diameter: float, length: float, step: float = 10.0) -> Chart:
    """The chart of a lying cylinder with flat ends; ``diameter``, ``length``, ``step`` in mm.

    >>> round(horizontal_cylinder(2000, 6000).capacity)
    18850
    """
    if not (diameter > 0 and length > 0 and 0 < step <= diameter):
        raise ValueError("a cylinder's diameter, length and step are above zero")
    heights = np.append(np.arange(0.0, diameter, step), diameter)
    radius = diameter / 2
    below = (radius - heights) / radius
    segment = np.arccos(below) - below * np.sqrt(1 - below**2)
    return Chart(heights, segment * radius**2 * length / 1e6)


def read_chart(path: Path) -> Chart:
    """A chart from a CSV file: height in mm, volume in L, one row of headings; more is not read.

    UserError says which line is wrong and what should stand there.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error}).") from error
    heights: list[float] = []
    volumes: list[float] = []
    for number, row in enumerate(csv.reader(lines), 1):
        if number == 1 or not any(cell.strip() for cell in row):
            continue
        try:
            height, volume = (float(cell) for cell in row[:2])
        except ValueError:
            raise UserError(
                f"{path}:{number}: a row of a chart is a height in mm and a volume in L, "
                f"such as 1250,17000.5; here stands {','.join(row)!r}."
            ) from None
        if heights and not (height > heights[-1] and volume > volumes[-1]):
            raise UserError(f"{path}:{number}: height and volume must be above the row before.")
        heights.append(height)
        volumes.append(volume)
    try:
        return Chart(np.array(heights), np.array(volumes))
    except ValueError as error:
        raise UserError(f"{path}: {error}.") from None


def write_chart(path: Path, chart: Chart) -> None:
    """Writes a chart as `read_chart` reads it."""
    rows = [f"{h:g},{v:.1f}" for h, v in zip(chart.heights, chart.volumes, strict=True)]
    path.write_text("\n".join(["Height,Volume", *rows]) + "\n", "utf-8")
