"""The project keeps its word: what the docs, the locks, the demo and the sources promise holds."""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import pkgutil
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
import typer
from pydantic import SecretStr

import streetlamp
from streetlamp.cli import app
from streetlamp.options import Options
from streetlamp.site import CameraOptions, load_site, parse_site

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src" / "streetlamp"
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("design/*.md")])
MADE = {
    ".git", ".venv", ".cache", "node_modules", "page", "artefacts", "__pycache__", ".hypothesis",
    ".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache", "dist", "data",
}  # fmt: skip
TEXT = {
    ".py", ".md", ".toml", ".yaml", ".yml", ".json", ".lock", ".ts", ".svelte", ".css", ".html",
    ".js", ".mako", ".cfg", ".ini", ".txt", ".sh", "", ".npmrc", ".gitignore",
}  # fmt: skip


def files() -> Iterator[Path]:
    """The project's own text files: nothing that a tool made."""
    folders = [ROOT]
    while folders:
        for path in folders.pop().iterdir():
            if path.is_dir():
                if path.name not in MADE and not path.is_symlink():
                    folders.append(path)
            elif path.suffix in TEXT:
                yield path


def modules() -> list[tuple[Path, ast.Module]]:
    return [(path, ast.parse(path.read_text("utf-8"))) for path in sorted(SRC.rglob("*.py"))]


