"""RTSP over TLS, over UDP, and with logins: what passes, what is refused, what nobody sees."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from streetlamp.health import Reason
from streetlamp.video.source import SourceError, SourceOptions, make_source
from streetlamp.video.source.login import Login
from support.check_source import taken
from support.raw_rtsp import Peer, RawServer, coded_pictures
from support.rtsp import RtspServer, make_certificate, require_gstreamer

MOUNT = {
    "/cam": "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=25/1 ! "
    "openh264enc gop-size=5 ! h264parse ! rtph264pay config-interval=-1 name=pay0 pt=96"
}
PASSWORD = "hunter2/x@7ß"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    require_gstreamer()
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def secured(certificate: Path) -> Iterator[RtspServer]:
    with RtspServer(MOUNT, login="operator:right-1", tls=certificate) as server:
        yield server


def finger(certificate: Path) -> str:
    der = ssl.PEM_cert_to_DER_cert(certificate.read_text().split("-----BEGIN PRIVATE")[0])
    return "sha256:" + hashlib.sha256(der).hexdigest()


def come(server: RtspServer, login: str = "operator:right-1", **options: str) -> int:
    url = server.url("/cam", login)
    chosen = SourceOptions(url=url, open_timeout=5, read_timeout=5, **options)  # type: ignore[arg-type]
    return len(taken(make_source("yard", url, chosen, live=True), 8))


def test_a_cameras_own_certificate_is_not_believed_unseen(
    secured: RtspServer, certificate: Path
) -> None:
    with pytest.raises(SourceError, match="certificate is not believed") as caught:
        come(secured)
    assert caught.value.trouble is Reason.UNREACHABLE
    shown = re.search(r"sha256:[0-9a-f]{64}", caught.value.reason)
    assert shown is not None, "the fingerprint is told"
    assert shown[0] == finger(certificate)
    assert come(secured, certificate=shown[0]) == 8


def test_what_may_be_believed_instead(secured: RtspServer, certificate: Path) -> None:
    colons = ":".join(re.findall("..", finger(certificate).removeprefix("sha256:"))).upper()
    for choice in ("any", f"sha256:{colons}", str(certificate)):
        assert come(secured, certificate=choice) == 8, choice
    with pytest.raises(SourceError, match="another certificate than the one expected"):
        come(secured, certificate="sha256:" + "0" * 64)
    with pytest.raises(SourceError, match="holds no usable certificate"):
        come(secured, certificate="/nowhere.pem")


def test_the_login_is_checked_over_tls_too(secured: RtspServer, certificate: Path) -> None:
    with pytest.raises(SourceError, match="password was refused"):
        come(secured, "operator:wrong-2", certificate=finger(certificate))


def test_tls_is_not_spoken_there(rtsp: RtspServer) -> None:
    url = rtsp.url("/h264").replace("rtsp:", "rtsps:")
    options = SourceOptions(url=url, open_timeout=3)
    with pytest.raises(SourceError, match=r"no TLS connection could be agreed on|cut"):
        taken(make_source("yard", url, options, live=True), 1)


@pytest.mark.parametrize("text", ["sha256:12", "nonsense", "sha1:" + "0" * 40])
def test_a_choice_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"fingerprint|give trusted"):
        SourceOptions(url="rtsps://cam/", certificate=text)


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_camera_on_another_address(rtsp: RtspServer, transport: str) -> None:
    with RtspServer(MOUNT, login="operator:right-1", host="127.0.0.2") as server:
        assert come(server, transport=transport) == 8


@pytest.mark.parametrize(
    ("challenge", "expected"),
    [
        # RFC 2617 section 3.5, with its own name, password and nonce
        (
            'Digest realm="testrealm@host.com", qop="auth,auth-int", '
            'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
            "6629fae49393a05397450978507c4ef1",
        ),
        (
            'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"',
            "670fd8c2df070c60b045671b8b24ff02",
        ),
    ],
)
def test_digest_answers_are_those_of_the_standard(
    challenge: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda _: "0a4f113b")
    login = Login("Mufasa", "Circle Of Life")
    assert login.challenged([challenge])
    assert f'response="{expected}"' in login.answer("GET", "/dir/index.html")


def test_the_strongest_of_several_challenges_is_answered() -> None:
    login = Login("joe", "secret-1")
    strong = 'Digest realm="r", nonce="n", algorithm=SHA-256, qop="auth"'
    assert login.challenged(["Basic realm=x", 'Digest realm="r", nonce="n"', strong])
    assert "algorithm=SHA-256" in login.answer("DESCRIBE", "rtsp://cam/")
    assert not Login("", "").challenged(["Basic realm=x"])
    assert not Login("joe", "pw").challenged(["Negotiate"])


def test_a_stale_nonce_midway_is_answered_anew() -> None:
    seen: list[str] = []

    def script(peer: Peer) -> None:
        nonce = 0
        for method in iter(peer.request, "PLAY"):
            seen.append(method)
            if f'nonce="{nonce}"' not in peer.head or (method == "SETUP" and nonce == 0):
                nonce += method == "SETUP"
                challenge = f'WWW-Authenticate: Digest realm="r", nonce="{nonce}", stale=true'
                peer.reply(challenge, status="401 Unauthorized")
                continue
            answers = {
                "SETUP": "Session: 7\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1",
                "DESCRIBE": "Content-Type: application/sdp",
            }
            sdp = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:t\r\n"
            peer.reply(answers.get(method, "Public: PLAY"), sdp if method == "DESCRIBE" else "")
        peer.reply("Session: 7")
        for stamp, units in enumerate(coded_pictures(20)):
            peer.picture(units, stamp * 3600)
        peer.bye()
        peer.drain()

    with RawServer(script) as server:
        url = server.url(login="joe:secret-1")
        source = make_source("yard", url, SourceOptions(url=url, read_timeout=2), live=True)
        with pytest.raises(SourceError, match="the stream ended"):
            assert len(list(source.units())) > 10
    assert seen == ["OPTIONS", "OPTIONS", "DESCRIBE", "SETUP", "SETUP"]


CHATTY = """
import logging, sys, traceback
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
import av.logging
av.logging.set_level(av.logging.TRACE)
av.logging.restore_default_callback()
from streetlamp.video.feed import Feed, FeedStatus
from streetlamp.video.source import SourceError, SourceOptions, make_source
from streetlamp.values import CameraState
for url in sys.stdin.read().split():
    options = SourceOptions(url=url, open_timeout=2, read_timeout=1, certificate="any")
    print(options, repr(options))
    for play in ("units", "probe"):
        source = make_source("yard", url, options, live=True)
        print(source.describe(), source.url, vars(source).get("warnings"))
        try:
            made = getattr(source, play)()
            print(type(made))
            if play == "units":
                print(sum(1 for _ in zip(made, range(5))))
        except SourceError:
            traceback.print_exc()
        finally:
            source.stop()
    feed = Feed(lambda: make_source("yard", url, options, live=True), live=True)
    for item in feed.items():
        print(item if isinstance(item, FeedStatus) else "unit")
        if not isinstance(item, FeedStatus) or item.state is CameraState.WAITING:
            feed.stop()
