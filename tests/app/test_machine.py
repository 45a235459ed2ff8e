"""The machine's word on whether it keeps up, from a real queue's figures."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np

from streetlamp.app.machine import Machine
from streetlamp.site import parse_site
from streetlamp.video.detect import Prepared
from streetlamp.video.detect.letterbox import Letterbox
from streetlamp.video.inference import Inference
from streetlamp.video.load import CALM
from streetlamp.video.options import LookOptions
from streetlamp.video.raw import WHOLE, Detections, View

SITE = "cameras:\n  a: {source: 'test:?size=320x240'}\n  b: {source: 'test:?size=320x240'}\n"


class Slow:
    """Takes a second of the test's clock for each batch; breaks on demand."""

    def __init__(self) -> None:
        self.now, self.seconds, self.broken = 100.0, 1.0, False

    def clock(self) -> float:
        return self.now

    def prepare(self, picture: av.VideoFrame, view: View = WHOLE) -> Prepared:
        box = Letterbox.fit(64, 64, 64)
        return Prepared(np.zeros((*box.shape, 3), np.uint8), box)

    def infer(self, batch: Sequence[Prepared]) -> list[Detections]:
        if self.broken:
            raise SystemExit
        self.now += self.seconds
        return [Detections.none() for _ in batch]


def second(slow: Slow, queue: Inference, machine: Machine, looks: int = 1) -> None:
    for _ in range(looks):
        queue.submit(av.VideoFrame(64, 64, "yuv420p")).exception(20)
    slow.now += max(0.0, 1.0 - looks * slow.seconds)
    machine.step(slow.now)


def test_a_busy_detector_costs_looks_and_the_desk_is_told() -> None:
    slow = Slow()
    site = parse_site(SITE, Path("site.yaml"))
    with Inference(slow, clock=slow.clock) as queue:
        machine = Machine(site, queue)
        assert machine.load() == CALM
        assert machine.view().message == ""
        for _ in range(16):
            second(slow, queue, machine)
        assert machine.load().looks_factor < 1.0
        assert "overloaded" in machine.view().message
        usual = LookOptions.model_validate({}).looks_per_second
        assert f"instead of {usual:g}" in machine.view().message
        slow.seconds = 0.1
        for _ in range(120):
            second(slow, queue, machine)
        assert machine.load() == CALM
        assert machine.view().message == ""


def test_video_that_waits_to_be_decoded_costs_looks_too() -> None:
    slow = Slow()
    slow.seconds = 0.01
    with Inference(slow, clock=slow.clock) as queue:
        machine = Machine(parse_site(SITE, Path("site.yaml")), queue)
        machine.watch(lambda: 0.0)
        machine.watch(lambda: 2.5)
        for _ in range(16):
            second(slow, queue, machine)
        assert machine.load().looks_factor < 1.0
        assert "2.5 s to be decoded" in machine.view().message


def test_a_detector_that_is_away_is_said_and_is_no_load() -> None:
    slow = Slow()
    with Inference(slow, clock=slow.clock) as queue:
        machine = Machine(parse_site(SITE, Path("site.yaml")), queue)
        slow.broken = True
        second(slow, queue, machine)
        for _ in range(20):
            slow.now += 1.0
            machine.step(slow.now)
        view = machine.view()
        assert not view.looking
        assert view.message.startswith("Looking for people has stopped after an error")
        assert view.message.endswith("All pictures are hidden whole.")
        assert machine.load() == CALM


def test_it_is_kept_until_it_is_stopped() -> None:
    slow, stopping = Slow(), threading.Event()
    with Inference(slow, clock=slow.clock) as queue:
        machine = Machine(parse_site(SITE, Path("site.yaml")), queue)
        keeper = threading.Thread(target=machine.keep, args=(stopping,))
        keeper.start()
        stopping.set()
        keeper.join(20)
        assert not keeper.is_alive()
