"""A small ONVIF device for tests alone: SOAP over HTTP and WS-Discovery, on loopback.

It has users with digest tokens (a stale or repeated one is refused), one or more video sources with
a main and a small stream each, a clock that may be wrong, PTZ presets, events and a reboot. Its
answers are checked against the published WSDL in `tests/fleet/onvif/test_device_wsdl.py`. A test
makes it hostile by putting its own handler in front (`hooks`).
"""

# ruff: noqa: N802  # methods are called as ONVIF calls its operations

from __future__ import annotations

import base64
import hashlib
import http.server
import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from streetlamp.fleet.onvif.discovery import Network

NS = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tptz": "http://www.onvif.org/ver20/ptz/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "wsa": "http://www.w3.org/2005/08/addressing",
    "tns1": "http://www.onvif.org/ver10/topics",
    "ter": "http://www.onvif.org/ver10/error",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "d": "http://schemas.xmlsoap.org/ws/2005/04/discovery",
    "dn": "http://www.onvif.org/ver10/network/wsdl",
}
_DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NS.items())
_OPEN = {"GetSystemDateAndTime", "GetServices", "GetCapabilities"}
_FRESH = 30.0  # seconds a token may be old, or young


@dataclass(frozen=True)
class Stream:
    """One profile of the device."""

    uri: str
    codec: str = "H264"
    width: int = 1920
    height: int = 1080
    fps: int = 25
    gop: int = 50
    kbps: int = 4096


MAIN = Stream("rtsp://127.0.0.1:8554/main")
SMALL = Stream("rtsp://127.0.0.1:8554/small", width=640, height=360, kbps=512)
USERS = {"ada": "four words in a row"}


@dataclass
class Request:
    """What a hook is given."""

    operation: str
    path: str
    handler: http.server.BaseHTTPRequestHandler
    body: Any = None  # the operation's element


