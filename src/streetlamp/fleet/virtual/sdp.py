"""What a camera says of its stream (SDP, RFC 4566)."""

from __future__ import annotations

from base64 import b64encode
from typing import Final

from streetlamp.fleet.virtual.reel import Reel
from streetlamp.fleet.virtual.rtp import PAYLOAD_TYPE, RATE

TRACK: Final = "track1"
_ENCODINGS: Final = {"h264": "H264", "h265": "H265"}


def describe(name: str, reel: Reel, codec: str) -> str:
    """The session description of one stream."""
    lines = [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        f"s={name}",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        "a=range:npt=now-",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"b=AS:{max(1, round(reel.kbps * 1.5))}",
        f"a=rtpmap:{PAYLOAD_TYPE} {_ENCODINGS[codec]}/{RATE}",
    ]
    if codec == "h264":
        sps, pps = reel.sets
        sets = ",".join(b64encode(unit).decode() for unit in (sps, pps))
        lines.append(
            f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;profile-level-id={sps[1:4].hex()};"
            f"sprop-parameter-sets={sets}"
        )
    lines += [f"a=framerate:{reel.fps:g}", f"a=control:{TRACK}"]
    return "\r\n".join([*lines, ""])
