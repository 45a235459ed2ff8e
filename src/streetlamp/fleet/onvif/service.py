"""The library's services (WSDL in, values out), made to speak through our transport."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from lxml import etree

from streetlamp.fleet.onvif import soap
from streetlamp.fleet.onvif.addresses import plain
from streetlamp.fleet.onvif.errors import OnvifError, login_error
from streetlamp.fleet.onvif.transport import Reply, Transport
from streetlamp.fleet.onvif.values import Login


@contextmanager
def _own_logging() -> Iterator[None]:
    """The library sets up the whole program's logging when it is imported; that is undone."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        for handler in [one for one in root.handlers if one not in handlers]:
            root.removeHandler(handler)
        root.setLevel(level)


with _own_logging():
    import onvif
    import onvif.client
    import zeep.exceptions
    import zeep.helpers
    from onvif.definition import SERVICES

for _talkative in ("onvif", "zeep"):  # whole envelopes at DEBUG, a traceback for each odd number
    logging.getLogger(_talkative).setLevel(logging.CRITICAL)

MEDIA2: Final = "http://www.onvif.org/ver20/media/wsdl"
_WSA: Final = "http://www.w3.org/2005/08/addressing"
_plain: Callable[..., Any] = zeep.helpers.serialize_object
_WSDL: Final = Path(onvif.client.__file__).parent / "wsdl"
_NO_LOGIN: Final = ("notauthorized", "not authorized", "failedauthentication", "unauthorized")
# What the libraries raise at an answer that does not fit the WSDL.
_UNFIT: Final = (
    zeep.exceptions.Error,
    onvif.ONVIFError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


def namespace(service: str) -> str:
    """The namespace of a service by the library's name ("devicemgmt", "media", "ptz", …)."""
    return str(SERVICES[service]["ns"])


class _Service(onvif.ONVIFService):  # type: ignore[misc]  # the library brings no types
    """The library's service with its own connection taken away."""

    def __init__(
        self, name: str, url: str, login: Login | None, ahead: timedelta, way: Transport
    ) -> None:
        about = SERVICES[name]
        super().__init__(
            url,
            login.username if login else None,
            login.password if login else None,
            str(_WSDL / about["wsdl"]),
            encrypt=True,  # the password's digest, never the password
            no_cache=True,
            dt_diff=ahead,
            binding_name=f"{{{about['ns']}}}{about['binding']}",
        )
        self.transport = way

    async def close(self) -> None:
        await self._session.close()  # its own, never used


async def service(
    name: str, url: str, login: Login | None, ahead: timedelta, way: Transport
) -> Any:
    """A service at a (checked) address. `ahead` is how far the device's clock is ahead of ours."""
    made = _Service(name, url, login, ahead, way)
    await made.close()
    await made.setup()
    return made


async def ask(service: Any, operation: str, *, open_: bool = False, **fields: Any) -> Any:
    """The answer to an operation as plain dicts and lists; `open_`: without a login.

    Raises `LoginError`, `UnreachableError`, `UnsafeAnswerError`, and `OnvifError` for the device's
    own refusals.
    """
    bare = open_ or service.user is None
    verb = getattr(service, f"authless_{operation}" if bare else operation)
    try:
        answer = await verb(fields or None)
        return _plain(answer, dict)
    except zeep.exceptions.Fault as fault:
        raise _refusal(operation, fault, given=not bare) from None
    except OnvifError:
        raise
    except zeep.exceptions.TransportError as error:
        if error.status_code in (401, 403):
            raise login_error(given=not bare) from None
        raise OnvifError(f"{operation}: HTTP {error.status_code} without an answer") from None
    except _UNFIT as error:
        kind = type(error).__name__
        raise OnvifError(f"{operation}: the answer does not fit ONVIF ({kind})") from None


def _refusal(operation: str, fault: Any, *, given: bool) -> OnvifError:
    codes = [str(getattr(code, "localname", None) or code) for code in fault.subcodes or ()]
    said = " ".join([*codes, str(fault.message)]).lower()
    if any(word in said for word in _NO_LOGIN):
        return login_error(given=given)
    return OnvifError(f"{operation} is refused: {plain(fault.message) or 'no reason given'}")


async def ask_raw(
    way: Transport,
    url: str,
    body: Any,
    login: Login | None,
    ahead: timedelta,
    action: str = "",
) -> soap.Element:
    """The first element of the answer's body to a body element made by hand.

    For what the library has no WSDL of (Media2), and for events, of which only a few words are
    read. `action` is put into WS-Addressing headers. Raises as `ask`.
    """
    operation = etree.QName(body).localname
    envelope = etree.Element(f"{{{soap.SOAP12}}}Envelope", nsmap={"s": soap.SOAP12})
    header = etree.SubElement(envelope, f"{{{soap.SOAP12}}}Header")
    if action:
        for name, value in (("Action", action), ("MessageID", uuid.uuid4().urn), ("To", url)):
            etree.SubElement(header, f"{{{_WSA}}}{name}").text = value
    etree.SubElement(envelope, f"{{{soap.SOAP12}}}Body").append(body)
    if login is not None:
        token = onvif.client.UsernameDigestTokenDtDiff(
            login.username, login.password, dt_diff=ahead, use_digest=True
        )
        token.apply(envelope, {})
    reply: Reply = await way.post_xml(url, envelope, {})
    if not reply.content:
        raise OnvifError(f"{operation}: HTTP {reply.status_code} without an answer")
    root = soap.read_xml(reply.content)
    inside = soap.child(root, "Body")
    first = None if inside is None else next(iter(inside), None)
    if first is None:
        raise OnvifError(f"{operation}: the answer is empty")
    if soap.local(first) == "Fault":
        raise _raw_refusal(operation, first, given=login is not None)
    return first


def _raw_refusal(operation: str, fault: soap.Element, *, given: bool) -> OnvifError:
    said = " ".join(str(part) for part in fault.itertext()).split()
    if any(word in " ".join(said).lower() for word in _NO_LOGIN):
        return login_error(given=given)
    reason = soap.text(fault, "Reason", "Text") or soap.text(fault, "faultstring")
    return OnvifError(f"{operation} is refused: {plain(reason) or 'no reason given'}")
