"""The picture's measures that a camera has a usual value of, and how those are learnt."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from statistics import median
from typing import Any, Final

from streetlamp.fleet.normal import Normal
from streetlamp.video.view.sample import ViewSample

RANGES: Final = {  # of each measure
    "sharpness": (0.05, 1.0),
    "contrast": (0.02, 4.0),
    "detail": (0.002, 0.6),
    "alive": (0.002, 1.0),
    "noise": (0.02, 40.0),
    "same": (0.002, 0.5),
    "coded": (1.0, 1e6),
    "structure": (0.01, 1.0),
}
RECENT_SECONDS: Final = 600.0  # that count while an hour's usual value is not known
FEWEST: Final = 4  # of them
SETTLE_SECONDS: Final = 45.0  # of the newest that do not: what is wrong must not be usual
MINUTE: Final = 60.0


def measures(sample: ViewSample) -> dict[str, float]:
    """The sample's measures that have a usual value. Contrast and detail are shares of the light:
    what is half as bright has half the contrast, and nothing is wrong with it."""
    light = sample.brightness + 12.0
    found: dict[str, float | None] = {
        "contrast": (sample.high - sample.low) / light,
        "detail": sample.detail / light,
        "structure": sample.structure,
        "sharpness": sample.sharpness,
        "alive": sample.alive,
        "noise": sample.noise,
        "same": sample.same,
        "coded": sample.coded,
    }
    return {name: value for name, value in found.items() if value is not None}


class Usual:
    """One camera's usual values. `learn` from each sample in which all was well."""

    def __init__(self) -> None:
        self._normals = {
            (name, infrared): Normal(*RANGES[name]) for name in RANGES for infrared in (0, 1)
        }
        self._recent: deque[tuple[float, int, dict[str, float]]] = deque()
        self._minute = -1

    def learn(self, sample: ViewSample) -> None:
        """Takes in a sample of good times; once a minute it goes into the long memory."""
        infrared = int(sample.infrared)
        if self._recent and sample.time < self._recent[-1][0]:
            self._recent.clear()
        self._recent.append((sample.time, infrared, measures(sample)))
        while self._recent[0][0] < sample.time - RECENT_SECONDS:
            self._recent.popleft()
        minute = int(sample.time // MINUTE)
        if minute == self._minute:
            return
        self._minute = minute
        for name in RANGES:  # of a minute ago: what came after was well, too
            values = [
                found[name]
                for time, kind, found in self._recent
                if kind == infrared and name in found
                and sample.time - 2 * MINUTE <= time < sample.time - MINUTE
            ]  # fmt: skip
            if values:
                self._normals[name, infrared].learn(median(values), sample.time)

    def of(self, name: str, sample: ViewSample, share: float = 0.5) -> float | None:
        """The measure's usual value at this hour (a quantile, 0–1); None: not known yet."""
        infrared = int(sample.infrared)
        usual = self._normals[name, infrared].quantile(share, sample.time)
        return self.lately(name, sample, share) if usual is None else usual

    def lately(self, name: str, sample: ViewSample, share: float = 0.5) -> float | None:
        """The same of the last ten minutes alone."""
        infrared = int(sample.infrared)
        values = sorted(
            found[name]
            for time, kind, found in self._recent
            if kind == infrared and name in found and time < sample.time - SETTLE_SECONDS
        ) or sorted(
            found[name] for _, kind, found in self._recent if kind == infrared and name in found
        )
        if len(values) < FEWEST:
            return None
        return values[min(len(values) - 1, int(share * len(values)))]

    def state(self) -> dict[str, Any]:
        """For a file: what `restore` takes."""
        return {
            f"{name} {'infrared' if infrared else 'day'}": normal.state()
            for (name, infrared), normal in self._normals.items()
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """What `state` gave. ValueError for anything else."""
        for (name, infrared), normal in self._normals.items():
            one = state.get(f"{name} {'infrared' if infrared else 'day'}", {})
            if not isinstance(one, Mapping):
                raise ValueError("usual values that are damaged")  # noqa: TRY004
            normal.restore(one)
