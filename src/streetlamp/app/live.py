"""`streetlamp run`: the cameras, the house behind them, and the desk, until somebody stops it."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from functools import partial
from types import FrameType
from typing import Final

from streetlamp.app import garbage
from streetlamp.app.house import House
from streetlamp.app.machine import Machine
from streetlamp.app.opening import Opening
from streetlamp.app.supervisor import Supervisor
from streetlamp.app.worker import CameraWorker, Sinks
from streetlamp.desk.app import make_app
from streetlamp.desk.server import DeskServer
from streetlamp.desk.services import Services
from streetlamp.site import Site
from streetlamp.video.detect import load_with_faces
from streetlamp.video.inference import Inference

SWITCH_SECONDS: Final = 0.0005
"""How long a thread that wants Python waits for another that has it, at most. A camera's thread
comes back to Python dozens of times a picture; at the usual 5 ms they would stand in line."""

log: Final = logging.getLogger("streetlamp")


def run_site(site: Site) -> None:
    """Runs a site until Ctrl-C or SIGTERM; everything is written when this returns.

    Raises UserError for what must be put right first: the model, a rule, the data folder, a port
    in use. A camera that does not answer is not among them: it is tried again and again.
    """
    _log_to_terminal()
    sys.setswitchinterval(SWITCH_SECONDS)
    stop = _stop_on_signals()
    detector = load_with_faces(site.detect)
    house = House(site)
    try:
        for line in house.recover(time.time()):
            _say(line)
        with Inference(detector, remake=partial(load_with_faces, site.detect)) as inference:
            supervisor = Supervisor()
            machine = Machine(site, inference)
            house.wall.ease_when(machine.pressed)
            server = _desk(house, machine)
            garbage.settle()
            try:
                _start(site, house, inference, supervisor, machine)
                supervisor.start("looking", inference.keep)
                supervisor.start("load", machine.keep)
                server.start()
                _greet(house, server)
                stop.wait()
                _say("Stopping: finishing what is being recorded …")
            finally:
                left = supervisor.stop()
                server.stop()
            for name in left:
                log.warning("%s did not end in time", name)
    finally:
        house.close()
    _say("Stopped. Everything is written.")


def _start(
    site: Site, house: House, inference: Inference, supervisor: Supervisor, machine: Machine
) -> None:
    opening = Opening(machine.pressed, os.cpu_count() or 1)
    for name in site.switched_on:
        recorder = house.recorder(name)
        sinks = Sinks(
            house.hub,
            house.outcome,
            recorder,
            house.statuses,
            machine.load,
            house.index.notes(name) if recorder is not None else None,
            house.health.meter(name),
            house.heat.look,
            house.modes.almanac,
        )
        options = house.rules.options(name)
        worker = CameraWorker(name, options, site, inference.of(name), sinks, opening=opening)
        house.learnt.adopt(name, partial(getattr, worker, "rules"))
        house.rules.follow(name, worker.change_rules)
        machine.watch(worker.behind)
        supervisor.start(
            f"camera {name}", worker.run, on_failure=worker.failed, on_stop=worker.stop
        )
    supervisor.start("housekeeping", house.keep)
    supervisor.start("notification", house.notify.run, on_stop=house.notify.wake)
    for feed in house.feeds:
        supervisor.start(f"{feed.room}: feed {feed.name}", feed.run)
    if site.audit_hiding.enabled:
        supervisor.start("audit of the hiding", house.inspector.run)


def _desk(house: House, machine: Machine) -> DeskServer:
    services = Services(
        site=house.rules.site_view(),
        hub=house.hub,
        wall=house.wall,
        alarms=house.book,
        recordings=house.recordings,
        counts=house.counts,
        users=house.users,
        accounts=house.accounts,
        tokens=house.tokens,
        audit=house.audit,
        statuses=house.statuses.all,
        disk=house.disk,
        data=house.data,
        now=time.time,
        clip_before_s=house.site.alarms.before_s,
        machine=machine.view,
        hiding=house.hiding,
        fleet=house.fleet,
        heat=house.heat,
        events=house.search,
        care=house.care,
        rules=house.rules,
        notify=house.notify,
        modes=house.modes if house.site.modes else None,
        findings=house.findings.table,
        stores=house.stores,
        feeds=lambda: tuple(one.view() for one in house.feeds),
        meters=house.meter_pages,
        backtest=house.backtester,
    )
    options = house.site.desk
    return DeskServer(make_app(services, options), options)


def _greet(house: House, server: DeskServer) -> None:
    for warning in server.warnings:
        _say(f"WARNING: {warning}")
    cameras = len(house.site.switched_on)
    _say(f"{house.site.name}: {cameras} camera{'s' if cameras != 1 else ''}, data in {house.data}")
    _say(f"Desk: {server.url}/")
    if house.users.setup_needed():
        link = server.setup_link(house.users.new_setup_token(time.time()))
        _say(f"First login: {link}")
        _say("  (open it once to choose your name and password; nobody can log in before)")
    _say("Ctrl-C stops.")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _log_to_terminal() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(handler)
        root.setLevel(logging.WARNING)


def _stop_on_signals() -> threading.Event:
    """An event set by the first Ctrl-C or SIGTERM; the second Ctrl-C does not wait."""
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        del number, frame
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    return stop
