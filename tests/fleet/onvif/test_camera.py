"""Speaking to a device: login, clock, streams, presets, events, reboot."""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from streetlamp.fleet.onvif.camera import OnvifCamera
from streetlamp.fleet.onvif.errors import LoginError, OnvifError, UnreachableError
from streetlamp.fleet.onvif.events import facts
from streetlamp.fleet.onvif.look import look, with_camera
from streetlamp.fleet.onvif.values import CameraFact, Device, FactKind, Login, Preset, Target
from support.onvif_device import MAIN, SMALL, USERS, OnvifDevice, Request

Make = Callable[..., OnvifDevice]
ADA = Login("ada", USERS["ada"])


def target(device: OnvifDevice) -> Target:
    return Target("127.0.0.1", device.port)


def seen(device: OnvifDevice, login: Login | None = ADA) -> Device:
    return look([target(device)], login)[0]


@pytest.mark.parametrize("media2", [True, False])
@pytest.mark.parametrize("services", [True, False])
def test_a_device_says_what_it_is(make_device: Make, media2: bool, services: bool) -> None:
    """By Media2 or Media, by GetServices or, of old devices, GetCapabilities: the same."""
    device = seen(make_device(media2=media2, services=services))
    assert (device.maker, device.model, device.name) == ("Lampworks", "LW-2", "Front gate")
    assert not device.needs_login
    assert not device.notes
    main, small = device.profiles
    assert (main.codec, main.width, main.height, main.fps, main.gop) == ("H264", 1920, 1080, 25, 50)
    assert (main.uri, small.uri) == (MAIN.uri, SMALL.uri)
    assert (small.width, small.kbps, small.source) == (640, 512, "vs0")
    assert [preset.name for preset in device.presets] == ["Gate", "Car park"]


def test_h265_is_seen_through_media2(make_device: Make) -> None:
    device = seen(make_device([replace(MAIN, codec="H265"), SMALL]))
    assert [one.codec for one in device.profiles] == ["H265", "H264"]


def test_a_recorder_has_several_channels(make_device: Make) -> None:
    device = seen(make_device(*([MAIN, SMALL] for _ in range(20))))
    assert [len(channel) for channel in device.channels] == [2] * 20


def test_an_open_device_needs_no_login(make_device: Make) -> None:
    assert len(seen(make_device(users={}), None).profiles) == 2


@pytest.mark.parametrize(
    ("login", "said"),
    [
        (None, "it wants a login"),
        (Login("ada", "a wrong password"), "it refuses this login"),
        (Login("eve", USERS["ada"]), "it refuses this login"),
    ],
)
def test_who_has_no_login_is_told_so(make_device: Make, login: Login | None, said: str) -> None:
    device = seen(make_device(), login)
    assert device.needs_login == said
    assert device.profiles == ()
    assert device.clock is not None  # which everybody may ask for


@pytest.mark.parametrize("offset", [0.0, -86_400.0 * 365, 3600.0])
def test_the_clock_is_read_and_a_login_holds_all_the_same(make_device: Make, offset: float) -> None:
    """The token's time is the device's own, so a camera with a dead battery lets us in."""
    device = seen(make_device(clock_offset=offset))
    assert device.clock is not None
    assert device.clock.offset == pytest.approx(offset, abs=device.clock.doubt + 0.1)
    assert device.clock.doubt < 10
    assert len(device.profiles) == 2


def test_the_device_refuses_a_token_that_comes_twice(make_device: Make) -> None:
    """So that the tests above mean something: the test device checks nonce and age."""
    device = make_device()
    sent: list[tuple[str, Any, Any]] = []

    async def twice(camera: OnvifCamera) -> None:
        post = camera.way.post_xml

        async def noting(*call: Any) -> Any:
            sent.append(call)
            return await post(*call)

        camera.way.post_xml = noting
        await camera.information()
        reply = await post(*sent[-1])
        assert reply.status_code == 400
        assert b"NotAuthorized" in reply.content

    with_camera(target(device), ADA, twice)
    assert device.refused == ["Sender not Authorized"]


def test_the_password_is_never_sent_nor_said(
    make_device: Make, caplog: pytest.LogCaptureFixture
) -> None:
    device = make_device()
    bodies: list[bytes] = []

    async def noting(camera: OnvifCamera) -> None:
        post = camera.way.post_xml

        async def spy(address: str, envelope: Any, headers: Any) -> Any:
            bodies.append(etree.tostring(envelope))
            return await post(address, envelope, headers)

        camera.way.post_xml = spy
        await camera.describe()
        await camera.reboot()

    with caplog.at_level(logging.DEBUG):
        with_camera(target(device), ADA, noting)
        with pytest.raises(LoginError) as refused:
            with_camera(
                target(device), Login("ada", "wrong password"), lambda camera: camera.profiles()
            )
    assert len(bodies) > 4
    for text in [*map(bytes.decode, bodies), caplog.text, str(refused.value), repr(ADA)]:
        assert USERS["ada"] not in text
        assert "wrong password" not in text


def test_presets_and_going_to_one(make_device: Make) -> None:
    device = make_device()

    async def turn(camera: OnvifCamera) -> tuple[Preset, ...]:
        found = await camera.presets("p0_0")
        await camera.goto("p0_0", found[1].token)
        return found

    assert with_camera(target(device), ADA, turn) == (Preset("1", "Gate"), Preset("2", "Car park"))
    assert device.at_preset == "2"
    with pytest.raises(OnvifError, match=r"GotoPreset is refused: There is no such preset"):
        with_camera(target(device), ADA, lambda camera: camera.goto("p0_0", "99"))


