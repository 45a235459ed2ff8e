"""Masked pictures become compressed video, once for recordings and screens, or as one clip."""
