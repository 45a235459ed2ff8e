"""Addresses that may hold a login, and texts from which it must be taken out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote

_SCHEME: Final = re.compile(r"^([a-zA-Z][a-zA-Z0-9+.-]+)://")
_SECRET_KEYS: Final = (
    r"pass(?:word|wd|wort)?|pwd|psw|user(?:name)?|usr|token|auth|secret|api_?key|key"
)
_SECRET_PAIR: Final = re.compile(rf"(?i)(\b|_)({_SECRET_KEYS})=[^&\s'\"/;,]*[^&\s'\"/;,:.]")
_USERINFO: Final = re.compile(r"(?i)\b([a-z][a-z0-9+.-]+://)[^/\s'\"]*@")
_PORT: Final = re.compile(r"^(?:\[[^\]]*\]|[^:\[\]]*)(?::\d*)?$")
_MASK: Final = "***"


@dataclass(frozen=True, slots=True)
class Address:
    """A URL taken apart: what may be shown, and the login that may not."""

    bare: str  # without user name and password
    username: str = field(default="", repr=False)  # as the person means it, not percent-encoded
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> Address:
        """Split a URL; anything that is not ``scheme://…`` is left as it is.

        The login reaches to the last ``@`` before the path, so ``p@ss`` works as written. A
        password that holds ``/``, ``?`` or ``#`` must be percent-encoded: otherwise nobody can
        tell where the host begins, and ValueError says so without repeating the password.
        """
        found = _SCHEME.match(url)
        if not found:
            return cls(url)
        rest = url[found.end() :]
        end = next((at for at, char in enumerate(rest) if char in "/?#"), len(rest))
        place, path = rest[:end], rest[end:]
        login, at, host = place.rpartition("@")
        if not _PORT.match(host):
            raise ValueError(
                f"the {found[1]} address cannot be read: what should be host:port is not. If the "
                "password holds a '/', '?' or '#', write it as %2F, %3F or %23, or give "
                "username and password on their own lines"
            )
        if not at:
            return cls(url)
        username, _, password = login.partition(":")
        return cls(found[0] + host + path, unquote(username), unquote(password))

    @property
    def place(self) -> str:
        """Name or number of the machine and, if given, its port; "" where the address has none."""
        found = _SCHEME.match(self.bare)
        if not found:
            return ""
        return re.split(r"[/?#]", self.bare[found.end() :], maxsplit=1)[0].lower()

    @property
    def host(self) -> str:
        """Name or number of the machine, without its port; "" where the address has none."""
        return re.sub(r":\d*$", "", self.place)

    def with_login(self, username: str, password: str) -> str:
        """The URL as FFmpeg wants it: the login percent-encoded."""
        if not username and not password:
            return self.bare
        found = _SCHEME.match(self.bare)
        if not found:
            return self.bare
        login = f"{quote(username, safe='')}:{quote(password, safe='')}"
        return f"{found[0]}{login}@{self.bare[found.end() :]}"


def hidden(url: str) -> str:
    """A URL fit to be shown: no login, no password in its query or path."""
    return _SECRET_PAIR.sub(rf"\1\2={_MASK}", _USERINFO.sub(r"\1", url))


def scrub(text: str, *secrets: str) -> str:
    """A text (of FFmpeg, of the system) fit to be shown: logins and the given secrets removed.

    A secret of fewer than four letters is taken out of addresses alone: elsewhere it would tear
    ordinary words apart.
    """
    for secret in sorted((one for one in secrets if len(one) >= 4), key=len, reverse=True):
        for form in {secret, quote(secret, safe=""), quote(secret)}:
            text = text.replace(form, _MASK)
    return hidden(text)