print(open("/proc/self/cmdline").read())
"""


def test_a_password_is_in_nothing_that_anybody_can_read(
    secured: RtspServer, certificate: Path
) -> None:
    def refuses(peer: Peer) -> None:
        peer.set_up(stop_at="DESCRIBE")
        where = f"rtsp://operator:{quote(PASSWORD, safe='')}@elsewhere/"
        peer.reply(f"Location: {where}", status="302 Moved")
        peer.drain()

    def repeats(peer: Peer) -> None:
        """Sends everything back that it is told, as a server that logs into its answers does."""
        for _ in range(9):
            peer.request()
            peer.reply('WWW-Authenticate: Basic realm="r"', peer.head, status="401 No")

    login = f"operator:{quote(PASSWORD, safe='')}"
    mount = {"/cam": MOUNT["/cam"], "/udp": MOUNT["/cam"]}
    with (
        RtspServer(mount, login=f"operator:{PASSWORD}") as good,
        RtspServer(mount, login="operator:another-1", method="basic") as wrong,
        RawServer(refuses) as elsewhere,
        RawServer(repeats) as echo,
        RawServer(lambda peer: peer.send(b"garbage" * 99)) as garbage,
    ):
        urls = [
            good.url("/cam", login), good.url("/nowhere", login), wrong.url("/cam", login),
            secured.url("/cam", login), elsewhere.url("/cam", login), echo.url("/cam", login),
            garbage.url("/cam", login), f"rtsp://{login}@127.0.0.1:9/x",
            f"rtsp://{login}@no.such.host.invalid/x",
        ]  # fmt: skip
        child = subprocess.run(
            [sys.executable, "-X", "dev", "-W", "ignore", "-c", CHATTY],
            input="\n".join(urls), capture_output=True, text=True, timeout=120, check=False,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "src")},
        )  # fmt: skip
    said = child.stdout + child.stderr
    assert child.returncode == 0, said[-2000:]
    assert "LIVE" in said or "live" in said
    for what in ("password was refused", "knows no such path", "not followed", "refused)"):
        assert what in said, what
    assert "[rtsp @" in said, "FFmpeg's own lines are among it"
    pair = base64.b64encode(f"operator:{PASSWORD}".encode()).decode()
    for secret in (PASSWORD, quote(PASSWORD, safe=""), quote(PASSWORD), "hunter2", pair):
        assert secret not in said, f"{secret!r} stands in what was said"
    assert "operator@" not in said
    assert "operator:" not in said
