"""Errors that are meant for the person at the keyboard."""

from __future__ import annotations


class StreetlampError(Exception):
    """The base of every error Streetlamp raises on purpose."""


class UserError(StreetlampError):
    """Something the user can put right. The text says what is wrong and what to do about it."""
