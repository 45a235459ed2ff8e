"""Streetlamp looks after a place without looking at who is there."""

__version__ = "0.1.0"
