"""What a camera's answers come to, and what of them FFmpeg may see."""

from __future__ import annotations

import re
from typing import Final

from streetlamp.health import Reason
from streetlamp.video.source.address import hidden
from streetlamp.video.source.rtsp_wire import Message
from streetlamp.video.source.trouble import Trouble

MOST_TRACKS: Final = 32  # a camera has two or three: picture, sound, data
_MEDIA: Final = re.compile(rb"(?m)^m=(\w+) ")
_CHANNELS: Final = re.compile(r"interleaved=(\d{1,3})(?:-(\d{1,3}))?", re.IGNORECASE)
_STATUS: Final[dict[int, tuple[Reason, str]]] = {
    403: (Reason.LOGIN_REFUSED, "this user may not see it"),
    404: (Reason.NO_VIDEO, "it answers, but knows no such path"),
    406: (Reason.NO_VIDEO, "it has no video that can be played"),
    415: (Reason.NO_VIDEO, "it has no video that can be played"),
    453: (Reason.NO_VIDEO, "it has no bandwidth left: too many are watching"),
    455: (Reason.NO_VIDEO, "it does not play at this path"),
    461: (Reason.NO_VIDEO, "it does not send by this transport: try the other one (tcp, udp)"),
    503: (Reason.NO_VIDEO, "it is busy: too many are watching"),
}


def judge(message: Message, method: str) -> Trouble | None:
    """What a reply to setting up means when it is not a plain yes."""
    status = message.status
    if 200 <= status < 300 or (method == "OPTIONS" and status in (405, 501)):
        return None
    if 300 <= status < 400:
        elsewhere = shown(message.get("Location"))
        text = f"it sends us to another address, which is not followed: {elsewhere}"
        return Trouble(Reason.NO_VIDEO, text)
    reason, text = _STATUS.get(status, (Reason.NO_VIDEO, f"it refuses with error {status}"))
    return Trouble(reason, text)


def shown(text: str) -> str:
    """Something a stranger wrote, fit for a log: short, one line, no login in it."""
    plain = "".join(char if char.isprintable() else "?" for char in text[:400])
    plain = hidden(plain.encode("utf-8", "replace").decode())
    return plain if len(plain) <= 100 else plain[:100] + "…"


def media_problem(description: bytes) -> Trouble | None:
    """What is wrong with a description of streams (SDP, RFC 8866), before FFmpeg reads it."""
    kinds = [kind.decode("ascii", "replace") for kind in _MEDIA.findall(description)]
    if len(kinds) > MOST_TRACKS:
        return Trouble(Reason.DAMAGED, f"it announces {len(kinds):,} streams")
    if "video" in kinds:
        return None
    there = f"it offers only {' and '.join(sorted(set(kinds)))}" if kinds else "it offers no stream"
    return Trouble(Reason.NO_VIDEO, shown(there))


def transport(
    headers: list[tuple[str, str]], address: str
) -> tuple[list[tuple[str, str]], set[int]]:
    """A SETUP reply's headers with the camera as the only source, and the channels it agreed to.

    Over UDP, FFmpeg sends its reports to whatever ``source`` the reply names.
    """
    changed: list[tuple[str, str]] = []
    channels: set[int] = set()
    for name, value in headers:
        if name.lower() == "transport":
            first = value.partition(",")[0]
            for found in _CHANNELS.finditer(first):
                channels |= {int(one) for one in found.groups() if one is not None}
            kept = [
                part.strip()
                for part in first.split(";")
                if part.strip().partition("=")[0].lower() not in ("source", "destination")
            ]
            if not channels and address:
                kept.append(f"source={address}")
            value = ";".join(kept)  # noqa: PLW2901
        changed.append((name, value))
    return changed, channels
