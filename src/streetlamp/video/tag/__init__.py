"""What a tracked thing looks like just now: see ``design/tags.md``."""
