"""A clip's sound beside its masked pictures, for those who ask for it."""

from __future__ import annotations

import os
from pathlib import Path

import av

from streetlamp.errors import UserError


def add_sound(masked: Path, source: Path) -> bool:
    """Puts the first sound track of `source` into `masked`, its packets copied.

    False when there is none. UserError when MP4 cannot hold that kind of sound, or the disk is
    full; `masked` is then as it was.
    """
    part = masked.with_name(masked.name + ".sound.part")
    try:
        with av.open(str(masked)) as pictures, av.open(str(source)) as sounds:
            if not sounds.streams.audio:
                return False
            timescale = str(pictures.streams.video[0].time_base.denominator)  # type: ignore[union-attr]
            options = {"video_track_timescale": timescale, "movie_timescale": timescale}
            with av.open(str(part), "w", format="mp4", options=options) as out:
                _copy(pictures, sounds, out)
        os.replace(part, masked)
    except (OSError, ValueError, av.FFmpegError) as error:
        raise UserError(
            f"the sound of {source} cannot be kept ({error}); run again without --audio."
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return True


def _copy(
    pictures: av.container.InputContainer,
    sounds: av.container.InputContainer,
    out: av.container.OutputContainer,
) -> None:
    video, audio = pictures.streams.video[0], sounds.streams.audio[0]
    targets = (out.add_stream_from_template(video), out.add_stream_from_template(audio))
    # The masked clip keeps the source's own time stamps, so the sound fits as it is.
    for container, stream, target in (
        (pictures, video, targets[0]),
        (sounds, audio, targets[1]),
    ):
        for packet in container.demux(stream):
            if packet.dts is not None:
                packet.stream = target
                out.mux(packet)
