"""The key pair that a push service knows this site by (VAPID, RFC 8292)."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from streetlamp.errors import UserError

NAME: Final = "web-push.pem"


def private_key(data: Path) -> str:
    """The private key as PEM, from the data folder; made at the first use. UserError: no key."""
    path = data / NAME
    try:
        pem = path.read_bytes()
    except FileNotFoundError:
        pem = _make(path)
    except OSError as error:
        raise UserError(f"the key {path} cannot be read: {error.strerror}.") from None
    _loaded(pem, path)
    return pem.decode("ascii")


def public_key(pem: str, path: Path) -> str:
    """The public key as browsers take it: the uncompressed point in base64url."""
    point = (
        _loaded(pem.encode(), path)
        .public_key()
        .public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    )
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def _make(path: Path) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"the key {path} cannot be written: {error.strerror}.") from None
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    return pem


def _loaded(pem: bytes, path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise UserError(
            f"{path} is no key for Web Push. Move it away: a new one is made, and every browser has"
            " to be registered once more."
        )
    return key
