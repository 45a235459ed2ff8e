"""Requests nobody means well with."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from streetlamp.desk.app import ROUTERS
from streetlamp.desk.guard import same_origin, split_host
from streetlamp.desk.openapi import OPEN
from streetlamp.desk.options import DeskOptions
from streetlamp.desk.ranged import wanted
from streetlamp.desk.refusal import RefusalError
from support.lamp import PASSWORD, Lamp, start_lamp

SECRET = "the owner's diary"


@pytest.fixture(scope="module")
def lamp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lamp]:
    folder = tmp_path_factory.mktemp("hostile")
    page = folder / "page"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<!doctype html><title>Streetlamp</title>")
    (page / "assets" / "app-1.js").write_text("export {}")
    (page / ".env").write_text(SECRET)
    (folder / "diary.txt").write_text(SECRET)
    (page / "out.txt").symlink_to(folder / "diary.txt")
    running = start_lamp(folder / "lamp", page=page)
    running.raise_alarm()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def ada(lamp: Lamp) -> Iterator[httpx.Client]:
    with lamp.login() as client:
        yield client


def raw(lamp: Lamp, text: str) -> str:
    """What the desk answers to these very bytes."""
    with socket.create_connection(("127.0.0.1", lamp.server.port), timeout=10) as connection:
        connection.sendall(text.replace("\n", "\r\n").encode("latin-1"))
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts).decode("latin-1")


PRIVATE = [
    ("GET", "/api/site"),
    ("GET", "/api/status"),
    ("GET", "/api/alarms"),
    ("GET", "/api/alarms/a1"),
    ("GET", "/api/alarms/a1/clip.mp4"),
    ("GET", "/api/alarms/a1/still.jpg"),
    ("POST", "/api/alarms/a1/acknowledge"),
    ("POST", "/api/alarms/a1/resolve"),
    ("POST", "/api/alarms/a1/false"),
    ("POST", "/api/fleet/cameras/gate/view"),
    ("GET", "/api/cameras/gate/still.jpg"),
    ("GET", "/api/cameras/gate/recordings?start=0&end=1"),
    ("GET", "/api/cameras/gate/export.mp4?start=0&end=1"),
    ("GET", "/api/segments/s1"),
    ("GET", "/api/counts?start=0&end=60"),
    ("GET", "/api/counts.csv?start=0&end=3600"),
    ("GET", "/api/counts/periods?camera=gate&start=0&end=3600"),
    ("GET", "/api/counts/usual?camera=gate&start=0&end=3600"),
    ("GET", "/api/cameras/gate/heat?start=0&end=3600"),
    ("GET", "/api/cameras/gate/heat.png?start=0&end=3600"),
    ("GET", "/api/cameras/gate/heat.csv?start=0&end=3600"),
    ("GET", "/api/events"),
    ("GET", "/api/events/facets"),
    ("GET", "/api/events.csv"),
    ("GET", "/api/audit"),
]


@pytest.mark.parametrize(("method", "path"), PRIVATE)
def test_nothing_private_without_a_login(lamp: Lamp, method: str, path: str) -> None:
    with lamp.client() as client:
        answer = client.request(method, path)
    assert answer.status_code == 401
    assert set(answer.json()) == {"error", "hint"}


def test_every_route_is_either_public_on_purpose_or_needs_a_login(lamp: Lamp) -> None:
    """A new route cannot be forgotten: it is asked for without a login here."""
    routes = [route for module in ROUTERS for route in module.router.routes]
    assert len(routes) >= 20
    for route in routes:
        path = route.path.replace("{id}", "gate")
        if path in OPEN:
            continue
        methods = getattr(route, "methods", None)
        if methods is None:
            with (
                pytest.raises(InvalidStatus) as refused,
                lamp.client() as client,
                lamp.socket(path, client),
            ):
                pass
            assert refused.value.response.status_code == 401
            continue
        with lamp.client() as client:
            for method in methods:
                assert client.request(method, path).status_code == 401, (method, path)


SOCKETS = ["/api/live/events", "/api/live/camera/gate", "/api/live/wall"]


@pytest.mark.parametrize("path", SOCKETS)
@pytest.mark.parametrize("origin", ["http://evil.example", None, "null", "http://127.0.0.1:1"])
def test_a_socket_from_another_site_is_refused(
    lamp: Lamp, ada: httpx.Client, path: str, origin: str | None
) -> None:
    with pytest.raises(InvalidStatus) as refused, lamp.socket(path, ada, origin=origin):
        pass
    assert refused.value.response.status_code == 403


ORIGINS = [
    "http://evil.example",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "http://127.0.0.1.evil.example",
    "null",
    "",
    "file://",
    "http://[::1",
    "http://evil.example\\@127.0.0.1",
]


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_form_on_another_site_changes_nothing(lamp: Lamp, ada: httpx.Client, origin: str) -> None:
    answer = ada.post("/api/alarms/a1/acknowledge", headers={"Origin": origin})
    assert answer.status_code == 403
    assert lamp.book.get("a1").state == "raised"


def test_no_origin_at_all_is_another_site(lamp: Lamp, ada: httpx.Client) -> None:
    with httpx.Client(base_url=lamp.url, cookies=ada.cookies) as client:
        assert client.post("/api/alarms/a1/acknowledge").status_code == 403


def test_another_site_may_not_read(ada: httpx.Client) -> None:
    for site in ("cross-site", "same-site"):
        answer = ada.get("/api/cameras/gate/still.jpg", headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403
    assert ada.get("/api/site", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


HOSTS = ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example:{port}", "", "a b", "[::1",
         "127.0.0.1:{port}@evil.example", "localhost:{port}/x"]  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_a_rebound_name_is_refused(lamp: Lamp, host: str) -> None:
    host = host.format(port=lamp.server.port)
    answer = raw(lamp, f"GET /api/public HTTP/1.1\nHost: {host}\nConnection: close\n\n")
    assert answer.startswith(("HTTP/1.1 421", "HTTP/1.1 400"))
    assert "Riverside" not in answer


def test_names_the_owner_lists_are_answered(lamp: Lamp) -> None:
    for host in ("localhost", f"127.0.0.1:{lamp.server.port}", "[::1]:80", "192.168.1.5"):
        answer = raw(lamp, f"GET /api/public HTTP/1.1\nHost: {host}\nConnection: close\n\n")
        assert answer.startswith("HTTP/1.1 200"), host


PATHS = [
    "/../../etc/passwd",
    "/..%2f..%2fdiary.txt",
    "/%2e%2e/diary.txt",
    "/assets/../../diary.txt",
    "/assets/..%5c..%5cdiary.txt",
    "//etc/passwd",
    "/.env",
    "/out.txt",
    "/assets/app-1.js%00.html",
    "/api/../.env",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_file_outside_the_page_is_served(lamp: Lamp, path: str) -> None:
    answer = raw(lamp, f"GET {path} HTTP/1.1\nHost: localhost\nConnection: close\n\n")
    assert SECRET not in answer
    assert "root:" not in answer
    assert answer.startswith("HTTP/1.1 404") or "<title>Streetlamp</title>" in answer


IDS = ["..", "%2e%2e", "..%2f..%2fstreetlamp.db", "a1'--", "a1;DROP TABLE alarms", "x" * 65, "%00",
       "é", " ", "*", "a1%0d%0aX: y"]  # fmt: skip


@pytest.mark.parametrize("id", IDS)
@pytest.mark.parametrize("path", ["/api/alarms/{}", "/api/alarms/{}/clip.mp4", "/api/segments/{}",
                                  "/api/cameras/{}/still.jpg"])  # fmt: skip
def test_bad_ids_find_nothing(ada: httpx.Client, path: str, id: str) -> None:  # noqa: A002
    answer = ada.get(path.format(id))
    assert answer.status_code in (404, 422)
    assert set(answer.json()) == {"error", "hint"}


def test_a_clip_whose_path_leads_out_is_not_sent(lamp: Lamp, ada: httpx.Client) -> None:
    """Should the database ever be tampered with."""
    lamp.raise_alarm("a2", rule="other")
    outside = lamp.services.data.parent / "diary.txt"
    for path in ("../diary.txt", str(outside)):
        lamp.book.set_clip("a2", path)
        assert outside.exists()
        assert ada.get("/api/alarms/a2/clip.mp4").status_code == 404


QUERIES = [
    "/api/alarms?limit=0",
    "/api/alarms?limit=501",
    "/api/alarms?limit=1e9",
    "/api/alarms?state=everything",
    "/api/alarms?before=soon",
    "/api/cameras/gate/recordings?start=nan&end=1",
    "/api/cameras/gate/recordings?start=2&end=1",
    "/api/cameras/gate/recordings?start=-inf&end=inf",
    "/api/cameras/gate/recordings?start=0&end=1e10",
    "/api/cameras/gate/export.mp4?start=0&end=1e10",
    "/api/counts?start=0&end=1e9&step=60",
    "/api/counts?start=0&end=60&step=61",
    "/api/audit?limit=100000",
]


@pytest.mark.parametrize("path", QUERIES)
def test_unreasonable_questions_get_a_plain_answer(ada: httpx.Client, path: str) -> None:
    answer = ada.get(path)
    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "hint"}


def test_a_large_body_is_refused_before_it_is_read(lamp: Lamp) -> None:
    with lamp.client() as client:
        body = {"name": "a" * 70_000, "password": "b"}
        assert client.post("/api/login", json=body).status_code == 413
        chunks = (b"x" * 1000 for _ in range(100))
        answer = client.post(
            "/api/login", content=chunks, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 413
        assert "too large" in answer.json()["error"]


BODIES = [b"", b"{", b"[]", b'{"name": "ada"}', b'{"name": 1, "password": []}', b"\xff\xfe",
          b'{"name": "ada", "password": "x", "admin": true}', b"[" * 5000]  # fmt: skip


@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_is_no_login(lamp: Lamp, body: bytes) -> None:
    with lamp.client() as client:
        answer = client.post(
            "/api/login", content=body, headers={"Content-Type": "application/json"}
        )
    assert answer.status_code in (400, 422)
    assert set(answer.json()) == {"error", "hint"}


def test_a_refused_login_does_not_repeat_the_password(lamp: Lamp) -> None:
    with lamp.client() as client:
        answer = client.post("/api/login", json={"name": "ada", "password": PASSWORD, "x": 1})
    assert answer.status_code == 422
    assert PASSWORD not in answer.text


def test_a_viewer_may_not_flood_us(lamp: Lamp, ada: httpx.Client) -> None:
    with lamp.socket("/api/live/events", ada) as live:
        live.send("x" * 10_000)
        with pytest.raises(ConnectionClosed) as closed:  # noqa: PT012
            while True:
                live.recv(10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009  # message too big


def test_what_a_viewer_says_is_not_listened_to(lamp: Lamp, ada: httpx.Client) -> None:
    with lamp.socket("/api/live/events", ada) as live:
        for _ in range(50):
            live.send('{"type": "acknowledge", "id": "a1"}')
        lamp.raise_alarm("a3", rule="third")
        while "a3" not in str(live.recv(10)):
            pass
    assert lamp.book.get("a1").state == "raised"


def test_the_actor_cannot_be_forged(lamp: Lamp, ada: httpx.Client) -> None:
    lamp.raise_alarm("a4", rule="fourth")
    forged = ada.post("/api/alarms/a4/resolve", json={"note": "x", "actor": "bob"})
    assert forged.status_code == 422
    assert ada.post("/api/alarms/a4/resolve?actor=bob", json={"note": "x"}).status_code == 200
    assert lamp.book.get("a4").steps[-1].actor == "ada"


def test_answers_keep_browsers_from_doing_harm(lamp: Lamp, ada: httpx.Client) -> None:
    for path in ("/", "/api/site", "/assets/app-1.js", "/nothing.js"):
        headers = ada.get(path).headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["media-src"] == "'self' blob:"
        host = f"127.0.0.1:{lamp.server.port}"
        assert policy["connect-src"] == f"'self' ws://{host} wss://{host}"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "server" not in headers
    assert ada.get("/api/site").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"])
def test_other_methods_do_nothing(ada: httpx.Client, method: str) -> None:
    assert ada.request(method, "/api/alarms/a1").status_code == 405


ORIGIN_TABLE = [
    ("http://h:1", "h:1", True),
    ("http://H:1", "h:1", True),
    ("http://h", "h", True),
    ("https://h", "h", True),
    ("https://h:443", "h", True),
    ("http://h:80", "h", True),
    ("http://[::1]:1", "[::1]:1", True),
    ("http://h:2", "h:1", False),
    ("http://h", "h:1", False),
    ("http://g:1", "h:1", False),
    ("ftp://h:1", "h:1", False),
    ("h:1", "h:1", False),
    ("http://h:x", "h:1", False),
]


@pytest.mark.parametrize(("origin", "host", "same"), ORIGIN_TABLE)
def test_same_origin(origin: str, host: str, same: bool) -> None:
    assert same_origin(origin, host) is same


def test_split_host() -> None:
    assert split_host("A.b.:80") == ("a.b", 80)
    assert split_host("[::1]:8600") == ("::1", 8600)
    assert split_host("a b") is None
    assert split_host(".") is None


RANGES = [
    (None, None),
    ("bytes=0-0", (0, 1)),
    ("bytes=10-", (10, 100)),
    ("bytes=-10", (90, 100)),
    ("bytes=-1000", (0, 100)),
    ("bytes=10-1000", (10, 100)),
    ("BYTES=1-2", (1, 3)),
    ("bytes=5-4", None),
    ("bytes=-", None),
    ("bytes=a-b", None),
    ("bytes=0-1,5-6", None),
    ("bytes=" + "0-," * 5000, None),
    ("bytes=" + "9" * 5000 + "-", None),
    ("lines=0-1", None),
    ("bytes=١-٢", None),
]


@pytest.mark.parametrize(("header", "part"), RANGES)
def test_ranges(header: str | None, part: tuple[int, int] | None) -> None:
    assert wanted(header, 100) == part


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=999999999-", "bytes=-0"])
def test_ranges_outside(header: str) -> None:
    with pytest.raises(RefusalError) as refused:
        wanted(header, 100)
    assert refused.value.status == 416
    assert refused.value.headers == {"Content-Range": "bytes */100"}


def test_a_desk_open_to_others_is_wanted_on_purpose(make_lamp: Callable[..., Lamp]) -> None:
    with pytest.raises(ValueError, match="allow_remote: true"):
        DeskOptions(host="0.0.0.0")
    remote = make_lamp(host="0.0.0.0", allow_remote=True)
    assert remote.url == f"http://127.0.0.1:{remote.server.port}"
    assert "plain HTTP" in remote.server.warnings[0]
