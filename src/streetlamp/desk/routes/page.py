"""The built web page: its files as they are, and ``index.html`` for every address of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from streetlamp.desk.refusal import SAID, RefusalError, other_methods

BUILT: Final = Path(__file__).parent.parent / "page"
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
}
_NOT_BUILT: Final = (
    "Streetlamp is running, but its page was not built into this installation.\n"
    "Run `make page` in the project's folder, or install a released package.\n"
)


def _files(folder: Path) -> dict[str, Path]:
    """Every file below the folder by its address: what is not in here cannot be asked for."""
    if not folder.is_dir():
        return {}
    return {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and path.suffix in _TYPES
    }


def page_router(folder: Path = BUILT) -> APIRouter:
    """Serves the files that are in `folder` now."""
    router = APIRouter()
    files = _files(folder)

    @router.api_route("/{path:path}", methods=["GET", "HEAD"], include_in_schema=False)
    def page(path: str, request: Request) -> Response:
        if path == "api" or path.startswith("api/"):
            if allow := other_methods(request):
                raise RefusalError(405, *SAID[405], headers=allow)
            raise RefusalError(404, *SAID[404])
        found = files.get(path)
        if found is None:
            last = path.rpartition("/")[2]
            if "." in last:
                raise RefusalError(404, *SAID[404])
            found = files.get("index.html")
        if found is None:
            return PlainTextResponse(_NOT_BUILT, status_code=503)
        lasting = path.startswith("assets/")  # their names change with their contents
        caching = "public, max-age=31536000, immutable" if lasting else "no-cache"
        return FileResponse(
            found, media_type=_TYPES[found.suffix], headers={"Cache-Control": caching}
        )

    return router
