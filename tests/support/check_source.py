"""The contract battery of sources: what every scheme must do, whatever stands behind it."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable

import numpy as np
import pytest

from streetlamp.errors import UserError
from streetlamp.video.raw import RawFrame
from streetlamp.video.source import SOURCES, Probe, Source, SourceOptions, make_source
from streetlamp.video.source.base import scheme_of

TAKEN = 12
START = 1_000.0


def check_described(kind: type[Source]) -> None:
    """It is in the registry under its own schemes, and says what it can do."""
    for scheme in kind.schemes:
        assert SOURCES[scheme] is kind
    assert kind.summary[0].isupper()
    assert not kind.summary.endswith(".")
    assert kind.capabilities.live or kind.capabilities.process
    assert kind.capabilities.times
    assert kind.capabilities.codecs
    assert SOURCES[scheme_of(kind.capabilities.example)] is kind
    assert kind.__doc__


def check_source(url: str, *, login: bool) -> None:
    """Play it in each mode it is for, and hold what comes out to the contract."""
    kind = SOURCES[scheme_of(url)]
    able = kind.capabilities
    for live, allowed in ((True, able.live), (False, able.process)):
        if not allowed:
            with pytest.raises(UserError, match="cannot be used with"):
                make_source("yard", url, live=live)
            continue

        def make(live: bool = live) -> Source:
            return make_source("yard", url, SourceOptions(url=url, start_time=START), live=live)

        _check_mode(kind, make, live=live)
        _check_stop(make)
        if login:
            _check_secrets(make())


def _check_mode(kind: type[Source], make: Callable[[], Source], *, live: bool) -> None:
    frames = taken(make())
    assert type(make()) is kind
    assert len(frames) == TAKEN
    assert [frame.frame for frame in frames] == list(range(1, TAKEN + 1))
    assert {frame.camera for frame in frames} == {"yard"}
    assert len({frame.time_base for frame in frames}) == 1
    assert frames[0].time_base > 0
    assert rising([frame.pts for frame in frames])
    assert rising([frame.time for frame in frames])
    for frame in frames:
        assert frame.size == (frame.picture.width, frame.picture.height)
        grey = frame.picture.to_ndarray(format="gray")
        assert grey.shape == frame.size[::-1]
    if live:
        assert abs(frames[-1].time - time.time()) < 10
    else:
        base, first = frames[0].time_base, frames[0].pts
        spans = [float((frame.pts - first) * base) for frame in frames]
        np.testing.assert_allclose([frame.time for frame in frames], np.add(spans, START))
        again = taken(make())
        assert [frame.pts for frame in again] == [frame.pts for frame in frames]
        for one, other in zip(frames, again, strict=True):
            assert np.array_equal(
                one.picture.to_ndarray(format="gray"), other.picture.to_ndarray(format="gray")
            )
    probe = make().probe()
    assert isinstance(probe, Probe)
    assert (probe.width, probe.height) == frames[0].size
    assert probe.fps > 0
    assert probe.pix_fmt
    assert probe.codec


def _check_stop(make: Callable[[], Source]) -> None:
    source = make()
    with contextlib.closing(source.frames()) as frames:
        next(frames)
        source.stop()
        source.stop()
        assert len(list(itertools.islice(frames, 3))) < 3, "stop did not end it"


def _check_secrets(source: Source) -> None:
    shown = f"{source.describe()} {source.options!r} {source.options!s} {source.url}"
    assert "hunter2" not in shown
    assert "operator" not in shown


def taken(source: Source, n: int = TAKEN) -> list[RawFrame]:
    """The first n pictures of a source, which is then closed."""
    with contextlib.closing(source.frames()) as frames:
        return list(itertools.islice(frames, n))


def rising(values: list[float] | list[int]) -> bool:
    return all(later > earlier for earlier, later in itertools.pairwise(values))
