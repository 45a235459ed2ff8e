"""One camera while it runs: feed → pipeline → recording, live picture, rules, alarms."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from streetlamp.app.futility import Futility
from streetlamp.app.opening import Opening
from streetlamp.app.pipeline import make_camera
from streetlamp.app.status import Statuses, StatusKeeper
from streetlamp.backtest.index import Notes
from streetlamp.live.hub import LiveHub
from streetlamp.live.level import Level
from streetlamp.record.recorder import Recorder
from streetlamp.rules.almanac import PLAIN, Almanac
from streetlamp.rules.base import Outcome
from streetlamp.rules.runner import RuleRunner
from streetlamp.site import CameraOptions, Site
from streetlamp.stream.fragments import FragmentMaker
from streetlamp.values import CameraState, Fragment, MaskedFrame, Tracks
from streetlamp.video.camera import Copied, Looker, Output, Shown
from streetlamp.video.feed import Feed, FeedStatus
from streetlamp.video.load import CALM, Load
from streetlamp.video.second import SecondStream
from streetlamp.video.second_feed import SecondFeed
from streetlamp.video.source import make_source
from streetlamp.video.source.base import Source
from streetlamp.video.source.faults import UNREADABLE
from streetlamp.video.view.meter import ViewMeter


@dataclass(frozen=True, slots=True)
class Sinks:
    """Where a camera's results go."""

    hub: LiveHub
    outcome: Callable[[Outcome], None]  # events and counts of its rules
    recorder: Recorder | None  # None: this camera is not recorded
    statuses: Statuses
    load: Callable[[], Load] = lambda: CALM  # what cameras have to give up just now
    notes: Notes | None = None  # the index of what is recorded; None: none is kept
    meter: ViewMeter | None = None  # measures the pictures for the camera's health
    heat: Callable[[Tracks], None] = lambda tracks: None  # adds up where things are
    almanac: Almanac = PLAIN  # the site's holidays and modes, for the rules


class CameraWorker:
    """Runs one camera until it is stopped, its file ends, or its settings turn out wrong."""

    def __init__(
        self,
        name: str,
        options: CameraOptions,
        site: Site,
        inference: Looker,
        sinks: Sinks,
        *,
        opening: Opening | None = None,
    ) -> None:
        """opening: where it waits for its turn before it is opened for the first time."""
        self.name = name
        self._options = options
        self._sinks = sinks
        self._fresh: deque[RuleRunner] = deque(maxlen=1)  # rules that wait for the next look
        self.rules = RuleRunner(
            name, options.rules, options.places, site.zone, options.plane, sinks.almanac
        )
        spare = options.second_stream is not None and options.sleep.enabled
        second = SecondStream() if spare else None
        self._second = None if second is None else SecondFeed(name, self._make_second, second)
        self._camera = make_camera(
            name,
            options,
            site,
            inference,
            wait=False,
            load=sinks.load,
            second=second,
            meter=sinks.meter,
        )
        self._fragments = FragmentMaker(name, site.encode)
        self._level = Level()
        self._opening = opening
        self._time = float("-inf")  # the camera's, of the last unit
        self._feed = Feed(self._make_source, live=True)
        self._futility = Futility()
        self._keeper = StatusKeeper(name, sinks.statuses, time.time())

    def run(self, stopping: threading.Event) -> None:
        """The camera's loop, in a thread of its own. After an error it may be run again."""
        opening, self._opening = self._opening, None
        if opening is not None and not opening.wait(stopping):
            return
        if self._second is not None:
            self._second.start()
        try:
            for item in self._feed.items():
                self._renew()
                if isinstance(item, FeedStatus):
                    self._status(item)
                else:
                    self._time = max(self._time, item.time)
                    self._take(self._camera.push(item))
                    self._show(self._level.due(self._time))
                    self._keeper.came(time.time(), self._unseen)
                    if self._futility.looked_in_vain(self._camera, self._time):
                        self._feed.complain(UNREADABLE)
                if stopping.is_set():
                    break
        finally:
            if self._second is not None:
                self._second.stop()
            self._pause()
        if self._sinks.recorder is not None:
            self._sinks.recorder.close()

    def behind(self) -> float:
        """Seconds of its video that wait to be decoded. Any thread."""
        return self._feed.behind

    def _unseen(self) -> float:
        """Seconds of its video that came and were not shown yet."""
        return self._camera.behind + self._feed.behind

    def change_rules(self, rules: RuleRunner) -> None:
        """These rules are run from the next look on. Any thread; the newest wins."""
        self._fresh.append(rules)

    def stop(self) -> None:
        """Wakes the loop if it waits for the camera."""
        self._feed.stop()

    def failed(self, message: str) -> None:
        """The supervisor's word that the loop broke."""
        self._keeper.state(CameraState.FAILED, message, time.time())

    def _make_source(self) -> Source:
        options = self._options.source.fresh()
        return make_source(self.name, options.url, options, live=True)

    def _make_second(self) -> Source:
        options = self._options.second_stream
        assert options is not None
        options = options.fresh()
        return make_source(f"{self.name} (second stream)", options.url, options, live=True)

    def _status(self, status: FeedStatus) -> None:
        if status.state is not CameraState.LIVE:
            self._pause()
        self._keeper.state(
            status.state, status.message, status.time, status.restarts, status.trouble
        )

    def _renew(self) -> None:
        """Between two looks: new rules take over from those that ran until now."""
        while self._fresh:
            before, self.rules = self.rules, self._fresh.popleft()
            self._sinks.outcome(self.rules.succeed(before))

    def _pause(self) -> None:
        """The camera is away: what is in the delay line is written, running incidents end."""
        try:
            self._take(self._camera.flush())
            self._sinks.outcome(self.rules.finish())
            if self._sinks.notes is not None:
                self._sinks.notes.pause()
        finally:
            self._publish(self._fragments.flush())
            self._show(self._level.flush())
            self._time = float("-inf")

    def _take(self, outputs: Iterable[Output]) -> None:
        for output in outputs:
            if isinstance(output, Shown):
                self._publish(self._fragments.push(output.frame, output.tracks))
                self._shown(output.frame, 1)
            elif isinstance(output, Copied):
                self._publish(self._fragments.copy(output.gop))
                samples = output.gop.samples
                last = max(one.time for one in samples)
                self._shown(output.gop.picture, len(samples), last)
            else:
                self._sinks.outcome(self.rules.step(output.tracks))
                self._sinks.heat(output.tracks)
                self._note(output.tracks)

    def _note(self, tracks: Tracks) -> None:
        """Notes the look beside the recording; without a recording nothing is noted."""
        notes, recorder = self._sinks.notes, self._sinks.recorder
        if notes is None:
            return
        if recorder is not None and recorder.state.recording:
            notes.look(tracks)
        else:
            notes.pause()

    def _shown(self, picture: MaskedFrame, pictures: int, last: float | None = None) -> None:
        recorder = self._sinks.recorder
        recording = recorder is not None and recorder.state.recording
        self._sinks.hub.publish_frame(picture)
        self._keeper.clock(self._feed.camera_clock.reading)
        self._keeper.shown(picture, self._camera.figures, recording, pictures, last)

    def _publish(self, fragments: Iterable[Fragment]) -> None:
        for fragment in fragments:
            self._level.put(fragment, self._time)
            if self._sinks.recorder is not None:
                self._sinks.recorder.push(fragment)

    def _show(self, fragments: Iterable[Fragment]) -> None:
        for fragment in fragments:
            self._sinks.hub.publish(fragment)
