"""Tests of a series as it comes in: is it still what it was? With run lengths that are exact.

Shared by ``meters/`` and ``stock/``. Nothing here knows what a reading is.
"""
