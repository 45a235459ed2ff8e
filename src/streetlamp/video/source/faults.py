"""What errors of FFmpeg and the system mean to a person and to the ledger."""

from __future__ import annotations

import errno
import socket
from typing import Final

import av.error

from streetlamp.health import Reason
from streetlamp.video.source.login import REFUSED
from streetlamp.video.source.trouble import Trouble

FFMPEG_ERRORS: Final = (av.error.FFmpegError, OSError)
UNREADABLE: Final = "what it sends cannot be decoded"
SILENT: Final = "it did not answer in time"
_KINDS: Final[tuple[tuple[tuple[type[BaseException], ...], Trouble], ...]] = (
    (
        (av.error.HTTPUnauthorizedError, av.error.HTTPForbiddenError),
        Trouble(Reason.LOGIN_REFUSED, REFUSED),
    ),
    (
        (av.error.HTTPNotFoundError,),
        Trouble(Reason.NO_VIDEO, "it answers, but knows no such path"),
    ),
    ((av.error.ExitError,), Trouble(Reason.NO_VIDEO, SILENT)),
    ((av.error.EOFError,), Trouble(Reason.NO_VIDEO, "the stream ended")),
    (
        (av.error.InvalidDataError,),
        Trouble(Reason.DAMAGED, "what it sends is not a video stream"),
    ),
    (
        (av.error.ProtocolNotFoundError,),
        Trouble(Reason.NO_VIDEO, "this kind of address cannot be played", retry=False),
    ),
)
_REASONS: Final = {
    errno.EIO: "no connection (is the name right?)",
    errno.ECONNREFUSED: "nothing listens there (connection refused)",
    errno.ECONNRESET: "the connection was cut",
    errno.EPIPE: "the connection was cut",
    errno.EHOSTUNREACH: "there is no way to that host",
    errno.ENETUNREACH: "there is no network",
    errno.ETIMEDOUT: SILENT,
    errno.ENODEV: "there is no such device",
    errno.ENOENT: "there is no such device",
    errno.EACCES: "this user may not open it",
    errno.EBUSY: "another program is using it",
}


def fault(error: BaseException) -> Trouble:
    """What an error of FFmpeg or the system means to a person and to the ledger.

    The text never holds the address (FFmpeg's own texts do, with the login in it).
    """
    for kinds, trouble in _KINDS:
        if isinstance(error, kinds):
            return trouble
    if isinstance(error, socket.gaierror):
        return Trouble(Reason.UNREACHABLE, "no machine of that name is known")
    found = _REASONS.get(getattr(error, "errno", None) or 0)
    if found is None:
        found = f"{getattr(error, 'strerror', None) or type(error).__name__}"
    return Trouble(Reason.UNREACHABLE, found)
