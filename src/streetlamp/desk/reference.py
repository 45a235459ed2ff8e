"""Writes docs/api.md from the routes and their models: ``python -m streetlamp.desk.reference``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from fastapi import FastAPI

from streetlamp import __version__
from streetlamp.desk.app import ROUTERS
from streetlamp.desk.refusal import MAX_BODY
from streetlamp.desk.routes import live

_HEAD: Final = f"""\
# The desk's HTTP API

<!-- Written by `python -m streetlamp.desk.reference`; a test compares it with the code. -->

Everything the page does goes through this API. It is meant for the desk's own page: it may change
between versions.

- Answers are JSON unless said otherwise. Times are POSIX seconds, points in zones and lines are
  fractions of the picture (0–1 from the top left), boxes are pixels `x1 y1 x2 y2`.
- Everything but the addresses marked *open* needs a session: the cookie that `POST /api/login`
  sets. Without one the answer is 401.
- Whatever changes something, and every live socket, needs an `Origin` header that names this very
  host and port; otherwise the answer is 403. A `Host` that is no IP address, `localhost` or one of
  `desk.names` gets 421. A body may have at most {MAX_BODY // 1024} KiB (413).
- An error is `{{"error": "what is wrong", "hint": "what to do"}}` with a 4xx or 5xx status.
- Every look at a picture and every action is written to the audit log before the answer goes out.
"""

_OPEN: Final = {"/api/session", "/api/setup", "/api/login", "/api/logout", "/api/public"}

Schema = Mapping[str, Any]


def api_reference() -> str:
    """The text of docs/api.md."""
    app = FastAPI(title="Streetlamp desk", version=__version__)
    for module in ROUTERS:
        app.include_router(module.router)
    spec = app.openapi()
    lines = [_HEAD]
    tags: dict[str, list[str]] = {}
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            section = tags.setdefault(operation["tags"][0], [])
            section += _operation(path, method, operation)
    for tag, section in tags.items():
        lines += [f"## {tag.capitalize()}", "", *section]
    lines += ["## Live", "", *(live.__doc__ or "").strip().splitlines()[2:], ""]
    lines += ["## Objects", ""]
    for name, schema in spec["components"]["schemas"].items():
        if name not in ("HTTPValidationError", "ValidationError"):
            lines += _object(name, schema)
    return "\n".join(lines).rstrip() + "\n"


def _operation(path: str, method: str, operation: Schema) -> Iterator[str]:
    mark = " (open)" if path in _OPEN else ""
    yield f"### `{method.upper()} {path}`{mark}"
    yield ""
    if operation.get("description"):
        yield operation["description"].strip()
        yield ""
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "query":
            schema = parameter["schema"]
            default = f", default `{schema['default']}`" if "default" in schema else ""
            needed = " (needed)" if parameter.get("required") else default
            said = parameter.get("description", "")
            yield f"- `{parameter['name']}`: {_type(schema)}{needed}. {said}".rstrip()
    body = operation.get("requestBody")
    if body:
        yield f"- Body: {_type(body['content']['application/json']['schema'])}"
    answer = operation["responses"].get("200", {}).get("content", {})
    for kind, content in answer.items():
        shape = _type(content["schema"]) if content.get("schema") else f"`{kind}`"
        yield f"- Answer: {shape}"
    yield ""


def _object(name: str, schema: Schema) -> Iterator[str]:
    yield f"### {name}"
    yield ""
    if "enum" in schema:
        yield _type(schema)
        yield ""
        return
    yield "| field | type | |"
    yield "|---|---|---|"
    for field, about in schema.get("properties", {}).items():
        yield f"| `{field}` | {_type(about)} | {about.get('description', '')} |"
    yield ""


def _type(schema: Schema) -> str:
    """A JSON schema in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for many in ("anyOf", "oneOf"):
        if many in schema:
            return " or ".join(_type(one) for one in schema[many])
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    kind = schema.get("type", "anything")
    if kind == "array":
        if "prefixItems" in schema:
            return f"[{', '.join(_type(one) for one in schema['prefixItems'])}]"
        return f"list of {_type(schema.get('items', {}))}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"mapping of {_type(schema['additionalProperties'])}"
    low, high = schema.get("minimum"), schema.get("maximum")
    bounds = f" {low:g}–{high:g}" if low is not None and high is not None else ""
    return f"{kind}{bounds}"


if __name__ == "__main__":
    sys.stdout.write(api_reference())
