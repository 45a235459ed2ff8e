"""Logging in to cameras: Basic and Digest, and how often a refused login may be tried.

Digest is RFC 2617 and RFC 7616 with MD5 or SHA-256, with or without ``qop=auth``.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import threading
from collections.abc import Callable, Iterable
from typing import Final

REFUSED: Final = (
    "the user name or password was refused (it is tried again seldom, so that the camera "
    "does not lock the account)"
)
NEEDED: Final = "it asks for a user name and password"
# Cameras lock an account after 5 to 7 wrong logins within 5 to 30 minutes. These pauses make at
# most 4 in any half hour, whatever streams and parts of the program want to log in.
PAUSES: Final = (60.0, 300.0, 900.0)
TRY_SECONDS: Final = 30.0  # for as long only one may be trying a login that was refused
_MOST: Final = 4096

_PAIR: Final = re.compile(r'([A-Za-z][\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_HASHES: Final[dict[str, Callable[[bytes], str]]] = {
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
}


class Login:
    """A name and password, and what the server asked for. Answers are made for each request."""

    def __init__(self, username: str, password: str) -> None:
        self._username = username
        self._password = password
        self._basic = False
        self._digest: dict[str, str] = {}
        self._hash = ""
        self._count = 0

    @property
    def given(self) -> bool:
        return bool(self._username or self._password)

    def challenged(self, challenges: Iterable[str]) -> bool:
        """Takes the ``WWW-Authenticate`` headers; whether one can be answered."""
        offers: dict[str, dict[str, str]] = {}
        for challenge in challenges:
            scheme, _, rest = challenge.strip().partition(" ")
            if scheme.lower() == "basic":
                self._basic = True
            elif scheme.lower() == "digest":
                pairs = {m[1].lower(): m[2] if m[3] is None else m[3] for m in _PAIR.finditer(rest)}
                offers.setdefault(pairs.get("algorithm", "MD5").upper(), pairs)
        for algorithm in _HASHES:  # the stronger one first
            for wanted in (algorithm, f"{algorithm}-SESS"):
                if wanted in offers:
                    self._digest, self._hash, self._count = offers[wanted], algorithm, 0
                    return self.given
        self._digest = {}
        return self.given and self._basic

    def answer(self, method: str, uri: str) -> str:
        """The ``Authorization`` header's value for a request, "" while nothing was asked."""
        if self._digest:
            return self._digest_answer(method, uri)
        if self._basic:
            pair = f"{self._username}:{self._password}".encode()
            return f"Basic {base64.b64encode(pair).decode('ascii')}"
        return ""

    def _digest_answer(self, method: str, uri: str) -> str:
        asked, digest = self._digest, _HASHES[self._hash]
        realm, nonce = asked.get("realm", ""), asked.get("nonce", "")
        self._count += 1
        count, own = f"{self._count:08x}", secrets.token_hex(8)
        first = digest(f"{self._username}:{realm}:{self._password}".encode())
        if asked.get("algorithm", "").upper().endswith("-SESS"):
            first = digest(f"{first}:{nonce}:{own}".encode())
        second = digest(f"{method}:{uri}".encode())
        fields = [("username", self._username), ("realm", realm), ("nonce", nonce), ("uri", uri)]
        tail = ""
        if "auth" in re.split(r"[\s,]+", asked.get("qop", "")):
            response = digest(f"{first}:{nonce}:{count}:{own}:auth:{second}".encode())
            tail = f', qop=auth, nc={count}, cnonce="{own}"'
        else:
            response = digest(f"{first}:{nonce}:{second}".encode())
        fields.append(("response", response))
        if "opaque" in asked:
            fields.append(("opaque", asked["opaque"]))
        if "algorithm" in asked:
            tail += f", algorithm={asked['algorithm']}"
        return "Digest " + ", ".join(f'{name}="{value}"' for name, value in fields) + tail


class Refusals:
    """Which logins were refused lately, for every part that logs in to cameras. Thread-safe.

    Kept by place, name and password, so that a changed password is tried at once. Passwords are
    not kept: only a keyed digest of them.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._salt = secrets.token_bytes(32)
        self._found: dict[bytes, tuple[int, float]] = {}  # how often, and not before

    def may_try(self, place: str, username: str, password: str, now: float) -> bool:
        """Whether the login may be tried at ``now`` (a steady clock's seconds)."""
        key = self._key(place, username, password)
        with self._turn:
            if key not in self._found:
                return True
            count, until = self._found[key]
            if now < until:
                return False
            self._found[key] = count, now + TRY_SECONDS
            return True

    def refused(self, place: str, username: str, password: str, now: float) -> None:
        key = self._key(place, username, password)
        with self._turn:
            count = self._found.pop(key, (0, 0.0))[0]
            while len(self._found) >= _MOST:
                self._found.pop(next(iter(self._found)))
            pause = PAUSES[min(count, len(PAUSES) - 1)]
            self._found[key] = count + 1, now + pause

    def accepted(self, place: str, username: str, password: str) -> None:
        with self._turn:
            self._found.pop(self._key(place, username, password), None)

    def _key(self, place: str, username: str, password: str) -> bytes:
        text = "\0".join((place, username, password)).encode("utf-8", "surrogateescape")
        return hashlib.blake2b(text, key=self._salt).digest()


REFUSALS: Final = Refusals()
