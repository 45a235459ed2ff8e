"""A second server that has nothing in common with the first: VLC."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from streetlamp.health import Reason
from streetlamp.video.decode import Decoder
from streetlamp.video.raw import Packet
from streetlamp.video.source import SourceError, SourceOptions, make_source
from support.clips import make_clip
from support.feed_story import FeedStory
from support.vlc import VlcServer, require_vlc


@pytest.fixture(scope="module")
def vlc() -> Iterator[VlcServer]:
    require_vlc()
    folder = Path(tempfile.mkdtemp())  # VLC runs as another user, who may not see pytest's
    folder.chmod(0o755)
    try:
        clip = folder / "h264.mp4"
        make_clip(clip, codec="h264", frames=250)
        with VlcServer(clip) as server:
            yield server
    finally:
        shutil.rmtree(folder)


def test_its_pictures_and_its_clock_come_over_udp(vlc: VlcServer) -> None:
    def make() -> object:
        options = SourceOptions(url=vlc.url(), transport="udp")
        return make_source("yard", vlc.url(), options, live=True)

    with FeedStory(make) as story:  # type: ignore[arg-type]
        story.wait_live(units=40)
        decoder, decoded = Decoder(), 0
        for unit in [one for one in story.units if isinstance(one, Packet)]:
            decoded += len(list(decoder.decode(unit)))
        assert decoded > 10
        story.wait(lambda: story.feed.camera_clock.reading, "no report was heard")


def test_what_it_cannot_do_is_said(vlc: VlcServer) -> None:
    source = make_source("yard", vlc.url(), SourceOptions(url=vlc.url()), live=True)
    with pytest.raises(SourceError, match="does not send by this transport") as caught:
        list(source.units())
    assert caught.value.trouble is Reason.NO_VIDEO
