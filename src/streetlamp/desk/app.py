"""The desk as an ASGI app: the HTTP API, the live sockets and the page."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.routing import APIRoute

from streetlamp import __version__
from streetlamp.desk import openapi, refusal
from streetlamp.desk.context import Desk
from streetlamp.desk.fleet_news import FleetNews
from streetlamp.desk.guard import Guard
from streetlamp.desk.line import Captions
from streetlamp.desk.options import DeskOptions
from streetlamp.desk.routes import (
    alarm_queue,
    alarms,
    audit,
    backtest,
    cameras,
    counts,
    discover,
    events,
    feeds,
    findings,
    fleet,
    heat,
    hiding,
    incidents,
    live,
    meters,
    metrics,
    mode,
    notify,
    people,
    plans,
    recordings,
    rules,
    session,
    shift,
    site,
    spec,
    stock,
    tokens,
)
from streetlamp.desk.routes.page import BUILT, page_router
from streetlamp.desk.services import Services

ROUTERS = (
    session,
    site,
    cameras,
    alarm_queue,  # their addresses begin like an alarm's, so they are asked first
    shift,
    alarms,
    findings,
    incidents,
    recordings,
    counts,
    audit,
    live,
    metrics,
    hiding,
    discover,
    fleet,
    plans,
    events,
    heat,
    rules,
    people,
    tokens,
    spec,
    notify,
    mode,
    backtest,
    stock,
    feeds,
    meters,
)


def make_app(services: Services, options: DeskOptions, page: Path = BUILT) -> FastAPI:
    """The app. `page` is the folder of the built page."""
    app = FastAPI(
        title="Streetlamp desk",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # routes/spec.py serves it to who is logged in
    )
    desk = Desk(services, options)
    services.alarms.on_change(desk.bell.ring)
    if services.rules is not None:
        services.rules.on_change(desk.show)
    app.state.desk = desk
    app.state.captions = Captions()
    app.state.fleet_news = FleetNews(services.fleet)
    refusal.install(app)
    app.add_middleware(Guard, names=options.names)
    for module in ROUTERS:
        app.include_router(module.router)
    app.state.api = [one for one in openapi.routes_of(ROUTERS) if isinstance(one, APIRoute)]
    app.include_router(page_router(page))
    openapi.install(app, ROUTERS)
    return app
