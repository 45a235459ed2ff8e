"""Clips become reels: sent as they are where that can be done, else encoded once."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from streetlamp.errors import UserError
from streetlamp.fleet.virtual.coder import decoder_for, joined
from streetlamp.fleet.virtual.reel import Reel, load_reels, sub_size
from support.clips import Clip, make_clip, make_sound, numbers, wrecked


def shown(reel: Reel) -> list[int]:
    decoder = decoder_for()
    frames = [
        frame for unit in reel.units for frame in decoder.decode(av.Packet(joined(unit.nals)))
    ]
    return numbers(frames + decoder.decode(None))


def test_a_clip_as_cameras_make_them_is_sent_as_it_is(clip: Clip) -> None:
    reel, sub = load_reels(clip.path)
    assert reel.copied
    assert reel.size == clip.size
    assert reel.length == pytest.approx(2.0)
    assert shown(reel) == list(range(100))
    assert all(
        {nal[0] & 31 for nal in unit.nals} >= {5, 7, 8} for unit in reel.units if unit.keyframe
    )
    assert sub is not None
    assert sub.size == sub_size(clip.size)
    assert len(sub.units) == len(reel.units)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ({"codec": "h265"}, "hevc, not H.264"),
        ({"b_frames": 2}, "B-frames"),
        ({"gop": 200, "frames": 150}, "more than 4.5 seconds apart"),
        ({"codec": "mjpeg"}, "mjpeg"),
    ],
)
def test_others_are_encoded_once(tmp_path: Path, made: dict[str, object], why: str) -> None:
    ending = ".avi" if made.get("codec") == "mjpeg" else ".mp4"
    ending = ".mkv" if made.get("codec") == "h265" else ending
    arguments = {"frames": 60, **made}
    other = make_clip(tmp_path / f"clip{ending}", fps=25, **arguments)  # type: ignore[arg-type]
    reel, _ = load_reels(other.path, sub=False)
    assert not reel.copied
    assert why in reel.note
    assert shown(reel) == list(range(other.frames))
    keys = [unit.time for unit in reel.units if unit.keyframe]
    assert keys[0] == 0
    assert keys[1] == pytest.approx(2.0, abs=0.05)


def test_parameter_sets_do_not_change_within_an_encoded_reel(clip: Clip) -> None:
    reel, _ = load_reels(clip.path, recode=True, sub=False)
    sets = {
        tuple(nal for nal in unit.nals if nal[0] & 31 in (7, 8))
        for unit in reel.units if unit.keyframe
    }  # fmt: skip
    assert sets == {reel.sets}


def test_only_so_much_of_a_clip_is_used(clip: Clip) -> None:
    for recode in (False, True):
        reel, _ = load_reels(clip.path, recode=recode, sub=False, longest=0.9)
        assert reel.length == pytest.approx(1.0, abs=0.12)
        assert reel.units[0].keyframe


def test_odd_sizes_and_damage_are_lived_with(tmp_path: Path, clip: Clip) -> None:
    odd = make_clip(tmp_path / "odd.mp4", size=(161, 121), frames=30)
    reel, _ = load_reels(odd.path, sub=False)
    assert reel.size == (160, 120)
    torn = make_clip(tmp_path / "clip.ts", frames=60, gop=10)
    damaged = wrecked(torn.path, tmp_path / "torn.ts")
    assert len(load_reels(damaged, recode=True)[0].units) > 20


def test_what_cannot_be_played_is_said(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    for path, why in (
        (tmp_path / "missing.mp4", "No such file"),
        (tmp_path / "text.mp4", "cannot be played"),
        (make_sound(tmp_path / "sound.m4a"), "holds no video"),
    ):
        with pytest.raises(UserError, match=why):
            load_reels(path)
