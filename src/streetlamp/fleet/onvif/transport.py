"""One HTTP connection to one device, with every limit on.

It takes the place of the library's own transport, which follows redirects, unpacks whatever is
packed and reads without an end.
"""

from __future__ import annotations

import asyncio
import functools
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import aiohttp
from onvif.util import create_no_verify_ssl_context

from streetlamp import __version__
from streetlamp.fleet.onvif import limits, soap
from streetlamp.fleet.onvif.addresses import plain
from streetlamp.fleet.onvif.errors import UnreachableError, UnsafeAnswerError, login_error
from streetlamp.fleet.onvif.values import Login, Target

_CHUNK: Final = 64 * 1024
_XML: Final = frozenset({"", "text/xml", "application/soap+xml", "application/xml", "text/plain"})


@functools.cache
def _trusting() -> ssl.SSLContext:
    """Cameras sign their own certificates; what is secret never goes over the line in clear."""
    made: ssl.SSLContext = create_no_verify_ssl_context()
    return made


@dataclass(frozen=True, slots=True)
class Reply:
    """What zeep wants to know of an HTTP answer."""

    status_code: int
    content: bytes
    headers: Mapping[str, str]
    encoding: str = "utf-8"


class Transport:
    """Sends SOAP to one device. Close it with `aclose`. Belongs to the event loop it is made in."""

    def __init__(self, target: Target, login: Login | None, seconds: float) -> None:
        self._target = target
        self._given = login is not None
        self._seconds = seconds
        digest = aiohttp.DigestAuthMiddleware(login.username, login.password) if login else None
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=_trusting(), limit=4),
            timeout=aiohttp.ClientTimeout(total=seconds, connect=limits.CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(digest,) if digest else (),
            auto_decompress=False,
            trust_env=False,
        )

    async def aclose(self) -> None:
        await self._session.close()

    def load(self, url: str) -> NoReturn:
        """Nothing that an answer names is ever fetched."""
        raise UnsafeAnswerError(f"the answer wants {plain(url)} to be fetched, which is refused")

    async def post_xml(self, address: str, envelope: Any, headers: Mapping[str, str]) -> Reply:
        """The answer to an envelope; the content has been through `soap.read_xml`.

        Raises `UnreachableError`, `LoginError` (HTTP 401) and `UnsafeAnswerError`.
        """
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(address, soap.as_bytes(envelope), headers)
        except TimeoutError:
            raise UnreachableError(
                f"{self._target.place} does not answer within {self._seconds:g} s"
            ) from None
        except aiohttp.ClientConnectorError as error:
            why = os.strerror(error.errno) if error.errno else "no connection"
            raise UnreachableError(f"{self._target.place} cannot be reached: {why}") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            kind = type(error).__name__
            raise UnsafeAnswerError(
                f"what {self._target.place} sends is not proper HTTP ({kind})"
            ) from None

    async def _post(self, address: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        sent = {
            "Content-Type": 'application/soap+xml; charset="utf-8"',
            **headers,
            "Accept-Encoding": "identity",
            "User-Agent": f"Streetlamp/{__version__}",
        }
        async with self._session.post(
            address, data=body, headers=sent, allow_redirects=False
        ) as answer:
            self._refuse(answer)
            content = await self._read(answer)
        media = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if not content.strip():
            return Reply(answer.status, b"", {})
        if media not in _XML:
            raise UnsafeAnswerError(f"{self._target.place} answers with {plain(media)}, not SOAP")
        root = soap.read_xml(content, f"what {self._target.place} answers")
        return Reply(answer.status, soap.as_bytes(root), {"Content-Type": "application/soap+xml"})

    def _refuse(self, answer: aiohttp.ClientResponse) -> None:
        if 300 <= answer.status < 400:
            to = plain(answer.headers.get("Location", "nowhere"))
            raise UnsafeAnswerError(
                f"{self._target.place} sends us elsewhere ({to}), which is not followed"
            )
        if answer.status == 401:
            raise login_error(given=self._given)
        packed = answer.headers.get("Content-Encoding", "identity").strip().lower()
        if packed not in ("", "identity"):
            raise UnsafeAnswerError(
                f"{self._target.place} answers packed ({plain(packed)}) without being asked to"
            )
        if (answer.content_length or 0) > limits.BODY_BYTES:
            raise UnsafeAnswerError(self._too_much())

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        taken = bytearray()
        async for part in answer.content.iter_chunked(_CHUNK):
            taken += part
            if len(taken) > limits.BODY_BYTES:
                answer.close()
                raise UnsafeAnswerError(self._too_much())
        return bytes(taken)

    def _too_much(self) -> str:
        return f"{self._target.place} answers with more than {limits.BODY_BYTES // 1024} KiB"
