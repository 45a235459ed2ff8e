"""The desk as an ASGI app: the HTTP API, the live sockets and the page."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI

from streetlamp import __version__
from streetlamp.desk import refusal
from streetlamp.desk.context import Desk
from streetlamp.desk.fleet_news import FleetNews
from streetlamp.desk.guard import Guard
from streetlamp.desk.line import Captions
from streetlamp.desk.options import DeskOptions
from streetlamp.desk.routes import (
    alarms,
    audit,
    cameras,
    counts,
    discover,
    fleet,
    hiding,
    live,
    metrics,
    plans,
    recordings,
    session,
    site,
)
from streetlamp.desk.routes.page import BUILT, page_router
from streetlamp.desk.services import Services

ROUTERS = (
    session,
    site,
    cameras,
    alarms,
    recordings,
    counts,
    audit,
    live,
    metrics,
    hiding,
    discover,
    fleet,
    plans,
)


def make_app(services: Services, options: DeskOptions, page: Path = BUILT) -> FastAPI:
    """The app. `page` is the folder of the built page."""
    app = FastAPI(
        title="Streetlamp desk",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # docs/api.md is made from it; nobody without a login needs to see it
    )
    desk = Desk(services, options)
    services.alarms.on_change(desk.bell.ring)
    app.state.desk = desk
    app.state.captions = Captions()
    app.state.fleet_news = FleetNews(services.fleet)
    refusal.install(app)
    app.add_middleware(Guard, names=options.names)
    for module in ROUTERS:
        app.include_router(module.router)
    app.include_router(page_router(page))
    return app
