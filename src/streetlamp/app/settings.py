"""From the command line and the site file to one settled `Site`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from streetlamp.desk.options import DeskOptions
from streetlamp.errors import UserError
from streetlamp.site import Site, load_site, site_from_sources
from streetlamp.site_sample import sample_site
from streetlamp.video.source.base import local_path, scheme_of


def settle(
    path: Path | None,
    sources: Sequence[str],
    *,
    data: Path | None = None,
    host: str | None = None,
    port: int | None = None,
) -> Site:
    """The site to run: a file's, with the command line's sources added and its settings on top."""
    if path is None and not sources:
        raise UserError(
            "Nothing to run. Name a site file (`streetlamp run site.yaml`, see `streetlamp site "
            "new`) or a source (`streetlamp run --source rtsp://…`; `--source test:` shows a "
            "generated scene)."
        )
    _must_be_there(sources)
    site = load_site(path) if path is not None else site_from_sources(sources)
    changes: dict[str, Any] = {}
    if path is not None and sources:
        extra = site_from_sources(sources).cameras
        both = sorted(set(extra) & set(site.cameras))
        if both:
            raise UserError(f"{path} has a camera {both[0]!r} already; rename it or the source.")
        changes["cameras"] = {**site.cameras, **extra}
    if data is not None:
        changes["data"] = data.absolute()
    desk = {key: value for key, value in (("host", host), ("port", port)) if value is not None}
    if desk:
        try:
            changes["desk"] = DeskOptions.model_validate({**site.desk.model_dump(), **desk})
        except ValidationError as error:
            said = "; ".join(
                one["msg"].removeprefix("Value error, ") for one in error.errors(include_url=False)
            )
            raise UserError(f"--host and --port cannot be used like this: {said}") from None
    return site.model_copy(update=changes)


def _must_be_there(sources: Sequence[str]) -> None:
    """A file named on the command line that is not there is a slip of the hand: UserError.

    What a site file names may still be mounted or copied there later, so it is left alone.
    """
    for source in sources:
        if scheme_of(source) == "file" and not local_path(source).exists():
            raise UserError(f"--source {source}: there is no such file or folder. Check the path.")


def write_sample(path: Path | None) -> None:
    """Writes the sample site file, never over an existing one; None or - prints it."""
    text = sample_site()
    if path is None or str(path) == "-":
        sys.stdout.write(text)
        return
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UserError(f"{path} exists already and stays as it is. Choose another name.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.") from None
    sys.stdout.write(f"Wrote {path}. Edit it, then: streetlamp check {path}\n")
