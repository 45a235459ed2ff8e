"""What `streetlamp stock chart` does: tanks' charts corrected by their own records."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import numpy as np

from streetlamp.errors import UserError
from streetlamp.stock.physics.calibration import Calibration, Drawings, Errors, calibrate
from streetlamp.stock.sir.estimate import estimate
from streetlamp.stock.sir.options import PRODUCTS, SirOptions
from streetlamp.stock.sir.records import Tank, read_folder
from streetlamp.stock.sir.temperature import temperature

HEADINGS: Final = "Height,Volume,Sigma,Change"


def correct_charts(folder: Path, out: Path) -> None:
    """Writes ``chart_TANK.csv`` for each tank that its records are enough for.

    UserError where nothing can be read or written.
    """
    tanks, _ = read_folder(folder)
    try:
        out.mkdir(parents=True, exist_ok=True)
        said = [_one(tank, out) for tank in tanks]
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error}).") from error
    sys.stdout.write("\n".join(said) + "\n")


def _one(tank: Tank, out: Path) -> str:
    found = estimate(tank, SirOptions())
    if isinstance(found, str):
        return f"tank {tank.name}: {found}"
    expansion = PRODUCTS[found.product].expansion
    errors = Errors(reading=found.reading, meter=2**0.5 * found.cut)
    try:
        made = calibrate(tank.chart, _drawings(tank, expansion), errors)
    except ValueError as error:
        return f"tank {tank.name}: {error}"
    # the name is the owner's: no part of it may lead out of the folder
    safe = "".join(each if each.isalnum() or each in "-_" else "_" for each in tank.name)
    (out / f"chart_{safe}.csv").write_text(_table(tank, made), "utf-8")
    most = float(np.abs(made.chart.volumes - tank.chart.volumes).max())
    return (
        f"tank {tank.name}: changed by up to {most:.0f} L, known to "
        f"{float(made.sigma.max()):.0f} L: {out / f'chart_{safe}.csv'}"
    )


def _drawings(tank: Tank, expansion: float) -> Drawings:
    """Days without a delivery. What warming added to the tank was not drawn, so it is taken off."""
    time = np.append(tank.day, tank.day[-1] + 1)
    warmth, _ = temperature(time, np.append(tank.open_temperature, tank.close_temperature[-1]))
    grown = expansion * np.diff(warmth) * tank.close_volume
    use = (tank.delivered == 0) & ~np.isnan(tank.open_volume) & ~np.isnan(tank.close_volume)
    return Drawings(
        tank.chart.height(tank.open_volume[use]),
        tank.chart.height(tank.close_volume[use]),
        (tank.sales - grown)[use],
    )


def _table(tank: Tank, made: Calibration) -> str:
    rows = zip(
        made.chart.heights, made.chart.volumes, made.sigma,
        made.chart.volumes - tank.chart.volumes, strict=True,
    )  # fmt: skip
    lines = [
        f"{height:g},{volume:.1f},{sigma:.1f},{more:+.1f}" for height, volume, sigma, more in rows
    ]
    return "\n".join([HEADINGS, *lines]) + "\n"
