"""Masked video on the disk: segments as they are written, found, exported, and let go."""
