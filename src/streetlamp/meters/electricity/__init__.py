"""What a load curve shows: faults of an electricity meter, of its network and of what hangs on it.

``days`` turns steps of any length into local days; ``levels`` says by how much a day's quantiles
moved and why; ``phases``, ``repeats``, ``clock``, ``thermal`` and ``runs`` each look at one thing.
``causes/electricity_*.py`` register what they find.
"""
