"""The view a camera is meant to show: learnt slowly, remembered over a restart.

A few references: by day and in infrared, in bright, dim and dark light. Each is an edge grid
(`grid`) and its light and shade on 16×9 cells: coarse, averaged over minutes, without the cells in
which something moved. See ``design/health.md`` for why nobody can be seen in it.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from streetlamp.values import Bytes, Floats
from streetlamp.video.view.grid import (
    COLUMNS,
    ROWS,
    SHADES,
    Compared,
    Grid,
    Shades,
    View,
    chance,
    shifted,
)

FIRST_SECONDS: Final = 16.0  # of a steady view before it is the reference
SLOW_SECONDS: Final = 600.0  # in which what still fits is learnt anew
SLOWEST_SECONDS: Final = 6 * 3600.0  # in which a cell that does not is: furniture
GOOD: Final = 0.6  # fit from which on the view is learnt,
DOUBTFUL: Final = 0.93  # … but below this it is looked whether it fits better elsewhere,
BETTER: Final = 0.15  # by so much,
FITS: Final = (0.9, 0.5)  # or so well, and no more than so much of what does not fit here
STEADY: Final = 0.5  # of a cell's edges, to be learnt at all
LIGHTS: Final = (45.0, 100.0)  # levels between dark, dim and bright
NEW_INFRARED_FIT: Final = 0.12  # of the view by day that must be there when infrared is first seen
NEW_INFRARED_STRUCTURE: Final = 0.25  # and edges
LEARN_SECONDS: Final = 10.0  # between two times that it is learnt from
AGAIN_SECONDS: Final = 60.0  # that a new kind of light must last before it gets its own reference
KIND: Final = "streetlamp view 1"


@dataclass(slots=True)
class _Known:
    view: View
    shades: Shades
    seconds: float  # that went into it

    def learn(self, grid: Grid, shade: Shades, rate: Any, steady: Floats) -> None:
        """rate: of each cell, or of all; what is not steady is not learnt."""
        cells = np.asarray(rate, np.float32) * (steady >= STEADY)
        old = self.view.grid
        self.view = View(old + (grid - old) * cells[..., None])
        self.shades = self.shades + (shade - self.shades) * np.float32(np.mean(rate))


@dataclass(frozen=True, slots=True)
class Likeness:
    """A picture held against the reference that it fits best."""

    known: bool
    fit: float = 1.0
    bare: float = 0.0
    layout: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)  # shares of width and height, right and down
    shifted_fit: float = 0.0
    kappa: float = 1.0  # (fit - chance) / (1 - chance), Cohen 1960; 1 while most of it fits


def fits_better(here: float, there: float) -> bool:
    """Whether a view that fits so much here, 0–1, and so much when it is shifted, is shifted."""
    well, rest = FITS
    return there >= here + BETTER or (there >= well and 1.0 - there < rest * (1.0 - here))


class References:
    """One camera's reference views. `compare` each picture's recent edges; it learns by that."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._first: _Known | None = None  # of a view that has not been seen for long enough
        self._last = self._learnt = 0.0
        self._unknown_since = math.inf  # an infrared view without a reference of its own

    @property
    def known(self) -> bool:
        return bool(self._known)

    def forget(self) -> None:
        """The view as it is from now on is the one that is meant."""
        self._known.clear()
        self._first = None

    def compare(
        self, grid: Grid, steady: Floats, shade: Shades, brightness: float, infrared: bool,
        time: float,
    ) -> Likeness:  # fmt: skip
        """What the recent edges (and how steady each cell is, 0–1) are against the references."""
        step = min(max(time - self._last, 0.0), 5.0)
        self._last = time
        name = _name(infrared, brightness)
        if not self._known:
            self._begin(name, grid, steady, shade, step)
            return Likeness(known=False)
        view = View(grid)
        found, best = self._best(view, name)
        reference = self._known[best]
        layout = float((reference.shades * shade).mean())
        cells, fits = (0.0, 0.0), found.fit
        if found.fit < DOUBTFUL:
            cells, fits = shifted(view, reference.view)
        shift = cells[0] / COLUMNS, cells[1] / ROWS
        if found.fit >= GOOD and not fits_better(found.fit, fits):
            self._unknown_since = math.inf
            if not 0.0 <= time - self._learnt < LEARN_SECONDS:
                step = min(max(time - self._learnt, 1.0), 2 * LEARN_SECONDS)
                self._learnt = time
                self._learn(name, best, found, view, steady, shade, step)
            return Likeness(True, found.fit, found.bare, layout, shift, fits)
        if self._is_first_infrared(name, found.fit, grid, time):
            self._known[name] = _Known(view, shade, 0.0)
        kappa = 1.0
        if found.fit < GOOD:
            by_chance = min(chance(view, reference.view), 0.99)
            kappa = (found.fit - by_chance) / (1.0 - by_chance)
        return Likeness(True, found.fit, found.bare, layout, shift, fits, kappa)

    def _best(self, view: View, name: str) -> tuple[Compared, str]:
        """The reference that fits best; that of this light, if it does."""
        if name in self._known:
            found = Compared(view, self._known[name].view)
            if found.fit >= GOOD:
                return found, name
        compared = {key: Compared(view, one.view) for key, one in self._known.items()}
        best = max(compared, key=lambda key: compared[key].fit)
        return compared[best], best

    def _begin(self, name: str, grid: Grid, steady: Floats, shade: Shades, step: float) -> None:
        first = self._first
        if first is None or Compared(View(grid), first.view).fit < GOOD:
            self._first = _Known(View(grid), shade, 0.0)
            return
        first.learn(grid, shade, step / (first.seconds + 2 * step + 1e-6), steady)
        first.seconds += step
        if first.seconds >= FIRST_SECONDS:
            self._known[name] = first
            self._first = None

    def _learn(
        self, name: str, best: str, found: Compared, view: View, steady: Floats, shade: Shades,
        step: float,
    ) -> None:  # fmt: skip
        old = self._known[best]
        if name not in self._known:  # the light has changed slowly: it is still that view
            self._known[name] = _Known(old.view, old.shades, old.seconds)
        one = self._known[name]
        if name != best:  # what is known of this light is of another evening
            one.view, one.shades = old.view, old.shades
        slow = min(max(one.seconds, 30.0), SLOW_SECONDS)
        rate = np.where(found.agrees, step / slow, step / SLOWEST_SECONDS)
        one.learn(view.grid, shade, rate, steady)
        one.seconds += step

    def _is_first_infrared(self, name: str, fit: float, grid: Grid, time: float) -> bool:
        """Whether this is the camera's own light at its first night: another picture, same view."""
        any_infrared = any(key.startswith("infrared") for key in self._known)
        if any_infrared or not name.startswith("infrared") or fit < NEW_INFRARED_FIT:
            self._unknown_since = math.inf
            return False
        if float((grid[..., 0] > 0.1).mean()) < NEW_INFRARED_STRUCTURE:
            return False
        self._unknown_since = min(self._unknown_since, time)
        return time - self._unknown_since >= AGAIN_SECONDS

    def state(self) -> dict[str, Any]:
        """For a file: what `restore` takes. A few kilobytes."""
        return {
            "kind": KIND,
            "views": {
                name: {
                    "grid": _packed(one.view.grid, 1.0),
                    "shades": _packed(one.shades, 4.0),
                    "seconds": round(one.seconds),
                }
                for name, one in list(self._known.items())  # from another thread
            },
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """What `state` gave in an earlier run. ValueError for anything else."""
        if state.get("kind") != KIND or not isinstance(state.get("views"), dict):
            raise ValueError("not a reference view of this version")
        found = {}
        try:
            for name, one in state["views"].items():
                grid = _unpacked(one["grid"], (ROWS, COLUMNS, 3), 1.0)
                light = _unpacked(one["shades"], SHADES[::-1], 4.0)
                found[str(name)] = _Known(View(grid), light, float(one["seconds"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"a reference view that is damaged: {error}") from error
        self._known = found


def _name(infrared: bool, brightness: float) -> str:
    light = ("dark", "dim", "bright")[sum(brightness >= bar for bar in LIGHTS)]
    return f"{'infrared' if infrared else 'day'} {light}"


def _packed(values: Floats, most: float) -> str:
    whole: Bytes = np.clip(values / most * 127.0 + 128.0, 0, 255).round().astype(np.uint8)
    return base64.b64encode(whole.tobytes()).decode()


def _unpacked(text: str, shape: tuple[int, ...], most: float) -> Floats:
    whole = np.frombuffer(base64.b64decode(text, validate=True), np.uint8).reshape(shape)
    return (whole.astype(np.float32) - 128.0) * np.float32(most / 127.0)
