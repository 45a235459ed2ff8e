"""A device that wishes us ill: refused in plain words, within bounded memory and time."""

from __future__ import annotations

import gzip
import http.server
import os
import random
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from streetlamp.fleet.onvif import limits, soap
from streetlamp.fleet.onvif.addresses import parse_typed, resolve
from streetlamp.fleet.onvif.errors import OnvifError, UnreachableError, UnsafeAnswerError
from streetlamp.fleet.onvif.events import facts
from streetlamp.fleet.onvif.look import look, with_camera
from streetlamp.fleet.onvif.values import Device, Login, Target
from support.memory import rises_less_than
from support.onvif_device import MAIN, NS, SMALL, USERS, OnvifDevice, Request, Stream

Make = Callable[..., OnvifDevice]
ADA = Login("ada", USERS["ada"])
MUTANTS = int(os.environ.get("STREETLAMP_MUTANTS", "25"))
MEMORY = 48.0  # MiB a hostile answer may cost while it is refused


@pytest.fixture(autouse=True, scope="module")
def warm() -> None:
    """The libraries and their WSDL are loaded before memory is watched."""
    with OnvifDevice([[MAIN]], USERS) as device:
        look([Target("127.0.0.1", device.port)], ADA)


def seen(device: OnvifDevice, seconds: float = 20) -> Device:
    return look([Target("127.0.0.1", device.port)], ADA, seconds=seconds)[0]


def says(data: bytes, kind: str = "application/soap+xml", **headers: str) -> Any:
    """A hook that answers with these bytes."""

    def hook(request: Request) -> None:
        handler = request.handler
        handler.send_response(200)
        handler.send_header("Content-Type", kind)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        try:
            handler.wfile.write(data)
        except OSError:
            handler.close_connection = True

    return hook


def envelope(body: str, before: str = "") -> bytes:
    return f'{before}<s:Envelope xmlns:s="{NS["s"]}"><s:Body>{body}</s:Body></s:Envelope>'.encode()


LAUGHS = "".join(
    f'<!ENTITY l{n} "{"".join(f"&l{n - 1};" for _ in range(10))}">' for n in range(1, 10)
)
BILLION = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{LAUGHS}]>'
FILE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>'
WEB = '<?xml version="1.0"?><!DOCTYPE x SYSTEM "http://127.0.0.1:%d/evil.dtd">'
QUADRATIC = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY q "{"q" * 50_000}">]>'

ANSWERS = {
    "billion laughs": (says(envelope("<x>&l9;</x>", BILLION)), "document type or entities"),
    "quadratic": (says(envelope("<x>" + "&q;" * 20_000 + "</x>", QUADRATIC)), "document type"),
    "a file as entity": (says(envelope("<x>&f;</x>", FILE)), "document type or entities"),
    "deeply nested": (says(envelope("<x>" * 5000 + "</x>" * 5000)), "nested more than"),
    "elements without end": (says(envelope("<x/>" * 200_000)), "elements"),
    "large": (says(envelope("<x>" + "y" * 3_000_000 + "</x>")), "more than 2048 KiB"),
    "gzip bomb": (
        says(gzip.compress(bytes(100_000_000), 9), Content_Encoding="gzip"),
        "answers packed (gzip)",
    ),
    "deflate bomb": (
        says(zlib.compress(bytes(100_000_000), 9), Content_Encoding="deflate"),
        "answers packed (deflate)",
    ),
    "multipart": (says(b"--x", "multipart/related; boundary=x"), "not SOAP"),
    "html": (says(b"<html>", "text/html"), "not SOAP"),
    "no xml": (says(b"\x00\x01\x02" * 1000), "is not XML"),
    "utf-16 laughs": (
        says(envelope("<x>&l9;</x>", BILLION).decode().encode("utf-16")),
        "document type or entities",
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("operation", ["GetSystemDateAndTime", "GetProfiles"])
def test_hostile_answers_are_refused(make_device: Make, operation: str, name: str) -> None:
    """Once where the library reads the answer, once where our own reader does."""
    hook, said = ANSWERS[name]
    device = make_device(hooks={operation: hook})
    with rises_less_than(MEMORY):
        found = seen(device)
    assert found.profiles == ()
    assert any(said in note for note in found.notes), found.notes
    assert all(len(note) < 300 for note in found.notes)


def test_an_external_dtd_is_not_fetched(make_device: Make) -> None:
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    text = envelope("<x/>", WEB % server.server_address[1])
    include = envelope(
        f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="http://127.0.0.1:'
        f'{server.server_address[1]}/x"/>'
    )
    for data in (text, include):
        device = make_device(hooks={"GetProfiles": says(data)})
        assert seen(device).profiles == ()
    server.shutdown()
    server.server_close()
    assert asked == []


def redirect(to: str) -> Any:
    def hook(request: Request) -> None:
        handler = request.handler
        handler.send_response(307)
        handler.send_header("Location", to)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return hook


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "http://169.254.169.254/latest", "http://127.0.0.1:22/", "/other"]
)
def test_redirects_are_not_followed(make_device: Make, to: str) -> None:
    device = make_device(hooks={"*": redirect(to)})
    (note,) = seen(device).notes
    assert f"sends us elsewhere ({to}), which is not followed" in note
    assert len(device.calls) == 1


