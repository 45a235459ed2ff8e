"""Why something is missing: one file a cause."""
