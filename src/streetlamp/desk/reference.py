"""Writes docs/api.md from the routes and their models: ``python -m streetlamp.desk.reference``.

With ``--openapi`` it writes docs/openapi.json instead.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from fastapi import FastAPI

from streetlamp import __version__
from streetlamp.desk.app import ROUTERS
from streetlamp.desk.openapi import OPEN, document, is_personal, need_for, routes_of
from streetlamp.desk.refusal import MAX_BODY
from streetlamp.desk.rights import IN_PERSON, ROLES, rights_table
from streetlamp.desk.routes import live
from streetlamp.vault.roles import Role

_HEAD: Final = f"""\
# The desk's HTTP API

<!-- Written by `python -m streetlamp.desk.reference`; a test compares it with the code. -->

Everything the page does goes through this API. Programs use it with a token; what may be done
with which right stands in [People and rights](15-people-and-rights.md). The same as an OpenAPI
document is [openapi.json](openapi.json) here and `GET /api/openapi.json` at a desk. It may change
between versions.

- Answers are JSON unless said otherwise. Times are POSIX seconds, points in zones and lines are
  fractions of the picture (0–1 from the top left), boxes are pixels `x1 y1 x2 y2`.
- Everything but the addresses marked *open* needs a session (the cookie that `POST /api/login`
  sets) or a program's token (`Authorization: Bearer slt_…`). Without one the answer is 401, without
  the right that an address needs 403, and 429 after many wrong tokens. A camera one may not see,
  and what comes from it, is answered as if it were not there: 404, or not in the list.
- Whatever changes something, and every live socket, needs an `Origin` header that names this very
  host and port, or a token; otherwise the answer is 403. A `Host` that is no IP address,
  `localhost` or one of `desk.names` gets 421. A body may have at most {MAX_BODY // 1024} KiB (413).
- An error is `{{"error": "what is wrong", "hint": "what to do"}}` with a 4xx or 5xx status.
- Every look at a picture and every action is written to the audit log before the answer goes out.
"""

Schema = Mapping[str, Any]


def api_reference() -> str:
    """The text of docs/api.md."""
    app = FastAPI(title="Streetlamp desk", version=__version__)
    for module in ROUTERS:
        app.include_router(module.router)
    spec = document(app, ROUTERS)
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
        lines += _object(name, schema)
    return "\n".join(lines).rstrip() + "\n"


def _operation(path: str, method: str, operation: Schema) -> Iterator[str]:
    mark = " (open)" if path in OPEN else ""
    yield f"### `{method.upper()} {path}`{mark}"
    yield ""
    if operation.get("description"):
        yield operation["description"].strip()
        yield ""
    if "x-right" in operation:
        rights = [operation["x-right"], *operation.get("x-also", ())]
        yield f"- Needs: {', '.join(f'`{right}`' for right in rights)}"
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
    responses = operation["responses"]
    answer = (responses.get("200") or responses.get("201") or {}).get("content", {})
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


def rights_page() -> str:
    """Rights by role, and which addresses they open, as tables in Markdown."""
    return f"{rights_table()}\n{_addresses()}"


def _addresses() -> str:
    """Every address and who it lets in."""
    lines = [
        "| address | right | nobody | " + " | ".join(role.label for role in Role) + " | token |"
    ]
    lines.append("|---" * (len(Role) + 4) + "|")
    for route in routes_of(ROUTERS):
        need = need_for(route)
        methods = sorted(getattr(route, "methods", None) or ("WS",))
        where = ", ".join(f"`{method} {route.path}`" for method in methods)
        if need is None:
            own = is_personal(route)
            right = "to be logged in" if own else "open"
            marks = ["–" if own else "yes", *["yes"] * len(Role), "–" if own else "yes"]
        else:
            right = ", ".join(f"`{one}`" for one in need.rights)
            token = "–" if need.personal or need.right in IN_PERSON else "yes"
            let_in = (ROLES[role].issuperset(need.rights) for role in Role)
            marks = ["–", *("yes" if one else "–" for one in let_in), token]
        lines.append(f"| {where} | {right} | " + " | ".join(marks) + " |")
    return "\n".join(lines) + "\n"


def api_document() -> str:
    """The text of docs/openapi.json."""
    app = FastAPI(title="Streetlamp desk", version=__version__)
    for module in ROUTERS:
        app.include_router(module.router)
    return json.dumps(document(app, ROUTERS), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(api_document() if "--openapi" in sys.argv[1:] else api_reference())