class RefusedError(Exception):
    """Answered as a SOAP fault."""

    def __init__(self, code: str, subcode: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.subcode = code, subcode


class Server(http.server.ThreadingHTTPServer):
    """Does not mind being hung up on: that is what hostile answers are there for."""

    def handle_error(self, *about: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(*about)


@dataclass
class OnvifDevice:
    """A running device; a context manager. `sources`: the streams of each video source."""

    sources: Sequence[Sequence[Stream]]
    users: Mapping[str, str] = field(default_factory=dict)  # empty: no login wanted
    name: str = "Front gate"
    maker: str = "Lampworks"
    clock_offset: float = 0.0
    media2: bool = True
    services: bool = True  # False: an old device that has only GetCapabilities
    ptz: bool = True
    presets: dict[str, str] = field(default_factory=lambda: {"1": "Gate", "2": "Car park"})
    hooks: dict[str, Callable[[Request], None]] = field(default_factory=dict)
    xaddrs: str = ""  # what it says its address is; "" the truth
    discovery_port: int = 0  # 0: any that is free
    group: str = "239.255.255.250"
    answer: Callable[[OnvifDevice, str], Sequence[bytes]] | None = None  # to a probe, else its own

    def __post_init__(self) -> None:
        self.calls: list[str] = []
        self.refused: list[str] = []
        self.at_preset = ""
        self.reboots = 0
        self.events: list[str] = []
        self.subscriptions: set[str] = set()
        self._nonces: set[str] = set()
        self._lock = threading.Lock()

    # -- life ----------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        device = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                device._serve(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._udp = self._discovery_socket()
        self.discovery_port = self._udp.getsockname()[1]
        for work in (lambda: self._server.serve_forever(0.02), self._discover):
            threading.Thread(target=work, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._udp.close()

    @property
    def network(self) -> Network:
        """Where a search finds it."""
        return Network((self.group, self.discovery_port), ("127.0.0.1",))

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}/onvif/device_service"

    def now(self) -> float:
        return time.time() + self.clock_offset

    # -- discovery -----------------------------------------------------------------------------

    def _discovery_socket(self) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("", self.discovery_port))
        member = struct.pack("4s4s", socket.inet_aton(self.group), socket.inet_aton("127.0.0.1"))
        made.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        return made

    def _discover(self) -> None:
        while True:
            try:
                data, sender = self._udp.recvfrom(65536)
            except OSError:
                return
            root = etree.fromstring(data)
            probe = root.find("s:Body/d:Probe", NS)
            asked = root.findtext("a:Header/a:MessageID", namespaces=NS) or root.findtext(
                "s:Header/a:MessageID", namespaces=NS
            )
            if probe is None or sender[0] != "127.0.0.1" or not asked:
                continue
            if "NetworkVideoTransmitter" not in (probe.findtext("d:Types", "", NS)):
                continue
            made = self.answer or (lambda device, to: [device.match(to)])
            try:
                for answer in made(self, asked):
                    self._udp.sendto(answer, sender)
            except OSError:  # closed meanwhile
                return

    def scopes(self, name: str = "") -> str:
        """What it says of itself, as addresses."""
        return " ".join(
            f"onvif://www.onvif.org/{key}/{escape(value.replace(' ', '%20'))}"
            for key, value in (
                ("type", "video_encoder"),
                ("Profile", "Streaming"),
                ("name", name or self.name),
                ("hardware", "LW-2"),
                ("location", "North"),
            )
        )

    def match(self, relates: str, xaddrs: str = "", name: str = "", id_: str = "") -> bytes:
        """The answer to a probe."""
        scopes = self.scopes(name)
        action = "http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches"
        return (
            f'<?xml version="1.0"?><s:Envelope {_DECLARED}><s:Header>'
            f"<a:MessageID>urn:uuid:9c7a54b4-7f0e-4e39-9b3e-7a0fd4d3d0aa</a:MessageID>"
            f"<a:RelatesTo>{escape(relates)}</a:RelatesTo><a:Action>{action}</a:Action>"
            "</s:Header><s:Body><d:ProbeMatches><d:ProbeMatch>"
            f"<a:EndpointReference><a:Address>urn:uuid:{id_ or 'c0ffee00-lamp'}</a:Address>"
            "</a:EndpointReference><d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types>"
            f"<d:Scopes>{scopes}</d:Scopes>"
            f"<d:XAddrs>{escape(xaddrs or self.xaddrs or self.url)}</d:XAddrs>"
            "<d:MetadataVersion>1</d:MetadataVersion>"
            "</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
        ).encode()

    # -- SOAP ----------------------------------------------------------------------------------

    def _serve(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length", "0"))
        root = etree.fromstring(handler.rfile.read(length))
        body = root.find("s:Body", NS)
        operation = body[0] if body is not None and len(body) else None
        if operation is None:
            handler.send_error(400)
            return
        name = etree.QName(operation).localname
        self.calls.append(name)
        hook = self.hooks.get(name) or self.hooks.get("*")
        if hook is not None:
            hook(Request(name, handler.path, handler, operation))
            return
        try:
            if name not in _OPEN:
                self._check_login(root)
            status, made = 200, self._answer(operation, handler.path)
        except RefusedError as error:
            self.refused.append(str(error))
            status, made = 400, _fault(error)
        self.send(handler, status, made)

    @staticmethod
    def send(handler: http.server.BaseHTTPRequestHandler, status: int, body: str) -> None:
        """A SOAP answer with this body."""
        text = f'<?xml version="1.0"?><s:Envelope {_DECLARED}><s:Body>{body}</s:Body></s:Envelope>'
        data = text.encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/soap+xml; charset=utf-8")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def _check_login(self, root: Any) -> None:
        """WS-Security UsernameToken Profile 1.1, PasswordDigest."""
        if not self.users:
            return
        said = {
            etree.QName(one).localname: one
            for one in root.iter()
            if isinstance(one.tag, str)
            and etree.QName(one).localname in ("Username", "Password", "Nonce", "Created")
        }
        refused = RefusedError("Sender", "NotAuthorized", "Sender not Authorized")
        if set(said) != {"Username", "Password", "Nonce", "Created"}:
            raise refused
        if not said["Password"].get("Type", "").endswith("#PasswordDigest"):
            raise refused
        password = self.users.get(said["Username"].text or "")
        nonce, created = said["Nonce"].text or "", said["Created"].text or ""
        age = self.now() - datetime.fromisoformat(created).timestamp()
        with self._lock:
            repeated = nonce in self._nonces
            self._nonces.add(nonce)
        want = hashlib.sha1(base64.b64decode(nonce) + created.encode() + (password or "").encode())
        fits = base64.b64encode(want.digest()).decode() == said["Password"].text
        if password is None or repeated or abs(age) > _FRESH or not fits:
            raise refused

    def true_answer(self, request: Request) -> str:
        """The body this device would answer with, had it no hooks."""
        return self._answer(request.body, request.path)

    def _answer(self, operation: Any, path: str) -> str:
        name = etree.QName(operation).localname
        prefix = next((p for p, uri in NS.items() if uri == etree.QName(operation).namespace), "")
        made = getattr(self, f"_{prefix}_{name}", None)
        if made is None:
            raise RefusedError("Receiver", "ActionNotSupported", f"{name} is not known here")
        answer = made(operation, path)
        return f"<{prefix}:{name}Response>{answer}</{prefix}:{name}Response>"

    def _where(self, service: str) -> str:
        return f"http://{self.address}/onvif/{service}"

    def _tds_GetSystemDateAndTime(self, *_: Any) -> str:
        now = datetime.fromtimestamp(self.now(), UTC)
        stamp = (
            f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
            f"<tt:Second>{now.second}</tt:Second></tt:Time>"
            f"<tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month>"
            f"<tt:Day>{now.day}</tt:Day></tt:Date>"
        )
        return (
            "<tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>"
            "<tt:DaylightSavings>false</tt:DaylightSavings>"
            "<tt:TimeZone><tt:TZ>UTC0</tt:TZ></tt:TimeZone>"
            f"<tt:UTCDateTime>{stamp}</tt:UTCDateTime>"
            f"<tt:LocalDateTime>{stamp}</tt:LocalDateTime></tds:SystemDateAndTime>"
        )

    def _offered(self) -> list[tuple[str, str]]:
        offered = [("tds", "device_service"), ("trt", "media"), ("tev", "events")]
        offered += [("tr2", "media2")] if self.media2 else []
        return offered + ([("tptz", "ptz")] if self.ptz else [])

    def _tds_GetServices(self, *_: Any) -> str:
        if not self.services:
            raise RefusedError("Receiver", "ActionNotSupported", "GetServices is not known here")
        return "".join(
            f"<tds:Service><tds:Namespace>{NS[prefix]}</tds:Namespace>"
            f"<tds:XAddr>{self._where(service)}</tds:XAddr>"
            "<tds:Version><tt:Major>2</tt:Major><tt:Minor>6</tt:Minor></tds:Version></tds:Service>"
            for prefix, service in self._offered()
        )

    def _tds_GetCapabilities(self, *_: Any) -> str:
        events = (
            f"<tt:Events><tt:XAddr>{self._where('events')}</tt:XAddr>"
            "<tt:WSSubscriptionPolicySupport>false</tt:WSSubscriptionPolicySupport>"
            "<tt:WSPullPointSupport>true</tt:WSPullPointSupport>"
            "<tt:WSPausableSubscriptionManagerInterfaceSupport>false"
            "</tt:WSPausableSubscriptionManagerInterfaceSupport></tt:Events>"
        )
        media = (
            f"<tt:Media><tt:XAddr>{self._where('media')}</tt:XAddr>"
            "<tt:StreamingCapabilities/></tt:Media>"
        )
        ptz = f"<tt:PTZ><tt:XAddr>{self._where('ptz')}</tt:XAddr></tt:PTZ>" if self.ptz else ""
        return f"<tds:Capabilities>{events}{media}{ptz}</tds:Capabilities>"

    def _tds_GetDeviceInformation(self, *_: Any) -> str:
        facts = {
            "Manufacturer": self.maker,
            "Model": "LW-2",
            "FirmwareVersion": "1.2.3",
            "SerialNumber": "0042",
            "HardwareId": "2",
        }
        return "".join(f"<tds:{key}>{escape(value)}</tds:{key}>" for key, value in facts.items())

    def _tds_GetScopes(self, *_: Any) -> str:
        return "".join(
            f"<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>{scope}</tt:ScopeItem>"
            "</tds:Scopes>"
            for scope in self.scopes().split()
        )

    def _tds_SystemReboot(self, *_: Any) -> str:
        self.reboots += 1
        return "<tds:Message>Rebooting in 3 seconds</tds:Message>"

    def _profiles(self) -> list[tuple[str, int, Stream]]:
        return [
            (f"p{number}_{place}", number, stream)
            for number, streams in enumerate(self.sources)
            for place, stream in enumerate(streams)
        ]

    def _stream(self, token: str | None) -> Stream:
        for known, _, stream in self._profiles():
            if known == token:
                return stream
        raise RefusedError("Sender", "InvalidArgVal", "There is no such profile")

    def _trt_GetProfiles(self, *_: Any) -> str:
        return "".join(self._media1(*one) for one in self._profiles() if one[2].codec != "H265")

    def _media1(self, token: str, number: int, stream: Stream) -> str:
        ptz = (
            f'<tt:PTZConfiguration token="ptz{number}"><tt:Name>ptz</tt:Name>'
            "<tt:UseCount>1</tt:UseCount><tt:NodeToken>node</tt:NodeToken></tt:PTZConfiguration>"
            if self.ptz
            else ""
        )
        h264 = (
            f"<tt:H264><tt:GovLength>{stream.gop}</tt:GovLength>"
            "<tt:H264Profile>Main</tt:H264Profile></tt:H264>"
            if stream.codec == "H264"
            else ""
        )
        return (
            f'<trt:Profiles token="{token}" fixed="true"><tt:Name>stream {token}</tt:Name>'
            f'<tt:VideoSourceConfiguration token="vsc{number}"><tt:Name>lens</tt:Name>'
            f"<tt:UseCount>2</tt:UseCount><tt:SourceToken>vs{number}</tt:SourceToken>"
            '<tt:Bounds x="0" y="0" width="1920" height="1080"/></tt:VideoSourceConfiguration>'
            f'<tt:VideoEncoderConfiguration token="vec_{token}"><tt:Name>enc</tt:Name>'
            f"<tt:UseCount>1</tt:UseCount><tt:Encoding>{stream.codec}</tt:Encoding>"
            f"<tt:Resolution><tt:Width>{stream.width}</tt:Width><tt:Height>{stream.height}"
            "</tt:Height></tt:Resolution><tt:Quality>5</tt:Quality><tt:RateControl>"
            f"<tt:FrameRateLimit>{stream.fps}</tt:FrameRateLimit>"
            "<tt:EncodingInterval>1</tt:EncodingInterval>"
            f"<tt:BitrateLimit>{stream.kbps}</tt:BitrateLimit></tt:RateControl>{h264}"
            "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type>"
            "<tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address><tt:Port>0</tt:Port>"
            "<tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
            "<tt:SessionTimeout>PT60S</tt:SessionTimeout></tt:VideoEncoderConfiguration>"
            f"{ptz}</trt:Profiles>"
        )

    def _trt_GetStreamUri(self, operation: Any, *_: Any) -> str:
        uri = self._stream(operation.findtext("trt:ProfileToken", namespaces=NS)).uri
        return (
            f"<trt:MediaUri><tt:Uri>{escape(uri)}</tt:Uri>"
            "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
            "<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>"
            "<tt:Timeout>PT0S</tt:Timeout></trt:MediaUri>"
        )

    def _tr2_GetProfiles(self, operation: Any, *_: Any) -> str:
        wanted = {one.text for one in operation.findall("tr2:Type", NS)}
        return "".join(self._media2(*one, wanted) for one in self._profiles())

    def _media2(self, token: str, number: int, stream: Stream, wanted: set[str | None]) -> str:
        source = (
            f'<tr2:VideoSource token="vsc{number}"><tt:Name>lens</tt:Name>'
            f"<tt:UseCount>2</tt:UseCount><tt:SourceToken>vs{number}</tt:SourceToken>"
            '<tt:Bounds x="0" y="0" width="1920" height="1080"/></tr2:VideoSource>'
        )
        encoder = (
            f'<tr2:VideoEncoder token="vec_{token}" GovLength="{stream.gop}">'
            "<tt:Name>enc</tt:Name><tt:UseCount>1</tt:UseCount>"
            f"<tt:Encoding>{stream.codec}</tt:Encoding><tt:Resolution>"
            f"<tt:Width>{stream.width}</tt:Width><tt:Height>{stream.height}</tt:Height>"
            "</tt:Resolution><tt:RateControl>"
            f"<tt:FrameRateLimit>{stream.fps}</tt:FrameRateLimit>"
            f"<tt:BitrateLimit>{stream.kbps}</tt:BitrateLimit></tt:RateControl>"
            "<tt:Quality>5</tt:Quality></tr2:VideoEncoder>"
        )
        ptz = (
            f'<tr2:PTZ token="ptz{number}"><tt:Name>ptz</tt:Name><tt:UseCount>1</tt:UseCount>'
            "<tt:NodeToken>node</tt:NodeToken></tr2:PTZ>"
        )
        parts = {"VideoSource": source, "VideoEncoder": encoder}
        parts |= {"PTZ": ptz} if self.ptz else {}
        inside = "".join(part for kind, part in parts.items() if kind in wanted)
        return (
            f'<tr2:Profiles token="{token}" fixed="true"><tr2:Name>stream {token}</tr2:Name>'
            f"<tr2:Configurations>{inside}</tr2:Configurations></tr2:Profiles>"
        )

    def _tr2_GetStreamUri(self, operation: Any, *_: Any) -> str:
        uri = self._stream(operation.findtext("tr2:ProfileToken", namespaces=NS)).uri
        return f"<tr2:Uri>{escape(uri)}</tr2:Uri>"

    def _tptz_GetPresets(self, *_: Any) -> str:
        return "".join(
            f"<tptz:Preset token={quoteattr(token)}><tt:Name>{escape(name)}</tt:Name></tptz:Preset>"
            for token, name in self.presets.items()
        )

    def _tptz_GotoPreset(self, operation: Any, *_: Any) -> str:
        token = operation.findtext("tptz:PresetToken", namespaces=NS)
        if token not in self.presets:
            raise RefusedError("Sender", "NoToken", "There is no such preset")
        self.at_preset = token
        return ""

    # -- events --------------------------------------------------------------------------------

    def report(
        self, topic: str, item: str, value: str, source: str = "vs0", more: str = ""
    ) -> None:
        """Puts an event into the queue, as a camera would."""
        stamp = datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        message = (
            '<wsnt:NotificationMessage><wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/'
            f'topicExpression/ConcreteSet">{escape(topic)}</wsnt:Topic><wsnt:Message>'
            f'<tt:Message UtcTime="{stamp}" PropertyOperation="Changed"><tt:Source>'
            f'<tt:SimpleItem Name="Source" Value="{source}"/></tt:Source><tt:Data>'
            f'<tt:SimpleItem Name="{item}" Value="{value}"/>{more}</tt:Data></tt:Message>'
            "</wsnt:Message></wsnt:NotificationMessage>"
        )
        with self._lock:
            self.events.append(message)

    def _stamps(self, prefix: str) -> str:
        now = self.now()
        first, last = (
            datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for at in (now, now + 60)
        )
        return (
            f"<{prefix}:CurrentTime>{first}</{prefix}:CurrentTime>"
            f"<{prefix}:TerminationTime>{last}</{prefix}:TerminationTime>"
        )

    def _tev_CreatePullPointSubscription(self, *_: Any) -> str:
        path = f"subscription/{len(self.subscriptions) + 1}"
        self.subscriptions.add(f"/onvif/{path}")
        return (
            f"<tev:SubscriptionReference><wsa:Address>{self._where(path)}</wsa:Address>"
            f"</tev:SubscriptionReference>{self._stamps('wsnt')}"
        )

    def _tev_PullMessages(self, operation: Any, path: str) -> str:
        if path not in self.subscriptions:
            raise RefusedError("Sender", "InvalidArgVal", "There is no such subscription")
        wait = re.sub(r"\D", "", operation.findtext("tev:Timeout", "", NS))
        until = time.monotonic() + min(float(wait or 0), 5)
        while not self.events and time.monotonic() < until:
            time.sleep(0.02)
        with self._lock:
            taken, self.events[:] = list(self.events), []
        return self._stamps("tev") + "".join(taken)

    def _wsnt_Renew(self, *_: Any) -> str:
        now = self.now()
        ends = datetime.fromtimestamp(now + 60, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"<wsnt:TerminationTime>{ends}</wsnt:TerminationTime>"

    def _wsnt_Unsubscribe(self, _: Any, path: str) -> str:
        self.subscriptions.discard(path)
        return ""


def _fault(error: RefusedError) -> str:
    return (
        f"<s:Fault><s:Code><s:Value>s:{error.code}</s:Value><s:Subcode><s:Value>ter:{error.subcode}"
        f'</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en">{escape(str(error))}'
        "</s:Text></s:Reason></s:Fault>"
    )
