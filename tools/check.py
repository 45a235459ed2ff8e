"""Runs every check and test, and says at the end which of them failed: what `make test` runs.

    .venv/bin/python tools/check.py [--no-packages] [arguments for pytest]

Everything runs even when something before it failed, pytest last, so that its closing line ends
the output of a good run. As root on Debian the system packages that some tests need are installed
first; otherwise they are named, and the tests that need them skip.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time

from setup import BIN, PYTHON, ROOT

# What some tests need beside the lock files, and for what.
PACKAGES = {
    "chromium": "the page in a real browser",
    "python3-gi": "an RTSP camera",
    "gir1.2-gst-rtsp-server-1.0": "an RTSP camera",
    "gstreamer1.0-plugins-base": "an RTSP camera",
    "gstreamer1.0-plugins-good": "an RTSP camera",
    "gstreamer1.0-plugins-bad": "an RTSP camera",
    "glib-networking": "an RTSP camera over TLS",
    "openssl": "an RTSP camera over TLS",
    "vlc-bin": "a second RTSP camera",
    "vlc-plugin-base": "a second RTSP camera",
    "mosquitto": "an MQTT broker",
}


def missing_packages() -> list[str]:
    """Those of PACKAGES that this Debian does not have."""
    asked = subprocess.run(
        ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *PACKAGES],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    have = {line.split()[0] for line in asked.stdout.splitlines() if line.endswith(" installed")}
    return [name for name in PACKAGES if name not in have]


def install_packages() -> None:
    if not shutil.which("apt-get"):
        print("Not Debian: tests that need Chromium or GStreamer skip where those are missing.")
        return
    missing = missing_packages()
    if not missing:
        return
    if os.geteuid() != 0:
        print("Some tests will skip. To run them all, first:")
        print(f"  sudo apt-get install {' '.join(missing)}", flush=True)
        return
    print(f"Installing for the tests: {' '.join(missing)}", flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *missing],
    ):
        done = subprocess.run(
            command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(done.stdout + done.stderr)
            sys.exit(f"{' '.join(command[:2])} failed (exit status {done.returncode}).")


def workers() -> list[str]:
    """Tests side by side, where there are cores; see tests/support/alone.py for those that wait."""
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    return ["-n", str(min(cores, 8))] if cores > 1 else []


class Soak:
    """Four minutes of restarts and faults (bench/soak.py), where nobody waits for it: in CI.

    It runs beside the checks that read the sources: those need one core, and no camera.
    """

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._file = tempfile.TemporaryFile("w+")  # noqa: SIM115  # read at the end
        self._running = (
            subprocess.Popen(
                [str(PYTHON), "bench/soak.py", "--minutes", "4", "--no-save"],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=self._file, stderr=subprocess.STDOUT,
            )
            if os.environ.get("CI")
            else None
        )  # fmt: skip

    def end(self) -> int:
        """Waits for its end, says what it said, and gives its exit status."""
        if self._running is None:
            return 0
        print("\n== soak (began with the first check)", flush=True)
        code = self._running.wait()
        self._file.seek(0)
        print(self._file.read(), flush=True)
        if not code:
            print(f"soak: fine ({time.monotonic() - self._began:.0f} s)", flush=True)
        return code


def main(arguments: list[str]) -> int:
    if "--no-packages" in arguments:
        arguments.remove("--no-packages")
    else:
        install_packages()
    page = [str(PYTHON), "tools/setup.py", "--page-script"]
    checks = {
        "ruff": [str(BIN / "ruff"), "check", "--quiet", "."],
        "mypy": [str(BIN / "mypy")],
        "import-linter": [str(BIN / "lint-imports"), "--no-cache"],
        "page types": [*page, "check"],
        "page tests": [*page, "test"],
        "pytest": [str(PYTHON), "-m", "pytest", *workers(), *arguments],
    }
    failed = []
    soak = Soak()
    for name, command in checks.items():
        if name == "pytest" and soak.end():
            failed.append("soak")
        print(f"\n== {name}", flush=True)
        began = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, check=False)
        if done.returncode:
            failed.append(name)
        elif name != "pytest":
            print(f"{name}: fine ({time.monotonic() - began:.0f} s)", flush=True)
    if failed:
        print(f"\nFailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
