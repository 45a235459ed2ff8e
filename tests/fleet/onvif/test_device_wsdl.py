"""The test device and our own Media2 requests, held against the published WSDL."""

from __future__ import annotations

import functools
import inspect
import sys
from pathlib import Path
from typing import Any

import onvif
import pytest
import zeep
from lxml import etree
from zeep.settings import Settings
from zeep.wsse.username import UsernameToken

from streetlamp.fleet.onvif.camera import OnvifCamera
from streetlamp.fleet.onvif.look import with_camera
from streetlamp.fleet.onvif.service import MEDIA2
from streetlamp.fleet.onvif.values import Login, Target
from support.onvif_device import NS, OnvifDevice, Stream

LIBRARY = Path(inspect.getfile(onvif)).parent / "wsdl"
# onvif-zeep-async has no Media2; tools/setup.py puts what ONVIF publishes beside the environment
PUBLISHED = Path(sys.prefix) / "onvif-wsdl/onvif/wsdl"
MEDIA2_WSDL = PUBLISHED / "ver20/media/wsdl/media.wsdl"
STREAMS = (
    Stream("rtsp://127.0.0.1/main", codec="H264"),
    Stream("rtsp://127.0.0.1/small", codec="JPEG", width=640, height=360),
)


class Files(zeep.Transport):
    """WSDL from the disk alone; a schema that is not beside it comes from the library's own."""

    def load(self, url: str) -> bytes:
        path = Path(url)
        return (path if path.is_file() else LIBRARY / path.name).read_bytes()


@functools.cache
def document(wsdl: Path) -> zeep.wsdl.Document:
    return zeep.wsdl.Document(str(wsdl), Files(), settings=Settings(strict=True))


def strict(wsdl: Path, binding: str, url: str) -> Any:
    """A client that believes the WSDL to the letter."""
    wsse = UsernameToken("ada", "secret", use_digest=True, zulu_timestamp=True)
    made = zeep.Client(
        document(wsdl),
        wsse=wsse,
        transport=Files(),
        settings=Settings(strict=True, forbid_dtd=True),
    )
    return made.create_service(binding, url)


@pytest.fixture
def device():
    with OnvifDevice([STREAMS], {"ada": "secret"}) as running:
        yield running


SERVICES = {
    "devicemgmt.wsdl": f"{{{NS['tds']}}}DeviceBinding",
    "media.wsdl": f"{{{NS['trt']}}}MediaBinding",
    "ptz.wsdl": f"{{{NS['tptz']}}}PTZBinding",
    "events.wsdl": f"{{{NS['tev']}}}EventBinding",
}
QUESTIONS = [
    ("devicemgmt.wsdl", "device_service", "GetSystemDateAndTime", {}),
    ("devicemgmt.wsdl", "device_service", "GetServices", {"IncludeCapability": False}),
    ("devicemgmt.wsdl", "device_service", "GetCapabilities", {"Category": "All"}),
    ("devicemgmt.wsdl", "device_service", "GetDeviceInformation", {}),
    ("devicemgmt.wsdl", "device_service", "GetScopes", {}),
    ("devicemgmt.wsdl", "device_service", "SystemReboot", {}),
    ("media.wsdl", "media", "GetProfiles", {}),
    (
        "media.wsdl",
        "media",
        "GetStreamUri",
        {
            "StreamSetup": {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}},
            "ProfileToken": "p0_0",
        },
    ),
    ("ptz.wsdl", "ptz", "GetPresets", {"ProfileToken": "p0_0"}),
    ("ptz.wsdl", "ptz", "GotoPreset", {"ProfileToken": "p0_0", "PresetToken": "2"}),
    ("events.wsdl", "events", "CreatePullPointSubscription", {}),
]


@pytest.mark.parametrize(
    ("wsdl", "path", "operation", "fields"), QUESTIONS, ids=[one[2] for one in QUESTIONS]
)
def test_every_answer_fits_the_published_wsdl(
    device: OnvifDevice, wsdl: str, path: str, operation: str, fields: dict[str, Any]
) -> None:
    url = f"http://{device.address}/onvif/{path}"
    answer = getattr(strict(LIBRARY / wsdl, SERVICES[wsdl], url), operation)(**fields)
    assert device.calls == [operation]
    # zeep puts what it has no place for into _raw_elements, even when strict
    assert not leftovers(zeep.helpers.serialize_object(answer, dict))


