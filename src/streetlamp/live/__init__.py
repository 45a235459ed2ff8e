"""Masked pictures on their way to screens: one camera's video, stills, and the wall of all."""
