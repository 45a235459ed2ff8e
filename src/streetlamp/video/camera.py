"""One camera's pipeline: what a source gives goes in, masked pictures and tracks come out.

This is the glass wall's door. Packets are decoded as far as needed (`sleep`), pictures are hidden
with hindsight (`hiding`), and what needed no hiding leaves as it came (`copying`).
"""

from __future__ import annotations

from collections.abc import Callable

from streetlamp.video.awake import COARSE
from streetlamp.video.copying import Copied, Copying
from streetlamp.video.detect.face_turns import FaceTurns
from streetlamp.video.gop import Cutter, Gop
from streetlamp.video.hiding import Hiding
from streetlamp.video.load import CALM, Load
from streetlamp.video.options import HideOptions, LookOptions
from streetlamp.video.outputs import Figures, Looker, Now, Shown
from streetlamp.video.raw import RawFrame, Unit
from streetlamp.video.second import SecondStream
from streetlamp.video.sleep import Sleeper
from streetlamp.video.sleep_options import SleepOptions
from streetlamp.video.tag.tagger import Tagger
from streetlamp.video.things import ThingWatch
from streetlamp.video.track.tracker import Tracker
from streetlamp.video.traffic import Traffic
from streetlamp.video.view.meter import ViewMeter

__all__ = ["Camera", "Copied", "Figures", "Looker", "Now", "Output", "Shown"]

Output = Now | Shown | Copied
COARSE_SECONDS = 1.0  # between pictures on an overloaded machine, where no keyframes are known


class Camera:
    """One camera's pictures, masked. `push` what the source gives in turn; `flush` at the end.

    load: what the machine has to give up just now; seat: which of how many cameras this is.
    second: the camera's small stream, by which it is judged while it sleeps.
    meter: measures its pictures for the camera's health; None: nobody asks.
    things: finds what was left or removed; None: no rule asks.
    traffic: follows vehicles the detector is unsure of, for the rules; None: nobody asks.
    wait: offline, looks are waited for; live, a look that is late costs the picture its clarity.
    """

    def __init__(
        self,
        name: str,
        inference: Looker,
        hide: HideOptions,
        look: LookOptions,
        tracker: Tracker,
        tagger: Tagger,
        *,
        wait: bool,
        sleep: SleepOptions | None = None,
        faces: FaceTurns | None = None,
        load: Callable[[], Load] = lambda: CALM,
        seat: tuple[int, int] = (0, 1),
        second: SecondStream | None = None,
        meter: ViewMeter | None = None,
        things: ThingWatch | None = None,
        traffic: Traffic | None = None,
    ) -> None:
        sleep = sleep or SleepOptions.model_validate({})
        self.name = name
        self._load, self._seat = load, seat
        self._hiding = Hiding(
            name,
            inference,
            hide,
            look,
            tracker,
            tagger,
            wait=wait,
            faces=faces,
            load=load,
            meter=meter,
            things=things,
            traffic=traffic,
        )
        self._cutter = Cutter(sleep.max_gop_seconds)
        self._sleeper = Sleeper(
            self._hiding,
            sleep,
            wait=wait,
            coarse=self._coarse,
            loaded=lambda: load().level > 0,
            second=second,
        )
        self._copying = Copying(copy=sleep.copy_clear, delay=hide.delay_seconds, style=hide.style)
        self._time = float("-inf")
        self._coarse_at = float("-inf")
        self._given = 0  # pictures that came decoded …
        self._given_gops = 0  # … and how many of them were keyframes
        self._meter = meter
        self._gop: Gop | None = None

    @property
    def figures(self) -> Figures:
        """What the pipeline has done so far."""
        figures = self._hiding.figures
        figures.gops_copied = self._copying.copied
        figures.gops_encoded = self._copying.encoded + self._given_gops
        figures.damaged = self._sleeper.decoder.damaged
        figures.decoded = self._sleeper.decoder.decoded + self._copying.decoded + self._given
        figures.wakes = self._sleeper.figures.wakes
        figures.asleep = self._sleeper.asleep
        figures.second_decoded = self._sleeper.eye.decoded
        figures.second_trouble = self._sleeper.eye.trouble
        return figures

    @property
    def behind(self) -> float:
        """Seconds of what came that wait to be judged or shown."""
        waits = min(self._hiding.waits_since, self._sleeper.waits_since)
        return max(0.0, self._time - waits)

    def push(self, unit: Unit) -> list[Output]:
        """The next picture or packet; what comes out because of it, in order."""
        self._time = max(self._time, unit.time)
        if isinstance(unit, RawFrame):
            if self._coarse(unit.time):
                if 0.0 <= unit.time - self._coarse_at < COARSE_SECONDS:
                    return []
                self._coarse_at = unit.time
                out = self._hiding.push(unit, look=True, reason=COARSE)
                return list(self._copying.take(out, self._time))
            self._given += 1
            self._given_gops += bool(unit.picture.key_frame)
            return list(self._copying.take(self._hiding.push(unit), self._time))
        gop = self._cutter.cut(unit)
        if gop.packets[0] is unit:
            self._copying.begin(gop)
            before, self._gop = self._gop, gop
            if before is not None and self._meter is not None:
                self._meter.gop(before.packets)
        return list(self._copying.take(self._sleeper.push(unit, gop), self._time))

    def _coarse(self, time: float) -> bool:
        """Whether it is this camera's turn to show a few pictures only, hidden whole."""
        return self._load().coarse(*self._seat, time)

    def flush(self) -> list[Output]:
        """Everything still inside. The last picture is looked at, if it was not."""
        self._cutter.end()
        self._gop = None
        self._time = float("-inf")
        if self._meter is not None:
            self._meter.interrupted()
        return list(self._copying.take(self._sleeper.flush(), float("inf")))
