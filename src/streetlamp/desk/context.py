"""What the desk itself holds while it runs, and how its routes get at it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import Annotated, Final

from fastapi import Depends
from starlette.requests import HTTPConnection

from streetlamp.desk.bell import Bell
from streetlamp.desk.finder import Finder
from streetlamp.desk.limit import LoginLimit
from streetlamp.desk.looks import Looks
from streetlamp.desk.options import DeskOptions
from streetlamp.desk.poster import Posters
from streetlamp.desk.refusal import RefusalError, no_camera
from streetlamp.desk.services import CameraView, Services, SiteView

_EXPORTS_AT_ONCE: Final = 2


class Places:
    """So many may be inside at once (live views, exports). Thread-safe."""

    def __init__(self, most: int) -> None:
        self._free = threading.BoundedSemaphore(most)

    def enter(self, what: str) -> None:
        """Takes a place; RefusalError 503 when there is none."""
        if not self._free.acquire(blocking=False):
            raise RefusalError(
                503, f"Too many {what} at once.", "Close one or wait.", {"Retry-After": "5"}
            )

    def leave(self) -> None:
        self._free.release()


@dataclass(slots=True)
class Desk:
    """One running desk."""

    services: Services
    options: DeskOptions
    limit: LoginLimit = field(
        default_factory=lambda: LoginLimit(said="Too many wrong passwords.")
    )
    token_limit: LoginLimit = field(
        default_factory=lambda: LoginLimit(said="Too many wrong tokens.")
    )
    bell: Bell = field(default_factory=Bell)
    finder: Finder = field(default_factory=Finder)
    posters: Posters = field(default_factory=Posters)
    looks: Looks = field(init=False)
    viewers: Places = field(init=False)
    exports: Places = field(init=False)

    def __post_init__(self) -> None:
        self.looks = Looks(self.services.audit)
        self.viewers = Places(self.options.max_viewers)
        self.exports = Places(_EXPORTS_AT_ONCE)

    def show(self, site: SiteView) -> None:
        """From now on the desk speaks of the site as it is here. Any thread."""
        self.services = replace(self.services, site=site)

    def camera(self, id: str) -> CameraView:  # noqa: A002
        """The camera with this id; RefusalError 404. Whether somebody may see it is asked before:
        `streetlamp.desk.auth.may`."""
        camera = self.services.site.camera(id)
        if camera is None:
            raise no_camera()
        return camera


def desk_of(connection: HTTPConnection) -> Desk:
    desk = connection.app.state.desk
    assert isinstance(desk, Desk)
    return desk


TheDesk = Annotated[Desk, Depends(desk_of)]
