"""Which box is which: see ``design/tracking.md``."""
