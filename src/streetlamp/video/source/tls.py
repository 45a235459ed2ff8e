"""Whose certificate is believed when a camera is spoken to over TLS."""

from __future__ import annotations

import hashlib
import re
import ssl
from typing import Final

TRUSTED: Final = "trusted"
ANY: Final = "any"
_PIN: Final = re.compile(r"^sha256:((?:[0-9a-f]{2}:?){31}[0-9a-f]{2})$", re.IGNORECASE)


def check_choice(choice: str) -> str:
    """The option's value as it is kept; ValueError when it is none of what there is.

    ``trusted``, ``any``, ``sha256:`` and a fingerprint, or the path of a PEM file.
    """
    if choice.lower() in (TRUSTED, ANY):
        return choice.lower()
    if choice.lower().startswith("sha256:"):
        found = _PIN.match(choice)
        if not found:
            raise ValueError("a fingerprint is sha256: and 64 hexadecimal digits")
        return "sha256:" + found[1].replace(":", "").lower()
    if not choice.lower().endswith((".pem", ".crt", ".cer")):
        raise ValueError(
            "give trusted, any, a fingerprint (sha256:…), or the path of a .pem file with the "
            "certificates to believe"
        )
    return choice


def context(choice: str) -> ssl.SSLContext:
    """What to connect with; OSError or ssl.SSLError when the PEM file cannot be used.

    With a fingerprint the certificate is judged by `believed`, once the connection stands and
    before anything is sent. Old cameras have short keys, which do no harm where the very
    certificate is known.
    """
    if choice in (TRUSTED, ANY) or choice.startswith("sha256:"):
        made = ssl.create_default_context()
    else:
        made = ssl.create_default_context(cafile=choice)
        made.check_hostname = False  # a camera's own certificate seldom names its address
    if choice == ANY or choice.startswith("sha256:"):
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
        made.set_ciphers("DEFAULT:@SECLEVEL=0")
    return made


def fingerprint(certificate: bytes) -> str:
    """A certificate's (DER) as the option takes it."""
    return "sha256:" + hashlib.sha256(certificate).hexdigest()


def believed(choice: str, certificate: bytes) -> bool:
    """Whether a pinned certificate is the one that came; True where none is pinned."""
    return not choice.startswith("sha256:") or fingerprint(certificate) == choice
