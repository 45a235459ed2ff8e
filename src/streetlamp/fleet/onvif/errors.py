"""What goes wrong with a device, told for the person who looks for it."""

from __future__ import annotations

from streetlamp.errors import UserError


class OnvifError(UserError):
    """A device does not do what it is asked."""


class UnreachableError(OnvifError):
    """Nothing answers there, or not in time."""


class LoginError(OnvifError):
    """The device wants a login, or refuses the one it was given."""


def login_error(*, given: bool) -> LoginError:
    """That the device wants a login, or that it refuses the one that was given."""
    return LoginError("it refuses this login" if given else "it wants a login")


class UnsafeAnswerError(OnvifError):
    """The device answers with something that no honest device sends; it was not followed."""
