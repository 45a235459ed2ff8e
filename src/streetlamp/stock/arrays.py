"""Double precision, for quantities: a litre in a year of deliveries is beyond single precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
