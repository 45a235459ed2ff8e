"""What a hundred virtual cameras of one clip take, in one process.

    python bench/virtual.py                  20 seconds each (about three minutes)
    python bench/virtual.py --seconds 10 --cameras 50

The server is `streetlamp virtual-camera`, a process of its own; its CPU time comes from the kernel.
Every camera is watched by one client over TCP that counts pictures and throws them away. The clip
is demo/footage/path.mp4, scaled, at 15 pictures a second with a keyframe every two seconds:
640×360 at 0.5 Mbit/s and 1280×720 at 2 Mbit/s. *copied*: packets as they are. *covered*: all
cameras have the fault `cover` at once, drawn and encoded once for all of them.
"""

from __future__ import annotations

import argparse
import os
import re
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import av

from record import ROOT, Table

FPS, SECONDS = 15, 30
SIZES = {(640, 360): 500_000, (1280, 720): 2_000_000}
SETTLE = 4.0  # seconds until everybody has had a keyframe
TICK = os.sysconf("SC_CLK_TCK")


def make_clip(path: Path, size: tuple[int, int], bits: int) -> None:
    with av.open(str(ROOT / "demo" / "footage" / "path.mp4")) as source:
        pictures = [frame.reformat(*size, format="yuv420p") for frame in source.decode(video=0)]
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("libx264", rate=FPS)
        stream.width, stream.height = size
        stream.pix_fmt, stream.bit_rate, stream.gop_size = "yuv420p", bits, 2 * FPS
        stream.options = {"preset": "superfast", "bf": "0", "sc_threshold": "0"}
        for number, picture in enumerate(islice(cycle(pictures), FPS * SECONDS)):
            picture.pts, picture.time_base = number, Fraction(1, FPS)
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))


@dataclass
class Client:
    """Watches one camera: bytes and pictures (packets with the marker) since `reset`."""

    socket: socket.socket
    left: bytes = b""
    octets: int = 0
    pictures: int = field(default=0)

    @classmethod
    def watch(cls, port: int, path: str) -> Client:
        link = socket.create_connection(("127.0.0.1", port), 20)
        url = f"rtsp://127.0.0.1:{port}{path}"
        session = ""
        for number, (method, more) in enumerate(
            (("SETUP", "Transport: RTP/AVP/TCP;interleaved=0-1\r\n"), ("PLAY", ""))
        ):
            said = f"Session: {session}\r\n" if session else ""
            track = "/track1" if method == "SETUP" else ""
            head = f"{method} {url}{track} RTSP/1.0\r\nCSeq: {number}\r\n{said}{more}\r\n"
            link.sendall(head.encode())
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += link.recv(4096)
            if method == "SETUP":
                found = re.search(rb"Session: (\w+)", answer)
                assert found, answer
                session = found[1].decode()
        link.setblocking(False)
        return cls(link, answer.partition(b"\r\n\r\n")[2])

    def read(self) -> None:
        data = self.socket.recv(1 << 20)
        if not data:
            raise ConnectionError("a camera closed its connection")
        self.octets += len(data)
        data, at = self.left + data, 0
        while at + 4 <= len(data):
            end = at + 4 + int.from_bytes(data[at + 2 : at + 4], "big")
            if end > len(data):
                break
            self.pictures += data[at + 1] == 0 and data[at + 5] >> 7
            at = end
        self.left = data[at:]


def cpu(pid: int) -> float:
    """Seconds that a process has had of a core."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident(pid: int) -> float:
    """Megabytes of memory."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def pump(clients: list[Client], seconds: float) -> None:
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for key, _ in selector.select(0.1):
                key.data.read()
            time.sleep(0.005)  # many packets at a time: the clients are not what is measured


def measure(clip: Path, cameras: int, seconds: float, *, covered: bool) -> list[str]:
    command = [
        sys.executable, "-m", "streetlamp", "virtual-camera", str(clip), "--count", str(cameras),
        "--no-sub", "--port", "0", *(["--faults", "cover@0s:all"] if covered else []),
    ]  # fmt: skip
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        said = ""
        while "Try:" not in said:
            said += server.stdout.readline()
        found = re.search(r"rtsp://[^:]+:(\d+)/", said)
        assert found, said
        port = int(found[1])
        digits = max(3, len(str(cameras)))
        clients = [
            Client.watch(port, f"/cam{number:0{digits}d}/main") for number in range(1, cameras + 1)
        ]
        pump(clients, SETTLE)
        for client in clients:
            client.octets = client.pictures = 0
        before, began = cpu(server.pid), time.monotonic()
        pump(clients, seconds)
        spent, passed = cpu(server.pid) - before, time.monotonic() - began
        memory = resident(server.pid)
        for client in clients:
            client.socket.close()
        server.terminate()
    rates = sorted(client.pictures / passed for client in clients)
    octets = sum(client.octets for client in clients)
    return [
        f"{100 * spent / passed:.1f} %",
        f"{1e6 * spent / sum(client.pictures for client in clients):.0f}",
        f"{rates[0]:.1f} – {rates[-1]:.1f}",
        f"{8e-6 * octets / passed:.0f}",
        f"{memory:.0f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cameras", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for size, bits in SIZES.items():
            clip = Path(folder) / f"{size[1]}.mp4"
            make_clip(clip, size, bits)
            for covered in (False, True):
                name = f"{size[0]}×{size[1]} {'covered' if covered else 'copied'}"
                rows.append([
                    name, *measure(clip, options.cameras, options.seconds, covered=covered)
                ])  # fmt: skip
    columns = ["", "of one core", "µs a picture", "pictures/s a camera", "Mbit/s", "memory, MB"]
    print(Table(f"{options.cameras} virtual cameras in one process", columns, rows).text())


if __name__ == "__main__":
    main()
