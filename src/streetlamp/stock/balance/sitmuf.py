"""SITMUF: the sequence of MUFs made independent, each measured in its own standard deviation.

With the covariance of the MUFs ``Σ = L Lᵀ`` (Cholesky), SITMUF is ``L⁻¹ MUF``: each MUF less what
the ones before let expect of it, in units of what is left unsure (Pike & Woods 1983; Picard 1987,
J. Nucl. Mater. Manag. 15(3) 38). White with unit variance while nothing is missing and the
instruments are as good as said. Row ``i`` of ``L⁻¹`` needs only the balances up to ``i``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from streetlamp.stock.arrays import Reals

_OUTLIER: Final = 9.0  # a square beyond this tells of an event, not of the instruments
_BELIEF: Final = 40.0  # balances that the instruments' given figures are worth


@dataclass(frozen=True, slots=True, eq=False)
class Sitmuf:
    """``value`` (n,) is SITMUF, ``inverse`` (n, n) is L⁻¹, ``sigma`` (n,) L's diagonal: what is
    unsure of each MUF once the ones before are known. ``scale`` (n,) is a variance factor learnt
    from the balances before each: instruments worse (or better) than said."""

    value: Reals
    inverse: Reals
    sigma: Reals
    scale: Reals

    @property
    def scaled(self) -> Reals:
        """(n,) SITMUF in units of what this store's own balances have shown so far."""
        return self.value / np.sqrt(self.scale)


def decorrelate(muf: Reals, covariance: Reals) -> Sitmuf:
    """SITMUF of MUFs (n,) with covariance (n, n), positive definite."""
    lower = np.linalg.cholesky(covariance)
    inverse = np.linalg.inv(lower)
    inverse[np.triu_indices(len(muf), 1)] = 0.0
    value = inverse @ muf
    return Sitmuf(value, inverse, np.diag(lower).copy(), learnt_scale(value))


def learnt_scale(value: Reals) -> Reals:
    """(n,) variance of SITMUF by the balances before each, drawn towards 1 by a prior."""
    square = np.minimum(value**2, _OUTLIER)
    before = np.concatenate(([0.0], np.cumsum(square)[:-1]))
    return (_BELIEF + before) / (_BELIEF + np.arange(len(value)))