def tool(name: str) -> ModuleType:
    """A script of tools/ as a module."""
    spec = importlib.util.spec_from_file_location(f"tools_{name}", ROOT / "tools" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- the glass wall ------------------------------------------------------------------------------

RAW = {"RawFrame", "Detections"}  # Packet is also a name of PyAV's, for encoded masked video


def names(tree: ast.AST) -> Iterator[str]:
    """Every name a file imports, uses or reaches into."""
    for node in ast.walk(tree):
        match node:
            case ast.Name():
                yield node.id
            case ast.Attribute():
                yield node.attr
            case ast.ImportFrom():
                yield from (alias.name for alias in node.names)
                yield node.module or ""
            case ast.Import():
                yield from (alias.name for alias in node.names)


@pytest.mark.parametrize(
    ("value", "maker"), [("MaskedFrame", "video/mask.py"), ("CopiedGop", "video/copying.py")]
)
def test_only_one_file_makes_what_shows_pictures(value: str, maker: str) -> None:
    makers = {
        path.relative_to(SRC).as_posix()
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", None) or getattr(node.func, "attr", None)) == value
    }
    assert makers == {maker}


def test_nobody_alters_a_masked_frame() -> None:
    """`dataclasses.replace` and friends would be a second maker under another name."""
    for path, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args:
                called = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
                if called in ("replace", "copy", "deepcopy", "__new__"):
                    assert "MaskedFrame" not in ast.unparse(node), path


def test_raw_pictures_are_not_named_outside_video() -> None:
    for path, tree in modules():
        if path.relative_to(SRC).parts[0] != "video" and path.relative_to(SRC).parts[0] != "values":
            used = set(names(tree))
            assert not used & RAW, f"{path} names {used & RAW}"
            assert "streetlamp.video.raw" not in used, path


def test_rules_and_looking_take_time_from_values() -> None:
    """So that everything can be replayed. Sources and threads keep their clocks."""
    clocked = re.compile(r"\btime\.time\(|\bdatetime\.(now|utcnow|today)\(|\bdate\.today\(")
    own_clock = ("video/source/", "video/feed.py", "video/inference.py")
    for path in [*SRC.glob("rules/**/*.py"), *SRC.glob("video/**/*.py")]:
        if not path.relative_to(SRC).as_posix().startswith(own_clock):
            assert not clocked.search(path.read_text("utf-8")), path


# --- options -------------------------------------------------------------------------------------


def every_options_class() -> list[type[Options]]:
    for module in pkgutil.walk_packages(streetlamp.__path__, "streetlamp."):
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            importlib.import_module(module.name)
    found: list[type[Options]] = []
    todo: list[Any] = [Options]
    while todo:
        for each in todo.pop().__subclasses__():
            if each not in found:
                found.append(each)
                todo.append(each)
    return [each for each in found if each.__module__.startswith("streetlamp.")]


def test_every_option_has_a_title_and_a_description() -> None:
    classes = every_options_class()
    assert CameraOptions in classes
    silent = [
        f"{each.__module__}.{each.__name__}.{name}"
        for each in classes
        for name, field in each.model_fields.items()
        if not field.title or not field.description
    ]
    assert not silent


def test_options_are_frozen_and_refuse_unknown_names() -> None:
    for each in every_options_class():
        assert each.model_config.get("frozen"), each
        assert each.model_config.get("extra") == "forbid", each


def test_secrets_are_kept_in_secret_types() -> None:
    for each in every_options_class():
        for name, field in each.model_fields.items():
            if re.search(r"password|secret|token", name) and not name.endswith("_env"):
                assert field.annotation is SecretStr, f"{each.__name__}.{name}"


SECRET = "hunter2-and-more"
WITH_PASSWORD = {
    "in the address": f"rtsp://anna:{SECRET}@127.0.0.1:1/x",
    "beside it": f"{{url: 'rtsp://127.0.0.1:1/x', username: anna, password: {SECRET}}}",
}


@pytest.mark.parametrize("source", WITH_PASSWORD.values(), ids=WITH_PASSWORD)
def test_a_password_is_never_printed(source: str) -> None:
    site = parse_site(f"cameras:\n  gate:\n    source: {source}\n", Path("site.yaml"))
    held = site.cameras["gate"].source
    assert held.password.get_secret_value() == SECRET  # it is there, for the camera
    for thing in (site, held):
        for shown in (repr(thing), str(thing), thing.model_dump_json(), str(thing.model_dump())):
            assert SECRET not in shown


# --- docs ----------------------------------------------------------------------------------------

LINK = re.compile(r"(?<!\\)\[[^\]]*\]\(([^)\s]+)\)")


def anchors(page: Path) -> set[str]:
    """Headings as the anchors that readers of Markdown make of them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_links_in_the_docs_lead_somewhere() -> None:
    broken = []
    for page in PAGES:
        text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
        for link in LINK.findall(text):
            if link.startswith(("http://", "https://", "mailto:")):
                continue
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            if not target.exists() or (anchor and anchor not in anchors(target)):
                broken.append(f"{page.relative_to(ROOT)}: {link}")
    assert not broken


def test_pages_named_in_the_sources_are_there() -> None:
    for path, _ in modules():
        for page in re.findall(r"\b(?:docs|design)/[\w-]+\.md", path.read_text("utf-8")):
            assert (ROOT / page).is_file(), f"{path}: {page}"


def test_the_docs_are_listed_in_their_order() -> None:
    listed = LINK.findall((ROOT / "docs" / "README.md").read_text("utf-8"))
    numbered = sorted(path.name for path in (ROOT / "docs").glob("[0-9]*.md"))
    assert [link for link in listed if link in numbered] == numbered
    for number, name in enumerate(numbered, 1):
        head = (ROOT / "docs" / name).read_text("utf-8").splitlines()[0]
        assert head.startswith(f"# {number}. "), name


def commands() -> dict[str, click.Command]:
    """Every command by its words: "run", "site new", …"""
    found: dict[str, click.Command] = {}

    def walk(command: Any, words: tuple[str, ...]) -> None:
        found[" ".join(words)] = command
        for name, below in getattr(command, "commands", {}).items():
            walk(below, (*words, name))

    walk(typer.main.get_command(app), ())
    return found


def code_in(page: Path) -> list[str]:
    """Lines of fenced shell blocks, and pieces of inline code."""
    text = page.read_text("utf-8")
    fenced = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line.split("#")[0].strip() for block in fenced for line in block.splitlines()]
    plain = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return [line for line in lines if line] + re.findall(r"`([^`\n]+)`", plain)


def test_commands_and_flags_in_the_docs_exist() -> None:
    known = commands()
    wrong = []
    for page in PAGES:
        for code in code_in(page):
            match = re.match(r"(?:\.venv/bin/)?streetlamp\b(.*)", code)
            if not match or (" " not in code and "-" in code):
                continue
            words = [word for word in match[1].split() if word]
            name = ""
            while words and f"{name} {words[0]}".strip() in known:
                name = f"{name} {words.pop(0)}".strip()
            if not name and words and not words[0].startswith("-"):
                wrong.append(f"{page.name}: {code}")
                continue
            flags = {each for option in known[name].params for each in option.opts} | {"--help"}
            given = {word.split("=")[0] for word in words if word.startswith("--")}
            wrong += [f"{page.name}: {code}: no {flag}" for flag in given - flags]
    assert not wrong


def test_flags_named_alone_belong_to_some_command() -> None:
    flags = {each for command in commands().values() for option in command.params
             for each in option.opts} | {"--help"}  # fmt: skip
    for page in (ROOT / "docs").glob("*.md"):
        for code in code_in(page):
            if re.fullmatch(r"--[a-z-]+", code):
                assert code in flags, f"{page.name} speaks of {code}"


def test_make_targets_in_the_docs_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in PAGES:
        for code in code_in(page):
            if match := re.match(r"make ([a-z]+)", code):
                assert match[1] in targets, f"{page.name}: {code}"


def test_tables_in_the_docs_are_up_to_date() -> None:
    tables = tool("doc_tables")
    assert len(tables.PAGES) >= 3
    for path, make in tables.PAGES.items():
        text = path.read_text("utf-8")
        assert tables.page(text, make) == text, f"{path.name}: run make docs"


def test_settings_named_in_the_docs_exist() -> None:
    """The YAML in the docs is loaded, not only shown."""
    loaded = 0
    for page in (ROOT / "docs").glob("*.md"):
        for block in re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            whole = "cameras:" in block
            parse_site(block if whole else block + "cameras: {gate: {source: 'test:'}}\n", page)
            loaded += 1
    assert loaded >= 3


# --- what is handed out --------------------------------------------------------------------------

# spelled in pieces, so that this file does not name them either
HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"),
        ("yarnpkg", "com"), ("deb", "debian", "org"), ("unpkg", "com"), ("jsdelivr", "net"),
    )
]  # fmt: skip


def test_no_registry_host_is_named() -> None:
    named = [
        f"{path.relative_to(ROOT)}: {host}"
        for path in files()
        for host in HOSTS
        if host in path.read_text("utf-8", errors="replace")
    ]
    assert not named


LOCKS = sorted(ROOT.glob("requirements*.lock"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_locks_pin_and_hash_everything_and_name_no_address(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert "://" not in text
    for entry in text.replace("\\\n", " ").splitlines():
        if entry.strip() and not entry.startswith("#"):
            assert re.match(r"[a-z0-9._-]+==[^ ;]+", entry), entry
            assert "--hash=sha256:" in entry, entry


def locked(name: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / name).read_text("utf-8"), re.MULTILINE))


def test_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))

    def asked(lines: list[str]) -> set[str]:
        return {re.split(r"[^A-Za-z0-9._-]", line)[0].lower() for line in lines}

    assert asked(project["project"]["dependencies"]) <= locked("requirements.lock")
    below = locked("requirements.lock") | locked("requirements-dev.lock")
    assert asked(project["dependency-groups"]["dev"]) <= below
    # two OpenCVs in one environment overwrite each other
    assert "opencv-python" not in below


def test_the_wheel_holds_what_it_needs(tmp_path: Path) -> None:
    """Built by the locked backend, without a network."""
    pytest.importorskip("hatchling")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    inside = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    for needed in (
        "streetlamp/video/models/nanodet-g-int8.onnx",
        "streetlamp/video/models/centerface-int8.onnx",
        "streetlamp/video/models/manifest.json",
        "streetlamp/py.typed",
        "licenses/LICENSE",
        "licenses/NOTICE",
    ):
        assert any(name.endswith(needed) for name in inside), needed
    assert any(re.search(r"store/migrations/versions/.+\.py$", name) for name in inside)
    if (SRC / "desk" / "page" / "index.html").exists():
        assert "streetlamp/desk/page/index.html" in inside
    stray = [name for name in inside if not name.startswith("streetlamp")]
    assert not stray


def test_sources_are_files_of_one_job() -> None:
    long = [path.name for path in SRC.rglob("*.py") if len(path.read_text().splitlines()) > 450]
    assert not long


def test_the_charter_is_the_charter(shared_data: Path) -> None:
    original = shared_data.parent / "CHARTER.md"
    assert (ROOT / "CHARTER.md").read_text("utf-8") == original.read_text("utf-8")


# --- the demo ------------------------------------------------------------------------------------

DEMO = ROOT / "demo"


def test_demo_footage_is_what_its_provenance_says() -> None:
    text = (DEMO / "footage" / "PROVENANCE.md").read_text("utf-8")
    said = dict(re.findall(r"^([0-9a-f]{64})  (\S+\.mp4)$", text, re.MULTILINE))
    said = {name: digest for digest, name in said.items()}
    there = {path.name: path for path in (DEMO / "footage").glob("*.mp4")}
    assert set(said) == set(there)
    for name, path in there.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == said[name], name
    assert sum(path.stat().st_size for path in there.values()) < 4_000_000


def test_demo_site_loads_and_its_clips_are_there() -> None:
    site = load_site(DEMO / "site.yaml")
    assert set(site.cameras) == {"path", "carpark", "crossing"}
    for camera in site.cameras.values():
        assert Path(camera.source.url).is_file()
    assert site.data == DEMO / "data"
