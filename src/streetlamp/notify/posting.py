"""One POST to a guarded address, and what its answer means."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from streetlamp.notify.errors import NotifyError
from streetlamp.notify.guard import GuardedResolver, Lookup, RefusedAddressError, check, lookup

AGAIN: Final = frozenset({408, 425, 429})
"""What of the 4xx may go away by itself (RFC 9110, RFC 8470, RFC 6585)."""

_MOST_READ: Final = 2048


def host_of(url: str) -> str:
    """Scheme, host and port of an address, without what may be secret in the rest."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an address that cannot be read"
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def check_url(url: str, schemes: tuple[str, ...] = ("https", "http")) -> str:
    """The address; ValueError when it is none, or holds a login."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("this is no address") from None
    if parts.scheme not in schemes or not parts.hostname:
        raise ValueError(f"write a whole address that begins with {':// or '.join(schemes)}://")
    if parts.username or parts.password:
        raise ValueError("a login cannot stand in the address")
    return url


def asked_pause(header: str | None, now: float) -> float | None:
    """The seconds a Retry-After asks for (RFC 9110, 10.2.3); None when it says nothing."""
    if header is None:
        return None
    text = header.strip()
    if text.isdecimal():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.fromtimestamp(now, UTC)).total_seconds())


def judged(status: int, after: str | None, now: float, where: str) -> None:
    """NotifyError unless the status says that it was taken (2xx)."""
    if 200 <= status < 300:
        return
    pause = asked_pause(after, now)
    if 300 <= status < 400:
        raise NotifyError(
            f"{where} sends us somewhere else ({status}); write the new address into the site file",
            retry=False,
        )
    retry = status >= 500 or status in AGAIN
    raise NotifyError(f"{where} answered {status}", retry=retry, after=pause)


async def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    now: float,
    seconds: float,
    allow_internal: bool,
    find: Lookup = lookup,
    tls: ssl.SSLContext | None = None,
) -> int:
    """Sends it once; the status. NotifyError says why not. Redirects are not followed."""
    where = host_of(url)
    host = urlsplit(url).hostname or ""
    try:
        if not allow_internal:  # an address written as one is not resolved
            _check_literal(host)
        connector = aiohttp.TCPConnector(
            resolver=GuardedResolver(allow_internal=allow_internal, find=find),
            use_dns_cache=False,
            force_close=True,
            ssl=True if tls is None else tls,
        )
        timeout = aiohttp.ClientTimeout(total=seconds)
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=False) as session,
            session.post(url, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            await answer.content.read(_MOST_READ)
            judged(answer.status, answer.headers.get("Retry-After"), now, where)
            return answer.status
    except RefusedAddressError as error:
        raise NotifyError(str(error), retry=False) from None
    except aiohttp.ClientConnectorCertificateError:
        raise NotifyError(f"{where}: its certificate is not believed", retry=True) from None
    except aiohttp.InvalidURL:
        raise NotifyError(f"{where}: this is no address", retry=False) from None
    except TimeoutError:
        raise NotifyError(f"{where} did not answer within {seconds:g} s", retry=True) from None
    except (aiohttp.ClientError, OSError) as error:
        refused = error.__cause__
        if isinstance(refused, RefusedAddressError):
            raise NotifyError(str(refused), retry=False) from None
        raise NotifyError(f"{where} cannot be reached: {_why(error)}", retry=True) from None


def _check_literal(host: str) -> None:
    try:
        ipaddress.ip_address(host.split("%", maxsplit=1)[0])
    except ValueError:
        return
    check(host, [host])


def _why(error: Exception) -> str:
    """What went wrong, without the address."""
    inner = getattr(error, "os_error", None)
    strerror = getattr(inner, "strerror", None) or getattr(error, "strerror", None)
    return str(strerror) if strerror else type(error).__name__