def endless(piece: bytes, head: bytes = b"") -> Any:
    """A hook that never stops sending."""

    def hook(request: Request) -> None:
        handler = request.handler
        handler.wfile.write(head)
        until = time.monotonic() + 30
        try:
            while time.monotonic() < until:
                handler.wfile.write(piece)
        except OSError:
            pass
        handler.close_connection = True

    return hook


CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n"
UNTIL_CLOSED = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\n\r\n"
ENDLESS = {
    "a body in chunks": endless(b"10000\r\n" + b"x" * 65536 + b"\r\n", CHUNKED),
    "a body": endless(b"x" * 65536, UNTIL_CLOSED),
    "headers": endless(b"X-Lamp: " + b"y" * 4000 + b"\r\n", b"HTTP/1.1 200 OK\r\n"),
    "one header": endless(b"y" * 65536, b"HTTP/1.1 200 OK\r\nX-Lamp: "),
    "a status line": endless(b"y" * 65536, b"HTTP/1.1 200 "),
    "a chunk's name": endless(b"y" * 65536, CHUNKED + b"1;"),
    "trailers": endless(b"X-Lamp: " + b"y" * 4000 + b"\r\n", CHUNKED + b"0\r\n"),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_never_ends_is_cut_off(make_device: Make, name: str) -> None:
    device = make_device(hooks={"*": ENDLESS[name]})
    began = time.monotonic()
    with rises_less_than(MEMORY):
        found = seen(device, seconds=3)
    assert found.notes
    assert time.monotonic() - began < 3 + limits.REQUEST_SECONDS


def slowly(request: Request) -> None:
    """One letter at a time, for ever."""
    try:
        for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * 200:
            request.handler.wfile.write(bytes([letter]))
            time.sleep(0.2)
    except OSError:
        pass
    request.handler.close_connection = True


@pytest.mark.parametrize("hook", [slowly, lambda _request: time.sleep(6)], ids=["drips", "silent"])
def test_who_dawdles_is_left(make_device: Make, hook: Any) -> None:
    device = make_device(hooks={"*": hook})
    began = time.monotonic()
    (note,) = seen(device, seconds=1.0).notes
    assert "does not come to an end within 1 s" in note
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("service", ["media", "media2", "ptz"])
@pytest.mark.parametrize(
    "elsewhere", ["http://10.0.0.9/onvif/x", "file:///etc/passwd", "http://127.0.0.1:22/x"]
)
def test_services_elsewhere_are_not_spoken_to(
    make_device: Make, service: str, elsewhere: str
) -> None:
    device = make_device()
    true = device._where
    device._where = lambda name: elsewhere if name == service else true(name)
    found = seen(device)
    assert any(f"its {service} service" in note for note in found.notes), found.notes
    assert len(found.profiles) == 2  # of the media service that is left


def test_no_service_of_its_own_at_all(make_device: Make) -> None:
    device = make_device()
    device._where = lambda name: f"http://10.1.2.3/{name}"
    found = seen(device)
    assert found.profiles == ()
    assert sum("names another machine (10.1.2.3" in note for note in found.notes) >= 2


def test_a_subscription_elsewhere_is_refused(make_device: Make) -> None:
    device = make_device()
    true = device._where
    device._where = lambda name: "http://10.0.0.9/s" if name.startswith("sub") else true(name)

    async def listen(camera: Any) -> list[Any]:
        return [fact async for fact in facts(camera, 1, wait=1)]

    with pytest.raises(UnsafeAnswerError, match="event subscription names another machine"):
        with_camera(Target("127.0.0.1", device.port), ADA, listen)


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("file:///etc/passwd", "not rtsp or rtsps: not followed"),
        ("http://127.0.0.1/x", "not rtsp or rtsps: not followed"),
        ("rtsp://10.0.0.9/x", "another machine (10.0.0.9 instead of 127.0.0.1)"),
        ("rtsp://127.0.0.1@10.0.0.9/x", "another machine"),
        ("rtsp://127.0.0.1.evil.example/x", "another machine"),
        ("rtsp://127.0.0.1:99999/x", "cannot be read"),
        ("rtsp://127.0.0.1/x y", "cannot be used"),
        ("rtsp://127.0.0.1/" + "x" * 2000, "cannot be used"),
        ("concat:/etc/passwd|/etc/hosts", "cannot be used"),
        ("", "cannot be used"),
    ],
)
def test_stream_addresses_elsewhere_are_refused(make_device: Make, uri: str, said: str) -> None:
    found = seen(make_device([Stream(uri), SMALL]))
    bad, good = found.profiles
    assert bad.uri == ""
    assert said in bad.refused
    assert good.uri == SMALL.uri