def test_reboot(make_device: Make) -> None:
    device = make_device()
    said = with_camera(target(device), ADA, lambda camera: camera.reboot())
    assert said == "Rebooting in 3 seconds"
    assert device.reboots == 1
    with pytest.raises(LoginError, match="it wants a login"):
        with_camera(target(device), None, lambda camera: camera.reboot())
    assert device.reboots == 1


def heard(device: OnvifDevice, seconds: float = 1.2) -> list[CameraFact]:
    async def listen(camera: OnvifCamera) -> list[CameraFact]:
        return [fact async for fact in facts(camera, seconds, wait=1)]

    return with_camera(target(device), ADA, listen)


def test_what_a_camera_reports_of_itself(make_device: Make) -> None:
    device = make_device()
    began = time.time()
    device.report("tns1:VideoSource/MotionAlarm", "State", "true")
    device.report("tns1:VideoSource/MotionAlarm", "State", "true")  # again: no news
    device.report("tns1:RuleEngine/TamperDetector/Tamper", "IsTamper", "1")
    device.report("tns1:VideoSource/MotionAlarm", "State", "false")
    device.report("tns1:VideoSource/SignalLoss", "State", "false")  # as it was: no news
    found = heard(device)
    assert [(one.kind, one.on) for one in found] == [
        (FactKind.MOTION, True),
        (FactKind.TAMPER, True),
        (FactKind.MOTION, False),
    ]
    assert all(abs(one.time - began) < 30 for one in found)
    assert not device.subscriptions  # it was told that we are gone


def test_what_it_says_of_people_is_dropped(make_device: Make) -> None:
    device = make_device()
    person = '<tt:SimpleItem Name="FaceName" Value="Somebody"/>'
    for topic in (
        "tns1:RuleEngine/FaceDetector/Face",
        "tns1:RuleEngine/FaceRecognition/Match",
        "tns1:RuleEngine/LicensePlateRecognition/Plate",
        "tns1:RuleEngine/PeopleCounter/Count",
        "tns1:RuleEngine/LoiteringDetector/Loitering",
        "tns1:UserAlarm/IVA/HumanShapeDetect",
        "tns1:RuleEngine/MyMotion/VideoSource/MotionAlarm",
    ):
        device.report(topic, "State", "true", more=person)
    device.report("tns1:VideoSource/MotionAlarm", "State", "true", more=person)
    found = heard(device, 1.0)
    assert [one.kind for one in found] == [FactKind.MOTION]
    assert "Somebody" not in repr(found)


def test_nobody_there_is_said_plainly() -> None:
    (device,) = look([Target("127.0.0.1", 9)])
    assert device.notes == ("127.0.0.1:9 cannot be reached: Connection refused",)
    with pytest.raises(UnreachableError):
        with_camera(Target("127.0.0.1", 9), None, lambda camera: camera.information())


def test_one_dead_device_does_not_hide_the_others(make_device: Make) -> None:
    device = make_device()
    dead, alive = look([Target("127.0.0.1", 9), target(device)], ADA)
    assert dead.notes
    assert len(alive.profiles) == 2


def test_http_digest_is_answered_and_basic_is_not(make_device: Make) -> None:
    """Profile T lets a device ask for HTTP digest instead of a token."""
    sent: list[str] = []

    def guarded(challenge: str) -> Callable[[Request], None]:
        def hook(request: Request) -> None:
            said = request.handler.headers.get("Authorization", "")
            sent.append(said)
            if said and digest_fits(said):
                body = device.true_answer(request)
                OnvifDevice.send(request.handler, 200, body)
                return
            request.handler.send_response(401)
            request.handler.send_header("WWW-Authenticate", challenge)
            request.handler.send_header("Content-Length", "0")
            request.handler.end_headers()

        return hook

    device = make_device(hooks={"*": guarded('Digest realm="lamp", nonce="n1", qop="auth"')})
    assert len(seen(device).profiles) == 2
    assert any(said.startswith("Digest ") for said in sent)
    sent.clear()
    device.hooks = {"*": guarded('Basic realm="lamp"')}
    assert seen(device).needs_login == "it refuses this login"
    assert set(sent) == {""}


def digest_fits(said: str) -> bool:
    """RFC 7616, MD5 and qop=auth, for Ada."""
    part = dict(re.findall(r'(\w+)="?([^",]+)"?', said))

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    one = md5(f"ada:{part['realm']}:{USERS['ada']}")
    two = md5(f"POST:{part['uri']}")
    middle = f"{part['nonce']}:{part['nc']}:{part['cnonce']}:{part['qop']}"
    return part["username"] == "ada" and part["response"] == md5(f"{one}:{middle}:{two}")


ODD = "<x/>"  # an answer of the right form, in which nothing is


@pytest.mark.parametrize("operation", ["GetSystemDateAndTime", "GetServices", "GetScopes"])
def test_one_odd_answer_does_not_lose_the_device(make_device: Make, operation: str) -> None:
    def odd(request: Request) -> None:
        OnvifDevice.send(request.handler, 200, ODD)

    device = make_device(hooks={operation: odd})
    assert [one.uri for one in seen(device).profiles] == [MAIN.uri, SMALL.uri]


def test_broken_media2_leaves_media(make_device: Make) -> None:
    """Firmware with a Media2 that answers nothing of use: the older service is asked."""

    def odd(request: Request) -> None:
        if request.path.endswith("media2"):
            OnvifDevice.send(request.handler, 200, ODD)
        else:
            OnvifDevice.send(request.handler, 200, device.true_answer(request))

    device = make_device(hooks={"GetProfiles": odd})
    assert len(seen(device).profiles) == 2