def leftovers(data: Any) -> list[Any]:
    """What of an answer the WSDL had no place for."""
    if isinstance(data, dict):
        here = [data["_raw_elements"]] if data.get("_raw_elements") else []
        return here + [one for value in data.values() for one in leftovers(value)]
    if isinstance(data, (list, tuple)):
        return [one for value in data for one in leftovers(value)]
    return []


def test_pulling_events_fits_the_published_wsdl(device: OnvifDevice) -> None:
    events = strict(LIBRARY / "events.wsdl", SERVICES["events.wsdl"], f"http://{device.address}/e")
    made = events.CreatePullPointSubscription()
    url = made.SubscriptionReference.Address._value_1
    pulling = strict(LIBRARY / "events.wsdl", f"{{{NS['tev']}}}PullPointSubscriptionBinding", url)
    device.report("tns1:VideoSource/MotionAlarm", "State", "true")
    answer = pulling.PullMessages(Timeout="PT1S", MessageLimit=10)
    assert len(answer.NotificationMessage) == 1
    managing = strict(LIBRARY / "events.wsdl", f"{{{NS['tev']}}}SubscriptionManagerBinding", url)
    managing.Renew(TerminationTime="PT60S")
    managing.Unsubscribe()
    assert not device.subscriptions


def test_media2_answers_fit_the_published_wsdl(device: OnvifDevice) -> None:
    url = f"http://{device.address}/onvif/media2"
    media2 = strict(MEDIA2_WSDL, f"{{{MEDIA2}}}Media2Binding", url)
    found = media2.GetProfiles(Type=["VideoSource", "VideoEncoder", "PTZ"])
    assert [one.Configurations.VideoEncoder.Encoding for one in found] == ["H264", "JPEG"]
    assert found[0].Configurations.VideoSource.SourceToken == "vs0"
    assert media2.GetStreamUri(Protocol="RTSP", ProfileToken="p0_1") == STREAMS[1].uri
    assert not leftovers(zeep.helpers.serialize_object(found, dict))


@pytest.mark.parametrize(
    ("operation", "fields"),
    [
        ("GetProfiles", {"Type": ["VideoSource", "VideoEncoder", "PTZ"]}),
        ("GetStreamUri", {"Protocol": "RTSP", "ProfileToken": "p0_0"}),
    ],
)
def test_our_media2_requests_are_what_the_published_wsdl_asks_for(
    device: OnvifDevice, operation: str, fields: dict[str, Any]
) -> None:
    """zeep writes the same request from the WSDL; the two bodies must be one."""
    bodies: dict[str, bytes] = {}

    async def spy(camera: OnvifCamera) -> None:
        post = camera.way.post_xml

        async def noting(address: str, envelope: Any, headers: Any) -> Any:
            body = envelope.find("{http://www.w3.org/2003/05/soap-envelope}Body")[0]
            bodies.setdefault(etree.QName(body).localname, etree.tostring(body, method="c14n"))
            return await post(address, envelope, headers)

        camera.way.post_xml = noting
        await camera.profiles()

    target = Target("127.0.0.1", device.port)
    with_camera(target, Login("ada", "secret"), spy)
    client = zeep.Client(document(MEDIA2_WSDL), transport=Files())
    service = client.create_service(f"{{{MEDIA2}}}Media2Binding", "http://127.0.0.1/")
    where = {"address": "http://127.0.0.1/"}
    wanted, _ = service._binding._create(operation, (), fields, client=client, options=where)
    wanted_body = wanted.find("{http://www.w3.org/2003/05/soap-envelope}Body")[0]

    def shape(data: bytes) -> list[tuple[str, str | None]]:
        return [(one.tag, (one.text or "").strip()) for one in etree.fromstring(data).iter()]

    assert shape(bodies[operation]) == shape(etree.tostring(wanted_body))
