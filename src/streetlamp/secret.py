"""Secrets in the site file: written there, or fetched from the environment or from a file.

``env:NAME`` takes an environment variable, ``file:/path`` the first line of a file, so that the
secret itself need not stand in the site file. Anything else is the secret.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, SecretStr


def fetched(value: Any) -> Any:
    """The secret that a value in the site file stands for; ValueError when it is not there."""
    if not isinstance(value, str):
        return value
    if name := value.removeprefix("env:") if value.startswith("env:") else "":
        if name not in os.environ:
            raise ValueError(f"the environment variable {name} is not set; set it before you start")
        return SecretStr(os.environ[name])
    if value.startswith("file:"):
        path = Path(value.removeprefix("file:")).expanduser()
        if not path.is_absolute():
            raise ValueError("a file with a secret is named by its whole path: file:/…")
        try:
            lines = path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            said = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
            raise ValueError(f"the secret in {path} cannot be read: {said}") from None
        return SecretStr(lines[0].strip() if lines else "")
    return SecretStr(value)


Secret = Annotated[SecretStr, BeforeValidator(fetched)]
