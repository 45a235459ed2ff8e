"""Puts one camera's pipeline together from the site's options."""

from __future__ import annotations

from collections.abc import Callable

import cv2

from streetlamp.rules.base import RULES
from streetlamp.site import CameraOptions, Site
from streetlamp.video.camera import Camera, Looker
from streetlamp.video.detect.face_turns import FaceTurns
from streetlamp.video.load import CALM, Load
from streetlamp.video.second import SecondStream
from streetlamp.video.tag.tagger import Tagger
from streetlamp.video.things import ThingWatch
from streetlamp.video.track.tracker import Tracker
from streetlamp.video.traffic import Traffic
from streetlamp.video.view.meter import ViewMeter


def make_camera(
    camera: str,
    options: CameraOptions,
    site: Site,
    inference: Looker,
    *,
    wait: bool,
    load: Callable[[], Load] = lambda: CALM,
    second: SecondStream | None = None,
    meter: ViewMeter | None = None,
    heard: bool = True,
) -> Camera:
    """The pipeline of one camera. wait: offline, looks are waited for (see `Camera`).

    heard: somebody hears of what is followed but not hidden: rules, heat maps, back-tests.
    """
    # A camera has its threads; waking others to share pictures this small costs more than it saves
    cv2.setNumThreads(1)
    names = list(site.switched_on)
    seat = (names.index(camera) if camera in names else 0, max(1, len(names)))
    return Camera(
        camera,
        inference,
        options.hide,
        options.look,
        Tracker(camera, site.track),
        Tagger(site.tag),
        wait=wait,
        sleep=options.sleep,
        faces=FaceTurns(options.look.faces_every_seconds),
        load=load,
        seat=seat,
        second=second,
        meter=meter,
        things=ThingWatch() if _asks_for_things(options) else None,
        traffic=Traffic(camera, site.track) if heard and site.track.faint_vehicles else None,
    )


def _asks_for_things(options: CameraOptions) -> bool:
    return any(RULES[rule.kind].needs_things for rule in options.rules if rule.enabled)
