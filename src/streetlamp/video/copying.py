"""Which GOPs leave as the camera sent them: the only maker of `CopiedGop`.

A GOP is copied only when nothing is hidden in any of its pictures, the GOP before it was clear,
and nothing is known to be hidden in the one after it by the time it must leave. Everything else
leaves picture by picture, masked. Either way everything leaves in order. See
``design/smart-copy.md``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from streetlamp.values import CopiedGop, CopiedSample, MaskedFrame, Tracks
from streetlamp.video import mask
from streetlamp.video.coverage import NO_BOXES
from streetlamp.video.decode import Decoder
from streetlamp.video.gop import Gop
from streetlamp.video.options import Style
from streetlamp.video.outputs import Now, Output, Shown, Undecoded
from streetlamp.video.raw import RawFrame


@dataclass(frozen=True, slots=True)
class Copied:
    """A GOP that has left the delay line as the camera sent it."""

    gop: CopiedGop


@dataclass(frozen=True, slots=True, eq=False)
class _Clear:
    """A picture with nothing to hide, whose pixels were let go."""

    frame: int
    tracks: Tracks


@dataclass(slots=True, eq=False)
class _State:
    gop: Gop
    waiting: deque[Shown | Undecoded | _Clear] = field(default_factory=deque)
    came: int = 0  # pictures that have left the delay line
    over: bool = False  # a picture of a later GOP has left it
    hidden: bool = False  # something is hidden in one of them
    encode: bool = False  # it leaves picture by picture
    picture: MaskedFrame | None = None  # its keyframe
    raws: Iterator[RawFrame] | None = None  # its pictures, while they are decoded again …
    raw: RawFrame | None = None  # … and the last of them


class Copying:
    """Collects what leaves the delay line by GOP, and decides."""

    def __init__(self, *, copy: bool, delay: float, style: Style) -> None:
        self.copied = 0  # GOPs
        self.encoded = 0
        self._copy = copy
        self._delay = delay
        self._style = style
        self._decoder = Decoder()
        self._states: deque[_State] = deque()
        self._clear = True  # the GOP before the first of `_states`
        self._stirred = False  # a GOP has begun, so the one before is complete …
        self._due = float("inf")  # … and when one that waits for its time alone may leave

    @property
    def decoded(self) -> int:
        """Pictures that had to be decoded (again) to be shown."""
        return self._decoder.decoded

    def begin(self, gop: Gop) -> None:
        """The next GOP's first packet has come."""
        self._states.append(_State(gop))
        self._stirred = True

    def take(self, outputs: Iterable[Output], now: float) -> Iterator[Now | Shown | Copied]:
        """What has left the delay line goes in; what may leave comes out, in order."""
        for output in outputs:
            if isinstance(output, Now):
                yield output
            elif not self._states and isinstance(output, Shown):
                yield output  # the source gives pictures, not packets
            else:
                self._put(output)
                yield from self._settle(now)
        if self._stirred or now >= self._due:  # of each packet of a sleeping camera: seldom
            yield from self._settle(now)

    def _put(self, output: Shown | Undecoded) -> None:
        shown = isinstance(output, Shown)
        number = output.frame.frame if isinstance(output, Shown) else output.packet.frame
        state = self._states[0]
        for later in self._states:
            if later.gop.first > number:
                break
            state.over = state is not later
            state = later
        state.came += 1
        if isinstance(output, Shown):
            hidden = output.frame.whole or len(output.frame.hidden) > 0
        else:
            hidden = bool(output.reason) or len(output.hide) > 0
        state.hidden |= hidden
        if shown and not hidden and number == state.gop.first and isinstance(output, Shown):
            state.picture = output.frame
        if isinstance(output, Shown) and not hidden and not (state.encode or state.hidden):
            state.waiting.append(_Clear(number, output.tracks))
        else:
            state.waiting.append(output)

    def _settle(self, now: float) -> Iterator[Shown | Copied]:
        self._stirred, self._due = False, float("inf")
        while self._states:
            state = self._states[0]
            gop = state.gop
            state.encode |= self._must_encode(state)
            whole = gop.complete and (state.came == len(gop.packets) or state.over)
            if state.encode:
                yield from self._give(state)
                if not whole:
                    return
                self.encoded += 1
            elif whole and now >= gop.end + self._delay:
                copied = self._copied(state)
                if copied is None:
                    state.encode = True
                    continue
                yield Copied(copied)
                self.copied += 1
            else:
                if whole:
                    self._due = gop.end + self._delay
                return
            self._clear = not state.hidden
            self._states.popleft()

    def _must_encode(self, state: _State) -> bool:
        gop = state.gop
        if state.hidden or gop.refusal or not self._copy:
            return True
        if not self._clear or (not gop.follows and self.copied + self.encoded > 0):
            return True
        if gop.complete and state.over and state.came != len(gop.packets):
            return True  # a picture could not be decoded
        return len(self._states) > 1 and self._states[1].hidden

    def _give(self, state: _State) -> Iterator[Shown]:
        """What waits, as pictures; those whose pixels are not here are decoded (again)."""
        while state.waiting:
            one = state.waiting.popleft()
            if isinstance(one, Shown):
                yield one
                continue
            number = one.frame if isinstance(one, _Clear) else one.packet.frame
            raw = self._raw(state, number)
            if raw is not None:
                yield Shown(self._masked(raw, one), one.tracks)
        if not state.gop.complete:
            state.raws = None  # more packets will come: what was decoded of it is not all

    def _raw(self, state: _State, number: int) -> RawFrame | None:
        """The picture with this number, decoded from its GOP; None if that cannot be done."""
        if state.raws is None:
            state.raws = self._decoder.gop(state.gop.packets)
            state.raw = None
        while state.raw is None or state.raw.frame < number:
            state.raw = next(state.raws, None)
            if state.raw is None:
                return None
        return state.raw if state.raw.frame == number else None

    def _masked(self, raw: RawFrame, one: Undecoded | _Clear) -> MaskedFrame:
        if isinstance(one, _Clear):
            return mask.hide(raw, NO_BOXES, self._style)
        if one.reason:
            return mask.hide_whole(raw, one.reason)
        return mask.hide(raw, one.hide, self._style)

    def _copied(self, state: _State) -> CopiedGop | None:
        gop = state.gop
        picture = state.picture
        if picture is None:
            raw = gop.picture or self._decoder.keyframe(gop.packets[0])
            if raw is None:
                return None
            picture = mask.clear(raw)
        base = gop.packets[0].time_base
        tracks = []
        for one in state.waiting:
            assert not isinstance(one, Shown)
            tracks.append(one.tracks)
        return CopiedGop(
            camera=picture.camera,
            size=(picture.width, picture.height),
            config=gop.key.config,
            length_size=gop.length_size,
            time_base=(base.numerator, base.denominator),
            samples=tuple(
                CopiedSample(packet.data, packet.frame, packet.time, packet.pts)
                for packet in gop.packets
            ),
            end=gop.end,
            tracks=tuple(tracks),
            picture=picture,
        )
