"""Reads XML of strangers: no DTD, no entities, nothing fetched, bounded in size and depth.

The libraries behind ONVIF read with all limits off, because cameras send odd XML. So an answer is
read here first, and they are given what this made of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from lxml import etree

from streetlamp.fleet.onvif import limits
from streetlamp.fleet.onvif.errors import UnsafeAnswerError

SOAP12: Final = "http://www.w3.org/2003/05/soap-envelope"
SOAP11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
Element = Any  # lxml brings no types


def read_xml(data: bytes, what: str = "the answer") -> Element:
    """The root of an XML text. UnsafeAnswerError when it is not XML, or more than XML should be."""
    if len(data) > limits.BODY_BYTES:
        raise UnsafeAnswerError(f"{what} is larger than {limits.BODY_BYTES // 1024} KiB")
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        recover=True,  # cameras send odd XML; what was not understood is simply not there
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:
        raise UnsafeAnswerError(f"{what} is not XML")
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnsafeAnswerError(f"{what} declares a document type or entities, which is refused")
    _bounded(root, what)
    return root


def _bounded(root: Element, what: str) -> None:
    depth, seen = 0, 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        if event == "end":
            depth -= 1
            continue
        depth, seen = depth + 1, seen + 1
        if depth > limits.XML_DEPTH:
            raise UnsafeAnswerError(f"{what} is nested more than {limits.XML_DEPTH} deep")
        if seen > limits.XML_ELEMENTS:
            raise UnsafeAnswerError(f"{what} has more than {limits.XML_ELEMENTS} elements")


def as_bytes(root: Element) -> bytes:
    """A tree as UTF-8 text."""
    made: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8")
    return made


def local(element: Element) -> str:
    """An element's name without its namespace or prefix; "" for what is no element."""
    tag = element.tag
    return re.split("[}:]", tag)[-1] if isinstance(tag, str) else ""


def child(element: Element | None, *path: str) -> Element | None:
    """The first descendant down this path of local names; None where a step is missing."""
    for step in path:
        if element is None:
            return None
        element = next((one for one in element if local(one) == step), None)
    return element


def children(element: Element | None, name: str) -> list[Element]:
    return [] if element is None else [one for one in element if local(one) == name]


def text(element: Element | None, *path: str) -> str:
    """The text down this path, trimmed; "" where there is none."""
    found = child(element, *path)
    return "" if found is None else (found.text or "").strip()


def at(data: object, *path: str) -> Any:
    """A value deep in an answer of plain dicts; None where a step is missing."""
    for step in path:
        data = data.get(step) if isinstance(data, Mapping) else None
    return data


def rows(answer: object) -> list[Mapping[str, Any]]:
    """The mappings in an answer that should be a list of them."""
    found = answer if isinstance(answer, (list, tuple)) else [answer]
    return [one for one in found if isinstance(one, Mapping)]


def number(value: object, most: float = 1e9) -> float:
    """A device's number; 0 for what is none, is negative, or is beyond `most`."""
    try:
        made = float(str(value))
    except ValueError:
        return 0.0
    return made if 0 <= made <= most else 0.0
