"""Vehicles a detector is unsure of, told where others have been seen to drive."""

from streetlamp.video.traffic.traffic import Traffic

__all__ = ["Traffic"]
