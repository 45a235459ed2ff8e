"""Records weighed by their errors: the loss under test, in gal/h, and how sure it is.

Generalised least squares with a flat prior on start and loss. How far the gauge's readings scatter
and how far apart stock and sales are read is measured from the same records: the restricted
likelihood (Patterson & Thompson 1971, Biometrika 58, 545) is taken on a grid of both, and the
answers are averaged by it, so the interval knows that they are not known. The fuel is averaged over
in the same way where nobody says which it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streetlamp.stock.arrays import Reals
from streetlamp.stock.sir.model import Model, Series, model, series
from streetlamp.stock.sir.options import PRODUCTS, Product, SirOptions
from streetlamp.stock.sir.records import Tank

READING: Final = np.geomspace(0.12, 6.0, 11)  # mm
CUT: Final = np.exp(np.linspace(-1.2, 1.2, 5))  # times what the options say
CUT_PRIOR: Final = 0.5  # of the logarithm
LEAST: Final = 8  # readings under test, and before
STRANGE: Final = 5.5  # sigma from which a reading or a step is not believed
MOST_STRANGE: Final = 6
SIXTEENTH: Final = 25.4 / 16  # mm
ROUNDED: Final = 0.06  # mm, how exactly heights are written
STICK_SCATTER: Final = 0.7  # mm


@dataclass(frozen=True, slots=True)
class Strange:
    """Something that no error of the model explains; it was left out of the rate."""

    day: float
    kind: str  # "reading" or "step"
    litres: float  # above what was to be expected
    sigmas: float


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """What a tank's records say."""

    rate: float  # gal/h, lost while under test; below zero: gained
    sigma: float
    before: float  # gal/h, lost through the history as well
    before_sigma: float
    reading: float  # mm, scatter of the readings
    stick: bool  # heights are read off a stick
    cut: float  # fraction of a day's sales
    product: str
    limits: Mapping[str, float]  # gal/h, each error's own share of sigma, greatest first
    misfit: float  # mean square of what is left, of what was expected; about 1
    strange: tuple[Strange, ...]
    end: float  # day on which the test ends
    time: Reals  # (m,) days
    left: Reals  # (m,) L: the balance against its start, all else that is known taken out
    band: Reals  # (m,) L: sigma of that


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """One product's answer, averaged over the grid."""

    model: Model
    product: Product
    rate: float
    variance: float
    evidence: float  # log of the mean restricted likelihood
    reading: float
    cut: float
    covariance: Reals  # (m, m) L², at the averaged reading and cut


def estimate(tank: Tank, options: SirOptions) -> Estimate | str:
    """The rate of a tank, or why there is none."""
    line = series(tank, options)
    begin = line.time[-1] - options.test_days
    here = line.time[~np.isnan(line.volume)]
    if (here > begin).sum() < LEAST:
        return f"has {(here > begin).sum()} readings in the days under test, {LEAST} are needed"
    if (here <= begin).sum() < LEAST:
        return f"has {(here <= begin).sum()} readings of history, {LEAST} are needed"
    told = None if tank.product is None else PRODUCTS.get(tank.product)
    products = tuple(PRODUCTS.values()) if told is None else (told,)
    strange: list[Strange] = []
    while True:
        fits = [_fit(model(line, each, options), each, options) for each in products]
        best = max(fits, key=lambda fit: fit.evidence)
        found = _strangest(best, line)
        if found is None or len(strange) >= MOST_STRANGE:
            break
        line, what = found
        strange.append(what)
    return _answer(
        fits, best, tuple(strange), stick=_stick(tank, best.reading), end=float(line.time[-1])
    )


def _fit(one: Model, product: Product, options: SirOptions) -> _Fit:
    reading, cut = (each.ravel() for each in np.meshgrid(READING, CUT, indexing="ij"))
    own = reading[:, None] ** 2 * one.reading + (options.cut_off * cut[:, None]) ** 2 * one.cut
    fixed = one.fixed
    covariance = np.repeat(fixed[None], len(reading), axis=0)
    diagonal = np.arange(len(one.x))
    covariance[:, diagonal, diagonal] += own
    rate, variance, likelihood = _gls(one, covariance)
    log = likelihood - np.log(cut) ** 2 / (2 * CUT_PRIOR**2)
    weight = np.exp(log - log.max())
    evidence = float(log.max() + math.log(weight.mean()))
    weight /= weight.sum()
    mean = float(weight @ rate)
    middle = math.sqrt(weight @ reading**2), math.sqrt(weight @ cut**2)
    fixed[diagonal, diagonal] += middle[0] ** 2 * one.reading
    fixed[diagonal, diagonal] += (options.cut_off * middle[1]) ** 2 * one.cut
    return _Fit(
        model=one,
        product=product,
        rate=mean,
        variance=float(weight @ (variance + (rate - mean) ** 2)),
        evidence=evidence,
        reading=middle[0],
        cut=options.cut_off * middle[1],
        covariance=fixed,
    )


def _gls(one: Model, covariance: Reals) -> tuple[Reals, Reals, Reals]:
    """Rate, its variance and the log restricted likelihood for each of ``covariance`` (g, m, m)."""
    known = np.column_stack([one.design, one.x])
    solved = np.linalg.solve(covariance, np.broadcast_to(known, (len(covariance), *known.shape)))
    cross = known.T @ solved  # (g, 3, 3)
    inner, towards, square = cross[:, :2, :2], cross[:, :2, 2:], cross[:, 2, 2]
    answer = np.linalg.solve(inner, towards)
    rest = square - (towards * answer).sum((1, 2))
    size = np.linalg.slogdet(covariance)[1] + np.linalg.slogdet(inner)[1]
    return answer[:, 1, 0], np.linalg.inv(inner)[:, 1, 1], -(size + rest) / 2