def test_a_login_in_a_stream_address_is_taken_out(make_device: Make) -> None:
    found = seen(make_device([replace(MAIN, uri="rtsp://root:hunter2@127.0.0.1/main")]))
    assert found.profiles[0].uri == "rtsp://127.0.0.1/main"
    assert "hunter2" not in repr(found)


def test_more_profiles_than_any_device_has(make_device: Make) -> None:
    device = make_device(*([MAIN] for _ in range(700)))
    with rises_less_than(MEMORY):
        found = seen(device, seconds=60)
    assert len(found.profiles) == limits.PROFILES


def test_hostile_words_are_made_plain(make_device: Make) -> None:
    def hook(request: Request) -> None:
        body = (
            "<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason>"
            f'<s:Text xml:lang="en">\u202e{"w" * 5000}\n\nFAKE LINE</s:Text></s:Reason></s:Fault>'
        )
        OnvifDevice.send(request.handler, 400, body)

    for operation in ("GetProfiles", "GetDeviceInformation", "GetPresets"):
        device = make_device(hooks={operation: hook}, media2=False)
        for note in seen(device).notes:
            assert note.isprintable()
            assert len(note) < 200


NUMBERS = ["nan", "inf", "-5", "1e999", "999999999999999999999", "x", ""]


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_that_are_none(number: str) -> None:
    assert soap.number(number, 1 << 16) == 0


def test_wrong_answers_of_the_right_form(make_device: Make) -> None:
    """Every operation answered as if it were another: an error, never an exception of a library."""
    wrong = {
        "GetServices": "<tds:GetServicesResponse><tds:Service/></tds:GetServicesResponse>",
        "GetCapabilities": "<tds:GetCapabilitiesResponse/>",
        "GetProfiles": "<trt:GetProfilesResponse><trt:Profiles/></trt:GetProfilesResponse>",
        "GetStreamUri": "<trt:GetStreamUriResponse/>",
        "GetSystemDateAndTime": (
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime><tt:Date>"
            "<tt:Year>x</tt:Year></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime>"
            "</tds:GetSystemDateAndTimeResponse>"
        ),
        "GetDeviceInformation": "<tds:GetDeviceInformationResponse/>",
        "GetPresets": "<tptz:GetPresetsResponse><tptz:Preset/></tptz:GetPresetsResponse>",
    }
    device = make_device()
    for operation, body in wrong.items():
        for said in (body, "", "<s:Fault/>", "<x/>", "text alone"):

            def hook(request: Request, said: str = said) -> None:
                OnvifDevice.send(request.handler, 200, said)

            device.hooks = {operation: hook}
            device.media2 = operation not in ("GetProfiles", "GetStreamUri")
            assert isinstance(seen(device), Device)
    for operation in ("GetProfiles", "GetStreamUri"):
        for said in ("", "<s:Fault/>", "<x/>", "<tr2:GetProfilesResponse><tr2:Profiles/></tr2:Get"):
            device.hooks = {operation: says(envelope(said))}
            device.media2 = True
            assert isinstance(seen(device), Device)


def mutants(seed: int, data: bytes) -> bytes:
    """The answer with a few things cut out, doubled or made odd."""
    dice = random.Random(seed)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(data) + 1)
        odd = dice.choice([b"", b"<", b">", b"&#0;", b"\xff", b"-1", b"<x/>", b"]]>", b'"', b"tt:"])
        data = data[:at] + odd + data[at + dice.choice([0, 1, 5, 40, 400]) :]
    return data


def mangled(device: OnvifDevice, seeds: Iterator[int]) -> Any:
    """A hook that answers rightly, with something broken in it."""

    def hook(request: Request) -> None:
        body = device.true_answer(request)
        says(mutants(next(seeds), envelope_of(body)))(request)

    return hook


def envelope_of(body: str) -> bytes:
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NS.items())
    return f"<s:Envelope {declared}><s:Body>{body}</s:Body></s:Envelope>".encode()


def test_broken_answers_never_end_in_a_traceback(make_device: Make) -> None:
    device = make_device(users={})
    seeds = iter(range(100_000))
    for _ in range(MUTANTS):
        for media2 in (True, False):
            device.media2 = media2
            device.hooks = {"*": mangled(device, seeds)}
            assert isinstance(seen(device), Device)


def hosts() -> Iterator[str]:
    yield from ("", "http://", "a b", "ftp://x", "http://u:p@x", "x:0", "x:99999", "[::1", "x?y")


@pytest.mark.parametrize("typed", list(hosts()))
def test_what_is_no_address_is_said_so(typed: str) -> None:
    with pytest.raises(OnvifError) as error:
        parse_typed(typed)
    assert "u:p" not in str(error.value)


def test_a_name_that_nobody_has() -> None:
    with pytest.raises(UnreachableError, match="no machine called"):
        resolve("no-such-camera.invalid")
