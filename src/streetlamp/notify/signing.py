"""Standard Webhooks: who sent it, when, and that nobody changed it.

Standard Webhooks 1.0.0, symmetric scheme: HMAC-SHA256 over ``id.timestamp.body``, key and
signature in base64, ``whsec_`` before the key, ``v1,`` before the signature.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

PREFIX: Final = "whsec_"
LEAST, MOST = 24, 64  # bytes of a key


def key_of(secret: str) -> bytes:
    """The key in a secret; ValueError when it is none."""
    if not secret.startswith(PREFIX):
        raise ValueError(f"a signing secret begins with {PREFIX}")
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError(f"what follows {PREFIX} is not base64") from None
    if not LEAST <= len(key) <= MOST:
        raise ValueError(f"a signing secret holds {LEAST} to {MOST} bytes, this one {len(key)}")
    return key


def signature(key: bytes, id: str, timestamp: int, body: bytes) -> str:  # noqa: A002
    signed = f"{id}.{timestamp}.".encode() + body
    made = hmac.new(key, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(made).decode()}"


def headers(keys: Sequence[bytes], id: str, timestamp: int, body: bytes) -> dict[str, str]:  # noqa: A002
    """The three headers; one signature a key, so that a key can be changed while both are known."""
    return {
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(key, id, timestamp, body) for key in keys),
    }