def _strangest(fit: _Fit, line: Series) -> tuple[Series, Strange] | None:
    """The reading, or the step between two, that is furthest from what all others say.

    Each is tried as one more unknown: ``z = u'Qx / sqrt(u'Qu)`` with Q the covariance's inverse
    freed from start and loss, ``u`` one reading, or all from one on.
    """
    one = fit.model
    inverse = np.linalg.inv(fit.covariance)
    across = inverse @ one.design
    q = inverse - across @ np.linalg.solve(one.design.T @ across, across.T)
    found: tuple[float, float, int, str] | None = None
    m = len(one.x)
    for kind, u in (("reading", np.eye(m)), ("step", np.tril(np.ones((m, m)))[:, 1:])):
        towards, size = u.T @ (q @ one.x), np.einsum("mi,mn,ni->i", u, q, u)
        good = size > 1e-12
        z = np.where(good, towards / np.sqrt(np.where(good, size, 1.0)), 0.0)
        k = int(np.argmax(np.abs(z)))
        if abs(z[k]) > STRANGE and (found is None or abs(z[k]) > abs(found[0])):
            found = float(z[k]), float(towards[k] / size[k]), k + (kind == "step"), kind
    if found is None:
        return None
    z_, litres, k, kind = found
    at = int(one.at[k])
    changed = line.without(at) if kind == "reading" else line.broken(at)
    return changed, Strange(float(one.time[k]), kind, litres, z_)


def _stick(tank: Tank, scatter: float) -> bool:
    """Whether heights are whole sixteenths of an inch, or whole millimetres that scatter."""
    heights = np.concatenate([tank.open_height, tank.close_height])
    heights = heights[~np.isnan(heights)]

    def whole(unit: float) -> bool:
        return bool((np.abs(heights / unit - np.round(heights / unit)) * unit < ROUNDED).all())

    return whole(SIXTEENTH) or (whole(1.0) and scatter > STICK_SCATTER)


def _answer(
    fits: Sequence[_Fit], best: _Fit, strange: tuple[Strange, ...], *, stick: bool, end: float
) -> Estimate:
    log = np.array([fit.evidence for fit in fits])
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    rate = float(sum(w * fit.rate for w, fit in zip(weight, fits, strict=True)))
    variance = float(
        sum(w * (f.variance + (f.rate - rate) ** 2) for w, f in zip(weight, fits, strict=True))
    )
    one = best.model
    inverse = np.linalg.inv(best.covariance)
    free = len(one.x) - 2
    rest = _rest(one.x, one.design, inverse)
    misfit = rest / free
    worse = max(1.0, misfit) if misfit > 1 + 3 * math.sqrt(2 / free) else 1.0
    with_before = np.column_stack([one.design, one.steady])
    shape = np.linalg.inv(with_before.T @ inverse @ with_before)
    before = (shape @ with_before.T @ inverse @ one.x)[2]
    left, band = _picture(best, rate)
    return Estimate(
        rate=rate,
        sigma=math.sqrt(variance * worse),
        before=float(before),
        before_sigma=math.sqrt(float(shape[2, 2]) * worse),
        reading=best.reading,
        stick=stick,
        cut=best.cut,
        product=best.product.name,
        limits=_limits(best, inverse),
        misfit=misfit,
        strange=strange,
        end=end,
        time=one.time,
        left=left,
        band=band,
    )


def _rest(x: Reals, design: Reals, inverse: NDArray[Any]) -> float:
    towards = design.T @ inverse @ x
    inner = design.T @ inverse @ design
    return float(x @ inverse @ x - towards @ np.linalg.solve(inner, towards))


def _limits(fit: _Fit, inverse: NDArray[Any]) -> dict[str, float]:
    """What each error alone leaves unknown of the rate, weighed as they all are."""
    one = fit.model
    towards = one.design.T @ inverse
    weight = np.linalg.solve(towards @ one.design, towards)[1]
    shares = {name: float(weight @ part @ weight) for name, part in one.parts.items()}
    shares["readings"] = fit.reading**2 * float(weight**2 @ one.reading)
    shares["cut-off"] = fit.cut**2 * float(weight**2 @ one.cut)
    ordered = sorted(shares.items(), key=lambda each: -each[1])
    return {name: math.sqrt(max(share, 0.0)) for name, share in ordered}


def _picture(fit: _Fit, rate: float) -> tuple[Reals, Reals]:
    """The balance without its lasting errors, at their likeliest: loss and readings remain."""
    one = fit.model
    inverse = np.linalg.inv(fit.covariance)
    loss = one.design[:, 1] * rate
    rest = one.x - loss
    start = float(inverse.sum(0) @ rest / inverse.sum())
    fixed = one.fixed
    lasting = fixed @ inverse @ (rest - start)
    own = np.diag(fit.covariance) - np.diag(fixed)
    return one.x - start - lasting, np.sqrt(own)


def of_product(tank: Tank, name: str | None) -> Tank:
    """The same records, of a named product."""
    return replace(tank, product=name)
