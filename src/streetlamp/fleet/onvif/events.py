"""What a camera itself reports: motion, tamper and the like, fetched by pull-point.

Cameras also offer faces, plates and people counts as events. Those topics are not asked for, and
what comes all the same is dropped unread: of a message, only whether something began or ended, and
at which video source, is ever looked at (CHARTER 1 to 3).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from lxml import etree

from streetlamp.fleet.onvif import limits, soap
from streetlamp.fleet.onvif.addresses import plain, service_url
from streetlamp.fleet.onvif.camera import OnvifCamera
from streetlamp.fleet.onvif.errors import OnvifError
from streetlamp.fleet.onvif.service import ask, ask_raw, namespace
from streetlamp.fleet.onvif.values import CameraFact, FactKind

_EVENTS: Final = "http://www.onvif.org/ver10/events/wsdl"
_ACTION: Final = f"{_EVENTS}/PullPointSubscription/PullMessagesRequest"
_LASTS: Final = 60  # seconds a subscription lives without being asked
# Topics by their last words, without prefixes; and the names of the value that says yes or no.
TOPICS: Final = {
    "VideoSource/MotionAlarm": FactKind.MOTION,
    "RuleEngine/CellMotionDetector/Motion": FactKind.MOTION,
    "RuleEngine/MotionRegionDetector/Motion": FactKind.MOTION,
    "RuleEngine/TamperDetector/Tamper": FactKind.TAMPER,
    "VideoSource/GlobalSceneChange/ImagingService": FactKind.TAMPER,
    "VideoSource/GlobalSceneChange/AnalyticsService": FactKind.TAMPER,
    "VideoSource/ImageTooDark/ImagingService": FactKind.TOO_DARK,
    "VideoSource/ImageTooDark/AnalyticsService": FactKind.TOO_DARK,
    "VideoSource/ImageTooBright/ImagingService": FactKind.TOO_BRIGHT,
    "VideoSource/ImageTooBright/AnalyticsService": FactKind.TOO_BRIGHT,
    "VideoSource/ImageTooBlurry/ImagingService": FactKind.BLURRED,
    "VideoSource/ImageTooBlurry/AnalyticsService": FactKind.BLURRED,
    "VideoSource/SignalLoss": FactKind.SIGNAL_LOST,
}
_SAYS: Final = ("State", "IsMotion", "IsTamper")
_SOURCES: Final = ("Source", "VideoSourceConfigurationToken", "VideoSourceToken")


async def facts(camera: OnvifCamera, seconds: float, wait: int = 5) -> AsyncIterator[CameraFact]:
    """What the camera reports within `seconds`, as it comes. Each question waits `wait` seconds.

    Repeats of an unchanged state are left out. OnvifError when the camera reports no events.
    """
    url = await _subscribe(camera)
    manager = await camera.service("subscription", url)
    before: dict[tuple[FactKind, str], bool] = {}
    renewed = camera.now()
    until = renewed + seconds
    try:
        while (now := camera.now()) < until:
            for fact in await _pull(camera, url, max(1, min(wait, round(until - now)))):
                if before.get((fact.kind, fact.source), False) != fact.on:
                    before[fact.kind, fact.source] = fact.on
                    yield fact
            if now - renewed > _LASTS / 2:
                renewed = now
                await _quietly(manager, "Renew", TerminationTime=f"PT{_LASTS}S")
    finally:
        await _quietly(manager, "Unsubscribe")


async def _subscribe(camera: OnvifCamera) -> str:
    """The address to pull from."""
    camera.address(namespace("events"), "events")
    service = await camera.service("events")
    answer = await ask(
        service, "CreatePullPointSubscription", InitialTerminationTime=f"PT{_LASTS}S"
    )
    address = soap.at(answer, "SubscriptionReference", "Address")
    address = soap.at(address, "_value_1") or address
    return service_url(address, camera.target, "its event subscription")


async def _pull(camera: OnvifCamera, url: str, wait: int) -> list[CameraFact]:
    body = etree.Element(f"{{{_EVENTS}}}PullMessages", nsmap={"tev": _EVENTS})
    etree.SubElement(body, f"{{{_EVENTS}}}Timeout").text = f"PT{wait}S"
    etree.SubElement(body, f"{{{_EVENTS}}}MessageLimit").text = str(limits.FACTS_AT_ONCE)
    answer = await ask_raw(camera.way, url, body, camera.login, camera.ahead, _ACTION)
    messages = soap.children(answer, "NotificationMessage")
    return list(_facts(messages[: limits.FACTS_AT_ONCE]))


def _facts(messages: list[soap.Element]) -> Iterator[CameraFact]:
    for message in messages:
        topic = soap.text(message, "Topic")
        path = "/".join(step.rpartition(":")[2] for step in topic.split("/"))
        kind = TOPICS.get(path)
        inner = soap.child(message, "Message", "Message")
        if kind is None or inner is None:
            continue
        said = _items(soap.child(inner, "Data"), _SAYS)
        if said.lower() not in ("true", "false", "1", "0"):
            continue
        source = plain(_items(soap.child(inner, "Source"), _SOURCES))
        yield CameraFact(kind, said.lower() in ("true", "1"), _time(inner.get("UtcTime")), source)


def _items(holder: soap.Element | None, names: tuple[str, ...]) -> str:
    """The value of the first simple item with one of these names."""
    for item in soap.children(holder, "SimpleItem"):
        if item.get("Name") in names:
            return str(item.get("Value") or "").strip()
    return ""


def _time(stamp: str | None) -> float:
    try:
        read = datetime.fromisoformat(str(stamp))
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return 0.0


async def _quietly(service: Any, operation: str, **fields: Any) -> None:
    """Asks for what some devices cannot do and nobody misses."""
    try:
        await ask(service, operation, **fields)
    except OnvifError:
        return
