"""What `streetlamp check` does: the site file, its rules, its model, and every source."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from pathlib import Path

from streetlamp.errors import UserError
from streetlamp.feeds.base import FeedError, Refused
from streetlamp.feeds.parse import make_feed
from streetlamp.rules.runner import RuleRunner
from streetlamp.site import CameraOptions, CameraSource, Site, load_site
from streetlamp.video.detect import load_with_faces
from streetlamp.video.source import make_source
from streetlamp.video.source.base import Probe


def check_site(path: Path, *, probe: bool) -> bool:
    """Prints what is right and what is wrong; True when nothing is wrong."""
    site = load_site(path)  # lists every mistake with its line, as a UserError
    cameras = len(site.cameras)
    plural = "" if cameras == 1 else "s"
    _say("ok", f"{path}: {cameras} camera{plural}, nothing wrong in the file")
    fine = _model(site)
    for name, camera in site.cameras.items():
        fine &= _rules(name, camera, site)
    if probe:
        fine &= _sources(site)
    return _feeds(site, probe=probe) and fine


def _say(mark: str, text: str) -> None:
    sys.stdout.write(f"{mark:>7}  {text}\n")
    sys.stdout.flush()


def _model(site: Site) -> bool:
    try:
        detector = load_with_faces(site.detect)
    except UserError as error:
        _say("WRONG", f"detect: {error}")
        return False
    _say("ok", f"model {detector.detector.manifest.name} ({detector.detector.runtime.name})")
    return True


def _rules(name: str, camera: CameraOptions, site: Site) -> bool:
    try:
        RuleRunner(name, camera.rules, camera.places, site.zone, camera.plane)
    except UserError as error:
        _say("WRONG", str(error))
        return False
    return True


def _feeds(site: Site, *, probe: bool) -> bool:
    """The feeds of meters and stores, one after the other: two may share a line."""
    fine = True
    for room, feeds in (("meters", site.meters.all_feeds), ("stock", site.stock.all_feeds)):
        for name, options in feeds.items():
            said = f"{room}, feed {name}"
            try:
                feed = make_feed(options)
                found = asyncio.run(feed.probe()) if probe else ()
            except (UserError, FeedError) as error:
                _say("WRONG", f"{said}: {error}")
                fine = False
                continue
            refused = [one for one in found if isinstance(one, Refused)]
            for one in refused:
                _say("WRONG", f"{said}: {one.name}: {one.why}")
                fine = False
            good = len(found) - len(refused)
            came = f", {good} reading{'' if good == 1 else 's'}" if found else ""
            _say("ok", f"{said}: {feed.where}{came}")
    return fine


def _sources(site: Site) -> bool:
    """Opens all sources at once: one dead camera must not make the others wait."""
    sources = dict(_named_sources(site))
    pool = ThreadPoolExecutor(max_workers=min(16, len(sources)), thread_name_prefix="probe")
    probes: dict[str, Future[Probe]] = {
        name: pool.submit(_probe, name, options) for name, options in sources.items()
    }
    fine = True
    for name, future in probes.items():
        options = sources[name]
        try:
            found = future.result(timeout=options.open_timeout + options.read_timeout)
        except UserError as error:
            _say("WRONG", f"{name}: {error}")
            fine = False
        except TooLate:
            _say("WRONG", f"{name}: no answer within {options.open_timeout:g} s")
            fine = False
        else:
            rate = f"{found.fps:g} pictures a second" if found.fps else "unknown rate"
            _say("ok", f"{name}: {found.codec} {found.width}×{found.height}, {rate}")
    pool.shutdown(wait=False, cancel_futures=True)
    return fine


def _named_sources(site: Site) -> Iterator[tuple[str, CameraSource]]:
    for name, camera in site.switched_on.items():
        yield name, camera.source
        if camera.second_stream is not None:
            yield f"{name}, second stream", camera.second_stream


def _probe(name: str, options: CameraSource) -> Probe:
    return make_source(name, options.url, options, live=True).probe()
