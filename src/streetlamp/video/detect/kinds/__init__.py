"""One file an output layout; each registers itself in ``DETECTORS``."""
