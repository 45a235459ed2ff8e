"""Video profiles and their stream addresses, from Media (Profile S) or Media2 (Profile T)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, Protocol

from lxml import etree

from streetlamp.fleet.onvif import limits, soap
from streetlamp.fleet.onvif.addresses import plain, stream_url
from streetlamp.fleet.onvif.errors import (
    LoginError,
    OnvifError,
    UnreachableError,
    UnsafeAnswerError,
)
from streetlamp.fleet.onvif.service import MEDIA2, ask, ask_raw
from streetlamp.fleet.onvif.transport import Transport
from streetlamp.fleet.onvif.values import Login, Target, VideoProfile

_AT_ONCE: Final = 4
_CODECS: Final = {"H264": "H264", "H265": "H265", "HEVC": "H265", "JPEG": "JPEG", "MPEG4": "MPEG4"}


class Media(Protocol):
    """Either of the two services."""

    async def profiles(self) -> list[VideoProfile]: ...
    async def uri(self, token: str) -> str: ...  # as the device writes it


async def read_profiles(media: Media, target: Target) -> tuple[VideoProfile, ...]:
    """All profiles that carry video, each with its address or why it has none. OnvifError."""
    found = await media.profiles()
    turns = asyncio.Semaphore(_AT_ONCE)

    async def with_uri(profile: VideoProfile) -> VideoProfile:
        async with turns:
            try:
                url = stream_url(await media.uri(profile.token), target)
            except LoginError:
                raise
            except OnvifError as error:
                return replace(profile, refused=str(error))
            return replace(profile, uri=url)

    return tuple(await asyncio.gather(*(with_uri(one) for one in found[: limits.PROFILES])))


def _whole(value: object, most: int) -> int:
    return int(soap.number(value, most))


class Media1:
    """`ver10/media`: every device since 2008; knows JPEG, MPEG-4 and H.264."""

    def __init__(self, service: Any) -> None:
        self._service = service

    async def profiles(self) -> list[VideoProfile]:
        answer = soap.rows(await ask(self._service, "GetProfiles"))
        made = (self._profile(one) for one in answer[: limits.PROFILES])
        return [profile for profile in made if profile is not None]

    @staticmethod
    def _profile(data: Any) -> VideoProfile | None:
        source = soap.at(data, "VideoSourceConfiguration")
        encoder = soap.at(data, "VideoEncoderConfiguration")
        if source is None or encoder is None or not soap.at(data, "token"):
            return None
        codec = plain(soap.at(encoder, "Encoding")).upper()
        return VideoProfile(
            token=str(soap.at(data, "token"))[: limits.URL],
            name=plain(soap.at(data, "Name")),
            source=plain(soap.at(source, "SourceToken")),
            codec=_CODECS.get(codec, codec),
            width=_whole(soap.at(encoder, "Resolution", "Width"), 1 << 16),
            height=_whole(soap.at(encoder, "Resolution", "Height"), 1 << 16),
            fps=soap.number(soap.at(encoder, "RateControl", "FrameRateLimit"), 1000),
            kbps=_whole(soap.at(encoder, "RateControl", "BitrateLimit"), 1 << 30),
            gop=_whole(soap.at(encoder, "H264", "GovLength"), 1 << 20),
            ptz=soap.at(data, "PTZConfiguration") is not None,
        )

    async def uri(self, token: str) -> str:
        setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        answer = await ask(self._service, "GetStreamUri", StreamSetup=setup, ProfileToken=token)
        return str(soap.at(answer, "Uri") or "")


class Media2:
    """`ver20/media`: newer devices; the only one that knows H.265.

    Written by hand from ONVIF's Media2 Service Specification (GetProfiles, GetStreamUri), for the
    library has no WSDL of it.
    """

    def __init__(self, way: Transport, url: str, login: Login | None, ahead: timedelta) -> None:
        self._way = way
        self._url = url
        self._login = login
        self._ahead = ahead

    async def _ask(self, operation: str, fields: Iterable[tuple[str, str]]) -> soap.Element:
        body = etree.Element(f"{{{MEDIA2}}}{operation}", nsmap={"tr2": MEDIA2})
        for name, value in fields:
            etree.SubElement(body, f"{{{MEDIA2}}}{name}").text = value
        return await ask_raw(self._way, self._url, body, self._login, self._ahead)

    async def profiles(self) -> list[VideoProfile]:
        wanted = [("Type", "VideoSource"), ("Type", "VideoEncoder"), ("Type", "PTZ")]
        answer = await self._ask("GetProfiles", wanted)
        found = soap.children(answer, "Profiles")
        made = (self._profile(one) for one in found[: limits.PROFILES])
        return [profile for profile in made if profile is not None]

    @staticmethod
    def _profile(data: soap.Element) -> VideoProfile | None:
        about = soap.child(data, "Configurations")
        encoder = soap.child(about, "VideoEncoder")
        token = data.get("token")
        if encoder is None or soap.child(about, "VideoSource") is None or not token:
            return None
        codec = plain(soap.text(encoder, "Encoding")).upper()
        return VideoProfile(
            token=token[: limits.URL],
            name=plain(soap.text(data, "Name")),
            source=plain(soap.text(about, "VideoSource", "SourceToken")),
            codec=_CODECS.get(codec, codec),
            width=_whole(soap.text(encoder, "Resolution", "Width"), 1 << 16),
            height=_whole(soap.text(encoder, "Resolution", "Height"), 1 << 16),
            fps=soap.number(soap.text(encoder, "RateControl", "FrameRateLimit"), 1000),
            kbps=_whole(soap.text(encoder, "RateControl", "BitrateLimit"), 1 << 30),
            gop=_whole(encoder.get("GovLength"), 1 << 20),
            ptz=soap.child(about, "PTZ") is not None,
        )

    async def uri(self, token: str) -> str:
        answer = await self._ask("GetStreamUri", (("Protocol", "RTSP"), ("ProfileToken", token)))
        return soap.text(answer, "Uri")


async def first_that_works(offered: Iterable[Media], target: Target) -> tuple[VideoProfile, ...]:
    """The profiles of the first service that has any. OnvifError of the last one that failed."""
    failed: OnvifError | None = None
    for media in offered:
        try:
            found = await read_profiles(media, target)
        except (LoginError, UnreachableError, UnsafeAnswerError):
            raise
        except OnvifError as error:
            failed = error
            continue
        if found:
            return found
    if failed is not None:
        raise failed
    return ()
