"""Digest authentication as cameras ask for it (RFC 2617 and 7616 with MD5)."""

from __future__ import annotations

import hashlib
import re
from hmac import compare_digest
from typing import Final

REALM: Final = "Streetlamp virtual camera"
_FIELD: Final = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


def challenge(nonce: str) -> str:
    """The value of WWW-Authenticate."""
    return f'Digest realm="{REALM}", nonce="{nonce}", algorithm=MD5'


def accepts(header: str, method: str, nonce: str, user: str, password: str) -> bool:
    """Whether a value of Authorization proves that its sender knows the password."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "digest":
        return False
    said = {name.lower(): quoted or bare for name, quoted, bare in _FIELD.findall(rest)}
    if (said.get("username"), said.get("realm"), said.get("nonce")) != (user, REALM, nonce):
        return False
    secret = _md5(f"{user}:{REALM}:{password}")
    request = _md5(f"{method}:{said.get('uri', '')}")
    middle = nonce
    if qop := said.get("qop"):
        middle = f"{nonce}:{said.get('nc', '')}:{said.get('cnonce', '')}:{qop}"
    expected = _md5(f"{secret}:{middle}:{request}")
    return compare_digest(expected.encode(), said.get("response", "").lower().encode())


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
